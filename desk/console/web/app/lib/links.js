// Addresses in texts become links, if they are of a kind that can do no harm.

import { h } from './dom.js';

const FOUND = /\b(?:https?:\/\/|www\.)[^\s<>"'`\u2018-\u201f\u200e\u200f\u202a-\u202e\u2066-\u2069]+|\bmailto:[^\s<>"']+@[^\s<>"']+|\btel:\+?[\d().\- ]{3,}\d|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
const SAFE = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** The address a link may have, or '' if it may have none. */
export function safeAddress(s) {
  try {
    const url = new URL(s);
    // A user's name before the host makes one site look like another.
    if (!SAFE.has(url.protocol) || url.username || url.password) return '';
    return url.href;
  } catch {
    return '';
  }
}

/**
 * The text as nodes: links where they are safe, text everywhere else.
 *
 * @param {string} s
 * @returns {(string | HTMLElement)[]}
 */
export function linkify(s) {
  const out = [];
  let done = 0;
  for (const match of s.matchAll(FOUND)) {
    const shown = trimmed(match[0]);
    const href = safeAddress(completed(shown));
    if (!href) continue;
    if (match.index > done) out.push(s.slice(done, match.index));
    out.push(h('a', { href, target: '_blank', rel: 'noopener noreferrer', dir: 'ltr' }, shown));
    done = match.index + shown.length;
  }
  if (done < s.length) out.push(s.slice(done));
  return out;
}

function completed(s) {
  if (/^(https?:|mailto:|tel:)/i.test(s)) return s;
  return s.includes('@') && !/^www\./i.test(s) ? `mailto:${s}` : `https://${s}`;
}

// The end of a sentence is no part of an address, nor is a bracket that the
// address did not open.
function trimmed(s) {
  for (;;) {
    const last = s.at(-1);
    const pair = { ')': '(', ']': '[', '}': '{' }[last];
    if (pair ? count(s, last) > count(s, pair) : /[.,;:!?'"…]/.test(last)) s = s.slice(0, -1);
    else return s;
  }
}

const count = (s, c) => s.split(c).length - 1;
