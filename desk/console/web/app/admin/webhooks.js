// Webhooks: where the bot's events are posted, and how that goes.

import { h, fill, text, keyed } from '../lib/dom.js';
import { get, post, put, del, id } from '../lib/api.js';
import { t, dateTime, shortTime } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, fail, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { fromCivil } from '../lib/civil.js';
import { Page, nothing, showSecret } from './page.js';
import { Form, part } from './form.js';
import { amount, checks, choice, idField, line } from './fields.js';

const LOOK = 3000; // how often what is told is looked at anew

class Webhooks extends Page {
  connect() {
    const title = t('admin.page.webhooks');
    this.loading(title);
    this.attempt(title, async () => {
      const { webhooks, events } = await get('webhooks');
      if (!this.isConnected) return;
      const hook = webhooks.find((w) => w.id === this.item);
      if (this.fresh) this.#edit(null, webhooks, events);
      else if (!this.item) this.#list(webhooks);
      else if (hook) this.#edit(hook, webhooks, events);
      else this.missing(title, link('admin', 'webhooks'));
    });
  }

  #list(webhooks) {
    const body = h('tbody');
    const table = h('table', { class: 'table' },
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('admin.column.name')), h('th', { scope: 'col', data: { column: 'url' } }, t('webhooks.url')), h('th', { scope: 'col', data: { column: 'state' } }, t('webhooks.state')))),
      body);
    const place = h('div');
    const render = (all) => {
      keyed(body, all, (w) => w.id, hookRow, updateHookRow);
      if (all.length === 0) fill(place, nothing('send', t('webhooks.none'), t('webhooks.none_text')));
      else if (place.firstChild !== table) fill(place, table);
    };
    this.show({ title: t('admin.page.webhooks'), text: t('webhooks.text'), actions: h('a', { class: 'button button--primary', href: link('admin', 'webhooks', { new: '1' }) }, icon('plus'), t('webhooks.new')) }, place);
    render(webhooks);
    this.every(LOOK, () => get('webhooks').then((now) => render(now.webhooks), () => {})); // the next look says it
  }

  #edit(hook, all, events) {
    const fresh = !hook;
    const v = hook ?? { name: '', url: '', events: [], concurrency: 0, disabled: false };
    const name = line({ name: 'name', label: t('admin.name'), value: v.name || v.id, required: true, max: 256 });
    const ident = fresh && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('webhooks.id_hint') });
    const url = line({ name: 'url', label: t('webhooks.url'), hint: t('webhooks.url_hint'), value: v.url, required: true, max: 4096, type: 'url', input: { spellcheck: 'false' } });
    const kinds = checks({ name: 'events', label: t('webhooks.events'), hint: t('webhooks.events_hint'), value: v.events ?? [], options: events.map((e) => [e, h('code', null, e)]) });
    const atOnce = amount({ name: 'concurrency', label: t('webhooks.at_once'), hint: t('webhooks.at_once_hint'), value: v.concurrency || '', placeholder: '4', most: 32 });
    const state = choice({ name: 'state', label: t('webhooks.state'), value: v.disabled ? 'off' : 'on', options: [['on', t('webhooks.on')], ['off', t('webhooks.off'), t('webhooks.off_hint')]] });
    kinds.el.classList.add('kinds');
    this.form = new Form({
      fields: [name, ident, url, kinds, atOnce, state].filter(Boolean),
      fresh,
      label: fresh ? t('webhooks.create') : t('common.save'),
      content: [
        part(t('webhooks.webhook'), t('webhooks.webhook_text'), name.el, ident && ident.el, url.el, state.el),
        part(t('webhooks.what'), null, kinds.el, atOnce.el),
      ],
      save: (values) => this.#save(values, hook),
    });
    const button = (name, sign, run) => h('button', { class: 'button', type: 'button', on: { click: run } }, icon(sign), t(`webhooks.${name}`));
    const told = h('div');
    this.show({ title: fresh ? t('webhooks.new') : v.name || v.id, back: link('admin', 'webhooks'),
      actions: hook && [button('test', 'send', () => this.#test(hook)), button('rotate', 'refresh', () => this.#rotate(hook)),
        h('button', { class: 'button', type: 'button', on: { click: () => this.#remove(hook) } }, icon('trash'), t('common.remove'))] },
    told, this.form.el);
    if (fresh) {
      name.focus();
      return;
    }
    this.told = new Told(hook, told);
    this.told.render(hook);
    this.every(LOOK, () => this.told.look());
    this.told.look();
  }

  async #save({ id: chosen, state, events, concurrency, ...values }, hook) {
    const key = hook?.id ?? chosen;
    const { secret } = await put(`webhooks/${id(key)}`, { ...values, events, concurrency: Number(concurrency), disabled: state === 'off' });
    this.form.settle();
    toast(t('admin.saved'), { kind: 'success' });
    if (secret) await this.#secret(secret);
    go(link('admin', 'webhooks', key), { replace: true });
  }

  #secret(value) {
    return showSecret({ title: t('webhooks.secret'), said: t('webhooks.secret_text'), label: t('webhooks.secret'), value });
  }

  async #test(hook) {
    try {
      await post(`webhooks/${id(hook.id)}/test`);
      toast(t('webhooks.tested'));
      this.told.look();
    } catch (e) {
      fail(e);
    }
  }

  async #rotate(hook) {
    if (!(await confirm({ title: t('webhooks.rotate_title'), text: t('webhooks.rotate_text'), yes: t('webhooks.rotate') }))) return;
    try {
      await this.#secret((await post(`webhooks/${id(hook.id)}/secret`)).secret);
    } catch (e) {
      fail(e);
    }
  }

  async #remove(hook) {
    if (!(await confirm({ title: t('webhooks.remove_title', { name: hook.name || hook.id }), text: t('webhooks.remove_text'), yes: t('common.remove'), danger: true }))) return;
    try {
      await del(`webhooks/${id(hook.id)}`);
      toast(t('admin.removed', { name: hook.name || hook.id }), { kind: 'success' });
      this.form = null;
      go(link('admin', 'webhooks'), { replace: true });
    } catch (e) {
      fail(e);
    }
  }
}

