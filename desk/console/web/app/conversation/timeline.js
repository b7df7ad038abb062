// The messages of a conversation and of those before it, in one list that
// keeps its place.

import { h, fill, text, keyed } from '../lib/dom.js';
import { t, civilDay, dayName, time, dateTime } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { me } from '../desk.js';
import { label } from '../list/words.js';
import { actorName, eventText } from './words.js';
import { createMessage, updateMessage, spoken } from './message.js';
import { inWords } from './content.js';

// So close to an end counts as being there, in pixels.
const NEAR_END = 32;
const NEAR_TOP = 240;

export class Timeline {
  #thread = null;
  #following = true;
  #placed = false;
  #unseen = 0;
  #filled = -1;
  #early = false; // somebody went up before it was known what is there
  #scroller;
  #list;
  #top;
  #pill;
  #live;
  #resized;

  constructor() {
    this.#top = h('div', { class: 'timeline__top' });
    this.#list = h('ol', { class: 'timeline__list' });
    this.#pill = h('button', { class: 'timeline__pill', type: 'button', hidden: true, on: { click: () => this.toEnd() } });
    this.#live = h('div', { class: 'visually-hidden', role: 'log', 'aria-live': 'polite', 'aria-label': t('conv.incoming') });
    this.#scroller = h('div', { class: 'timeline__scroll', tabindex: 0, role: 'region', 'aria-label': t('conv.messages'), on: { scroll: () => this.#scrolled() } }, this.#top, this.#list);
    this.el = h('div', { class: 'timeline' }, this.#scroller, this.#pill, this.#live);
    // The composer grows and the pane changes its size: the end stays the end.
    this.#resized = new ResizeObserver(() => this.#following && this.#toEnd());
    this.#resized.observe(this.#scroller);
  }

  close() {
    this.#resized.disconnect();
  }

  /** Shows another conversation. */
  open(thread) {
    this.#thread = thread;
    this.#following = true;
    this.#placed = false;
    this.#unseen = 0;
    this.#filled = -1;
    this.#early = false;
    fill(this.#live);
    keyed(this.#list, [], (i) => i, () => null);
    this.#showPill();
  }

  /** Says what came in, and offers to go there if it is out of sight. */
  incoming(messages) {
    const contact = label(this.#thread.row);
    const theirs = messages.filter((m) => m.author.agent !== me.get()?.agent.id);
    if (!theirs.length) return;
    fill(this.#live, theirs.map((m) => h('p', null, spoken(m, actorName(m.author, contact)))));
    if (!this.#following) this.#unseen += theirs.length;
    this.#showPill();
  }

  /** Shows what is loaded. `pending` is what is being sent. */
  render(pending) {
    const thread = this.#thread;
    this.#showTop(thread);
    const held = this.#following ? null : this.#hold();
    keyed(this.#list, items(thread, pending), (i) => i.key, create, update);
    if (!this.#placed && thread.state === 'ready') {
      this.#placed = true;
      this.#toEnd();
      this.#showUnread();
    } else if (this.#following) this.#toEnd();
    else held?.();
    // A short conversation leaves room for the one before it.
    const shown = this.#list.childElementCount;
    if (thread.history && shown !== this.#filled && this.#scroller.scrollHeight <= this.#scroller.clientHeight) {
      this.#filled = shown;
      thread.older();
    } else if (thread.history && this.#early) {
      this.#early = false;
      thread.older();
    }
  }

  toEnd() {
    this.#following = true;
    this.#unseen = 0;
    this.#toEnd();
    this.#showPill();
  }

  #showTop(thread) {
    const next = thread.nextEarlier;
    const words = thread.loadingOlder ? t('common.loading') : !thread.hasOlder ? '' : next ? t('conv.earlier.show', { date: dayName(next.startedAt) }) : t('conv.olderMessages');
    if (this.#top.textContent === words) return;
    fill(this.#top, thread.loadingOlder ? h('p', { class: 'faint', role: 'status' }, words)
      : words && h('button', { class: 'button button--small', type: 'button', on: { click: () => thread.older() } }, icon('history'), words));
  }

  // Keeps the first message in view where it is, whatever comes above.
  #hold() {
    const line = this.#scroller.getBoundingClientRect().top;
    for (const el of /** @type {any} */ (this.#list.children)) {
      if (el.item.type !== 'message') continue;
      const box = el.getBoundingClientRect();
      if (box.bottom > line) return () => el.isConnected && (this.#scroller.scrollTop += el.getBoundingClientRect().top - box.top);
    }
    return () => {};
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #showUnread() {
    const line = this.#list.querySelector('.timeline__unread');
    const view = this.#scroller.getBoundingClientRect();
    const above = line ? line.getBoundingClientRect().top - view.top - 48 : 0;
    if (above < 0) this.#scroller.scrollTop += above;
  }

  #scrolled() {
    const s = this.#scroller;
    this.#following = s.scrollHeight - s.scrollTop - s.clientHeight < NEAR_END;
    if (this.#following) this.#unseen = 0;
    this.#showPill();
    const up = this.#placed && s.scrollTop < NEAR_TOP;
    this.#early = up && !this.#thread?.history;
    if (up && this.#thread?.history) this.#thread.older();
  }

  #showPill() {
    const s = this.#scroller;
    const far = s.scrollHeight - s.scrollTop - s.clientHeight > s.clientHeight;
    this.#pill.hidden = this.#following || !(this.#unseen || far);
    fill(this.#pill, icon('down'), this.#unseen ? t('conv.newMessages', { count: this.#unseen }) : t('conv.toEnd'));
  }
}

function create(item) {
  switch (item.type) {
    case 'message':
      return createMessage();
    case 'day':
      return h('li', { class: 'timeline__day' }, h('span'));
    case 'unread':
      return h('li', { class: 'timeline__unread' }, h('span', null, t('conv.unreadFrom')));
    case 'segment':
      return h('li', { class: 'timeline__segment' }, h('h3'), h('p'));
  }
  return h('li', { class: 'timeline__event' }, h('span'), ' ', h('time', { datetime: item.at, title: dateTime(item.at) }, time(item.at)));
}

function update(el, item) {
  if (el.item && same(el.item, item)) return;
  if (item.type === 'message') updateMessage(el, item);
  else if (item.type === 'segment') {
    text(el.firstChild, item.title);
    text(el.lastChild, item.about);
  } else if (item.type !== 'unread') text(el.firstChild, item.text);
  el.item = item;
}

function same(a, b) {
  for (const name in b) if (!Object.is(a[name], b[name])) return false;
  return true;
}

// All that is shown, in order.
function items(thread, pending) {
  if (!thread.row) return [];
  const out = [];
  const contact = label(thread.row);
  for (const s of thread.segments) {
    out.push({ type: 'segment', key: `s${s.row.id}`, title: t('conv.earlier.title', { date: dayName(s.row.startedAt) }), about: about(s.row) });
    messages(out, { conversation: s.row.id, thread, contact, list: s.messages, events: [], unreadFrom: 0 });
  }
  if (thread.segments.length) out.push({ type: 'segment', key: `s${thread.id}`, title: t('conv.earlier.present'), about: dateTime(thread.row.startedAt) });
  const from = thread.complete ? '' : thread.messages[0]?.at ?? '';
  const events = (thread.events ?? []).filter((e) => e.at >= from);
  messages(out, { conversation: thread.id, thread, contact, list: thread.messages, events, unreadFrom: thread.unreadFrom, pending });
  return out;
}

function about(row) {
  const who = row.agentName ? t('conv.earlier.with', { agent: row.agentName }) : t('state.bot');
  return row.endedAt ? `${who} · ${t('conv.earlier.ended', { at: dateTime(row.endedAt) })}` : `${who} · ${t(`state.${row.state}`)}`;
}

function messages(out, { conversation, thread, contact, list, events, unreadFrom, pending = [] }) {
  const { reactions, hidden } = reactionsOf(list);
  const byProvider = new Map(list.filter((m) => m.provider).map((m) => [m.provider, m]));
  const rows = list.filter((m) => !hidden.has(m.id)).map((message) => ({ message }));
  for (const p of unclaimed(pending, list)) rows.push({ pending: p, message: asMessage(p, rows.at(-1)?.message.at) });
  let day = '';
  let civil = '';
  let quarter = '';
  let e = 0;
  const newDay = (at) => {
    // No zone's day begins within a quarter of an hour.
    const q = at.slice(0, 14) + Math.floor(Number(at.slice(14, 16)) / 15);
    if (q !== quarter) civil = civilDay(at);
    quarter = q;
    if (civil !== day) out.push({ type: 'day', key: `d${conversation}${civil}`, text: dayName(at) });
    day = civil;
  };
  const tellUntil = (at) => {
    let told = false;
    for (; e < events.length && (!at || events[e].at <= at); e++) {
      const words = eventText(events[e], contact);
      if (!words) continue;
      newDay(events[e].at);
      out.push({ type: 'event', key: `e${events[e].seq}`, at: events[e].at, text: words });
      told = true;
    }
    return told;
  };
  let previous = null;
  rows.forEach(({ message: m, pending: p }, i) => {
    const before = day;
    const told = tellUntil(m.at);
    newDay(m.at);
    const line = unreadFrom > 0 && m.number === unreadFrom;
    if (line) out.push({ type: 'unread', key: 'unread' });
    const broken = told || line || before !== day;
    const following = rows[i + 1]?.message;
    const quoted = m.quotes ? byProvider.get(m.quotes) : null;
    out.push({
      type: 'message', key: p ? `p${p.key}` : `m${m.id}`, message: m, pending: p, conversation, present: thread.id,
      first: broken || !previous || !together(previous, m),
      last: !following || !together(m, following) || minute(m.at) !== minute(following.at) || (m.delivery ?? '') !== (following.delivery ?? ''),
      who: actorName(m.author, contact), side: m.private ? 'note' : m.author.by === 'contact' ? 'in' : 'out',
      quote: quoted ? inWords(quoted) : m.quotes ? t('conv.quoted') : '', reactions: reactions.get(m.provider) ?? '',
    });
    previous = m;
  });
  tellUntil('');
}

const minute = (at) => at.slice(0, 16);
const together = (a, b) => a.author.by === b.author.by && a.author.agent === b.author.agent && !a.private === !b.private && a.kind !== 'brief' && b.kind !== 'brief';

// The last reaction of each author to a message stands on that message; one
// to a message that is not loaded stands for itself.
function reactionsOf(list) {
  const known = new Set(list.map((m) => m.provider).filter(Boolean));
  const latest = new Map();
  const hidden = new Set();
  for (const m of list) {
    if (m.kind !== 'reaction' || !known.has(m.reaction?.to)) continue;
    hidden.add(m.id);
    const to = latest.get(m.reaction.to) ?? latest.set(m.reaction.to, new Map()).get(m.reaction.to);
    to.set(m.author.agent ?? m.author.by, m.reaction.emoji ?? '');
  }
  return { hidden, reactions: new Map([...latest].map(([to, emojis]) => [to, [...emojis.values()].join('')])) };
}

// The stream may tell of a message before its request is answered: what is
// there already is not shown a second time as being sent.
function unclaimed(pending, list) {
  const self = me.get()?.agent.id;
  const claimed = new Set();
  return pending.filter((p) => {
    if (p.state === 'failed') return true;
    const hit = list.findLast((m) => m.author.agent === self && !claimed.has(m.id) && m.at >= earlier(p.at) && !m.private === !p.private
      && (m.text ?? '') === (p.shown.text ?? '') && m.media?.sha256 === p.shown.media?.sha256);
    if (hit) claimed.add(hit.id);
    return !hit;
  });
}

// This machine's clock may be ahead of the server's.
const earlier = (at) => new Date(new Date(at).getTime() - 5000).toISOString();

function asMessage(p, after = '') {
  return { ...p.shown, id: p.key, author: { by: 'agent', agent: p.agent }, private: p.private, at: p.at > after ? p.at : after, number: 0 };
}
