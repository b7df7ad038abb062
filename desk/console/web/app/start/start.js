// Starting a conversation: a template to somebody who may never have written.

import { h, fill, text, attr, View } from '../lib/dom.js';
import { get, post, newKey, ApiError } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, errorText, fail } from '../lib/feedback.js';
import { route, go, link } from '../lib/router.js';
import { channelName } from '../list/words.js';
import { can, me } from '../desk.js';
import { allCodes, areaLength, countryOf, takeApart, usualCode } from './countries.js';
import { approved, body as bodyOf, filled, inputName } from './template.js';

const SHORTEST = 6;
const LONGEST = 15;

export class StartByTemplate extends View {
  #templates = [];
  #params = [];
  #busy = false;
  // The same try has the same key, so that sending twice starts one.
  #key = '';
  #tried = '';

  connect() {
    const { lines } = me.get();
    this.body = h('div', { class: 'pane__body' });
    fill(this, h('section', { class: 'pane', 'aria-labelledby': 'start-title' },
      h('header', { class: 'pane__head' },
        h('a', { class: 'icon-button', href: link('c'), 'aria-label': t('common.back') }, icon('back')),
        h('h1', { id: 'start-title' }, t('start.title'))),
      this.body));
    if (!can('send_templates') || !lines.length) {
      fill(this.body, empty(t(can('send_templates') ? 'start.no_lines' : 'error.forbidden')));
      return;
    }
    fill(this.body, h('div', { class: 'skeleton', 'aria-hidden': 'true' }));
    this.#begin(lines).catch((e) => this.isConnected && fill(this.body, empty(errorText(e))));
  }