/** What a webhook was told lately, and what it was not. */
class Told {
  constructor(hook, place) {
    this.id = hook.id;
    this.notice = h('p', { class: 'notice notice--warning', hidden: true });
    this.recent = h('tbody');
    this.dead = h('tbody');
    this.none = h('p', { class: 'faint' }, t('webhooks.nothing_told'));
    this.deadPart = part(t('webhooks.dead'), t('webhooks.dead_text'),
      h('table', { class: 'table' }, head('event', 'at', 'status', 'acts'), this.dead),
      h('button', { class: 'button', type: 'button', on: { click: () => this.replay({ every: true }) } }, icon('refresh'), t('webhooks.replay_every')));
    const from = h('input', { class: 'input', type: 'datetime-local', id: 'replay-from', 'aria-label': t('webhooks.replay_from') });
    this.table = h('table', { class: 'table', hidden: true }, head('event', 'at', 'status', 'outcome'), this.recent);
    fill(place, this.notice,
      part(t('webhooks.recent'), null, this.none, this.table,
        h('div', { class: 'replay' }, h('label', { for: 'replay-from' }, t('webhooks.replay_from')), from,
          h('button', { class: 'button', type: 'button', on: { click: () => from.value && this.replay({ from: fromCivil(from.value) }) } }, t('webhooks.replay')))),
      this.deadPart);
    this.deadPart.hidden = true;
  }

  async look() {
    try {
      const { webhooks } = await get('webhooks');
      const hook = webhooks.find((w) => w.id === this.id);
      if (hook) this.render(hook);
      if (hook?.dead) this.renderDead((await get(`webhooks/${id(this.id)}/dead`)).dead);
    } catch {
      // The next look says it.
    }
  }

  render(hook) {
    const said = hook.disabled ? t('webhooks.is_off') : hook.failingSince ? t('webhooks.failing', { time: dateTime(hook.failingSince), count: hook.waiting }) : '';
    this.notice.hidden = !said;
    fill(this.notice, icon('warning'), said);
    const tries = hook.recent.map((r) => ({ ...r, key: `${r.id} ${r.at} ${r.try}` }));
    this.none.hidden = tries.length > 0;
    this.table.hidden = tries.length === 0;
    keyed(this.recent, tries, (r) => r.key, (r) => h('tr', null, event(r),
      h('td', { data: { column: 'at' } }, dateTime(r.at)), h('td', null, r.status ? String(r.status) : t('webhooks.no_answer')),
      h('td', null, h('span', { class: ['badge', r.outcome !== 'delivered' && 'badge--waiting'] }, t(`webhooks.outcome.${r.outcome}`)))), () => {});
    this.deadPart.hidden = !hook.dead;
  }

  renderDead(dead) {
    keyed(this.dead, dead, (d) => d.id, (d) => h('tr', null, event(d),
      h('td', { data: { column: 'at' } }, dateTime(d.at)), h('td', null, d.status ? String(d.status) : t('webhooks.no_answer')),
      h('td', { data: { column: 'acts' } }, h('button', { class: 'button button--small', type: 'button', on: { click: () => this.replay({ dead: d.id }) } }, t('webhooks.replay')))), () => {});
  }

  async replay(what) {
    try {
      const { replayed } = await post(`webhooks/${id(this.id)}/replay`, what);
      toast(what.from ? t('webhooks.rewound') : t('webhooks.replayed', { count: replayed }), { kind: 'success' });
      this.look();
    } catch (e) {
      fail(e);
    }
  }
}

const head = (...columns) => h('thead', null, h('tr', null, columns.map((c) => h('th', { scope: 'col', data: { column: c } }, t(`webhooks.column.${c}`)))));

const event = (e) => h('td', null, h('span', { class: 'entry__text' }, h('strong', null, e.type), h('small', { title: e.id }, e.conversation ?? e.id)));

const standing = (hook) => (hook.disabled ? 'off' : hook.failingSince ? 'fails' : 'on');

function hookRow(hook) {
  return h('tr', null,
    h('td', null, h('a', { class: 'entry', href: link('admin', 'webhooks', hook.id) }, h('span', { class: 'entry__text' }, h('strong'), h('small')))),
    h('td', { data: { column: 'url' } }, h('span', { class: 'clip' })), h('td', { data: { column: 'state' } }));
}

function updateHookRow(el, hook) {
  text(el.querySelector('strong'), hook.name || hook.id);
  text(el.querySelector('small'), hook.recent.length ? t('webhooks.last', { time: shortTime(hook.recent[0].at) }) : hook.id);
  text(el.querySelector('.clip'), hook.url);
  const s = standing(hook);
  fill(el.querySelector('[data-column=state]'), h('span', { class: ['badge', s !== 'on' && 'badge--waiting'] }, t(`webhooks.${s}`)), hook.dead > 0 && ` ${t('webhooks.dead_count', { count: hook.dead })}`);
}

customElements.define('admin-webhooks', Webhooks);
