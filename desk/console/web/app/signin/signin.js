// Signing in, setting the desk up with the one-time code, and choosing a new
// password in place of a temporary one.

import { h, fill, View } from '../lib/dom.js';
import { t, LANGUAGES, language, useLanguage } from '../lib/i18n.js';
import { post, put, del, get, ApiError } from '../lib/api.js';
import { errorText } from '../lib/feedback.js';
import { begin, leave } from '../desk.js';

/** `mode` is 'signin', 'setup' or 'password'. */
export class SignIn extends View {
  mode = 'signin';

  connect() {
    const body = { signin: () => this.#signIn(), setup: () => this.#setup(), password: () => this.#password() }[this.mode]();
    fill(this,
      h('main', { class: 'signin' },
        h('div', { class: 'signin__card' },
          h('header', { class: 'signin__brand' }, h('span', { class: 'logo', 'aria-hidden': 'true' }), h('span', null, t('shell.title'))),
          body),
        h('label', { class: 'signin__language' },
          h('span', { class: 'visually-hidden' }, t('signin.language')),
          h('select', { class: 'select', on: { change: (e) => useLanguage(e.target.value) } },
            LANGUAGES.map((l) => h('option', { value: l, selected: l === language.get() }, languageName(l)))))));
    this.querySelector('input')?.focus();
  }

  #signIn() {
    const box = h('div', { class: 'signin__body' });
    const form = this.#form(t('signin.title'), [
      field(t('signin.email'), { name: 'email', type: 'email', autocomplete: 'username', required: true }),
      field(t('signin.password'), { name: 'password', type: 'password', autocomplete: 'current-password', required: true }),
    ], t('signin.submit'), async (v) => begin(await post('session', v, { once: true })));
    fill(box, form);
    this.#elsewhere(box).catch(() => {});
    return box;
  }

  // Where the platform signs its people in itself, this page only leads there.
  async #elsewhere(box) {
    const { signIn, address } = await get('setup', null, { once: true });
    if (signIn !== 'external') return;
    fill(box, h('h1', null, t('signin.title')), h('p', null, t('signin.external')),
      address && h('a', { class: 'button button--primary', href: address }, t('signin.go')));
  }

  #setup() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return this.#form(t('signin.setup'), [
      h('p', { class: 'signin__hint' }, t('signin.setupHint')),
      field(t('signin.code'), { name: 'code', autocomplete: 'one-time-code', required: true, spellcheck: 'false' }),
      field(t('signin.name'), { name: 'name', autocomplete: 'name', required: true, maxlength: 200 }),
      field(t('signin.email'), { name: 'email', type: 'email', autocomplete: 'username', required: true }),
      field(t('signin.newPassword'), { name: 'password', type: 'password', autocomplete: 'new-password', minlength: 8, required: true }, t('signin.passwordHint')),
      field(t('signin.botName'), { name: 'botName', required: true, maxlength: 200 }),
      field(t('signin.bot'), { name: 'bot', required: true, pattern: '[A-Za-z0-9][A-Za-z0-9._\\-]*', maxlength: 64, spellcheck: 'false' }, t('signin.botHint')),
    ], t('signin.setupSubmit'), async (v) => begin(await post('setup', { ...v, language: language.get(), timeZone: zone }, { once: true })));
  }

  #password() {
    const form = this.#form(t('signin.change'), [
      h('p', { class: 'signin__hint' }, t('signin.changeHint')),
      field(t('signin.oldPassword'), { name: 'old', type: 'password', autocomplete: 'current-password', required: true }),
      field(t('signin.newPassword'), { name: 'new', type: 'password', autocomplete: 'new-password', minlength: 8, required: true }, t('signin.passwordHint')),
    ], t('signin.changeSubmit'), async (v) => {
      await put('session/password', v, { once: true });
      await begin();
    });
    const out = () => del('session').catch(() => {}).then(leave);
    return h('div', { class: 'signin__body' }, form, h('button', { class: 'button button--quiet', type: 'button', on: { click: out } }, t('shell.signOut')));
  }

  #form(title, fields, submit, act) {
    const error = h('p', { class: 'signin__error', role: 'alert', hidden: true });
    const button = h('button', { class: 'button button--primary', type: 'submit' }, submit);
    return h('form', { class: 'signin__form', on: {
      submit: async (e) => {
        e.preventDefault();
        error.hidden = true;
        button.disabled = true;
        try {
          await act(Object.fromEntries(new FormData(e.target)));
        } catch (problem) {
          const code = this.mode === 'setup' && problem instanceof ApiError && problem.code === 'wrong_credentials';
          error.textContent = code ? t('signin.wrongCode') : errorText(problem);
          error.hidden = false;
          e.target.querySelector('input[type=password]')?.select();
        } finally {
          button.disabled = false;
        }
      },
    } }, h('h1', null, title), fields, error, button);
  }
}

let fields = 0;

function field(name, input, hint) {
  const id = `signin-${++fields}`;
  return h('div', { class: 'field' },
    h('label', { for: id }, name),
    h('input', { class: 'input', id, 'aria-describedby': hint ? `${id}-hint` : null, ...input }),
    hint && h('span', { class: 'field__hint', id: `${id}-hint` }, hint));
}

/** A language in its own words. */
export function languageName(name) {
  const words = new Intl.DisplayNames(name, { type: 'language' }).of(name) ?? name;
  return words.charAt(0).toLocaleUpperCase(name) + words.slice(1);
}

customElements.define('desk-signin', SignIn);
