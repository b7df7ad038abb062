// The queues: how each is served, and by whom.

import { h, fill, text, keyed } from '../lib/dom.js';
import { get, put, patch, del, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { avatar } from '../lib/avatar.js';
import { confirm, dialog, fail, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { agentName, names } from '../desk.js';
import { keepFresh } from '../queues/refresh.js';
import { Page, nothing } from './page.js';
import { Form, differing, part } from './form.js';
import { amount, choice, hours, idField, line, minutes, select } from './fields.js';
import { patience, waits } from './patience.js';

const MODES = ['automatic', 'offer', 'manual'];
const STRATEGIES = ['least_loaded', 'round_robin', 'longest_idle'];
const ORDERS = ['aged', 'strict', 'due'];
const ON_LOST = ['keep', 'requeue_unanswered', 'requeue_all'];
const WHEN_CLOSED = ['queue', 'refuse', 'overflow'];
const HOUR = 3600; // the longest wrap-up, in seconds
const STICKY_HOURS = 90 * 24;
const MOST = 1000;

class Queues extends Page {
  calendars = [];
  slas = [];
  members = [];

  connect() {
    const title = t('admin.page.queues');
    this.loading(title);
    this.attempt(title, async () => {
      // The members too: what came after the form would push it down.
      const [{ queues }, { calendars }, { slas }, { members }] = await Promise.all([get('queues'), get('calendars'), get('slas'),
        this.item ? get(`queues/${id(this.item)}/members`).catch(() => ({ members: [] })) : { members: [] }]);
      if (!this.isConnected) return;
      this.calendars = calendars;
      this.slas = slas;
      this.members = members;
      const queue = queues.find((q) => q.id === this.item);
      if (this.fresh) this.#edit(null, queues);
      else if (!this.item) this.#list();
      else if (queue) this.#edit(queue, queues);
      else this.missing(title, link('admin', 'queues'));
    });
  }

  #list() {
    const body = h('tbody');
    const table = h('table', { class: 'table' },
      h('thead', null, h('tr', null, ['name', 'mode', 'strategy', 'members'].map((c) => h('th', { scope: 'col', data: { column: c } }, t(`admin.column.${c}`))))),
      body);
    const place = h('div');
    this.show({ title: t('admin.page.queues'), text: t('admin.queues_text'), actions: h('a', { class: 'button button--primary', href: link('admin', 'queues', { new: '1' }) }, icon('plus'), t('admin.new_queue')) }, place);
    keepFresh(this, (e) => e.kind === 'queue_changed' || e.kind === 'member_changed', async (signal) => {
      // The panel counts the members; the settings are its queues' own.
      const { queues } = await get('panel', null, { signal });
      keyed(body, queues, (q) => q.queue.id, queueRow, updateQueueRow);
      const content = queues.length ? table : null;
      if (content !== place.firstChild || !content) {
        fill(place, content ?? nothing('clock', t('admin.no_queues'), t('admin.no_queues_text')));
      }
    });
  }

  #edit(queue, all) {
    const fresh = !queue;
    const v = { mode: 'automatic', strategy: 'least_loaded', order: 'aged', onLost: 'keep', stickySeconds: 0, ...queue };
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256 });
    const ident = fresh && idField({ follows: name, taken: (w) => all.some((q) => q.id === w), label: t('admin.id'), hint: t('admin.queue_id_hint') });
    const mode = choice({ name: 'mode', label: t('admin.mode'), value: v.mode, options: MODES.map((m) => [m, t(`admin.modes.${m}`), t(`admin.mode_hints.${m}`)]) });
    const strategy = choice({ name: 'strategy', label: t('admin.strategy'), value: v.strategy, options: STRATEGIES.map((s) => [s, t(`admin.strategies.${s}`), t(`admin.strategy_hints.${s}`)]) });
    const order = choice({ name: 'order', label: t('admin.order'), value: v.order, options: ORDERS.map((o) => [o, t(`admin.orders.${o}`), t(`admin.order_hints.${o}`)]) });
    const onLost = choice({ name: 'onLost', as: 'on-lost policy', label: t('admin.on_lost'), value: v.onLost, options: ON_LOST.map((o) => [o, t(`admin.on_losts.${o}`)]) });
    const sticky = hours({ name: 'sticky', as: ['stickiness', 'stickyseconds'], label: t('admin.sticky'), hint: t('admin.sticky_hint'), most: STICKY_HOURS,
      seconds: v.stickySeconds, placeholder: '0' });
    const asks = offering(v.offering ?? {});
    const tags = choice({ name: 'requireTags', label: t('tags.required'), value: v.requireTags ? 'yes' : '', options: [['', t('tags.required_no')], ['yes', t('tags.required_yes'), t('tags.required_hint')]] });
    const others = all.filter((q) => q.id !== queue?.id);
    const opening = openingFields(v.hours ?? {}, this.calendars, others);
    const waiting = patience(queue, this.slas, others);
    const fields = [name, ident, mode, strategy, order, onLost, tags, sticky, ...asks, ...Object.values(opening), ...waiting.fields].filter(Boolean);
    const dependent = () => {
      strategy.el.hidden = sticky.el.hidden = mode.get() === 'manual';
      for (const f of asks) f.el.hidden = mode.get() !== 'offer';
      waiting.dependent();
    };
    dependent();

    this.form = new Form({
      fields,
      fresh,
      label: fresh ? t('admin.create_queue') : t('common.save'),
      content: [
        part(t('admin.queue'), null, name.el, ident && ident.el),
        part(t('admin.distribution'), t('admin.distribution_text'), mode.el, ...asks.map((f) => f.el), strategy.el, sticky.el),
        part(t('admin.line'), t('admin.line_text'), order.el, onLost.el),
        part(t('hours.queue'), t('hours.queue_text'), opening.calendar.el, opening.whenClosed.el, opening.overflow.el, opening.overflowAfter.el, opening.draining.el),
        ...waiting.parts,
        part(t('tags.at_the_end'), null, tags.el, opening.wrapUp.el, opening.onSignOut.el),
      ],
      save: (values, before) => this.#save(values, before, queue),
    });
    this.form.el.addEventListener('changed', dependent);
    const members = queue && h('admin-members');
    if (members) Object.assign(members, { queue: queue.id, members: this.members });
    this.show({ title: fresh ? t('admin.new_queue') : queue.name, back: link('admin', 'queues'),
      actions: queue && h('button', { class: 'button', type: 'button', on: { click: () => this.#remove(queue) } }, icon('trash'), t('common.remove')) },
    members, this.form.el);
    if (fresh) name.focus();
  }

  async #save(values, before, queue) {
    const key = queue?.id ?? values.id;
    if (queue) await patch(`queues/${id(key)}`, differing(asSaid(values), asSaid(before)));
    else await put(`queues/${id(key)}`, asSaid(values));
    this.form.settle();
    toast(t('admin.saved'), { kind: 'success' });
    if (queue) text(this.querySelector('.pane__head h1'), values.name);
    else go(link('admin', 'queues', key), { replace: true });
  }

  async #remove(queue) {
    if (!(await confirm({ title: t('admin.remove_queue_title', { name: queue.name }), text: t('admin.remove_queue_text'), yes: t('common.remove'), danger: true }))) return;
    try {
      await del(`queues/${id(queue.id)}`);
    } catch (e) {
      if (e.code === 'in_use') await inUse(queue);
      else fail(e);
      return;
    }
    toast(t('admin.removed', { name: queue.name }), { kind: 'success' });
    this.form = null;
    go(link('admin', 'queues'), { replace: true });
  }
}

