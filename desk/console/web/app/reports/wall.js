// The wall: how the desk stands now, large enough to be read from afar.

import { h, fill, text, attr, keyed, View } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { t, number, timeZone, time } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { link } from '../lib/router.js';
import { can, me, now } from '../desk.js';
import { clock, setClock, tick } from '../queues/elapsed.js';
import { keepFresh } from '../queues/refresh.js';
import { seconds, percent, score, whole, dayOf, startOf, addDays } from './words.js';

// What changes who waits, who is free and what finished.
const MOVES = new Set(['handed_off', 'assigned', 'transferred', 'requeued', 'withdrawn', 'ended', 'started', 'availability', 'connected',
  'disconnected', 'agent_changed', 'queue_changed', 'member_changed', 'sla_met', 'sla_missed', 'sla_due_soon', 'survey_answered']);

// Today's figures, in all and of each queue.
/** @type {[string, (v: any) => string][]} */
const TODAY = [['ended', whole], ['abandonmentRate', percent], ['waitingMean', seconds], ['firstResponseMean', seconds], ['slaRate', percent], ['csatAverage', score], ['npsScore', score]];
/** @type {[string, (v: any) => string][]} */
const OF_QUEUE = [['answered', whole], ['abandoned', whole], ['waitingMean', seconds], ['slaRate', percent], ['slaMissed', whole]];

// From when on a wait is long and too long, in milliseconds.
const LONG = 2 * 60e3;
const TOO_LONG = 5 * 60e3;
// Below these shares a promise is hardly kept, and not kept.
const FAIR = 90;
const POOR = 75;

export class Wall extends View {
  #queues = null;
  #today = null;

