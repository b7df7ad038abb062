// Templates: the approved messages that a channel takes at any time.

import { h, fill, text, keyed } from '../lib/dom.js';
import { get, put, del, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, fail, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { channelName } from '../list/words.js';
import { me } from '../desk.js';
import { keepFresh } from '../queues/refresh.js';
import { approved, filled, placeholders, gap } from '../start/template.js';
import { Page, nothing } from './page.js';
import { Form, part } from './form.js';
import { area, idField, line, select } from './fields.js';

const CATEGORIES = ['utility', 'marketing', 'authentication'];
const STATES = ['approved', 'draft', 'pending', 'rejected', 'paused', 'disabled'];
const LANGUAGES = ['pt_BR', 'en', 'en_US', 'es', 'es_MX', 'es_AR', 'fr', 'it', 'de'];

class Templates extends Page {
  connect() {
    const title = t('admin.page.templates');
    this.loading(title);
    this.attempt(title, async () => {
      const { templates } = await get('templates');
      if (!this.isConnected) return;
      const template = templates.find((v) => v.id === this.item);
      if (this.fresh) this.#edit(null, templates);
      else if (!this.item) this.#list(templates);
      else if (template) this.#edit(template, templates);
      else this.missing(title, link('admin', 'templates'));
    });
  }

  #list(templates) {
    const body = h('tbody');
    const table = h('table', { class: 'table' },
      h('thead', null, h('tr', null, ['name', 'state', 'language', 'channel', 'text'].map((c) => h('th', { scope: 'col', data: { column: c } }, t(`admin.column.${c}`))))),
      body);
    const place = h('div');
    const render = (all) => {
      keyed(body, all.toSorted((a, b) => a.name.localeCompare(b.name) || a.language.localeCompare(b.language)), (v) => v.id, templateRow, updateTemplateRow);
      if (all.length === 0) fill(place, nothing('note', t('admin.no_templates'), t('admin.no_templates_text')));
      else if (place.firstChild !== table) fill(place, table);
    };
    this.show({ title: t('admin.page.templates'), text: t('admin.templates_text'), actions: h('a', { class: 'button button--primary', href: link('admin', 'templates', { new: '1' }) }, icon('plus'), t('admin.new_template')) }, place);
    render(templates);
    keepFresh(this, (e) => e.kind === 'template_changed', async (signal) => render((await get('templates', null, { signal })).templates));
  }

  #edit(template, all) {
    const fresh = !template;
    const v = template ?? { name: '', language: me.get().bot.language?.replace('-', '_') ?? '', channel: '', body: '' };
    const name = line({ name: 'name', label: t('admin.template_name'), hint: t('admin.template_name_hint'), value: v.name, required: true, max: 256, input: { spellcheck: 'false' } });
    const ident = fresh && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('admin.template_id_hint') });
    const language = line({ name: 'language', as: 'template language', label: t('admin.language'), hint: t('admin.template_language_hint'), value: v.language, required: true, max: 64, input: { list: 'template-languages', spellcheck: 'false' } });
    const channel = line({ name: 'channel', label: t('admin.column.channel'), hint: t('admin.channel_hint'), value: v.channel, max: 64, input: { list: 'template-channels', spellcheck: 'false' } });
    const message = area({ name: 'body', label: t('admin.body'), hint: t('admin.body_hint'), value: v.body, required: true, max: 65536, rows: 7,
      check: (w) => (gap(w) ? t('admin.wrong.placeholder') : '') });
    const category = line({ name: 'category', label: t('template.category'), hint: t('template.category_hint'), value: v.category, max: 256, input: { list: 'template-categories', spellcheck: 'false' } });
    const status = select({ name: 'status', as: 'template status', label: t('template.state'), value: v.status || 'approved', options: STATES.map((s) => [s, t(`template.states.${s}`)]) });
    const fields = [name, ident, language, channel, category, status, message].filter(Boolean);
    const preview = h('p', { class: 'bubble', dir: 'auto' });
    const params = h('p', { class: 'field__hint' });
    const show = () => {
      const count = placeholders(message.get());
      fill(preview, message.get() ? filled(message.get(), Array.from({ length: count }, (_, i) => t('admin.sample', { n: i + 1 }))) : t('admin.preview_empty'));
      preview.classList.toggle('bubble--empty', !message.get());
      text(params, t('admin.params', { count }));
    };
    this.form = new Form({
      fields,
      fresh,
      label: fresh ? t('admin.create_template') : t('common.save'),
      content: [
        part(t('admin.template'), t('admin.template_text'), name.el, ident && ident.el, h('div', { class: 'pair' }, language.el, channel.el), h('div', { class: 'pair' }, category.el, status.el),
          v.reason && h('p', { class: 'notice notice--warning' }, icon('warning'), t('template.reason', { reason: v.reason })),
          options('template-categories', CATEGORIES),
          options('template-languages', LANGUAGES), options('template-channels', [...new Set(me.get().lines.map((l) => l.channel))])),
        part(t('admin.message'), null, around(v), message.el, h('div', { class: 'field' }, h('span', { class: 'field__label' }, t('admin.preview')), preview, params)),
      ],
      save: (values) => this.#save(values, template),
    });
    this.form.el.addEventListener('changed', show);
    show();
    this.show({ title: fresh ? t('admin.new_template') : template.name, back: link('admin', 'templates'),
      actions: template && h('button', { class: 'button', type: 'button', on: { click: () => this.#remove(template) } }, icon('trash'), t('common.remove')) }, this.form.el);
    if (fresh) name.focus();
  }

  async #save({ id: chosen, ...values }, template) {
    const key = template?.id ?? chosen;
    // What stands around the body comes from the channel and stays.
    const { business, names, header, footer, buttons } = template ?? {};
    const changed = !template || values.status !== (template.status || 'approved');
    // The channel may have taken it back since the page opened: who did not touch the state keeps it.
    const now = changed ? undefined : (await get('templates')).templates.find((one) => one.id === template.id);
    const { status, reason } = now ?? { status: values.status, reason: undefined };
    await put(`templates/${id(key)}`, { ...values, business, names, header, footer, buttons, status, reason });
    this.form.settle();
    toast(t('admin.saved'), { kind: 'success' });
    go(link('admin', 'templates'), { replace: true });
  }

  async #remove(template) {
    if (!(await confirm({ title: t('admin.remove_template_title', { name: template.name }), text: t('admin.remove_template_text'), yes: t('common.remove'), danger: true }))) return;
    try {
      await del(`templates/${id(template.id)}`);
      toast(t('admin.removed', { name: template.name }), { kind: 'success' });
      this.form = null;
      go(link('admin', 'templates'), { replace: true });
    } catch (e) {
      fail(e);
    }
  }
}

// What stands above and below the body, which is the channel's affair.
const around = (v) => (v.header || v.footer || v.buttons?.length) && h('dl', { class: 'around' },
  v.header && [h('dt', null, t('template.header')), h('dd', null, v.header.text || v.header.link || t(`template.header_kinds.${v.header.kind}`))],
  v.footer && [h('dt', null, t('template.footer')), h('dd', null, v.footer)],
  v.buttons?.length && [h('dt', null, t('template.buttons')), h('dd', null, v.buttons.map((b) => b.title).join(' · '))]);

const options = (name, values) => h('datalist', { id: name }, values.map((value) => h('option', { value })));

function templateRow(template) {
  return h('tr', null,
    h('td', null, h('a', { class: 'entry', href: link('admin', 'templates', template.id) }, h('span', { class: 'entry__text' }, h('strong'), h('small')))),
    h('td', { data: { column: 'state' } }), h('td', { data: { column: 'language' } }), h('td', { data: { column: 'channel' } }), h('td', { data: { column: 'text' } }, h('span', { class: 'clip' })));
}

function updateTemplateRow(el, template) {
  text(el.querySelector('strong'), template.name);
  text(el.querySelector('small'), template.id);
  const state = template.status || 'approved';
  fill(el.querySelector('[data-column=state]'), h('span', { class: ['badge', !approved(template) && 'badge--waiting'], title: template.reason ?? null }, t(`template.states.${state}`)), template.category && h('small', null, ' ', template.category));
  text(el.querySelector('[data-column=language]'), template.language);
  text(el.querySelector('[data-column=channel]'), template.channel ? channelName(template.channel) : t('admin.every_channel'));
  text(el.querySelector('.clip'), template.body);
}

customElements.define('admin-templates', Templates);
