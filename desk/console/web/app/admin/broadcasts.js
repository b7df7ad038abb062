// Broadcasts: a template for many. The list, and the form of a new one.

import { h, fill, text, keyed } from '../lib/dom.js';
import { get, post, newKey, id } from '../lib/api.js';
import { t, number, dateTime } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { fail } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { me } from '../desk.js';
import { keepFresh } from '../queues/refresh.js';
import { approved, body, filled, inputName } from '../start/template.js';
import { Page, nothing } from './page.js';
import { Form, part } from './form.js';
import { amount, area, line, select } from './fields.js';
import { stateBadge, showBroadcast } from './broadcast.js';

const CHUNK = 200;
const SHOWN = 5;

class Broadcasts extends Page {
  connect() {
    const title = t('admin.page.broadcasts');
    this.loading(title);
    this.attempt(title, async () => {
      if (this.fresh) await this.#new();
      else if (this.item) await showBroadcast(this);
      else await this.#list();
    });
  }

  async #list() {
    const rows = h('tbody');
    const table = h('table', { class: 'table' },
      h('thead', null, h('tr', null, ['name', 'template', 'state', 'reached', 'created'].map((c) => h('th', { scope: 'col', data: { column: c } }, t(`broadcasts.column.${c}`))))), rows);
    const place = h('div');
    const render = ({ broadcasts }) => {
      keyed(rows, broadcasts, (b) => b.id, row, update);
      if (broadcasts.length === 0) fill(place, nothing('send', t('broadcasts.none'), t('broadcasts.none_text')));
      else if (place.firstChild !== table) fill(place, table);
    };
    const first = await get('broadcasts');
    if (!this.isConnected) return;
    this.show({ title: t('admin.page.broadcasts'), text: t('broadcasts.text'),
      actions: h('a', { class: 'button button--primary', href: link('admin', 'broadcasts', { new: '1' }) }, icon('plus'), t('broadcasts.new')) }, place);
    render(first);
    const ask = keepFresh(this, (e) => e.kind === 'broadcast_changed', async (signal) => render(await get('broadcasts', null, { signal })));
    this.every(5000, () => rows.querySelector('[data-state=running]') && ask());
  }

  async #new() {
    const { templates } = await get('templates');
    if (!this.isConnected) return;
    const { lines } = me.get();
    const on = () => lines[Number(account.get())];
    const fitting = () => templates.filter((v) => approved(v) && (!v.channel || v.channel === on()?.channel)).sort((a, b) => a.name.localeCompare(b.name));
    const chosen = () => templates.find((v) => v.id === template.get());

    const name = line({ name: 'name', label: t('broadcasts.name'), hint: t('broadcasts.name_hint'), required: true, max: 256 });
    const account = select({ name: 'line', as: 'account', label: t('broadcasts.line'), value: '0', options: lines.map((l, i) => [String(i), l.name]) });
    const template = select({ name: 'template', label: t('broadcasts.template'), value: '', options: [],
      check: (v) => (v ? '' : t('broadcasts.no_template')) });
    const rate = amount({ name: 'rate', label: t('broadcasts.rate'), hint: t('broadcasts.rate_hint'), placeholder: '20', value: '', most: 500 });
    const list = area({ name: 'list', label: t('broadcasts.list'), required: true, rows: 8, hint: t('broadcasts.list_hint'), input: { spellcheck: 'false', class: 'input list-input' } });
    const file = h('input', { type: 'file', accept: '.csv,.txt,text/csv,text/plain', 'aria-label': t('broadcasts.file'), on: { change: () => this.#read(file, list) } });
    const expects = h('p', { class: 'field__hint' });
    const checked = h('div', { class: 'checked', 'aria-live': 'polite' });
    const check = h('button', { class: 'button', type: 'button', on: { click: () => inspect().catch(fail) } }, icon('check'), t('broadcasts.check'));
    const progress = h('p', { role: 'status', class: 'field__hint' });

    const offer = () => {
      const before = template.get();
      const all = fitting();
      fill(template.el.querySelector('select'), all.map((v) => h('option', { value: v.id }, `${v.name} · ${v.language}`)));
      template.set(all.some((v) => v.id === before) ? before : all[0]?.id ?? '');
      explain();
    };
    const explain = () => {
      const v = chosen();
      text(expects, v ? t('broadcasts.columns', { columns: [t('broadcasts.number'), ...v.inputs.map(inputName)].join(' ; ') }) : '');
      fill(checked);
    };
    const inspect = async () => {
      const answer = await post('broadcasts/check', { template: template.get(), channel: on().channel, text: list.get() });
      fill(checked, report(answer, chosen()));
      return answer;
    };
    account.el.addEventListener('change', offer);
    template.el.addEventListener('change', explain);
    list.el.addEventListener('input', () => fill(checked));

    let key = newKey();
    this.form = new Form({
      fields: [name, account, template, rate, list], fresh: true, label: t('broadcasts.create'),
      content: [
        part(t('broadcasts.what'), t('broadcasts.what_text'), name.el, h('div', { class: 'pair' }, account.el, rate.el), template.el),
        part(t('broadcasts.who'), t('broadcasts.who_text'), expects, list.el, h('div', { class: 'list-file' }, file, check), checked, progress),
      ],
      save: async (values) => {
        const { recipients } = await inspect();
        if (recipients.length === 0) {
          list.wrong(t('broadcasts.nobody'));
          return;
        }
        const { channel, account: of } = on();
        const made = await post('broadcasts', { name: values.name, channel, account: of, template: values.template, rate: values.rate || 0 }, { key });
        for (let at = 0; at < recipients.length; at += CHUNK) {
          text(progress, t('broadcasts.adding', { done: number(at), all: number(recipients.length) }));
          await post(`broadcasts/${id(made.id)}/recipients`, { from: at + 1, recipients: recipients.slice(at, at + CHUNK).map(({ address, params }) => ({ address, params })) });
        }
        key = newKey();
        this.form = null;
        go(link('admin', 'broadcasts', made.id), { replace: true });
      },
    });
    this.show({ title: t('broadcasts.new'), back: link('admin', 'broadcasts') }, lines.length ? this.form.el : nothing('send', t('broadcasts.no_lines')));
    offer();
    name.focus();
  }

  #read(input, list) {
    const [chosen] = input.files;
    if (!chosen) return;
    chosen.arrayBuffer().then((bytes) => {
      list.set(new TextDecoder().decode(bytes));
      list.el.dispatchEvent(new Event('input', { bubbles: true }));
    }).catch(fail);
  }
}

