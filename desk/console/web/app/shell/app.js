// The whole page: sign-in, or the desk.

import { h, fill, View } from '../lib/dom.js';
import { t, language, nearest, useLanguage } from '../lib/i18n.js';
import { begin, me } from '../desk.js';
import { get } from '../lib/api.js';
import { forgetOldDrafts } from '../lib/drafts.js';
import { errorText } from '../lib/feedback.js';
import { applyTheme } from './theme.js';

export class App extends View {
  #shown = '';

  async connect() {
    applyTheme();
    forgetOldDrafts();
    await useLanguage(nearest(...navigator.languages));
    await this.#start();
    this.watch(me, () => this.#show());
    this.watch(language, () => this.#show());
  }

  // Whoever is signed in already sees the desk at once.
  async #start() {
    try {
      await begin();
    } catch (e) {
      if (e.code === 'not_signed_in' || e.status === 401) return;
      this.#shown = 'failed';
      fill(this, h('main', { class: 'empty empty--page' },
        h('h1', null, t('shell.title')),
        h('p', { role: 'alert' }, e.code === 'offline' ? t('shell.unreachable') : errorText(e)),
        h('button', { class: 'button button--primary', on: { click: () => location.reload() } }, t('shell.tryAgain'))));
    }
  }

  async #show() {
    const self = me.get();
    if (this.#shown === 'failed' && !self) return;
    const page = !self ? 'signin' : self.mustChangePassword ? 'password' : `desk ${self.bot.id} ${self.agent.id}`;
    const want = `${page} ${language.get()}`;
    if (want === this.#shown) return;
    this.#shown = want;
    if (self && !self.mustChangePassword) {
      fill(this, h('desk-shell'));
      return;
    }
    if (!self) fill(this); // nothing of whoever was here stays until it is known what comes
    const form = /** @type {any} */ (h('desk-signin'));
    form.mode = self ? 'password' : await setupNeeded() ? 'setup' : 'signin';
    if (this.#shown === want) fill(this, form);
  }
}

async function setupNeeded() {
  try {
    return (await get('setup', null, { once: true })).needed;
  } catch {
    return false;
  }
}

customElements.define('desk-app', App);

