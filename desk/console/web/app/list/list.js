// The list of conversations: search, filters, saved filters, and the rows as
// they are at this moment.

import { h, fill, View } from '../lib/dom.js';
import { t, number } from '../lib/i18n.js';
import { bind } from '../lib/keys.js';
import { go, link } from '../lib/router.js';
import { menuButton, popoverButton } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { tags } from '../catalogues.js';
import { me, can, list, criteria, names, show } from '../desk.js';
import { changed, defaults, restricting, same, searchable } from './criteria.js';
import { Rows } from './rows.js';
import { createRow, updateRow } from './row.js';
import { filterForm, filterChips } from './filters.js';
import { BulkBar } from './bulk.js';
import { views, loadViews, standard, saveView, editViews } from './views.js';

const TYPING = 250;

/** `selected` is the id of the conversation that is open, '' for none. */
export class ConversationList extends View {
  #rows;
  #search;
  #nothing;
  #selected = '';
  #shown = null;
  #criteria = null;
  #typing = 0;
  #form = null;

  set selected(id) {
    this.#selected = id;
    if (!this.#rows) return;
    this.#rows.active = id;
    this.#rows.reveal(id);
    this.#rows.refresh();
  }

  get selected() {
    return this.#selected;
  }

  connect() {
    const chips = h('div', { class: 'list__chips' });
    const bulk = new BulkBar();
    this.until(() => bulk.close());
    const found = h('p', { class: 'visually-hidden', role: 'status' });
    this.#nothing = h('div', { class: 'empty list__nothing', hidden: true });
    this.#rows = new Rows({
      label: t('list.title'),
      create: createRow,
      update: (el, row) => {
        updateRow(el, row);
        el.setAttribute('aria-selected', String(row.id === this.#selected));
      },
      on: { click: (e) => this.#click(e), keydown: (e) => this.#key(e), focus: () => this.#focus() },
    });
    fill(this,
      h('header', { class: 'list__head' }, this.#title(), h('span', { class: 'spacer' }), this.#bulk(bulk), this.#filter(), this.#start()),
      this.#searchBox(), chips, bulk.el, found,
      h('div', { class: 'list__body' }, this.#rows.element, this.#nothing));
    this.#rows.connect();
    this.until(() => this.#rows.disconnect());
    this.until(() => clearTimeout(this.#typing));
    const told = () => fill(chips, filterChips(criteria.get(), (next) => this.#choose(next)));
    this.watch(criteria, (c) => {
      bulk.counted();
      told();
      if (document.activeElement !== this.#search) this.#search.value = c.search ?? '';
    });
    for (const state of [names, tags]) {
      this.watch(state, () => {
        told();
        this.#form?.know();
        this.#rows.refresh();
      });
    }
    this.watch(list, (now) => {
      this.#show(now);
      if (!now.loading) found.textContent = t('list.found', { count: now.rows.length });
    });
    this.every(15e3, () => this.#rows.refresh());
    this.#keys();
    loadViews().catch(() => {});
  }

  #title() {
    const name = h('span', { class: 'list__name' });
    const count = h('span', { class: 'list__count', 'aria-hidden': 'true' });
    const current = () => [...standard(), ...views.get()].find((v) => same(changed(v.criteria, { search: criteria.get().search }), criteria.get()));
    const paint = () => fill(name, current()?.name ?? t('list.title'));
    this.watch(criteria, paint);
    this.watch(views, paint);
    this.watch(list, ({ rows, more }) => fill(count, number(rows.length) + (more ? '+' : '')));
    const saved = () => (views.get().length > 0 ? [null, ...views.get().map(item)] : []);
    const item = (v) => ({ label: v.name, checked: current() === v || current()?.name === v.name, run: () => this.#choose(v.criteria) });
    return h('h2', null, menuButton({ class: 'button button--quiet list__view' }, [name, count, icon('down')], () => [
      ...standard().map(item),
      ...saved(),
      null,
      { label: t('list.views.save'), icon: icon('save'), run: () => saveView(criteria.get()) },
      { label: t('list.views.edit'), icon: icon('trash'), disabled: views.get().length === 0, run: editViews },
    ]));
  }

  #filter() {
    const badge = h('span', { class: 'badge badge--unread' });
    this.watch(criteria, (c) => {
      const n = restricting(c).length;
      badge.textContent = String(n);
      badge.hidden = n === 0;
    });
    const anchor = popoverButton({ class: 'icon-button list__filter', title: t('list.filter.title') },
      [icon('filter'), h('span', { class: 'visually-hidden' }, t('list.filter.title')), badge],
      (close) => (this.#form = filterForm(criteria.get(), { close, choose: (c) => this.#choose(c), save: () => saveView(criteria.get()) })));
    this.until(bind({ keys: 'f', label: 'list.filter.title', group: 'list.title', when: () => !this.hidden, run: () => anchor.firstElementChild.click() }));
    return anchor;
  }

  // For whoever sees more than their own.
  #bulk(bulk) {
    if (!can('view_all')) return null;
    return h('button', { class: 'icon-button', type: 'button', 'aria-label': t('bulk.open'), title: t('bulk.open'), on: { click: () => bulk.toggle() } }, icon('check'));
  }

  #start() {
    if (!can('send_templates')) return null;
    this.until(bind({ keys: 'n', label: 'list.start', group: 'list.title', run: () => go(link('start')) }));
    return h('a', { class: 'icon-button', href: link('start'), 'aria-label': t('list.start'), title: t('list.start') }, icon('plus'));
  }

  #searchBox() {
    this.#search = h('input', {
      class: 'input', type: 'search', name: 'search', maxlength: 200, autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'search',
      placeholder: t('list.search'), 'aria-label': t('list.search'), value: criteria.get().search ?? '',
      on: {
        input: () => {
          clearTimeout(this.#typing);
          this.#typing = setTimeout(() => this.#searchFor(), TYPING);
        },
        keydown: (e) => {
          if (e.key === 'Escape' && this.#search.value) {
            e.preventDefault();
            this.#search.value = '';
            this.#searchFor();
          } else if (e.key === 'ArrowDown' || e.key === 'Enter') {
            e.preventDefault();
            clearTimeout(this.#typing);
            this.#searchFor();
            this.#rows.element.focus();
          }
        },
      },
    });
    return h('search', { class: 'list__search' }, icon('search'), this.#search);
  }

  #searchFor() {
    this.#choose(changed(criteria.get(), { search: searchable(this.#search.value) }));
  }

  #choose(next) {
    if (!same(next, criteria.get())) show(next);
  }

  #show({ rows, loading }) {
    // A list with other criteria is another list, which begins at its top.
    const calm = this.#criteria === criteria.get();
    if (!loading) this.#criteria = criteria.get();
    this.classList.toggle('list--loading', loading);
    if (rows !== this.#shown) this.#rows.show(rows, { calm });
    this.#shown = rows;
    if (!this.#rows.active) this.#rows.active = this.#selected;
    const nothing = rows.length === 0 && !loading;
    this.#nothing.hidden = !nothing;
    this.#rows.element.hidden = nothing;
    if (nothing) fill(this.#nothing, this.#why());
  }

  // Why there is nothing, and what to do about it.
  #why() {
    const c = criteria.get();
    const typed = this.#search.value.trim() || c.search || '';
    const digits = typed.replace(/\D/g, '');
    const clear = h('button', { class: 'button', type: 'button', on: { click: () => {
      this.#search.value = '';
      this.#choose(defaults);
    } } }, t('list.nothing.clear'));
    if (typed) {
      const startable = digits.length >= 8 && /^[\d\s()+.\-]+$/.test(typed) && can('send_templates');
      return [icon('search'), h('h2', null, t('list.nothing.found', { search: typed })),
        startable && h('p', null, t('list.nothing.startHint')),
        startable && h('a', { class: 'button button--primary', href: link('start', { number: typed }) }, t('list.nothing.start', { number: typed })),
        clear];
    }
    if (restricting(c).length > 0) return [icon('filter'), h('h2', null, t('list.nothing.fits')), h('p', null, t('list.nothing.fitsHint')), clear];
    if (me.get().agent.availability !== 'available') {
      return [icon('chat'), h('h2', null, t('list.nothing.here')), h('p', null, t('list.nothing.unavailable'))];
    }
    return [icon('chat'), h('h2', null, t('list.nothing.here')), h('p', null, t('list.nothing.hint'))];
  }

  #click(e) {
    const row = e.target.closest('[role=option]')?.row;
    if (!row) return;
    if (e.ctrlKey || e.metaKey) window.open(link('c', row.id), '_blank', 'noopener');
    else go(link('c', row.id));
  }

  #focus() {
    if (!this.#rows.active && this.#shown?.length) this.#rows.active = this.#shown[0].id;
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const page = Math.max(1, Math.floor(this.#rows.element.clientHeight / this.#rows.height) - 1);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[e.key];
    if (by !== undefined) {
      e.preventDefault();
      const next = this.#next(by);
      if (next) {
        this.#rows.active = next;
        this.#rows.reveal(next);
      }
    } else if (e.key === 'Enter' || e.key === ' ') {
      e.preventDefault();
      if (this.#rows.active) go(link('c', this.#rows.active));
    }
  }

  // The row that many further than the active one.
  #next(by) {
    const rows = this.#shown ?? [];
    const at = rows.findIndex((r) => r.id === this.#rows.active);
    const to = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by));
    return rows[to]?.id;
  }

  #keys() {
    const step = (by) => () => {
      const next = this.#next(by);
      if (next) go(link('c', next), { replace: true });
    };
    const key = (keys, label, run) => this.until(bind({ keys, label, run, group: 'list.title', when: () => !this.hidden }));
    key('j', 'list.keys.next', step(1));
    key('k', 'list.keys.previous', step(-1));
    key('l', 'list.keys.list', () => this.#rows.element.focus());
    key('/', 'list.search', () => this.#search.select());
    key('m', 'list.views.mine', () => this.#choose(changed(criteria.get(), { mine: !criteria.get().mine })));
  }
}

customElements.define('desk-list', ConversationList);
