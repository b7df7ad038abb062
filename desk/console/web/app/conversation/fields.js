// The contact's fields beside the messages: read, and changed one at a time.

import { h, fill } from '../lib/dom.js';
import { get, patch, id } from '../lib/api.js';
import { t, number, day } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { errorText } from '../lib/feedback.js';

export class Fields {
  #of = '';
  #fields = [];

  constructor() {
    this.list = h('dl', { class: 'facts' });
    this.el = h('section', { class: 'details__part', hidden: true, 'aria-label': t('fields.of_contact') },
      h('div', { class: 'details__head' }, h('h3', null, t('fields.of_contact'))), this.list);
  }

  /** Reads the fields of a conversation's contact. */
  async load(conversation) {
    if (conversation !== this.#of) {
      this.#of = conversation;
      this.#show([]);
    }
    try {
      const { fields } = await get(`conversations/${id(conversation)}/fields`);
      // What somebody is writing stays.
      if (conversation === this.#of && !this.list.querySelector('form')) this.#show(fields);
    } catch {
      // The conversation is not theirs any more: its pane says so.
    }
  }

  #show(fields) {
    this.#fields = fields;
    this.el.hidden = fields.length === 0;
    fill(this.list, fields.map((f) => [h('dt', null, f.name), this.#value(f)]));
  }

  #value(f) {
    const dd = h('dd', { class: 'fact', dir: 'auto' });
    const read = () => fill(dd, h('span', { class: f.value ? null : 'faint' }, f.value ? shown(f) : t('fields.empty')),
      f.editable && h('button', { class: 'icon-button fact__edit', type: 'button', 'aria-label': t('fields.edit', { name: f.name }), title: t('fields.edit', { name: f.name }), on: { click: write } }, icon('note')));
    const write = () => {
      const input = entry(f);
      const error = h('p', { class: 'field__error', role: 'alert', hidden: true });
      const close = () => {
        read();
        dd.querySelector('button').focus();
      };
      const form = h('form', { class: 'fact__form', novalidate: true, on: {
        keydown: (e) => {
          if (e.key !== 'Escape') return;
          e.stopPropagation();
          close();
        },
        submit: async (e) => {
          e.preventDefault();
          try {
            const { fields } = await patch(`conversations/${id(this.#of)}/fields`, { values: { [f.id]: input.value.trim() } });
            this.#fields = fields;
            Object.assign(f, fields.find((v) => v.id === f.id));
            close();
          } catch (problem) {
            error.hidden = false;
            fill(error, problem.code === 'invalid' ? t('fields.wrong') : errorText(problem));
            input.setAttribute('aria-invalid', 'true');
            input.focus();
          }
        },
      } }, input, h('button', { class: 'button button--small button--primary', type: 'submit' }, t('common.save')),
      h('button', { class: 'button button--small', type: 'button', on: { click: close } }, t('common.cancel')), error);
      fill(dd, form);
      input.focus();
    };
    read();
    return dd;
  }
}

function shown({ type, value }) {
  switch (type) {
    case 'number': return number(Number(value));
    case 'date': return day(`${value}T12:00:00Z`) + ' ' + value.slice(0, 4);
    case 'bool': return t(value === 'true' ? 'fields.yes' : 'fields.no');
  }
  return value;
}

function entry({ name, type, value = '', choices = [] }) {
  if (type === 'choice' || type === 'bool') {
    const options = type === 'bool' ? [['true', t('fields.yes')], ['false', t('fields.no')]] : choices.map((c) => [c, c]);
    return h('select', { class: 'select', 'aria-label': name, value }, [['', t('fields.empty')], ...options].map(([v, label]) => h('option', { value: v }, label)));
  }
  return h('input', { class: 'input', type: type === 'date' ? 'date' : 'text', inputmode: type === 'number' ? 'decimal' : null, value, 'aria-label': name, autocomplete: 'off' });
}
