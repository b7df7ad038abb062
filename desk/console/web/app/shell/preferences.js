// What an agent chooses for themself: language, time zone, colours, password.

import { h } from '../lib/dom.js';
import { t, LANGUAGES, language, useLanguage, useTimeZone } from '../lib/i18n.js';
import { get, patch, put, del } from '../lib/api.js';
import { dialog, errorText, fail, toast } from '../lib/feedback.js';
import { me } from '../desk.js';
import { languageName } from '../signin/signin.js';
import { theme, useTheme } from './theme.js';

export async function preferences() {
  const self = me.get();
  const chosen = await dialog({
    title: t('preferences.title'),
    body: (close) => [
      h('form', { class: 'fields', id: 'preferences', on: {
        submit: (e) => {
          e.preventDefault();
          close(Object.fromEntries(new FormData(e.target)));
        },
      } },
      h('label', { class: 'field' }, h('span', null, t('preferences.language')),
        h('select', { class: 'select', name: 'language', value: language.get() }, LANGUAGES.map((l) => h('option', { value: l, lang: l }, languageName(l))))),
      h('label', { class: 'field' }, h('span', null, t('preferences.timeZone')),
        h('input', { class: 'input', name: 'timeZone', list: 'time-zones', value: self.agent.timeZone ?? '', placeholder: self.bot.timeZone || 'UTC', autocomplete: 'off' }),
        h('datalist', { id: 'time-zones' }, Intl.supportedValuesOf('timeZone').map((z) => h('option', { value: z })))),
      h('fieldset', { class: 'field' }, h('legend', { class: 'field__label' }, t('preferences.theme')),
        h('div', { class: 'segments' }, ['auto', 'light', 'dark'].map((name) => h('label', null,
          h('input', { type: 'radio', name: 'theme', value: name, checked: theme() === name, on: { change: () => useTheme(name) } }),
          h('span', null, t(`preferences.themes.${name}`))))))),
      self.signIn === 'password' && h('div', { class: 'dialog__foot dialog__foot--start' },
        h('button', { class: 'button', type: 'button', on: { click: () => { close(); changePassword(); } } }, t('preferences.password')),
        h('button', { class: 'button', type: 'button', on: { click: () => { close(); sessions(); } } }, t('preferences.sessions'))),
      h('footer', { class: 'dialog__foot' },
        h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.cancel')),
        h('button', { class: 'button button--primary', type: 'submit', form: 'preferences' }, t('common.save'))),
    ],
  });
  if (!chosen) return;
  try {
    await patch('me', { language: chosen.language, timeZone: chosen.timeZone });
    useTimeZone(chosen.timeZone || self.bot.timeZone);
    me.set(await get('me'));
    await useLanguage(chosen.language);
  } catch (e) {
    fail(e);
  }
}

async function changePassword() {
  await dialog({
    title: t('preferences.password'),
    class: 'dialog--small',
    body: (close) => {
      const error = h('p', { class: 'signin__error', role: 'alert', hidden: true });
      const input = (name, label, autocomplete) => h('label', { class: 'field' }, h('span', null, t(label)),
        h('input', { class: 'input', type: 'password', name, autocomplete, required: true, minlength: name === 'new' ? 8 : null }));
      return h('form', { class: 'fields', on: {
        submit: async (e) => {
          e.preventDefault();
          try {
            await put('session/password', Object.fromEntries(new FormData(e.target)), { once: true });
            close();
            toast(t('preferences.passwordChanged'), { kind: 'success' });
          } catch (problem) {
            error.textContent = errorText(problem);
            error.hidden = false;
          }
        },
      } },
      input('old', 'signin.oldPassword', 'current-password'), input('new', 'signin.newPassword', 'new-password'), error,
      h('footer', { class: 'dialog__foot' }, h('button', { class: 'button button--primary', type: 'submit' }, t('common.save'))));
    },
  });
}

async function sessions() {
  try {
    await del('sessions');
    toast(t('preferences.sessionsEnded'), { kind: 'success' });
  } catch (e) {
    fail(e);
  }
}
