// What the pages of catalogues have in common: a list of entries, each with a
// form to change it, all saved and removed alike.

import { h, fill, text, keyed } from '../lib/dom.js';
import { get, put, del, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, fail, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { keepFresh } from '../queues/refresh.js';
import { Page, nothing } from './page.js';
import { Form } from './form.js';

/**
 * A page says what it is of: `page` (of the route, its group of words and its
 * element), `path` and `list` (of the API: where they are, and the field of
 * the answer), `setting` (of the events that tell of changes), `sign` (an
 * icon), `columns` (but for the name), `cells(entry)` (a node or text for
 * each), `named(entry)`, `fields(entry, all)` (`{fields, content, begin}`) and
 * `body(values)` (what is put).
 */
export class Entries extends Page {
  /** @type {any} */
  kind = null;

  connect() {
    const { page, path, list } = this.kind;
    const title = t(`admin.page.${page}`);
    this.loading(title);
    this.attempt(title, async () => {
      const all = (await get(path))[list];
      if (!this.isConnected) return;
      const entry = all.find((v) => v.id === this.item);
      if (this.fresh) this.#edit(null, all);
      else if (!this.item) this.#list(all);
      else if (entry) this.#edit(entry, all);
      else this.missing(title, link('admin', page));
    });
  }

  #list(entries) {
    const { page, path, list, setting, sign, columns } = this.kind;
    const body = h('tbody');
    const table = h('table', { class: 'table' },
      h('thead', null, h('tr', null, ['name', ...columns].map((c) => h('th', { scope: 'col', data: { column: c } }, t(c === 'name' ? 'admin.column.name' : `entries.${page}.column.${c}`))))),
      body);
    const place = h('div');
    const render = (all) => {
      keyed(body, all.toSorted((a, b) => this.named(a).localeCompare(this.named(b))), (v) => v.id, (v) => this.#row(v), (el, v) => this.#update(el, v));
      if (all.length === 0) fill(place, nothing(sign, t(`entries.${page}.none`), t(`entries.${page}.none_text`)));
      else if (place.firstChild !== table) fill(place, table);
    };
    this.show({ title: t(`admin.page.${page}`), text: t(`entries.${page}.text`), actions: h('a', { class: 'button button--primary', href: link('admin', page, { new: '1' }) }, icon('plus'), t(`entries.${page}.new`)) }, place);
    render(entries);
    keepFresh(this, (e) => e.kind === 'settings_changed' && e.setting === setting, async (signal) => render((await get(path, null, { signal }))[list]));
  }

  #row(v) {
    return h('tr', null,
      h('td', null, h('a', { class: 'entry', href: link('admin', this.kind.page, v.id) }, h('span', { class: 'entry__text' }, h('strong', { dir: 'auto' }), h('small', null, v.id)))),
      this.kind.columns.map((c) => h('td', { data: { column: c } })));
  }

  #update(el, v) {
    text(el.querySelector('strong'), this.named(v));
    const cells = this.cells(v);
    [...el.querySelectorAll('td[data-column]')].forEach((td, i) => fill(td, cells[i]));
  }

  #edit(entry, all) {
    const { page } = this.kind;
    const fresh = !entry;
    const { fields, content, begin } = this.fields(entry, all);
    this.form = new Form({ fields, content, fresh, label: fresh ? t(`entries.${page}.create`) : t('common.save'), save: (values) => this.#save(values, entry) });
    begin?.(this.form);
    this.show({ title: fresh ? t(`entries.${page}.new`) : this.named(entry), back: link('admin', page),
      actions: entry && this.may(entry) && h('button', { class: 'button', type: 'button', on: { click: () => this.#remove(entry) } }, icon('trash'), t('common.remove')) }, this.form.el);
    if (fresh) fields[0].focus();
  }

  /**
   * @param {any} entry
   * @returns {string}
   */
  named(entry) {
    return entry.name;
  }

  /**
   * @param {any} _entry
   * @returns {any[]}
   */
  cells(_entry) {
    return [];
  }

  /**
   * @param {any} _entry null for a new one
   * @param {any[]} _all
   * @returns {{fields: any[], content: any[], begin?: (form: Form) => void}}
   */
  fields(_entry, _all) {
    return { fields: [], content: [] };
  }

  /**
   * @param {any} values
   * @returns {any}
   */
  body(values) {
    return values;
  }

  /**
   * Whether the agent may change an entry.
   *
   * @param {any} _entry
   */
  may(_entry) {
    return true;
  }

  async #save({ id: chosen, ...values }, entry) {
    await put(`${this.kind.path}/${id(entry?.id ?? chosen)}`, this.body(values));
    this.form.settle();
    toast(t('admin.saved'), { kind: 'success' });
    go(link('admin', this.kind.page), { replace: true });
  }

  async #remove(entry) {
    const { page, path } = this.kind;
    if (!(await confirm({ title: t(`entries.${page}.remove_title`, { name: this.named(entry) }), text: t(`entries.${page}.remove_text`), yes: t('common.remove'), danger: true }))) return;
    try {
      await del(`${path}/${id(entry.id)}`);
      toast(t('admin.removed', { name: this.named(entry) }), { kind: 'success' });
      this.form = null;
      go(link('admin', page), { replace: true });
    } catch (e) {
      fail(e);
    }
  }
}