// What the form says, as the API has it.
const asSaid = ({ id: _, sticky, ring, atOnce, pause, attempts, calendar, whenClosed, overflow, overflowAfter, wrapUp, onSignOut, draining,
  sla, remind, requeue, exclude, rounds, unanswered, ask, question, end, requireTags, ...values }) => ({
  ...values,
  ...waits({ sla, remind, requeue, exclude, rounds, unanswered, ask, question, end }),
  requireTags: requireTags === 'yes',
  stickySeconds: sticky,
  hours: { calendar, whenClosed, overflow, overflowAfterSeconds: overflowAfter, wrapUpSeconds: wrapUp || 0, onSignOut, draining: draining === 'yes' },
  offering: { ringSeconds: ring || 0, atOnce: atOnce || 0, pauseSeconds: pause || 0, attempts: attempts || 0 },
});

// When a queue is open, and what it does by time.
const openingFields = (v, calendars, others) => ({
  calendar: select({ name: 'calendar', label: t('hours.open'), value: v.calendar ?? '', options: [['', t('hours.always')], ...calendars.map((c) => [c.id, c.name])] }),
  whenClosed: choice({ name: 'whenClosed', as: 'closed policy', label: t('hours.when_closed'), value: v.whenClosed || 'queue', options: WHEN_CLOSED.map((w) => [w, t(`hours.when_closeds.${w}`), t(`hours.when_closed_hints.${w}`)]) }),
  overflow: select({ name: 'overflow', label: t('hours.overflow'), hint: t('hours.overflow_hint'), value: v.overflow ?? '', options: [['', t('hours.no_overflow')], ...others.map((q) => [q.id, q.name])] }),
  overflowAfter: minutes({ name: 'overflowAfter', as: ['overflow time', 'overflowafterseconds'], label: t('hours.overflow_after'), hint: t('hours.overflow_after_hint'), most: 24 * 60, seconds: v.overflowAfterSeconds, placeholder: '–' }),
  wrapUp: amount({ name: 'wrapUp', as: ['wrap-up time', 'wrapupseconds'], label: t('hours.wrap_up'), hint: t('hours.wrap_up_hint'), most: HOUR, value: v.wrapUpSeconds || '', placeholder: '0' }),
  onSignOut: choice({ name: 'onSignOut', as: 'sign-out policy', label: t('hours.on_sign_out'), value: v.onSignOut || 'keep', options: ON_LOST.map((o) => [o, t(`admin.on_losts.${o}`)]) }),
  draining: choice({ name: 'draining', label: t('hours.new'), value: v.draining ? 'yes' : '', options: [['', t('hours.takes')], ['yes', t('hours.draining'), t('hours.draining_queue_hint')]] }),
});

