// Choosing a template and filling it in.

import { h, fill } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { get } from '../lib/api.js';
import { dialog } from '../lib/feedback.js';
import { approved, body, inputName } from '../start/template.js';
import { folded } from './words.js';

const PLACEHOLDER = /\{\{(\d+)\}\}/g;

/** Resolves with {template, params, rendered}, or undefined if nothing was chosen. */
export async function chooseTemplate(row) {
  const { templates } = await get('templates');
  const fitting = templates.filter((x) => approved(x) && (!x.channel || x.channel === row.channel));
  return dialog({ title: t('conv.template.title'), class: 'dialog--templates', body: (close) => picker(fitting, close) });
}

function picker(templates, close) {
  const shown = h('div', { class: 'templates__list', role: 'listbox', 'aria-label': t('conv.template.title') });
  const search = h('input', { class: 'input', type: 'search', autofocus: true, placeholder: t('conv.template.search'), 'aria-label': t('conv.template.search'), on: { input: () => list(), keydown: (e) => {
    if (e.key === 'ArrowDown') move(shown, e, 0);
    else if (e.key === 'Enter') {
      e.preventDefault();
      shown.firstElementChild?.click?.();
    }
  } } });
  const nothing = h('p', { class: 'empty' }, t(templates.length ? 'conv.template.none' : 'conv.template.noneAtAll'));
  const root = h('div', { class: 'templates' }, search, shown, nothing);
  shown.addEventListener('keydown', (e) => {
    const at = [...shown.children].indexOf(document.activeElement);
    if (e.key === 'ArrowDown') move(shown, e, at + 1);
    else if (e.key === 'ArrowUp') at > 0 ? move(shown, e, at - 1) : search.focus();
  });
  const list = () => {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    const hits = templates.filter((x) => words.every((w) => folded(`${x.name} ${x.body}`).includes(w)));
    fill(shown, hits.map((x) => h('button', { type: 'button', class: 'templates__item', role: 'option', 'aria-selected': 'false', on: { click: () => fill(root, form(x, close, () => {
      fill(root, search, shown, nothing);
      search.focus();
    })) } }, h('strong', { dir: 'auto' }, x.name), h('small', null, x.language), h('span', { dir: 'auto' }, x.body))));
    shown.hidden = hits.length === 0;
    nothing.hidden = hits.length > 0;
  };
  list();
  return root;
}

function move(list, e, to) {
  const el = list.children[to];
  if (!(el instanceof HTMLElement)) return;
  e.preventDefault();
  el.focus();
}

function form(template, close, back) {
  const params = template.inputs.map(() => '');
  const preview = h('p', { class: 'text bubble', dir: 'auto' });
  const show = () => fill(preview, filled(template.body, body(template, params)));
  show();
  const inputs = params.map((_, i) => h('div', { class: 'field' },
    h('label', { for: `param-${i}` }, inputName(template.inputs[i])),
    h('input', { class: 'input', id: `param-${i}`, required: true, maxlength: 1024, autocomplete: 'off', autofocus: i === 0, dir: 'auto', on: { input: (e) => {
      params[i] = e.target.value;
      show();
    } } })));
  const el = h('form', { class: 'fields', on: { submit: (e) => {
    e.preventDefault();
    close({ template, params, rendered: template.body.replace(PLACEHOLDER, (all, n) => body(template, params)[n - 1] ?? all) });
  } } },
  h('h3', { dir: 'auto' }, template.name), inputs,
  h('div', { class: 'field' }, h('span', { class: 'field__label' }, t('conv.template.preview')), preview),
  h('footer', { class: 'dialog__foot' },
    h('button', { class: 'button', type: 'button', on: { click: back } }, t('common.back')),
    h('button', { class: 'button button--primary' }, t('conv.composer.send'))));
  queueMicrotask(() => el.querySelector('input, .button--primary')?.focus());
  return el;
}

// The body with what is filled in, and marks for what is not.
function filled(body, params) {
  return body.split(/(\{\{\d+\}\})/).map((part) => {
    const n = part.match(/^\{\{(\d+)\}\}$/)?.[1];
    return n ? h('mark', null, params[n - 1] || part) : part;
  });
}
