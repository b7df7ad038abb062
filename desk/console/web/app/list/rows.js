// The rows of a long list: only those in sight are in the page, each of the
// same height, and what is in sight stays there while others come and go.

import { h, attr } from '../lib/dom.js';

const MARGIN = 6;

/**
 * A listbox over `rows`. `create(row)` makes an option and `update(el, row)`
 * fills it; both are the caller's, as are keys and clicks.
 */
export class Rows {
  element;
  #space;
  #create;
  #update;
  #rows = [];
  #shown = new Map();
  #spare = [];
  #active = '';
  #height = 0;
  #frame = 0;

  constructor({ label, create, update, ...props }) {
    this.#create = create;
    this.#update = update;
    this.#space = h('div', { class: 'rows__space', role: 'presentation' });
    this.element = h('div', { class: 'rows', role: 'listbox', tabindex: '0', 'aria-label': label, ...props }, this.#space);
    this.element.addEventListener('scroll', () => this.#soon(), { passive: true });
    this.resize = new ResizeObserver(() => {
      this.#height = 0;
      this.#paint();
    });
  }

  connect() {
    this.resize.observe(this.element);
  }

  disconnect() {
    this.resize.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** The row that keys are about. */
  get active() {
    return this.#active;
  }

  set active(id) {
    this.#active = id;
    this.#paint();
  }

  /** Shows other rows: at the top those that came, else what was in sight. */
  show(rows, { calm }) {
    const before = new Map(this.#rows.map((r, i) => [r.id, i]));
    const [from, to] = this.#sight(this.#rows.length);
    const after = new Map(rows.map((r, i) => [r.id, i]));
    const shifts = new Map();
    for (const { id } of this.#rows.slice(from, to)) {
      if (after.has(id)) shifts.set(id, after.get(id) - before.get(id));
    }
    const shift = calm && this.element.scrollTop > this.height / 2 ? mode(shifts.values()) : 0;
    this.#rows = rows;
    this.#space.style.setProperty('--count', String(rows.length));
    if (!calm) this.element.scrollTop = 0;
    else if (shift) this.element.scrollTop += shift * this.height;
    // What moved with all the rest did not move to the eye.
    for (const [id, el] of this.#shown) el.classList.toggle('row--moving', calm && shifts.has(id) && shifts.get(id) !== shift);
    this.#paint(calm ? before : null);
  }

  /** Fills the rows in sight anew, such as when time has gone by. */
  refresh() {
    for (const row of this.#rows) {
      const el = this.#shown.get(row.id);
      if (el) this.#update(el, row);
    }
  }

  /** Scrolls as little as needed for a row to be whole. */
  reveal(id) {
    const at = this.#rows.findIndex((r) => r.id === id);
    if (at < 0) return;
    const top = at * this.height;
    const bottom = top + this.height - this.element.clientHeight;
    if (this.element.scrollTop > top) this.element.scrollTop = top;
    else if (this.element.scrollTop < bottom) this.element.scrollTop = bottom;
    this.#paint();
  }

  /** The height of a row in CSS pixels. */
  get height() {
    this.#height ||= parseFloat(getComputedStyle(this.element).getPropertyValue('--row')) || 76;
    return this.#height;
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #sight(count) {
    const first = Math.floor(this.element.scrollTop / this.height) - MARGIN;
    const many = Math.ceil(this.element.clientHeight / this.height) + 2 * MARGIN;
    return [Math.max(0, first), Math.min(count, first + many)];
  }

  #paint(before) {
    const [from, to] = this.#sight(this.#rows.length);
    const keep = new Set();
    const place = (i) => {
      const row = this.#rows[i];
      keep.add(row.id);
      let el = this.#shown.get(row.id);
      const fresh = !el;
      if (fresh) {
        el = this.#spare.pop() ?? this.#create(row);
        el.id = `row-${row.id}`;
        this.#shown.set(row.id, el);
      }
      if (fresh || el.row !== row) {
        el.row = row;
        this.#update(el, row);
      }
      el.style.setProperty('--at', String(i));
      attr(el, 'aria-posinset', i + 1);
      attr(el, 'aria-setsize', this.#rows.length);
      el.classList.toggle('row--active', row.id === this.#active);
      if (fresh) {
        el.classList.toggle('row--new', Boolean(before) && !before.has(row.id));
        this.#space.append(el);
      }
    };
    for (let i = from; i < to; i++) place(i);
    // The active one is always there: aria-activedescendant names it.
    const active = this.#active ? this.#rows.findIndex((r) => r.id === this.#active) : -1;
    if (active >= 0 && (active < from || active >= to)) place(active);
    for (const [id, el] of this.#shown) {
      if (keep.has(id)) continue;
      el.remove();
      el.classList.remove('row--moving');
      this.#spare.push(el);
      this.#shown.delete(id);
    }
    attr(this.element, 'aria-activedescendant', active >= 0 ? `row-${this.#active}` : null);
  }
}

/** The most frequent of numbers, 0 of none. */
function mode(numbers) {
  const times = new Map();
  for (const n of numbers) times.set(n, (times.get(n) ?? 0) + 1);
  return [...times].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}