// How a queue asks its agents; what is left empty is the default.
const offering = (o) => [
  ['ring', o.ringSeconds, 3600, '30'], ['atOnce', o.atOnce, 50, '1'], ['pause', o.pauseSeconds, 86400, '120'], ['attempts', o.attempts, 1000, '10'],
].map(([name, value, most, placeholder]) => amount({ name, as: [name, `${name}seconds`], label: t(`admin.offering.${name}`), hint: t(`admin.offering.${name}_hint`), most, value: value || '', placeholder }));

const inUse = (queue) => dialog({
  title: t('admin.in_use_title', { name: queue.name }),
  class: 'dialog--small',
  body: (close) => [
    h('p', null, t('admin.in_use_text')),
    h('footer', { class: 'dialog__foot' },
      h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.close')),
      h('a', { class: 'button button--primary', href: link('waiting'), on: { click: () => close() } }, t('admin.show_waiting'))),
  ],
});

function queueRow({ queue }) {
  return h('tr', null,
    h('td', null, h('a', { class: 'entry', href: link('admin', 'queues', queue.id) }, h('span', { class: 'entry__text' }, h('strong'), h('small')))),
    h('td', { data: { column: 'mode' } }), h('td', { data: { column: 'strategy' } }), h('td', { data: { column: 'members' } }));
}

