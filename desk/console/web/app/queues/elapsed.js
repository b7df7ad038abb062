// Times that go on: how long somebody waits, or has been away.

import { h, text } from '../lib/dom.js';
import { duration, dateTime } from '../lib/i18n.js';
import { now } from '../desk.js';

/** How long, by the second in the first hour: "3:07", then "2 h 05 min". */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds >= 3600) return duration(ms);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** An element that shows the time since `since`; {@link tick} keeps it right. */
export function clock(since, { seconds = false, class: extra = '' } = {}) {
  return setClock(h('time', { class: ['clock', extra], data: { seconds: seconds || null } }), since);
}

/** Gives a clock another beginning. */
export function setClock(el, since) {
  if (el.dateTime !== (since ?? '')) {
    el.dateTime = since ?? '';
    el.title = dateTime(since);
  }
  return show(el);
}

/** Moves all clocks below root on. */
export function tick(root) {
  root.querySelectorAll('time.clock').forEach(show);
}

function show(el) {
  const ms = now() - new Date(el.dateTime).getTime();
  return text(el, !el.dateTime ? '' : el.dataset.seconds ? elapsed(ms) : duration(ms));
}
