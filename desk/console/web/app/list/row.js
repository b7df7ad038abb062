// One conversation in the list.

import { h, text, attr, fill } from '../lib/dom.js';
import { t, shortTime, duration, dateTime } from '../lib/i18n.js';
import { paint } from '../lib/avatar.js';
import { icon } from '../lib/icons.js';
import { tagOf } from '../catalogues.js';
import { me, now, criteria, agentName, queueName } from '../desk.js';
import { dueChip, setDue } from './due.js';
import { label, phone, previewText, previewBy, channelName } from './words.js';

/** Makes an empty row; {@link updateRow} fills it. */
export function createRow() {
  const parts = {};
  const part = (name) => (el) => {
    parts[name] = el;
  };
  const said = (name) => h('span', { class: 'visually-hidden', ref: part(name) });
  const el = h('div', { class: 'row', role: 'option' },
    h('span', { class: 'row__face' },
      h('span', { class: 'avatar', 'aria-hidden': 'true', ref: part('avatar') }),
      h('span', { class: 'row__dot dot', ref: part('dot') })),
    h('span', { class: 'row__body' },
      h('span', { class: 'row__line' },
        h('span', { class: 'row__name', dir: 'auto', ref: part('name') }),
        said('state'),
        h('span', { class: 'row__number', ref: part('number') }),
        h('time', { class: 'row__time', ref: part('time') })),
      h('span', { class: 'row__line' },
        h('span', { class: 'row__preview', ref: part('preview') },
          h('span', { class: 'row__by', ref: part('by') }), h('span', { dir: 'auto', ref: part('text') })),
        h('span', { class: 'badge badge--unread', ref: part('badge') }, h('span', { 'aria-hidden': 'true', ref: part('unread') }), said('unreadSaid'))),
      h('span', { class: 'row__line row__facts' },
        h('span', { class: 'badge badge--waiting', ref: part('waiting') }, icon('clock'), h('span', { 'aria-hidden': 'true', ref: part('wait') }), said('waitSaid')),
        parts.due = dueChip(),
        h('span', { class: 'row__where', ref: part('where') }),
        h('span', { class: 'spacer' }),
        h('span', { class: 'row__tags', ref: part('tags') }, h('span', { class: 'visually-hidden', ref: part('tagsSaid') }), h('span', { class: 'row__marks', 'aria-hidden': 'true', ref: part('marks') })),
        h('span', { class: 'row__tickets', ref: part('tickets') }, icon('ticket'), h('span', { 'aria-hidden': 'true', ref: part('count') }), said('countSaid')),
        h('span', { class: 'row__priority', ref: part('priority') }, icon('flag'), h('span', { 'aria-hidden': 'true', ref: part('level') }), said('levelSaid')))));
  el.parts = parts;
  return el;
}

/** Fills a row with a conversation as it is now. */
export function updateRow(el, row) {
  const p = el.parts;
  const name = label(row);
  const waiting = row.state === 'waiting' && row.waitingSince ? duration(now() - new Date(row.waitingSince).getTime()) : '';
  const last = sortTime(row);
  const self = me.get()?.agent.id;
  const ended = row.state === 'ended';

  paint(p.avatar, row.contactName || '', row.contact);
  p.dot.className = `row__dot dot dot--${ended ? 'off' : 'on'}`;
  text(p.name, name);
  text(p.state, t(`state.${row.state}`));
  text(p.number, row.contactName ? phone(row) : '');
  text(p.time, shortTime(last));
  attr(p.time, 'datetime', last);
  attr(p.time, 'title', dateTime(last));
  const by = previewBy(row, self);
  text(p.by, by ? `${by}: ` : '');
  text(p.text, previewText(row));
  const where = place(row);
  text(p.where, where);
  attr(p.where, 'title', where);
  marks(p, row.tags ?? []);
  // What others have, or the bot, is for them to read.
  const due = row.agent === self || row.state === 'waiting';
  el.classList.toggle('row--unread', row.unread > 0 && due);
  p.badge.classList.toggle('badge--unread', due);

  setDue(p.due, row.due);

  // A small sign for the eye, and the words for the ear.
  const sign = (box, shown, small, said) => {
    p[box].hidden = !shown;
    text(p[small], shown ? shown : '');
    text(p[`${small}Said`], shown ? said() : '');
  };
  sign('badge', row.unread > 99 ? '99+' : row.unread, 'unread', () => t('list.unread', { count: row.unread }));
  sign('waiting', waiting, 'wait', () => t('list.waitingFor', { time: waiting }));
  sign('tickets', row.openTickets, 'count', () => t('list.openTickets', { count: row.openTickets }));
  const level = row.priority && row.priority !== 'none' ? t(`priority.${row.priority}`) : '';
  sign('priority', level, 'level', () => t('list.priority', { priority: level }));
  attr(p.priority, 'data-priority', row.priority);
}

// The first tags in their colours, and how many others there are.
const MARKS = 2;

function marks(p, words) {
  const all = words.map(tagOf);
  const names = all.map((x) => x.name).join(', ');
  const key = all.map((x) => `${x.colour} ${x.name}`).join('\n');
  if (p.tags.dataset.shown === key) return;
  p.tags.dataset.shown = key;
  p.tags.hidden = all.length === 0;
  attr(p.tags, 'title', names);
  text(p.tagsSaid, names && t('list.tags', { names }));
  fill(p.marks, all.slice(0, MARKS).map((x) => h('span', { class: 'tag tag--small', data: { colour: x.colour } }, x.name)), all.length > MARKS && `+${all.length - MARKS}`);
}

// The time that the list is in order of.
function sortTime(row) {
  const { sortBy } = criteria.get();
  const own = sortBy === 'started' ? row.startedAt : sortBy === 'human_started' ? row.humanAt : row.lastReceivedAt;
  return own || row.lastMessageAt || row.startedAt;
}

// Who has it, in which queue, on which channel.
function place(row) {
  const agent = row.agent || row.state === 'ended' && row.lastAgent;
  return [
    agent ? row.agentName || agentName(agent) : row.state === 'bot' ? t('state.bot') : '',
    row.queue && (row.queueName || queueName(row.queue)),
    channelName(row.channel),
  ].filter(Boolean).join(' · ');
}
