// The frame of the desk: the bar on top, the rail of places, and the panes.

import { h, fill, attr, View } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { del } from '../lib/api.js';
import { bind } from '../lib/keys.js';
import { route, go, link } from '../lib/router.js';
import { fail, menuButton } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { avatar } from '../lib/avatar.js';
import { sound, permission, askPermission, ring } from '../lib/notify.js';
import { me, can, chooseBot, leave } from '../desk.js';
import { attend, unread } from './attention.js';
import { showKeys } from './help.js';
import './status.js';
import './connection.js';
import './offers.js';
import './wrapups.js';

// The places of the desk: a route, and the pane that it shows.
const PLACES = [
  { name: 'c', icon: 'chat', label: 'shell.conversations', keys: 'g c', may: () => true },
  { name: 'waiting', icon: 'clock', label: 'shell.waiting', keys: 'g w', may: () => true },
  { name: 'panel', icon: 'people', label: 'shell.panel', keys: 'g q', may: () => can('reports') || can('manage_queues') },
  { name: 'reports', icon: 'chart', label: 'reports.title', keys: 'g r', may: () => can('reports') },
  { name: 'wall', icon: 'screen', label: 'reports.wall', keys: 'g l', may: () => can('reports'), beside: 'reports' },
  { name: 'adherence', icon: 'clock', label: 'adherence.title', keys: 'g h', may: () => can('reports'), beside: 'reports' },
  { name: 'admin', icon: 'settings', label: 'shell.admin', keys: 'g a', may: () => true },
];

export class Shell extends View {
  #list;
  #conversation;
  #main;
  #title;
  #links = [];
  #page = null;

  connect() {
    this.#list = h('desk-list', { class: 'shell__list' });
    this.#conversation = h('desk-conversation', { class: 'shell__conversation' });
    this.#title = h('h1', { class: 'visually-hidden' }, t('shell.conversations'));
    this.#main = h('main', { class: 'shell__main', id: 'main', tabindex: '-1' }, this.#title, this.#list, this.#conversation);
    fill(this,
      h('a', { class: 'skip visually-hidden', href: '#main', on: { click: (e) => { e.preventDefault(); this.#main.focus(); } } }, t('shell.skip')),
      this.#bar(), this.#rail(), this.#main, h('desk-connection'), h('desk-offers'));
    this.until(attend());
    this.watch(route, (at) => this.#show(at));
    this.#keys();
  }

  #bar() {
    const self = me.get();
    const others = self.seats.length > 1;
    const bot = others
      ? menuButton({ class: 'button bar__bot' }, [h('span', null, self.bot.name), icon('down')], () => self.seats.map((s) => ({
        label: s.botName || s.bot,
        checked: s.bot === self.bot.id,
        run: () => this.#goTo(s.bot),
      })))
      : h('span', { class: 'bar__bot' }, self.bot.name);
    return h('header', { class: 'bar' },
      h('span', { class: 'logo', 'aria-hidden': 'true' }), bot, h('span', { class: 'spacer' }),
      h('desk-wrapups'), h('desk-status'), this.#bell(), this.#person());
  }

  async #goTo(bot) {
    go('#/');
    await chooseBot(bot).catch(fail);
  }

  #bell() {
    const sign = h('span', { class: 'bar__sign' });
    const button = menuButton({ class: 'icon-button', 'aria-label': t('shell.notifications') }, sign, () => {
      const desktop = permission.get();
      return [
        { label: t('shell.sound'), checked: sound.get(), run: () => {
          sound.set(!sound.get());
          ring('message');
        } },
        { label: t('shell.desktop'), checked: desktop === 'granted', disabled: desktop !== 'default', hint: t(`shell.desktopIs.${desktop}`), run: askPermission },
      ];
    });
    this.watch(sound, (on) => fill(sign, icon(on ? 'bell' : 'bellOff')));
    return button;
  }

  #person() {
    const self = me.get();
    const name = self.agent.name || self.name;
    const out = [null, { label: t('shell.signOut'), icon: icon('back'), run: signOut }];
    const face = [avatar(name, self.agent.id, 'avatar--small'), h('span', { class: 'visually-hidden' }, t('shell.person', { name }))];
    return menuButton({ class: 'icon-button bar__person' }, face, () => [
      { label: t('shell.preferences'), icon: icon('user'), hint: self.email, run: () => go(link('admin', 'me')) },
      { label: t('shell.keys.title'), icon: icon('keyboard'), run: showKeys },
      ...(self.signIn === 'password' ? out : []),
    ]);
  }

  #rail() {
    this.#links = PLACES.filter((p) => p.may() && !p.beside).map((p) => {
      const badge = p.name === 'c' && h('span', { class: 'badge badge--unread rail__badge', hidden: true });
      if (badge) {
        this.watch(unread, (n) => {
          badge.hidden = n === 0;
          fill(badge, n > 99 ? '99+' : n, h('span', { class: 'visually-hidden' }, ` ${t('shell.unread', { count: n })}`));
        });
      }
      return h('a', { href: link(p.name), data: { place: p.name } }, icon(p.icon), h('span', { class: 'rail__label' }, t(p.label)), badge);
    });
    return h('nav', { class: 'rail', 'aria-label': t('shell.places') }, this.#links);
  }

  #show({ path }) {
    const [place = 'c', second = ''] = path;
    const known = PLACES.find((p) => p.name === place && p.may());
    if (!known && place !== 'start') {
      go('#/c', { replace: true });
      return;
    }
    const start = place === 'start';
    const desk = place === 'c' || start;
    this.dataset.place = place;
    attr(this, 'data-open', start || !desk || (place === 'c' && second !== ''));
    for (const a of this.#links) attr(a, 'aria-current', a.dataset.place === (start ? 'c' : known.beside ?? place) && 'page');
    this.#list.hidden = !desk;
    // The other places have a heading of their own.
    this.#title.hidden = place !== 'c';
    this.#conversation.hidden = place !== 'c';
    if (place === 'c') this.#conversation.conversation = this.#list.selected = second;
    this.#other(place === 'c' ? null : { start: 'desk-start', waiting: 'desk-waiting', panel: 'desk-panel', reports: 'desk-reports', wall: 'desk-wall', adherence: 'desk-adherence', admin: 'desk-admin' }[place], second);
  }

  #other(tag, page) {
    if (this.#page?.localName !== tag) {
      this.#page?.remove();
      this.#page = tag ? h(tag, { class: 'shell__page' }) : null;
      if (tag === 'desk-admin') this.#page.page = page;
      if (this.#page) this.#main.append(this.#page);
    } else if (tag === 'desk-admin') {
      this.#page.page = page;
    }
  }

  #keys() {
    for (const p of PLACES.filter((p) => p.may())) {
      this.until(bind({ keys: p.keys, label: p.label, group: 'shell.keys.places', run: () => go(link(p.name)) }));
    }
    this.until(bind({ keys: '?', label: 'shell.keys.title', group: 'shell.keys.general', run: showKeys }));
  }
}

async function signOut() {
  try {
    await del('session');
    leave();
    go('#/', { replace: true });
  } catch (e) {
    fail(e);
  }
}

customElements.define('desk-shell', Shell);
