// Downloading a conversation.

import { h } from '../lib/dom.js';
import { t, language, LANGUAGES } from '../lib/i18n.js';
import { address, id } from '../lib/api.js';
import { dialog } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';

const FORMATS = ['pdf', 'html', 'txt', 'json'];

/** Asks what to download of a conversation, and does. */
export async function download(row) {
  const query = await dialog({ title: t('conv.download.title'), class: 'dialog--small', body: (close) => {
    const radios = (name, values, chosen) => h('fieldset', { class: 'field' }, h('legend', { class: 'field__label' }, t(`conv.download.${name}.label`)),
      values.map((v) => h('label', { class: 'check' }, h('input', { type: 'radio', name, value: v, checked: v === chosen }), h('span', null, t(`conv.download.${name}.${v}`)))));
    const box = (name, checked) => h('label', { class: 'check' }, h('input', { type: 'checkbox', name, checked }), h('span', null, t(`conv.download.with.${name}`)));
    return h('form', { class: 'fields', on: { submit: (e) => {
      e.preventDefault();
      const data = new FormData(e.target);
      close({ format: data.get('format'), all: data.get('scope') === 'all' ? 1 : null, notes: data.has('notes') ? 1 : null, events: data.has('events') ? 1 : null, redact: data.has('redact') ? 1 : null, lang: data.get('lang') });
    } } },
    radios('format', FORMATS, 'pdf'), radios('scope', ['one', 'all'], 'one'),
    h('div', null, box('notes', false), box('events', false), box('redact', false)),
    h('label', { class: 'field' }, h('span', { class: 'field__label' }, t('conv.download.lang.label')),
      h('select', { class: 'select', name: 'lang' }, LANGUAGES.map((l) => h('option', { value: l, lang: l, selected: l === language.get() }, t(`conv.download.lang.${l}`))))),
    h('footer', { class: 'dialog__foot' },
      h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.cancel')),
      h('button', { class: 'button button--primary' }, icon('download'), t('conv.download.go'))));
  } });
  if (!query) return;
  h('a', { href: address(`conversations/${id(row.id)}/transcript`, query), download: '' }).click();
}
