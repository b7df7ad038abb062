// What an agent chooses for themself: language, time, colours, notifications.

import { h } from '../lib/dom.js';
import { get, patch } from '../lib/api.js';
import { t, language, nearest, useLanguage, useTimeZone } from '../lib/i18n.js';
import { sound, permission, askPermission, ring } from '../lib/notify.js';
import { toast } from '../lib/feedback.js';
import { theme, useTheme } from '../shell/theme.js';
import { me } from '../desk.js';
import { Page } from './page.js';
import { Form, part } from './form.js';
import { choice, languageField, toggle, zoneField } from './fields.js';

class OwnSettings extends Page {
  connect() {
    const { agent, bot } = me.get();
    const inherit = (value) => t('admin.of_the_bot', { value: value || '–' });
    const fields = [
      languageField({ value: agent.language ?? '', none: inherit(bot.language), hint: t('admin.own_language_hint') }),
      zoneField({ value: agent.timeZone ?? '', none: inherit(bot.timeZone || 'UTC'), hint: t('admin.own_zone_hint') }),
    ];
    this.form = new Form({
      fields,
      compact: true,
      content: part(t('admin.locale'), null, fields.map((f) => f.el)),
      save: (values) => this.#save(values),
    });
    this.notifications = h('div', { class: 'fields' });
    this.show({ title: t('admin.page.me') },
      this.form.el,
      part(t('admin.appearance'), t('admin.this_browser'), this.#colours()),
      part(t('admin.notifications'), t('admin.this_browser'), this.notifications));
    this.watch(sound, () => this.#notify());
    this.watch(permission, () => this.#notify());
  }

  async #save(values) {
    await patch('me', values);
    this.form.settle();
    const value = await get('me');
    toast(t('admin.saved'), { kind: 'success' });
    useTimeZone(value.agent.timeZone || value.bot.timeZone || '');
    me.set(value);
    await useLanguage(nearest(value.agent.language, value.bot.language, language.get()));
  }

  #colours() {
    const field = choice({ name: 'theme', label: t('admin.theme'), value: theme(),
      options: ['auto', 'light', 'dark'].map((name) => [name, t(`admin.themes.${name}`)]) });
    field.el.addEventListener('change', () => useTheme(field.get()));
    return field.el;
  }

  #notify() {
    const desktop = permission.get();
    this.notifications.replaceChildren(
      toggle({ label: t('admin.sound'), hint: t('admin.sound_hint'), value: sound.get(), on: (value) => {
        sound.set(value);
        ring('message');
      } }),
      toggle({ label: t('admin.desktop'), hint: t(`admin.desktop_is.${desktop}`), value: desktop === 'granted', disabled: desktop !== 'default', on: askPermission }));
  }
}

customElements.define('admin-me', OwnSettings);
