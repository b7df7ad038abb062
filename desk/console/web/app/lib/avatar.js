// Initials on a colour that stays the same for the same one.

import { h, text } from './dom.js';

/** Up to two letters for a name; '#' for a bare number. */
export function initials(name) {
  const words = (name ?? '').trim().split(/\s+/).filter((w) => /\p{L}/u.test(w));
  if (words.length === 0) return '#';
  const letter = (w) => (w.match(/\p{L}/u)?.[0] ?? '').toLocaleUpperCase();
  return words.length === 1 ? letter(words[0]) : letter(words[0]) + letter(words.at(-1));
}

const COLOURS = 8;

function colour(key) {
  let n = 2166136261;
  for (const c of String(key)) n = Math.imul(n ^ c.codePointAt(0), 16777619);
  return (n >>> 0) % COLOURS;
}

/** An avatar; the name is read elsewhere, so readers pass over it. */
export function avatar(name, key = name, extra = '') {
  return paint(h('span', { 'aria-hidden': 'true', class: ['avatar', extra] }), name, key);
}

/** Makes an avatar that of another one. */
export function paint(el, name, key = name) {
  text(el, initials(name));
  el.dataset.colour = String(colour(key));
  return el;
}