  async #begin(lines) {
    const { templates } = await get('templates');
    if (!this.isConnected) return;
    this.#templates = templates;
    const self = me.get();
    const usual = usualCode(self.bot.language || self.agent.language);
    this.line = h('select', { class: 'select', id: 'start-line', on: { change: () => this.#renderTemplates() } },
      lines.map((l, i) => h('option', { value: String(i) }, l.name ? `${l.name} · ${channelName(l.channel)}` : `${channelName(l.channel)} ${l.account}`)));
    this.kinds = ['number', 'address'].map((kind) => h('input', { type: 'radio', name: 'start-kind', value: kind, checked: kind === 'number', on: { change: () => this.#renderKind() } }));
    this.code = digits('start-code', { list: 'start-codes', maxlength: 4, autocomplete: 'tel-country-code' });
    this.area = digits('start-area', { maxlength: 6, autocomplete: 'tel-area-code' });
    this.number = digits('start-number', { maxlength: 20, autocomplete: 'tel-local' });
    this.address = h('input', { class: 'input', id: 'start-address', type: 'text', maxlength: 256, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'start-to-error' });
    this.country = h('p', { class: 'field__hint', id: 'start-country', role: 'status' });
    this.toError = h('p', { class: 'field__error', id: 'start-to-error', hidden: true });
    this.template = h('select', { class: 'select', id: 'start-template', on: { change: () => this.#renderParams() } });
    this.inputs = h('div', { class: 'params' });
    this.preview = h('p', { class: 'bubble', dir: 'auto' });
    this.error = h('p', { class: 'notice notice--danger', role: 'alert', hidden: true });
    this.send = h('button', { class: 'button button--primary', type: 'submit' }, icon('send'), t('start.send'));

    this.phone = h('div', { class: 'phone' },
      h('div', { class: 'field' }, h('label', { for: 'start-code' }, t('start.code')), h('span', { class: 'phone__code' }, h('span', { 'aria-hidden': 'true' }, '+'), this.code)),
      h('div', { class: 'field' }, h('label', { for: 'start-area' }, t('start.area')), this.area),
      h('div', { class: 'field phone__number' }, h('label', { for: 'start-number' }, t('start.number')), this.number),
      h('datalist', { id: 'start-codes' }, allCodes().map((c) => h('option', { value: c.code }, `${c.name} +${c.code}`))));
    this.other = h('div', { class: 'field' }, h('label', { for: 'start-address' }, t('start.address')), this.address, h('p', { class: 'field__hint' }, t('start.address_hint')));
    this.form = h('form', { class: 'start', novalidate: true, on: { submit: (e) => this.#submit(e), input: () => this.#renderHints() } },
      h('p', { class: 'start__text' }, t('start.text')),
      h('div', { class: 'field' }, h('label', { for: 'start-line' }, t('start.line')), this.line),
      h('fieldset', { class: 'field' }, h('legend', { class: 'field__label' }, t('start.to')),
        h('div', { class: 'segments' }, this.kinds.map((radio) => h('label', null, radio, h('span', null, t(`start.kind.${radio.value}`))))),
        this.phone, this.country, this.other, this.toError),
      h('div', { class: 'field' }, h('label', { for: 'start-template' }, t('start.template')), this.template),
      this.inputs,
      h('div', { class: 'field' }, h('span', { class: 'field__label' }, t('start.preview')), this.preview),
      this.error,
      h('footer', { class: 'start__foot' }, this.send));
    const parts = takeApart(route.get().query.get('number') ?? '', usual);
    [this.code.value, this.area.value, this.number.value] = [parts.code, parts.area, parts.number];
    fill(this.body, this.form);
    this.#renderKind();
    this.#renderTemplates();
    (this.number.value ? this.template : this.area).focus();
  }

  get #line() {
    return me.get().lines[Number(this.line.value)];
  }

  get #chosen() {
    return this.#templates.find((v) => v.id === this.template.value);
  }

  get #kind() {
    return this.kinds.find((r) => r.checked).value;
  }

  #renderKind() {
    const phone = this.#kind === 'number';
    this.phone.hidden = this.country.hidden = !phone;
    this.other.hidden = phone;
    this.toError.hidden = true;
    this.#renderHints();
  }

  #renderTemplates() {
    const before = this.template.value;
    const fitting = this.#templates.filter((v) => approved(v) && (!v.channel || v.channel === this.#line.channel)).sort((a, b) => a.name.localeCompare(b.name));
    fill(this.template, fitting.map((v) => h('option', { value: v.id }, `${v.name} · ${v.language}`)));
    if (fitting.some((v) => v.id === before)) this.template.value = before;
    this.template.disabled = this.send.disabled = fitting.length === 0;
    this.#renderParams();
  }

  #renderParams() {
    const inputs = this.#chosen?.inputs ?? [];
    this.#params = inputs.map((_, i) => this.#params[i] ?? h('input', { class: 'input', id: `start-param-${i}`, type: 'text', maxlength: 1024, autocomplete: 'off', 'aria-required': 'true', 'aria-describedby': `start-param-${i}-error` }));
    fill(this.inputs, this.#params.map((input, i) => h('div', { class: 'field' },
      h('label', { for: input.id }, inputName(inputs[i])), input, h('p', { class: 'field__error', id: `${input.id}-error`, hidden: true }))));
    this.#renderHints();
  }

  #renderHints() {
    const code = this.code.value.replace(/\D/g, '');
    const name = countryOf(code);
    text(this.country, !code ? '' : name ? [name, this.#whole()].join(' · ') : t('start.no_country', { code }));
    this.area.placeholder = areaLength(code) === 2 ? '11' : areaLength(code) === 3 ? '212' : '';
    const chosen = this.#chosen;
    fill(this.preview, chosen ? filled(chosen.body, bodyOf(chosen, this.#params.map((p) => p.value))) : t('start.no_templates'));
    this.preview.classList.toggle('bubble--empty', !chosen);
  }

  #whole() {
    const parts = [this.code, this.area, this.number].map((i) => i.value.replace(/\D/g, '')).filter(Boolean);
    return `+${parts.join(' ')}`;
  }

  #wrong() {
    const wrong = [];
    const mark = (input, error, message) => {
      attr(input, 'aria-invalid', message ? 'true' : null);
      if (error) {
        error.hidden = !message;
        text(error, message);
      }
      if (message) wrong.push(input);
    };
    if (this.#kind === 'number') {
      const digits = this.#whole().replace(/\D/g, '');
      const bad = digits.length < SHORTEST || digits.length > LONGEST || !countryOf(this.code.value.replace(/\D/g, '')) || !this.number.value.trim();
      mark(this.number, this.toError, bad && t('start.bad_number'));
    } else {
      mark(this.address, this.toError, !this.address.value.trim() && t('start.bad_address'));
    }
    for (const input of this.#params) mark(input, input.nextElementSibling, !input.value.trim() && t('start.missing'));
    wrong[0]?.focus();
    return wrong.length > 0;
  }

  #submit(e) {
    e.preventDefault();
    this.error.hidden = true;
    if (!this.#busy && this.#chosen && !this.#wrong()) this.#start(false);
  }

  async #start(override) {
    const { channel, account } = this.#line;
    const to = this.#kind === 'number' ? { number: this.#whole() } : { address: this.address.value.trim() };
    const body = { channel, account, ...to, template: this.#chosen.id, params: this.#params.map((p) => p.value.trim()), override };
    const tried = JSON.stringify(body);
    if (tried !== this.#tried) [this.#tried, this.#key] = [tried, newKey()];
    this.#working(true);
    let full = false;
    try {
      const message = await post('conversations', body, { key: this.#key });
      go(link('c', message.conversation), { replace: true });
    } catch (problem) {
      full = problem.code === 'at_capacity' && can('override');
      if (!full) this.#refused(problem);
    } finally {
      this.#working(false);
    }
    if (full && (await confirm({ title: t('start.full_title'), text: t('start.full_text'), yes: t('start.full_yes') }))) this.#start(true);
  }

  #working(on) {
    this.#busy = on;
    this.send.disabled = on;
    attr(this.form, 'aria-busy', on ? 'true' : null);
  }

  #refused(problem) {
    if (!(problem instanceof ApiError)) {
      fail(problem);
      return;
    }
    if (problem.field === 'number' || problem.field.includes('address')) {
      this.toError.hidden = false;
      text(this.toError, t(this.#kind === 'number' ? 'start.bad_number' : 'start.bad_address'));
      (this.#kind === 'number' ? this.number : this.address).focus();
      return;
    }
    const own = { at_capacity: 'start.full', forbidden: 'start.held' }[problem.code];
    this.error.hidden = false;
    fill(this.error, icon('warning'), own ? t(own) : errorText(problem));
  }
}

const digits = (id, more) => h('input', { class: 'input', id, type: 'text', inputmode: 'tel', 'aria-describedby': 'start-country start-to-error', ...more });

const empty = (words) => h('div', { class: 'empty' }, icon('send'), h('p', null, words));

customElements.define('desk-start', StartByTemplate);
