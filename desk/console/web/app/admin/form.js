// A form: what is wrong is said beside the field, it is sent once at a time,
// and it knows whether something in it is not saved.

import { h, fill, attr } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { errorText, fail } from '../lib/feedback.js';
import { ApiError } from '../lib/api.js';

export class Form {
  #fields;
  #save;
  #saved;
  #busy = false;
  /** The field to go to once the form can be used again. */
  wrong = null;

  /**
   * `content` are fields and other nodes (such as {@link part}) in order;
   * `save` gets the values by name, and those that were there before. A form of
   * something `fresh` can be sent untouched.
   *
   * @param {{content: any[], fields: any[], save: (values: any, before: any) => Promise<any>, label?: string, fresh?: boolean, compact?: boolean}} options
   */
  constructor({ content, fields, save, label = t('common.save'), fresh = false, compact = false }) {
    this.#fields = fields;
    this.#save = save;
    this.fresh = fresh;
    this.compact = compact;
    this.error = h('p', { class: 'notice notice--danger', role: 'alert', hidden: true });
    this.button = h('button', { class: 'button button--primary', type: 'submit' }, label);
    this.undo = h('button', { class: 'button', type: 'button', on: { click: () => this.reset() } }, t('admin.discard'));
    this.state = h('span', { class: 'form__state', role: 'status' });
    this.inside = h('fieldset', { class: 'form__fields' }, content);
    this.el = h('form', { class: 'form', novalidate: true, on: { submit: (e) => this.#submit(e), input: () => this.#changed(), change: () => this.#changed() } },
      this.inside, this.error,
      h('footer', { class: ['form__foot', compact && 'form__foot--compact'] }, this.state, h('span', { class: 'spacer' }), !fresh && !compact && this.undo, this.button));
    this.#saved = this.#read();
    this.#changed();
  }

  /** Whether something would be lost. */
  get dirty() {
    return this.#read() !== this.#saved;
  }

  /**
   * The values by name.
   *
   * @returns {any}
   */
  values() {
    return Object.fromEntries(this.#fields.map((f) => [f.name, f.get()]));
  }

  /** Takes what was changed back. */
  reset() {
    const before = JSON.parse(this.#saved);
    for (const f of this.#fields) {
      f.set(before[f.name]);
      f.wrong('');
    }
    this.error.hidden = true;
    this.#changed();
  }

  /** Takes what is there now for saved. */
  settle() {
    this.#saved = this.#read();
    this.#changed();
  }

  #read() {
    return JSON.stringify(this.values());
  }

  #changed() {
    const dirty = this.dirty;
    this.button.disabled = !dirty && !this.fresh;
    this.undo.hidden = !dirty;
    fill(this.state, dirty && !this.fresh && !this.compact && t('admin.unsaved'));
    this.el.dispatchEvent(new CustomEvent('changed'));
  }

  async #submit(e) {
    e.preventDefault();
    if (this.#busy || !this.#check()) return;
    const values = this.values();
    this.#working(true);
    try {
      await this.#save(values, JSON.parse(this.#saved));
      if (!this.wrong) this.settle();
    } catch (problem) {
      this.#refused(problem);
    } finally {
      this.#working(false);
    }
  }

  #check() {
    this.error.hidden = true;
    const wrong = this.#fields.map((f) => {
      const message = f.check();
      f.wrong(message);
      return message && f;
    }).filter(Boolean);
    wrong[0]?.focus();
    return wrong.length === 0;
  }

  #working(on) {
    this.#busy = on;
    this.inside.disabled = on;
    attr(this.el, 'aria-busy', on ? 'true' : null);
    if (!on && this.wrong) this.wrong.focus();
    this.wrong = null;
  }

  #refused(problem) {
    if (!(problem instanceof ApiError)) {
      fail(problem);
      return;
    }
    const field = this.#fields.find((f) => means(f, problem.field));
    if (field) {
      field.wrong(reason(problem));
      this.wrong = field;
      return;
    }
    this.error.hidden = false;
    fill(this.error, errorText(problem));
  }
}

/** A part of a form with a heading. */
export const part = (title, text, ...content) => h('section', { class: 'part' },
  h('header', { class: 'part__head' }, h('h2', null, title), text && h('p', null, text)),
  h('div', { class: 'part__body' }, content));

/**
 * What of a request's body has become other than before, so that who saves
 * leaves what others changed meanwhile.
 */
export const differing = (now, before) => Object.fromEntries(
  Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));

// The server names a field as the rules do ("queue name") or as JSON does.
function means({ name, as }, problem) {
  const said = problem.replace(/\[\d+\]/g, '').toLowerCase();
  return said !== '' && (said === name.toLowerCase() || as.some((w) => said === w || said.endsWith(` ${w}`)));
}

/** @type {[RegExp, string][]} */
const REASONS = [
  [/is refused:/, 'webhooks.wrong_url'],
  [/empty/, 'admin.wrong.empty'],
  [/longer|too long|length <=/, 'admin.wrong.long'],
  [/shorter|length >=/, 'admin.wrong.short'],
  [/too common/, 'admin.wrong.common'],
  [/between/, 'admin.wrong.range'],
  [/unknown/, 'admin.wrong.unknown'],
  [/control character|UTF-8/, 'admin.wrong.characters'],
  [/placeholder/, 'admin.wrong.placeholder'],
  [/already|taken/, 'admin.wrong.taken'],
  [/address|e-?mail/, 'admin.wrong.email'],
];

function reason(problem) {
  const key = REASONS.find(([pattern]) => pattern.test(problem.detail))?.[1];
  return key ? t(key) : errorText(problem);
}
