// Settings: the agent's own, and those of the bot for whoever may.

import { h, fill, attr, View } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm } from '../lib/feedback.js';
import { route, go, guard, link } from '../lib/router.js';
import { can, me } from '../desk.js';
import { PERMISSIONS } from './permissions.js';
import './own.js';
import './sessions.js';
import './agents.js';
import './queues.js';
import './hours.js';
import './slas.js';
import './templates.js';
import './surveys.js';
import './broadcasts.js';
import './rules.js';
import './contactfields.js';
import './canned.js';
import './tags.js';
import './away.js';
import './profiles.js';
import './bot.js';
import './webhooks.js';
import './keys.js';

const PAGES = [
  { name: 'me', icon: 'user', may: () => true },
  { name: 'sessions', icon: 'keyboard', may: () => me.get()?.signIn === 'password' },
  // An agent's own ones too.
  { name: 'canned', icon: 'chat', may: () => true },
  { name: 'agents', icon: 'people', may: () => can('manage_agents') },
  { name: 'profiles', icon: 'star', may: () => can('manage_agents') },
  { name: 'queues', icon: 'clock', may: () => can('manage_queues') },
  { name: 'rules', icon: 'transfer', may: () => can('manage_settings') },
  { name: 'fields', icon: 'file', may: () => can('manage_settings') },
  { name: 'hours', icon: 'calendar', may: () => can('manage_settings') },
  { name: 'slas', icon: 'hourglass', may: () => can('manage_settings') },
  { name: 'templates', icon: 'note', may: () => can('manage_settings') },
  { name: 'broadcasts', icon: 'send', may: () => can('broadcast') },
  { name: 'tags', icon: 'tag', may: () => can('manage_settings') },
  { name: 'away', icon: 'bellOff', may: () => can('manage_settings') },
  { name: 'surveys', icon: 'chart', may: () => can('manage_settings') || can('manage_queues') },
  { name: 'bot', icon: 'bot', may: () => can('manage_settings') },
  { name: 'webhooks', icon: 'send', may: () => can('manage_settings') },
  // A key can do everything, so it takes somebody who may.
  { name: 'keys', icon: 'settings', may: () => PERMISSIONS.every(can) },
];
const OWN = 3;

export class Admin extends View {
  #shown = '';

  connect() {
    this.#shown = '';
    this.nav = h('nav', { class: 'admin__nav', 'aria-label': t('admin.title') });
    this.outlet = h('div', { class: 'admin__page pane' });
    fill(this, h('div', { class: 'admin' }, this.nav, this.outlet));
    this.watch(me, () => this.#menu());
    this.watch(route, (at) => this.#show(at));
    // Whoever would lose something is asked first.
    this.until(guard((wanted) => this.#dirty && this.#ask(wanted)));
    this.listen(window, 'beforeunload', (e) => this.#dirty && e.preventDefault());
  }

  get #dirty() {
    return !!this.outlet.firstElementChild?.form?.dirty;
  }

  #menu() {
    const allowed = PAGES.filter((p) => p.may());
    const group = (title, pages) => pages.length > 0 && h('section', null, h('h2', null, t(title)), pages.map((p) => h('a', { href: link('admin', p.name), data: { page: p.name } }, icon(p.icon), t(`admin.page.${p.name}`))));
    fill(this.nav, h('p', { class: 'admin__title' }, t('admin.title')),
      group('admin.own', allowed.filter((p) => PAGES.indexOf(p) < OWN)),
      group('admin.of_bot', allowed.filter((p) => PAGES.indexOf(p) >= OWN)));
    this.#mark();
  }

  #mark() {
    const name = this.#shown.split('/')[0];
    for (const a of this.nav.querySelectorAll('a')) attr(a, 'aria-current', a.dataset.page === name ? 'page' : null);
  }

  #show({ path, query }) {
    if (path[0] !== 'admin') return;
    const allowed = PAGES.filter((p) => p.may());
    const page = allowed.find((p) => p.name === path[1]) ?? (can('manage_agents') && !path[1] ? allowed.find((p) => p.name === 'agents') : allowed[0]);
    // On a phone the menu is a page of its own.
    attr(this, 'data-open', !!path[1]);
    const key = [page.name, path[2] ?? '', query.get('new') ?? ''].join('/');
    if (key === this.#shown) return;
    this.#shown = key;
    this.#mark();
    const el = /** @type {any} */ (h(`admin-${page.name}`));
    el.item = path[2] ?? '';
    el.fresh = query.has('new');
    fill(this.outlet, el);
  }

  #ask(wanted) {
    confirm({ title: t('admin.leave_title'), text: t('admin.leave_text'), yes: t('admin.leave_yes'), danger: true }).then((yes) => {
      if (!yes) return;
      this.outlet.firstElementChild.form = null;
      go(wanted);
    });
    return true;
  }
}

customElements.define('desk-admin', Admin);
