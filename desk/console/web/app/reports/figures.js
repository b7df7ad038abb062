// Tables of figures.

import { h } from '../lib/dom.js';

/**
 * A table under its heading, which scrolls by itself. The first cell of each
 * row is its head; the first `texts` columns are words, the others figures.
 *
 * @param {string} title
 * @param {string[]} heads
 * @param {any[][]} rows
 */
export function figures(title, heads, rows, texts = 1) {
  const words = (i) => i < texts && 'is-text';
  return h('section', { class: 'figures' },
    h('h2', null, title),
    h('div', { class: 'chart__scroll', tabindex: 0, role: 'region', 'aria-label': title },
      h('table', { class: 'table' },
        h('thead', null, h('tr', null, heads.map((name, i) => h('th', { scope: 'col', class: words(i) }, name)))),
        h('tbody', null, rows.map(([first, ...rest]) => h('tr', null, h('th', { scope: 'row', class: words(0) }, first), rest.map((cell, i) => h('td', { class: words(i + 1) }, cell))))))));
}
