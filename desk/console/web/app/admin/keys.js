// API keys: with one, a program acts as the bot's platform.

import { h, fill, text, keyed } from '../lib/dom.js';
import { get, post, del, id } from '../lib/api.js';
import { t, dateTime, shortTime } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, dialog, fail, toast } from '../lib/feedback.js';
import { Page, nothing, showSecret } from './page.js';
import { Form } from './form.js';
import { line } from './fields.js';

class Keys extends Page {
  connect() {
    const title = t('admin.page.keys');
    this.body = h('tbody');
    this.table = h('table', { class: 'table' },
      h('thead', null, h('tr', null, ['name', 'created', 'used'].map((c) => h('th', { scope: 'col', data: { column: c } }, t(`admin.column.${c}`))),
        h('th', { scope: 'col', data: { column: 'acts' } }, h('span', { class: 'visually-hidden' }, t('admin.actions'))))),
      this.body);
    this.place = h('div');
    this.loading(title);
    this.attempt(title, async () => {
      const { keys } = await get('keys');
      if (!this.isConnected) return;
      this.show({ title, text: t('admin.keys_text'), actions: h('button', { class: 'button button--primary', type: 'button', on: { click: () => this.#create() } }, icon('plus'), t('admin.new_key')) },
        this.place,
        h('p', { class: 'admin__foot' }, h('a', { href: 'api/v1/openapi.json', target: '_blank', rel: 'noopener' }, t('admin.api_document'))));
      this.#render(keys);
    });
  }

  async #load() {
    try {
      this.#render((await get('keys')).keys);
    } catch (e) {
      fail(e);
    }
  }

  #render(keys) {
    keyed(this.body, keys, (k) => k.id, (k) => this.#row(k), (el, k) => text(el.querySelector('[data-column=used]'), k.lastUsedAt ? shortTime(k.lastUsedAt) : t('admin.never')));
    if (keys.length === 0) fill(this.place, nothing('settings', t('admin.no_keys'), t('admin.no_keys_text')));
    else if (this.place.firstChild !== this.table) fill(this.place, this.table);
  }

  #row(key) {
    return h('tr', null,
      h('td', null, h('strong', null, key.name)),
      h('td', { data: { column: 'created' } }, dateTime(key.createdAt)),
      h('td', { data: { column: 'used' } }),
      h('td', { data: { column: 'acts' } }, h('button', { class: 'icon-button', type: 'button', 'aria-label': t('admin.delete_key', { name: key.name }), on: { click: () => this.#delete(key) } }, icon('trash'))));
  }

  async #create() {
    const made = await dialog({
      title: t('admin.new_key'),
      class: 'dialog--small',
      body: (close) => {
        const name = line({ name: 'name', label: t('admin.name'), hint: t('admin.key_name_hint'), required: true, max: 256 });
        return new Form({ fields: [name], content: name.el, fresh: true, compact: true, label: t('admin.create_key'),
          save: async (values) => close(await post('keys', values, { once: true })) }).el;
      },
    });
    if (!made) return;
    this.#load();
    await showSecret({ title: t('admin.key_made', { name: made.name }), said: t('admin.key_made_text'), label: t('admin.key'), value: made.secret });
  }

  async #delete(key) {
    if (!(await confirm({ title: t('admin.delete_key', { name: key.name }), text: t('admin.delete_key_text'), yes: t('admin.delete'), danger: true }))) return;
    try {
      await del(`keys/${id(key.id)}`);
      toast(t('admin.removed', { name: key.name }), { kind: 'success' });
    } catch (e) {
      fail(e);
    }
    this.#load();
  }
}

customElements.define('admin-keys', Keys);