function updateQueueRow(el, { queue, agents }) {
  text(el.querySelector('strong'), queue.name);
  text(el.querySelector('small'), queue.id);
  const [mode, strategy, members] = [...el.querySelectorAll('td[data-column]')];
  text(mode, t(`admin.modes.${queue.mode || 'automatic'}`));
  text(strategy, queue.mode === 'manual' ? '–' : t(`admin.strategies.${queue.strategy || 'least_loaded'}`));
  text(members, String(agents.length));
}

/** Who serves the queue, each saved at once. */
class Members extends Page {
  queue = '';
  members = [];

  connect() {
    this.list = h('ul', { class: 'people' });
    this.none = h('p', { class: 'admin__none', hidden: true }, t('admin.no_members'));
    // Not on change: whoever chooses by keyboard passes others on the way.
    this.add = h('select', { class: 'select', 'aria-label': t('admin.add_member') });
    this.button = h('button', { class: 'button', type: 'submit' }, icon('plus'), t('admin.add'));
    const adding = h('form', { class: 'row', on: { submit: (e) => {
      e.preventDefault();
      this.#put(this.add.value, 0);
    } } }, this.add, this.button);
    fill(this, part(t('admin.members'), t('admin.members_text'), this.list, this.none, adding));
    this.ask = keepFresh(this, (e) => e.kind === 'member_changed' && e.queue === this.queue, async (signal) => {
      this.members = (await get(`queues/${id(this.queue)}/members`, null, { signal })).members;
      this.#render();
    });
    this.watch(names, () => this.#render());
  }

  #render() {
    const there = new Set(this.members.map((m) => m.agent));
    const byName = (a, b) => agentName(a).localeCompare(agentName(b));
    keyed(this.list, this.members.toSorted((a, b) => byName(a.agent, b.agent)), (m) => m.agent, (m) => this.#member(m), (el, m) => {
      const input = el.querySelector('input');
      if (document.activeElement !== input) input.value = m.capacity || '';
    });
    this.none.hidden = there.size > 0;
    const rest = Object.keys(names.get().agents).filter((a) => !there.has(a)).sort(byName);
    const chosen = this.add.value;
    fill(this.add, h('option', { value: '' }, t('admin.add_member')), rest.map((a) => h('option', { value: a }, agentName(a))));
    this.add.value = rest.includes(chosen) ? chosen : '';
    this.add.disabled = this.button.disabled = rest.length === 0;
  }

  #member(m) {
    const name = agentName(m.agent);
    const input = h('input', { class: 'input input--number', type: 'text', inputmode: 'numeric', value: m.capacity || '', placeholder: t('admin.no_limit'), 'aria-label': t('admin.member_capacity', { name }), on: {
      change: () => {
        const wanted = input.value.trim();
        if (/^\d*$/.test(wanted) && Number(wanted) <= MOST) this.#put(m.agent, Number(wanted), true);
        else toast(t('admin.wrong.number', { most: MOST }), { kind: 'error' });
      },
    } });
    return h('li', { class: 'person' }, avatar(name, m.agent, 'avatar--small'), h('span', { class: 'person__name' }, name), input,
      h('button', { class: 'icon-button', type: 'button', 'aria-label': t('admin.remove_member', { name }), on: { click: () => this.#remove(m.agent) } }, icon('close')));
  }

  async #put(agent, capacity, told = false) {
    if (!agent) return;
    try {
      await put(`queues/${id(this.queue)}/members/${id(agent)}`, { capacity });
      if (told) toast(t('admin.saved'), { kind: 'success' });
    } catch (e) {
      fail(e);
    }
    this.ask();
  }

  async #remove(agent) {
    const at = this.members.find((m) => m.agent === agent);
    try {
      await del(`queues/${id(this.queue)}/members/${id(agent)}`);
      toast(t('admin.member_removed', { name: agentName(agent) }), { action: { label: t('admin.undo'), run: () => this.#put(agent, at?.capacity ?? 0) } });
      this.add.focus();
    } catch (e) {
      fail(e);
    }
    this.ask();
  }
}

customElements.define('admin-members', Members);
customElements.define('admin-queues', Queues);
