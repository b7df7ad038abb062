// Who it is, how it stands, and what can be done: the head of the pane.

import { h, fill, text } from '../lib/dom.js';
import { t, duration } from '../lib/i18n.js';
import { menuButton, popoverButton } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { paint } from '../lib/avatar.js';
import { go, link } from '../lib/router.js';
import { now } from '../desk.js';
import { dueChip, setDue } from '../list/due.js';
import { label, channelName } from '../list/words.js';
import { tags as catalogue } from '../catalogues.js';
import * as actions from './actions.js';
import { tagChip, tagPicker, settable } from './tags.js';
import { download } from './transcript.js';

const PRIORITIES = ['high', 'medium', 'low', 'none'];

export class Header {
  #thread;
  #p = {};
  #tags = '';

  /** @param {{details: () => void, events: () => void, eventsOn: () => boolean}} hooks */
  constructor({ details, events, eventsOn }) {
    const p = this.#p;
    const action = (name, picture, key, run, kind = '') => (p[name] = h('button', { class: ['button', kind], type: 'button', title: `${t(`conv.action.${name}`)} (${key})`, on: { click: run } }, icon(picture), h('span', null, t(`conv.action.${name}`))));
    p.avatar = h('span', { class: 'avatar', 'aria-hidden': 'true' });
    p.name = h('h2', { dir: 'auto' });
    p.about = h('p', { class: 'faint' });
    p.others = h('p', { class: 'head__others', role: 'status' });
    p.details = h('button', { class: 'icon-button', type: 'button', title: `${t('conv.action.details')} (i)`, on: { click: details } }, icon('ticket'), h('span', { class: 'visually-hidden' }, t('conv.action.details')), p.count = h('span', { class: 'badge badge--waiting' }));
    p.state = h('span', { class: 'head__state' }, p.dot = h('span', { class: 'dot', 'aria-hidden': 'true' }), p.stateText = h('span'));
    p.due = dueChip();
    p.queue = h('span', { class: 'head__fact' }, icon('people'), p.queueText = h('span', { dir: 'auto' }));
    p.agent = h('span', { class: 'head__fact' }, icon('user'), p.agentText = h('span', { dir: 'auto' }));
    p.priorityText = h('span');
    p.priority = menuButton({ class: 'button button--small', title: `${t('conv.action.priority')} (p)` }, [icon('flag'), p.priorityText], () =>
      PRIORITIES.map((v) => ({ label: t(`priority.${v}`), checked: (this.#thread.row.priority ?? 'none') === v, run: () => actions.setPriority(this.#thread, v) })));
    p.chips = h('ul', { class: 'head__tags', 'aria-label': t('conv.tags.title') });
    p.addTag = popoverButton({ class: 'button button--small button--quiet', title: `${t('conv.tags.add')} (l)`, 'aria-label': t('conv.tags.add') }, [icon('tag'), h('span', null, t('conv.tags.add'))], () => this.#tagForm());
    const more = menuButton({ class: 'icon-button', 'aria-label': t('conv.action.more'), title: t('conv.action.more') }, icon('more'), () => [
      { label: t(eventsOn() ? 'conv.action.eventsHide' : 'conv.action.eventsShow'), icon: icon('history'), run: events },
      this.#thread.hasOlder && { label: t('conv.action.earlier'), icon: icon('clock'), run: () => this.#thread.older() },
      this.#thread.row.can.export && { label: t('conv.action.download'), icon: icon('download'), run: () => download(this.#thread.row) },
    ].filter(Boolean));
    this.el = h('header', { class: 'head' },
      h('div', { class: 'head__line' },
        h('button', { class: 'icon-button head__back', type: 'button', 'aria-label': t('common.back'), on: { click: () => go(link('c')) } }, icon('back')),
        p.avatar, h('div', { class: 'head__who' }, p.name, p.about), p.others, h('span', { class: 'spacer' }),
        action('take', 'user', 'a', () => actions.take(this.#thread), 'button--primary'),
        action('transfer', 'transfer', 't', () => actions.transfer(this.#thread)),
        action('return', 'bot', 'b', () => actions.returnToBot(this.#thread)),
        p.details, more),
      h('div', { class: 'head__facts' }, p.state, p.due, p.queue, p.agent, p.priority, p.chips, p.addTag));
  }

  open(thread) {
    this.#thread = thread;
    this.#tags = '';
    fill(this.#p.chips);
  }

  /** Shows the row as it is, and who else looks. */
  render(others, detailsShown) {
    const row = this.#thread?.row;
    this.el.hidden = !row;
    if (!row) return;
    const p = this.#p;
    const name = label(row);
    paint(p.avatar, name, row.contact);
    text(p.name, name);
    text(p.about, [row.number && row.number !== name ? row.number : '', channelName(row.channel)].filter(Boolean).join(' · '));
    text(p.others, looking(others));
    const ended = row.state === 'ended';
    p.dot.className = `dot dot--${ended ? 'off' : row.state === 'waiting' ? 'away' : 'on'}`;
    this.tick();
    p.queue.hidden = !row.queue;
    text(p.queueText, row.queueName || row.queue);
    p.agent.hidden = !row.agentName;
    text(p.agentText, row.agentName);
    const priority = row.priority ?? 'none';
    text(p.priorityText, t(`priority.${priority}`));
    p.priority.dataset.priority = priority;
    p.priority.firstChild.disabled = !row.can.priority;
    p.addTag.hidden = !row.can.tags;
    this.#showTags(row);
    for (const [what, may] of [['take', row.can.take], ['transfer', row.can.transfer], ['return', row.can.return]]) p[what].hidden = !may;
    p.details.setAttribute('aria-pressed', String(detailsShown));
    p.count.hidden = !row.openTickets;
    text(p.count, row.openTickets);
    p.count.title = t('conv.ticket.openCount', { count: row.openTickets ?? 0 });
  }

  /** Time passed. */
  tick() {
    const row = this.#thread?.row;
    if (!row) return;
    const words = t(`state.${row.state}`);
    text(this.#p.stateText, row.state === 'waiting' && row.waitingSince ? `${words} · ${duration(now() - new Date(row.waitingSince).getTime())}` : words);
    setDue(this.#p.due, row.due);
  }

  focusDetails() {
    this.#p.details.focus();
  }

  openPriority() {
    this.#p.priority.firstChild.click();
  }

  openTags() {
    this.#p.addTag.firstChild.click();
  }

  #showTags(row) {
    const tags = row.tags ?? [];
    const known = catalogue.get().filter((x) => tags.includes(x.id));
    const shown = JSON.stringify([tags, row.can.tags, known]);
    if (shown === this.#tags) return;
    this.#tags = shown;
    this.#p.chips.hidden = !tags.length;
    fill(this.#p.chips, tags.map((x) => {
      const fixed = known.some((tag) => tag.id === x && !settable(tag, false));
      return h('li', null, tagChip(x, row.can.tags && !fixed && (() => actions.tag(this.#thread, [], [x]))));
    }));
  }

  #tagForm() {
    return tagPicker(this.#thread.row.tags ?? [], (word, on) => actions.tag(this.#thread, on ? [word] : [], on ? [] : [word]));
  }
}

function looking(others) {
  const typing = others.filter((o) => o.typing).map((o) => o.name);
  if (typing.length) return t('conv.others.typing', { names: typing.join(', '), count: typing.length });
  const names = others.map((o) => o.name);
  return names.length ? t('conv.others.looking', { names: names.join(', '), count: names.length }) : '';
}
