// Canned replies by "/": a list that opens over the composer while a shortcut
// is typed. The keyboard stays in the field; the list is told to screen
// readers as what it points at.

import { h, fill, attr, text } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { post, id } from '../lib/api.js';
import { fail } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { me } from '../desk.js';
import { canned } from '../catalogues.js';
import { folded } from './words.js';

const MOST = 50;
const TYPED = /(^|\s)\/([^\s/]*)$/;
const VARIABLE = /(\{\{[^{}]*\}\})/;

let menus = 0;

export class CannedMenu {
  #input;
  #row;
  #take;
  #hits = [];
  #at = 0;
  #dismissed = '';
  #list;
  #preview;
  #status;

  /**
   * Watches a field. `row()` is the conversation, or null where there is to be
   * no list; `take({text, attachments, missing}, from, to)` gets what was
   * chosen and where the shortcut stands.
   *
   * @param {any} input
   * @param {{row: () => any, take: (reply: any, from: number, to: number) => void}} hooks
   */
  constructor(input, { row, take }) {
    this.#input = input;
    this.#row = row;
    this.#take = take;
    const name = `canned-${++menus}`;
    this.#list = h('div', { class: 'canned__list', role: 'listbox', id: name, 'aria-label': t('canned.title') });
    this.#preview = h('div', { class: 'canned__preview', 'aria-hidden': 'true' });
    this.#status = h('p', { class: 'visually-hidden', role: 'status' });
    this.el = h('div', { class: 'canned', hidden: true, on: { mousedown: (e) => e.preventDefault() } }, this.#list, this.#preview);
    this.status = this.#status;
    attr(input, 'aria-autocomplete', 'list');
    attr(input, 'aria-haspopup', 'listbox');
    attr(input, 'aria-controls', name);
    input.addEventListener('input', () => this.update());
    input.addEventListener('click', () => this.update());
    input.addEventListener('blur', () => this.close());
  }

  get open() {
    return !this.el.hidden;
  }

  close() {
    this.el.hidden = true;
    attr(this.#input, 'aria-activedescendant', null);
  }

  /** Opens, changes or closes the list, as what stands before the cursor says. */
  update() {
    const typed = this.#typed();
    if (!typed || !this.#row() || typed.word === this.#dismissed) {
      if (!typed) this.#dismissed = '';
      this.close();
      return;
    }
    this.#hits = found(typed.query);
    this.#at = 0;
    fill(this.#list, this.#hits.map((c, i) => h('div', { class: 'canned__item', role: 'option', id: `${this.#list.id}-${i}`, 'aria-selected': 'false', on: { click: () => this.#choose(i), mousemove: () => this.#at !== i && this.#point(i) } },
      h('span', { class: 'canned__shortcut', dir: 'auto' }, `/${c.shortcut}`), h('span', { class: 'canned__title', dir: 'auto' }, c.title),
      c.attachments?.length && h('span', { class: 'canned__files' }, icon('attach'), h('span', { class: 'visually-hidden' }, t('canned.files', { count: c.attachments.length }))),
      c.language && h('span', { class: 'badge' }, c.language))));
    this.el.hidden = this.#hits.length === 0;
    text(this.#status, this.#hits.length ? t('canned.found', { count: this.#hits.length }) : t('canned.none_found'));
    if (this.open) this.#point(0);
    else this.close();
  }

  /** Other replies are known than when it was typed; what is pointed at stays. */
  refresh() {
    if (document.activeElement !== this.#input) return;
    const before = this.open && this.#hits[this.#at].id;
    this.update();
    const at = this.#hits.findIndex((c) => c.id === before);
    if (this.open && at > 0) this.#point(at);
  }

  /** Takes the keys that are the list's; true if this one was. */
  key(e) {
    if (!this.open) return false;
    const last = this.#hits.length - 1;
    const to = { ArrowDown: this.#at === last ? 0 : this.#at + 1, ArrowUp: this.#at === 0 ? last : this.#at - 1, PageDown: last, PageUp: 0 }[e.key];
    if (to !== undefined) this.#point(to);
    else if ((e.key === 'Enter' || e.key === 'Tab') && !e.shiftKey) this.#choose(this.#at);
    else if (e.key === 'Escape') {
      this.#dismissed = this.#typed()?.word ?? '';
      this.close();
    } else return false;
    e.preventDefault();
    e.stopPropagation();
    return true;
  }

  #typed() {
    const to = this.#input.selectionStart;
    if (to !== this.#input.selectionEnd) return null;
    const m = this.#input.value.slice(0, to).match(TYPED);
    return m && { query: m[2], word: `/${m[2]}`, from: to - m[2].length - 1, to };
  }

  #point(i) {
    this.#at = i;
    [...this.#list.children].forEach((el, n) => attr(el, 'aria-selected', String(n === i)));
    const el = this.#list.children[i];
    attr(this.#input, 'aria-activedescendant', el.id);
    el.scrollIntoView({ block: 'nearest' });
    const c = this.#hits[i];
    fill(this.#preview, h('p', { class: 'text', dir: 'auto' }, sketch(c.text ?? '', this.#row())),
      c.attachments?.map((m) => h('p', { class: 'canned__file' }, icon('file'), h('span', { dir: 'auto' }, m.name || m.type))));
  }

  async #choose(i) {
    const { from, to } = this.#typed() ?? { from: this.#input.selectionStart, to: this.#input.selectionStart };
    const row = this.#row();
    const chosen = this.#hits[i];
    this.close();
    try {
      const reply = await post(`conversations/${id(row.id)}/canned`, { canned: chosen.id });
      if (this.#row()?.id === row.id) this.#take(reply, from, to);
    } catch (e) {
      fail(e);
    }
  }
}

// Those whose shortcut begins so first, then those with such a word in the
// title, then those that say it.
function found(query) {
  const want = folded(query);
  const rank = (c) => {
    const shortcut = folded(c.shortcut);
    if (shortcut.startsWith(want)) return shortcut === want ? 0 : 1;
    if (folded(c.title).split(/\s+/).some((w) => w.startsWith(want))) return 2;
    return want.length > 2 && folded(c.text ?? '').includes(want) ? 3 : -1;
  };
  return canned.get().map((c) => [rank(c), c]).filter(([r]) => r >= 0).sort(([a], [b]) => a - b).slice(0, MOST).map(([, c]) => c);
}

/** The text with what is known by now filled in, and marks for the rest. */
export function sketch(words, row) {
  const values = { 'contact.name': row?.contactName, 'contact.first_name': row?.contactName?.trim().split(' ')[0], 'contact.number': row?.number,
    'agent.name': me.get()?.agent.name, 'queue.name': row?.queueName, 'conversation.id': row?.id };
  return words.split(VARIABLE).map((part) => {
    if (!VARIABLE.test(part)) return part;
    const [name, fallback] = part.slice(2, -2).split('|').map((s) => s.trim());
    return h('mark', null, values[name] || fallback || name);
  });
}
