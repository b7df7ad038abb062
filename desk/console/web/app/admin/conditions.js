// The conditions of a rule, as a field of its form: each has a subject, and
// whatever that subject asks for.

import { h, fill } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { checks, line, select, words, zoneField } from './fields.js';
import { DAYS, dayOf } from './rulewords.js';

const SUBJECTS = ['text', 'channel', 'account', 'field', 'tag', 'language', 'hours', 'time', 'agent', 'priority'];
const TESTS = { text: ['contains', 'equals'], field: ['equals', 'contains', 'at_least', 'at_most', 'known'], language: ['equals', 'known'], agent: ['equals', 'known'] };
const MOST = 20;

export class Conditions {
  name = 'when';
  as = [];
  #items = [];

  constructor(when, known) {
    this.known = known;
    this.list = h('ol', { class: 'conditions' });
    this.error = h('p', { class: 'field__error', role: 'alert', hidden: true });
    this.add = h('button', { class: 'button', type: 'button', on: { click: () => this.#append({ on: 'text' }, true) } }, icon('plus'), t('rules.add_condition'));
    this.el = h('div', { class: 'field' }, this.list, this.error, h('div', null, this.add));
    this.set(when);
  }

  get() {
    return this.#items.map((item) => item.get());
  }

  set(when) {
    this.#items = [];
    for (const c of when) this.#append(c);
    this.#render();
  }

  check() {
    return this.#items.map((item) => item.check()).find(Boolean) ?? '';
  }

  wrong(message) {
    this.error.hidden = !message;
    fill(this.error, message);
  }

  focus() {
    (this.#items.find((item) => item.check()) ?? this).focusFirst();
  }

  focusFirst() {
    this.add.focus();
  }

  #append(c, focus = false) {
    const item = new Condition(c, this.known, () => {
      const at = this.#items.indexOf(item);
      this.#items.splice(at, 1);
      this.#render();
      (this.#items[Math.min(at, this.#items.length - 1)] ?? this).focusFirst();
      this.#changed();
    });
    this.#items.push(item);
    if (!focus) return;
    this.#render();
    item.focusFirst();
    this.#changed();
  }

  #render() {
    fill(this.list, this.#items.map((item) => item.el));
    this.list.hidden = this.#items.length === 0;
    this.add.hidden = this.#items.length >= MOST;
  }

  #changed() {
    this.el.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

class Condition {
  #fields = [];

  constructor(c, known, remove) {
    this.known = known;
    this.subject = select({ name: 'on', label: t('rules.on'), value: c.on, options: SUBJECTS.map((s) => [s, t(`rules.subject.${s}`)]) });
    this.not = select({ name: 'not', label: t('rules.holds'), value: c.not ? 'not' : '', options: [['', t('rules.is')], ['not', t('rules.is_not')]] });
    this.rest = h('div', { class: 'condition__rest' });
    this.el = h('li', { class: 'condition' }, h('div', { class: 'condition__head' }, this.subject.el, this.not.el,
      h('button', { class: 'icon-button', type: 'button', 'aria-label': t('rules.remove_condition'), title: t('rules.remove_condition'), on: { click: remove } }, icon('trash'))), this.rest);
    this.subject.el.addEventListener('input', () => this.#ask({ on: this.subject.get() }));
    this.#ask(c);
  }

  /** Shows the fields that a subject has. */
  #ask(c) {
    const { on } = c;
    const test = TESTS[on] && select({ name: 'test', label: t('rules.test'), value: c.test || TESTS[on][0], options: TESTS[on].map((v) => [v, t(`rules.tests.${v}`)]) });
    const is = this.#values(c);
    const known = () => test?.get() === 'known';
    const hide = () => is && (is.el.hidden = known());
    test?.el.addEventListener('input', hide);
    hide();
    const choose = (name, options) => select({ name, label: t(`rules.subject.${on}`), value: c[name] ?? options[0]?.[0] ?? '', options: options.length ? options : [['', t(`rules.no_${name}`)]] });
    const extra = {
      field: () => [choose('field', named(this.known.fields, c.field))],
      hours: () => [choose('calendar', named(this.known.calendars, c.calendar))],
      text: () => [select({ name: 'last', label: t('rules.last'), value: String(c.last || 1), options: [1, 3, 5, 10].concat(c.last && ![1, 3, 5, 10].includes(c.last) ? [c.last] : []).map((n) => [String(n), t('rules.last_n', { count: n })]) })],
      time: () => [
        checks({ name: 'days', label: t('rules.days'), hint: t('rules.days_hint'), value: c.days ?? [], options: DAYS.map((d) => [d, dayOf(d)]) }),
        line({ name: 'from', label: t('rules.from'), value: c.from, type: 'time' }), line({ name: 'to', label: t('rules.to'), hint: t('rules.to_hint'), value: c.to === '24:00' ? '00:00' : c.to, type: 'time' }),
        zoneField({ name: 'zone', value: c.zone, none: t('rules.bot_zone') }),
      ],
    }[on]?.() ?? [];
    this.#fields = [...extra, ...[test, is].filter(Boolean)];
    fill(this.rest, this.#fields.map((f) => f.el));
    this.get = () => {
      const v = Object.fromEntries(this.#fields.map((f) => [f.name, f.get()]));
      if (known()) delete v.is;
      if (typeof v.is === 'string') v.is = [v.is];
      if (v.last) v.last = Number(v.last);
      if (v.to === '00:00') v.to = '24:00'; // which no field for a time has
      return { on, not: this.not.get() === 'not', ...v };
    };
    this.check = () => {
      const wrong = this.#fields.map((f) => {
        const message = f.check() || (f === is && !known() && [f.get()].flat().filter(Boolean).length === 0 ? t('admin.wrong.empty') : '')
          || (['field', 'calendar'].includes(f.name) && !f.get() ? t('admin.wrong.empty') : '');
        f.wrong(message);
        return message;
      }).find(Boolean);
      return wrong ? t('rules.wrong_condition') : '';
    };
  }

  /** The values that one of must be met. */
  #values({ on, is = [] }) {
    const label = t('rules.values');
    const some = (options) => checks({ name: 'is', label, value: is, options: options.concat(is.filter((v) => !options.some(([o]) => o === v)).map((v) => [v, v])) });
    switch (on) {
      case 'hours': case 'time': return null;
      case 'priority': return some(['none', 'low', 'medium', 'high'].map((p) => [p, t(`priority.${p}`)]));
      case 'agent': return some(Object.entries(this.known.agents));
      case 'tag': if (this.known.tags.length) return some(this.known.tags.map((tag) => [tag.id, tag.name]));
    }
    return words({ name: 'is', label, hint: t('rules.words_hint'), value: is });
  }

  focusFirst() {
    this.subject.focus();
  }
}

const named = (all, chosen) => [...all.map((v) => [v.id, v.name]), ...(chosen && !all.some((v) => v.id === chosen) ? [[chosen, chosen]] : [])];