// What a list holds: how many are right, how the first messages look, and
// what is wrong with the other lines.
function report({ recipients, errors, wrong }, template) {
  return [
    h('p', { class: ['notice', wrong && 'notice--warning'] }, icon(wrong ? 'warning' : 'check'),
      t('broadcasts.right', { count: recipients.length, n: number(recipients.length) }), ' ', wrong > 0 && t('broadcasts.wrong', { count: wrong, n: number(wrong) })),
    errors.length > 0 && h('ul', { class: 'checked__errors', 'aria-label': t('broadcasts.errors') }, errors.slice(0, 100).map((e) => h('li', null,
      h('strong', null, t('broadcasts.line_n', { n: e.line })), ' ', t(`broadcasts.error.${e.code}`, { of: e.of ?? 0, column: e.column ?? 0 })))),
    recipients.length > 0 && h('div', { class: 'checked__previews' }, recipients.slice(0, SHOWN).map((r) => h('figure', null,
      h('figcaption', null, r.address), h('p', { class: 'bubble', dir: 'auto' }, filled(template.body, body(template, r.params)))))),
  ];
}

const row = (b) => h('tr', null,
  h('td', null, h('a', { class: 'entry', href: link('admin', 'broadcasts', b.id) }, h('span', { class: 'entry__text' }, h('strong', { dir: 'auto' })))),
  h('td', { data: { column: 'template' } }), h('td', { data: { column: 'state' } }), h('td', { data: { column: 'reached' } }), h('td', { data: { column: 'created' } }));

function update(el, b) {
  text(el.querySelector('strong'), b.name);
  text(el.querySelector('[data-column=template]'), b.template);
  fill(el.querySelector('[data-column=state]'), stateBadge(b));
  el.dataset.state = b.state;
  text(el.querySelector('[data-column=reached]'), t('broadcasts.of', { done: number(b.recipients - b.counts.queued), all: number(b.recipients) }));
  text(el.querySelector('[data-column=created]'), dateTime(b.createdAt));
}

customElements.define('admin-broadcasts', Broadcasts);