  connect() {
    if (!can('reports')) {
      fill(this, h('section', { class: 'pane' }, h('p', { class: 'empty' }, t('error.forbidden'))));
      return;
    }
    this.clock = h('span', { class: 'wall__clock' });
    this.sums = h('dl', { class: 'wall__sums' });
    this.day = h('dl', { class: 'wall__day', 'aria-label': t('reports.today') });
    this.cards = h('div', { class: 'wall__queues' });
    const full = h('button', { class: 'button', type: 'button', on: { click: () => this.#fullScreen() } }, icon('screen'), t('reports.full_screen'));
    full.hidden = !document.fullscreenEnabled;
    fill(this, h('section', { class: 'wall', 'aria-labelledby': 'wall-title' },
      h('header', { class: 'wall__head' },
        h('h1', { id: 'wall-title' }, me.get().bot.name),
        this.clock,
        h('span', { class: 'spacer' }),
        h('a', { class: 'button wall__leave', href: link('reports') }, icon('back'), t('reports.title')),
        full),
      this.sums, this.day, this.cards));
    this.every(1000, () => this.#second());
    this.#second();
    keepFresh(this, (e) => MOVES.has(e.kind), async (signal) => {
      const zone = timeZone() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
      const today = dayOf(now(), zone);
      const [panel, report] = await Promise.all([
        get('panel', null, { signal }),
        get('report', { from: startOf(today, zone), to: startOf(addDays(today, 1), zone), by: 'day', zone }, { signal }),
      ]);
      this.#queues = panel.queues;
      this.#today = report;
      this.#render();
    });
  }

  #second() {
    text(this.clock, time(now()));
    tick(this);
    for (const el of this.querySelectorAll('[data-since]')) attr(el, 'data-state', waited(el.dataset.since));
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.requestFullscreen().catch(() => {});
  }

  #render() {
    const queues = this.#queues;
    const { open } = this.#today;
    const agents = [...new Map(queues.flatMap((q) => q.agents).map((a) => [a.id, a])).values()];
    const oldest = queues.map((q) => q.oldest).filter(Boolean).sort((a, b) => new Date(a).getTime() - new Date(b).getTime())[0] ?? '';
    const waiting = queues.reduce((sum, q) => sum + q.waiting, 0);
    const sums = [
      ['waiting', number(waiting) + (queues.some((q) => q.more) ? '+' : ''), waiting === 0 ? 'good' : ''],
      ['longest', oldest, ''],
      ['free', number(agents.filter(free).length), waiting > 0 && !agents.some(free) ? 'bad' : 'good'],
      ['connected', t('queues.of', { held: agents.filter((a) => a.connected).length, limit: agents.length }), ''],
      ['held', number(open.held), ''],
      ['unanswered', number(open.agents.reduce((sum, a) => sum + a.unanswered, 0)), ''],
      ['risk', number(open.atRisk + open.overdue), open.overdue ? 'bad' : open.atRisk ? 'fair' : ''],
    ];
    keyed(this.sums, sums, ([name]) => name, ([name]) => h('div', { data: { sum: name } }, h('dt', null, t(`reports.sum.${name}`)), h('dd', null, name === 'longest' && clock(null, { seconds: true }))), (el, [name, value, state]) => {
      if (name === 'longest') {
        setClock(el.querySelector('.clock'), value);
        attr(el, 'data-since', value);
        attr(el, 'data-none', !value);
      } else {
        text(el.querySelector('dd'), value);
        attr(el, 'data-state', state || null);
      }
    });
    figures(this.day, TODAY, this.#today.total);
    const today = new Map(this.#today.queues.map((q) => [q.queue, q]));
    const present = new Map(open.queues.map((q) => [q.queue, q]));
    keyed(this.cards, queues, (q) => q.queue.id, card, (el, q) => update(el, q, today.get(q.queue.id), present.get(q.queue.id)));
    this.#second();
  }
}

const free = (a) => a.connected && a.availability === 'available' && a.held < a.limit;

const waited = (since) => {
  const ms = since ? now() - new Date(since).getTime() : 0;
  return ms > TOO_LONG ? 'bad' : ms > LONG ? 'fair' : null;
};

const kept = (share) => (share == null || share >= FAIR ? null : share >= POOR ? 'fair' : 'bad');

function figures(place, of, values) {
  keyed(place, of, ([name]) => name, ([name]) => h('div', { data: { figure: name } }, h('dt', null, t(`reports.figure.${name}`)), h('dd')), (el, [name, show]) => {
    text(el.querySelector('dd'), show(values?.[name]));
    if (name === 'slaRate') attr(el, 'data-state', kept(values?.slaRate));
  });
}

function card(q) {
  const title = `wall-${q.queue.id}`;
  return h('section', { class: 'wall__queue', 'aria-labelledby': title },
    h('h2', { id: title }),
    h('p', { class: 'wall__big' }, h('strong'), ' ', h('span', null, t('reports.waiting'))),
    h('p', { class: 'wall__longest' }, h('span', null, t('reports.sum.longest')), ' ', clock(null, { seconds: true })),
    h('p', { class: 'wall__free' }),
    h('p', { class: 'wall__risk' }),
    h('dl', { class: 'wall__figures' }));
}

function update(el, q, today, open) {
  text(el.querySelector('h2'), q.queue.name);
  text(el.querySelector('strong'), number(q.waiting) + (q.more ? '+' : ''));
  attr(el, 'data-quiet', q.waiting === 0);
  const longest = el.querySelector('.wall__longest');
  longest.hidden = !q.waiting;
  setClock(longest.querySelector('.clock'), q.waiting ? q.oldest : null);
  attr(longest, 'data-since', q.waiting ? q.oldest : null);
  if (!q.waiting) attr(longest, 'data-state', null);
  const ready = q.agents.filter(free).map((a) => a.name);
  const who = el.querySelector('.wall__free');
  text(who, ready.length ? t('reports.free', { count: ready.length, names: ready.slice(0, 4).join(', ') + (ready.length > 4 ? '…' : '') }) : t('reports.nobody_free'));
  attr(who, 'data-state', q.waiting && !ready.length ? 'bad' : null);
  const risk = el.querySelector('.wall__risk');
  risk.hidden = !open?.atRisk && !open?.overdue;
  if (!risk.hidden) text(risk, t('reports.at_risk', { soon: open.atRisk, overdue: open.overdue }));
  attr(risk, 'data-state', open?.overdue ? 'bad' : 'fair');
  figures(el.querySelector('dl'), OF_QUEUE, today);
}

customElements.define('desk-wall', Wall);
