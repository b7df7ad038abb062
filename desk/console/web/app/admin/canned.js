// Canned replies: the agent's own, and the shared ones for whoever may.

import { h, fill } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { errorText, toast } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { can, me, names, queueName } from '../desk.js';
import { sketch } from '../conversation/canned.js';
import { upload, MAX_ATTACHMENT } from '../conversation/upload.js';
import { fileSize } from '../conversation/words.js';
import { Entries } from './entries.js';
import { part } from './form.js';
import { area, checks, choice, idField, languageField, line } from './fields.js';

const VARIABLES = ['contact.name', 'contact.first_name', 'contact.number', 'agent.name', 'queue.name', 'conversation.id'];
const FIELD = /^contact\.field\.[^\s{}|][^{}|]*$/;
const MOST = 5;

const audience = (c) => (c.agent ? 'own' : c.queues?.length ? 'queues' : 'all');

class Canned extends Entries {
  kind = { page: 'canned', path: 'canned', list: 'canned', setting: 'canned', sign: 'chat', columns: ['shortcut', 'audience', 'text'] };

  named(reply) {
    return reply.title;
  }

  cells(reply) {
    return [`/${reply.shortcut}`, audience(reply) === 'queues' ? reply.queues.map(queueName).join(', ') : t(`canned.audience.${audience(reply)}`), h('span', { class: 'clip' }, reply.text)];
  }

  may(reply) {
    return !!reply.agent || can('manage_settings');
  }

  fields(reply, all) {
    const shares = can('manage_settings');
    const v = reply ?? { title: '', shortcut: '', text: '', language: '' };
    const title = line({ name: 'title', label: t('canned.field.title'), value: v.title, required: true, max: 256 });
    const ident = !reply && idField({ follows: title, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('canned.id_hint') });
    const shortcut = line({ name: 'shortcut', label: t('canned.field.shortcut'), hint: t('canned.shortcut_hint'), value: v.shortcut, required: true, max: 64, input: { spellcheck: 'false', autocapitalize: 'none' },
      check: (w) => (/^\/|\s/.test(w) ? t('canned.wrong_shortcut') : '') });
    const words = area({ name: 'text', label: t('canned.field.text'), hint: t('canned.text_hint'), value: v.text ?? '', max: 65536, rows: 6,
      check: (w) => (unknown(w) ? t('canned.wrong_variable', { name: unknown(w) }) : !w && !files.get().length ? t('admin.wrong.empty') : '') });
    const files = filesField(v.attachments ?? []);
    const language = languageField({ value: v.language ?? '', none: t('canned.any_language') });
    const kinds = shares ? ['all', 'queues', 'own'] : ['own'];
    const who = choice({ name: 'audience', label: t('canned.audience.label'), value: reply ? audience(reply) : kinds[0], options: kinds.map((k) => [k, t(`canned.audience.${k}`), t(`canned.audience_hint.${k}`)]) });
    const queues = checks({ name: 'queues', label: t('canned.field.queues'), value: v.queues ?? [], options: Object.keys(names.get().queues).map((q) => [q, queueName(q)]) });
    const preview = h('p', { class: 'bubble', dir: 'auto' });
    const insert = h('div', { class: 'variables', role: 'group', 'aria-label': t('canned.variables') }, VARIABLES.map((name) => h('button', { class: 'button button--small', type: 'button', on: { click: () => {
      const input = words.el.querySelector('textarea');
      input.setRangeText(`{{${name}}}`, input.selectionStart, input.selectionEnd, 'end');
      input.dispatchEvent(new Event('input', { bubbles: true }));
      input.focus();
    } } }, t(`canned.variable.${name.replace('.', '_')}`))));
    const show = () => {
      queues.el.hidden = who.get() !== 'queues';
      fill(preview, words.get() ? sketch(words.get(), null) : t('admin.preview_empty'));
      preview.classList.toggle('bubble--empty', !words.get());
    };
    show();
    const fixed = reply && !this.may(reply);
    return {
      fields: [title, ident, shortcut, words, files, language, who, queues].filter(Boolean),
      content: [
        fixed && h('p', { class: 'notice' }, t('canned.shared_note')),
        part(t('canned.reply'), null, title.el, ident && ident.el, h('div', { class: 'pair' }, shortcut.el, language.el)),
        part(t('canned.content'), null, words.el, insert, h('div', { class: 'field' }, h('span', { class: 'field__label' }, t('admin.preview')), preview), files.el),
        part(t('canned.audience.label'), null, who.el, queues.el),
      ],
      begin: (form) => {
        form.el.addEventListener('changed', show);
        form.inside.disabled = fixed;
      },
    };
  }

  body({ audience: who, queues, files, ...values }) {
    return { ...values, attachments: files, queues: who === 'queues' ? queues : [], own: who === 'own' };
  }
}

/** The first variable that does not exist, '' if all do. */
function unknown(words) {
  for (const m of words.matchAll(/\{\{(.*?)(\}\}|$)/gs)) {
    const name = m[1].split('|')[0].trim();
    if (m[2] !== '}}' || !VARIABLES.includes(name) && !FIELD.test(name)) return name || '{{';
  }
  return '';
}

// The files that go along, each uploaded when it is chosen.
function filesField(begin) {
  let media = [...begin];
  const list = h('ul', { class: 'composer__files' });
  const error = h('p', { class: 'field__error', hidden: true });
  const picker = h('input', { type: 'file', hidden: true, on: { change: () => add(picker.files[0]) } });
  const button = h('button', { class: 'button', type: 'button', on: { click: () => picker.click() } }, icon('attach'), t('canned.add_file'));
  const el = h('fieldset', { class: 'field' }, h('legend', { class: 'field__label' }, t('canned.field.files')), list, picker, h('div', null, button), error);
  const changed = () => el.dispatchEvent(new Event('input', { bubbles: true }));
  const render = () => {
    button.disabled = media.length >= MOST;
    list.hidden = media.length === 0;
    fill(list, media.map((m) => h('li', { class: 'attached attached--ready' }, icon('file'), h('span', { class: 'attached__name', dir: 'auto' }, m.name || m.type), h('span', { class: 'faint' }, fileSize(m.size)),
      h('button', { class: 'icon-button', type: 'button', 'aria-label': t('conv.composer.removeFile', { name: m.name || m.type }), on: { click: () => {
        media = media.filter((o) => o !== m);
        render();
        button.focus();
        changed();
      } } }, icon('close')))));
  };
  async function add(file) {
    picker.value = '';
    if (!file) return;
    if (file.size > MAX_ATTACHMENT) {
      toast(t('conv.composer.tooLarge', { name: file.name, size: fileSize(MAX_ATTACHMENT) }), { kind: 'error' });
      return;
    }
    button.disabled = true;
    try {
      media = [...media, await upload(file, () => {}, new AbortController().signal)];
      changed();
    } catch (e) {
      toast(errorText(e), { kind: 'error' });
    }
    render();
  }
  render();
  return {
    name: 'files', as: ['attachments'], el, get: () => media, check: () => '', focus: () => button.focus(),
    set: (v) => { media = [...v]; render(); },
    wrong: (message) => { error.hidden = !message; fill(error, message); },
  };
}

customElements.define('admin-canned', Canned);
