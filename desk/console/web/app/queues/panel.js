// The queue panel: who serves each queue, who is free, who waits and how long.

import { h, fill, text, attr, keyed, View } from '../lib/dom.js';
import { icon } from '../lib/icons.js';
import { avatar, paint } from '../lib/avatar.js';
import { get } from '../lib/api.js';
import { dateTime, number, t } from '../lib/i18n.js';
import { link } from '../lib/router.js';
import { bind } from '../lib/keys.js';
import { awayName, awayPlan, awayReasons } from '../catalogues.js';
import { can, now } from '../desk.js';
import { clock, setClock, tick } from './elapsed.js';
import { explainAgent } from './explain.js';
import { keepFresh } from './refresh.js';

// What changes who is there, what they hold or who waits.
const COUNTS = new Set(['handed_off', 'assigned', 'transferred', 'requeued', 'withdrawn', 'ended', 'started', 'availability', 'connected',
  'disconnected', 'wrapped_up', 'settings_changed', 'agent_changed', 'queue_changed', 'member_changed']);
const MOST = 99;

export class QueuePanel extends View {
  #queues = null;
  #one = '';
  #search = '';

  connect() {
    this.#queues = null;
    if (!can('reports') && !can('manage_queues')) {
      fill(this, h('section', { class: 'pane' }, h('p', { class: 'empty' }, t('error.forbidden'))));
      return;
    }
    this.search = h('input', { class: 'input', type: 'search', 'aria-label': t('queues.search'), placeholder: t('queues.search'), autocomplete: 'off', value: this.#search,
      on: { input: () => { this.#search = this.search.value; this.#render(); } } });
    this.choice = h('select', { class: 'select', 'aria-label': t('queues.one'), on: { change: () => { this.#one = this.choice.value; this.#render(); } } });
    this.sums = h('dl', { class: 'sums' });
    this.cards = h('div', { class: 'cards' });
    this.note = h('div', { class: 'note' }, [1, 2, 3].map(() => h('div', { class: 'skeleton', 'aria-hidden': 'true' })));
    fill(this, h('section', { class: 'pane', 'aria-labelledby': 'panel-title' },
      h('header', { class: 'pane__head' },
        h('h1', { id: 'panel-title' }, t('queues.panel')),
        h('span', { class: 'spacer' }),
        h('div', { class: 'tools', role: 'search' }, this.search, this.choice)),
      h('div', { class: 'pane__body' }, this.sums, this.note, this.cards)));
    this.every(1000, () => tick(this));
    this.every(30e3, () => this.#render()); // absences come to their end
    this.watch(awayReasons, () => this.#render());
    this.until(bind({ keys: '/', label: 'queues.key_search', group: 'queues.panel', run: () => this.search.focus() }));
    keepFresh(this, (e) => COUNTS.has(e.kind), async (signal) => {
      this.#queues = (await get('panel', null, { signal })).queues;
      this.#renderChoice();
      this.#render();
    });
  }

  #renderChoice() {
    const options = [['', t('queues.all')], ...this.#queues.map(({ queue }) => [queue.id, queue.name])];
    keyed(this.choice, options, ([id]) => id, ([id, name]) => h('option', { value: id }, name), (el, [, name]) => text(el, name));
    if (!options.some(([id]) => id === this.#one)) this.#one = '';
    if (this.choice.value !== this.#one) this.choice.value = this.#one;
  }

  #render() {
    if (!this.#queues) return;
    const chosen = this.#queues.filter(({ queue }) => !this.#one || queue.id === this.#one);
    const found = chosen.map((q) => matching(q, this.#search)).filter(Boolean);
    this.#renderSums(found);
    const kind = found.length ? '' : this.#queues.length ? 'nothing_found' : 'no_queues';
    if (this.note.dataset.kind !== kind) {
      this.note.dataset.kind = kind;
      fill(this.note, kind && h('div', { class: 'empty' }, icon('people'), h('h2', null, t(`queues.${kind}_title`)),
        kind === 'no_queues' && can('manage_queues') && h('a', { class: 'button button--primary', href: link('admin', 'queues') }, t('queues.make_one'))));
    }
    keyed(this.cards, found, (q) => q.queue.id, card, updateCard);
  }

  #renderSums(queues) {
    const agents = [...new Map(queues.flatMap((q) => q.agents).map((a) => [a.id, a])).values()];
    const waiting = queues.reduce((sum, q) => sum + q.waiting, 0);
    const oldest = queues.map((q) => q.oldest).filter(Boolean).sort((a, b) => new Date(a).getTime() - new Date(b).getTime())[0];
    const sums = [
      ['waiting', count(waiting, queues.some((q) => q.more))],
      ['longest', oldest ?? ''],
      ['free', number(agents.filter(free).length)],
      ['connected', t('queues.of', { held: agents.filter((a) => a.connected).length, limit: agents.length })],
      ['held', number(agents.reduce((sum, a) => sum + a.held, 0))],
    ];
    keyed(this.sums, sums, ([name]) => name, ([name]) => h('div', { data: { sum: name } },
      h('dt', null, t(`queues.sum.${name}`)),
      h('dd', null, name === 'longest' && clock(null, { seconds: true }))), (el, [name, value]) => {
      if (name === 'longest') {
        setClock(el.querySelector('.clock'), value);
        attr(el, 'data-none', !value);
      } else {
        text(el.querySelector('dd'), value);
      }
      if (name === 'waiting') attr(el, 'data-warn', waiting > 0);
      if (name === 'free') attr(el, 'data-good', agents.some(free));
    });
  }
}

/** The queue, with only those agents in it that the search means. */
function matching(q, search) {
  const want = plain(search);
  if (!want || plain(q.queue.name).includes(want)) return q;
  const agents = q.agents.filter((a) => plain(a.name).includes(want));
  return agents.length ? { ...q, agents } : null;
}

const plain = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

const free = (a) => a.connected && a.availability === 'available' && !a.offHours && !a.draining && a.held < a.limit;

const count = (n, more = false) => (n > MOST || more ? `${number(Math.min(n, MOST))}+` : number(n));

function card(q) {
  const title = `queue-${q.queue.id}`;
  return h('section', { class: 'card', 'aria-labelledby': title },
    h('header', { class: 'card__head' },
      h('h2', { id: title }),
      h('span', { class: 'card__mode chip' }),
      h('span', { class: 'card__closed chip' }),
      h('span', { class: 'spacer' }),
      h('span', { class: 'card__free' }),
      h('span', { class: 'card__waiting' },
        h('span', { class: 'badge' }),
        h('span', { class: 'card__word' }),
        clock(null, { seconds: true }))),
    h('p', { class: 'card__none' }, t('queues.no_members')),
    h('ul', { class: 'card__agents' }));
}

function updateCard(el, q) {
  text(el.querySelector('h2'), q.queue.name);
  const manual = el.querySelector('.card__mode');
  manual.hidden = q.queue.mode !== 'manual';
  text(manual, t('queues.manual'));
  const closed = el.querySelector('.card__closed');
  closed.hidden = q.opening.open;
  text(closed, q.opening.closed === 'draining' ? t('hours.draining') : q.opening.next ? t('hours.closed_until', { when: dateTime(q.opening.next) }) : t('hours.closed'));
  text(el.querySelector('.card__free'), t('queues.free_of', { free: q.agents.filter(free).length, all: q.agents.length }));
  const badge = el.querySelector('.card__waiting .badge');
  text(badge, count(q.waiting, q.more));
  badge.classList.toggle('badge--waiting', q.waiting > 0);
  text(el.querySelector('.card__word'), t(q.waiting ? 'queues.waiting_longest' : 'queues.nobody_waits'));
  setClock(el.querySelector('.card__waiting .clock'), q.waiting ? q.oldest : null);
  el.querySelector('.card__none').hidden = q.agents.length > 0;
  keyed(el.querySelector('ul'), q.agents, (a) => a.id, agentRow, updateAgent);
}

function agentRow(a) {
  return h('li', { class: 'member' },
    h('span', { class: 'member__who' },
      avatar(a.name, a.id, 'avatar--small'),
      h('span', { class: 'dot', 'aria-hidden': 'true' })),
    h('span', { class: 'member__name' },
      h('span', { class: 'member__label' }),
      h('span', { class: 'visually-hidden' })),
    h('span', { class: 'member__state' },
      h('span', { class: 'member__word' }), ' ',
      clock(null), ' ',
      h('span', { class: 'member__plan' })),
    h('span', { class: 'member__load' },
      h('span', { class: 'load', role: 'img' }, h('span', { class: 'load__here' }), h('span', { class: 'load__else' })),
      h('span', { class: 'member__count', 'aria-hidden': 'true' })),
    can('reports') && h('button', { class: 'icon-button', type: 'button', on: { click: () => explainAgent(a.id) } }, icon('help')));
}

function updateAgent(el, a) {
  paint(el.querySelector('.avatar'), a.name, a.id);
  text(el.querySelector('.member__label'), a.name);
  el.classList.toggle('member--gone', !a.connected);
  el.classList.toggle('member--free', free(a));
  el.querySelector('.dot').className = `dot ${a.connected ? 'dot--on' : 'dot--grey'}`;
  text(el.querySelector('.visually-hidden'), t(a.connected ? 'availability.connected' : 'availability.disconnected'));
  const state = el.querySelector('.member__word');
  state.dataset.availability = a.availability || 'unavailable';
  text(state, [t(`availability.${a.availability || 'unavailable'}`), awayName(a.awayReason), a.offHours && t('hours.off'), a.draining && t('hours.draining')].filter(Boolean).join(' · '));
  setClock(el.querySelector('.member__state .clock'), a.since);
  const plan = awayPlan(a.awayReason, a.since, now());
  text(el.querySelector('.member__plan'), plan.over ? plan.words : '');
  const load = el.querySelector('.load');
  const most = Math.max(a.limit, a.held, 1);
  load.style.setProperty('--here', String(a.heldHere / most));
  load.style.setProperty('--else', String((a.held - a.heldHere) / most));
  load.classList.toggle('load--full', a.held >= a.limit);
  attr(load, 'aria-label', t('queues.load', { here: a.heldHere, held: a.held, limit: a.limit }));
  attr(load, 'title', t('queues.load', { here: a.heldHere, held: a.held, limit: a.limit }));
  text(el.querySelector('.member__count'), t('queues.of', { held: a.held, limit: a.limit }));
  const why = el.querySelector('.icon-button');
  if (why) {
    attr(why, 'aria-label', t('queues.why_agent', { name: a.name }));
    attr(why, 'title', t('queues.why_agent', { name: a.name }));
  }
}

customElements.define('desk-panel', QueuePanel);
