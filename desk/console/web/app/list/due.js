// The clock of a service level that presses most: what is left of it.

import { h, fill, text, attr } from '../lib/dom.js';
import { t, duration } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { now } from '../desk.js';

const MINUTE = 60e3;
const ICONS = { running: 'hourglass', soon: 'bell', missed: 'warning', resting: 'pause' };

/** An empty chip; {@link setDue} fills it. */
export const dueChip = () => h('span', { class: 'badge due', hidden: true },
  h('span', { class: 'due__sign' }), h('span', { 'aria-hidden': 'true' }), h('span', { class: 'visually-hidden' }));

/** Shows what a row's `due` comes to now, if it has one. Call it again when time has gone by. */
export function setDue(chip, due) {
  chip.hidden = !due;
  if (!due) return;
  const { state, time } = reading(due, now());
  const [sign, shown, said] = chip.children;
  if (chip.dataset.state !== state) fill(sign, icon(ICONS[state]));
  attr(chip, 'data-state', state);
  const words = t(`sla.said.${state}`, { clock: t(`sla.clock.${due.clock}`), time });
  text(shown, t(`sla.chip.${state}`, { time }));
  text(said, words);
  attr(chip, 'title', words);
}

// How a clock stands, and the time that it has left or is over by. What is
// left counts in minutes begun, so that it never says none while there is some.
function reading(due, at) {
  const left = due.at ? new Date(due.at).getTime() - at : (due.left ?? 0) * 1000;
  if (due.missed || (!due.resting && left <= 0)) return { state: 'missed', time: duration(Math.max(MINUTE, -left)) };
  const time = duration(Math.max(MINUTE, Math.ceil(left / MINUTE) * MINUTE));
  if (due.resting) return { state: 'resting', time };
  return { state: due.soon && at >= new Date(due.soon).getTime() ? 'soon' : 'running', time };
}
