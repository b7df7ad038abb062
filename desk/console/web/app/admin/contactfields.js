// The fields that a team keeps of its contacts.

import { h, fill, text, keyed } from '../lib/dom.js';
import { get, put, del, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, fail, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { keepFresh } from '../queues/refresh.js';
import { Page, nothing } from './page.js';
import { Form, part } from './form.js';
import { choice, idField, line, select, words } from './fields.js';

const TYPES = ['text', 'number', 'date', 'choice', 'bool'];

class ContactFields extends Page {
  connect() {
    const title = t('admin.page.fields');
    this.loading(title);
    this.attempt(title, async () => {
      const { fields } = await get('contact-fields');
      if (!this.isConnected) return;
      const field = fields.find((v) => v.id === this.item);
      if (this.fresh) this.#edit(null, fields);
      else if (!this.item) this.#list(fields);
      else if (field) this.#edit(field, fields);
      else this.missing(title, link('admin', 'fields'));
    });
  }

  #list(fields) {
    const body = h('tbody');
    const table = h('table', { class: 'table' },
      h('thead', null, h('tr', null, [t('admin.column.name'), t('fields.type'), t('fields.for')].map((c) => h('th', { scope: 'col' }, c)))), body);
    const place = h('div');
    const render = (all) => {
      keyed(body, all.toSorted((a, b) => a.name.localeCompare(b.name)), (v) => v.id, fieldRow, updateFieldRow);
      if (all.length === 0) fill(place, nothing('user', t('fields.none'), t('fields.none_text')));
      else if (place.firstChild !== table) fill(place, table);
    };
    this.show({ title: t('admin.page.fields'), text: t('fields.text'), actions: h('a', { class: 'button button--primary', href: link('admin', 'fields', { new: '1' }) }, icon('plus'), t('fields.new')) }, place);
    render(fields);
    keepFresh(this, (e) => e.kind === 'settings_changed' && e.setting === 'field', async (signal) => render((await get('contact-fields', null, { signal })).fields));
  }

  #edit(field, all) {
    const fresh = !field;
    const v = field ?? { name: '', type: 'text', for: 'open' };
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256 });
    const ident = fresh && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('fields.id_hint') });
    const type = select({ name: 'type', label: t('fields.type'), value: v.type, options: TYPES.map((w) => [w, t(`fields.types.${w}`)]) });
    const access = choice({ name: 'for', label: t('fields.for'), value: v.for, options: ['open', 'read_only', 'hidden'].map((w) => [w, t(`fields.access.${w}`), t(`fields.access_hint.${w}`)]) });
    const choices = words({ name: 'choices', label: t('fields.choices'), hint: t('rules.words_hint'), value: v.choices,
      check: (list) => (type.get() === 'choice' && list.length === 0 ? t('admin.wrong.empty') : '') });
    const pattern = line({ name: 'pattern', label: t('fields.pattern'), hint: t('fields.pattern_hint'), value: v.pattern, max: 256, input: { spellcheck: 'false' } });
    const min = line({ name: 'min', label: t('fields.min'), value: v.min, max: 32 });
    const max = line({ name: 'max', label: t('fields.max'), value: v.max, max: 32 });
    const bounds = h('div', { class: 'pair' }, min.el, max.el);
    const fields = [name, ident, type, access, choices, pattern, min, max].filter(Boolean);
    this.form = new Form({
      fields, fresh, label: fresh ? t('fields.create') : t('common.save'),
      content: [part(t('fields.field'), t('fields.field_text'), name.el, ident && ident.el, access.el), part(t('fields.values'), t('fields.values_text'), type.el, choices.el, pattern.el, bounds)],
      save: (values) => this.#save(values, field),
    });
    const show = () => {
      const now = type.get();
      choices.el.hidden = now !== 'choice';
      pattern.el.hidden = now !== 'text';
      bounds.hidden = now !== 'number' && now !== 'date';
    };
    this.form.el.addEventListener('changed', show);
    show();
    this.show({ title: fresh ? t('fields.new') : field.name, back: link('admin', 'fields'),
      actions: field && h('button', { class: 'button', type: 'button', on: { click: () => this.#remove(field) } }, icon('trash'), t('common.remove')) }, this.form.el);
    if (fresh) name.focus();
  }

  async #save({ id: chosen, name, type, for: access, choices, pattern, min, max }, field) {
    const bounded = type === 'number' || type === 'date';
    await put(`contact-fields/${id(field?.id ?? chosen)}`, {
      name, type, for: access, choices: type === 'choice' ? choices : [], pattern: type === 'text' ? pattern : '', min: bounded ? min : '', max: bounded ? max : '',
    });
    this.form.settle();
    toast(t('admin.saved'), { kind: 'success' });
    go(link('admin', 'fields'), { replace: true });
  }

  async #remove(field) {
    if (!(await confirm({ title: t('fields.remove_title', { name: field.name }), text: t('fields.remove_text'), yes: t('common.remove'), danger: true }))) return;
    try {
      await del(`contact-fields/${id(field.id)}`);
      toast(t('admin.removed', { name: field.name }), { kind: 'success' });
      this.form = null;
      go(link('admin', 'fields'), { replace: true });
    } catch (e) {
      fail(e);
    }
  }
}

function fieldRow(field) {
  return h('tr', null,
    h('td', null, h('a', { class: 'entry', href: link('admin', 'fields', field.id) }, h('span', { class: 'entry__text' }, h('strong'), h('small')))),
    h('td', { data: { column: 'type' } }), h('td', { data: { column: 'for' } }));
}

function updateFieldRow(el, field) {
  text(el.querySelector('strong'), field.name);
  text(el.querySelector('small'), field.id);
  text(el.querySelector('[data-column=type]'), t(`fields.types.${field.type}`));
  text(el.querySelector('[data-column=for]'), t(`fields.access.${field.for}`));
}

customElements.define('admin-fields', ContactFields);
