// Where the person is signed in, and their password.

import { h, fill } from '../lib/dom.js';
import { get, put, del } from '../lib/api.js';
import { t, dateTime } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, fail, toast } from '../lib/feedback.js';
import { me } from '../desk.js';
import { Page } from './page.js';
import { Form, part } from './form.js';
import { line } from './fields.js';

const SHORTEST = 8;

class Sessions extends Page {
  connect() {
    this.list = h('ul', { class: 'devices' });
    this.others = h('button', { class: 'button', type: 'button', disabled: true, on: { click: () => this.#signOutOthers() } }, t('admin.sign_out_others'));
    const fields = [
      line({ name: 'old', label: t('admin.old_password'), type: 'password', required: true, input: { autocomplete: 'current-password' } }),
      line({ name: 'new', as: 'password', label: t('admin.new_password'), hint: t('admin.password_hint'), type: 'password', required: true, input: { autocomplete: 'new-password' },
        check: (v) => ([...v].length < SHORTEST ? t('admin.wrong.short') : '') }),
      line({ name: 'again', label: t('admin.password_again'), type: 'password', required: true, input: { autocomplete: 'new-password' },
        check: (v) => (v === fields[1].get() ? '' : t('admin.wrong.differs')) }),
    ];
    this.form = new Form({
      fields,
      compact: true,
      label: t('admin.change_password'),
      // Whoever keeps passwords is to know whose this is.
      content: part(t('admin.password'), t('admin.password_text'), h('input', { type: 'text', autocomplete: 'username', hidden: true, value: me.get().email }), fields.map((f) => f.el)),
      save: (values) => this.#change(values, fields),
    });
    this.show({ title: t('admin.page.sessions') },
      part(t('admin.devices'), t('admin.devices_text'), this.list, h('div', { class: 'row' }, this.others)),
      this.form.el);
    this.#load();
  }

  async #load() {
    try {
      const { sessions } = await get('sessions');
      this.others.disabled = sessions.length < 2;
      fill(this.list, sessions.map((s) => h('li', { class: 'device' },
        icon('keyboard'),
        h('div', null,
          h('strong', null, deviceName(s.device), s.current && h('span', { class: 'badge badge--info' }, t('admin.this_device'))),
          h('p', null, [s.ip, t('admin.last_used', { time: dateTime(s.lastUsedAt) })].filter(Boolean).join(' · '))))));
    } catch (e) {
      fail(e);
    }
  }

  async #signOutOthers() {
    if (!(await confirm({ title: t('admin.sign_out_others'), text: t('admin.sign_out_others_text'), yes: t('admin.sign_out_others'), danger: true }))) return;
    try {
      await del('sessions');
      toast(t('admin.signed_out_others'), { kind: 'success' });
    } catch (e) {
      fail(e);
    }
    this.#load();
  }

  async #change(values, fields) {
    try {
      await put('session/password', { old: values.old, new: values.new }, { once: true });
    } catch (e) {
      if (e.code !== 'wrong_credentials') throw e;
      fields[0].wrong(t('admin.wrong.password'));
      this.form.wrong = fields[0];
      return;
    }
    for (const f of fields) f.set('');
    toast(t('admin.password_changed'), { kind: 'success' });
    this.#load();
  }
}

// Of what a browser calls itself, what a person would.
const BROWSERS = [[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari']];
const SYSTEMS = [[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']];

function deviceName(agent) {
  const of = (table) => table.find(([pattern]) => pattern.test(agent))?.[1];
  return [of(BROWSERS), of(SYSTEMS)].filter(Boolean).join(' · ') || agent || t('admin.unknown_device');
}

customElements.define('admin-sessions', Sessions);
