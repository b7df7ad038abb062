// A template's text with its placeholders {{1}}, {{2}}, ... filled in.

import { h } from '../lib/dom.js';

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

const numbers = (body) => new Set([...body.matchAll(PLACEHOLDER)].map((m) => m[1]));

/** How many placeholders a text has. */
export const placeholders = (body) => numbers(body).size;

/** Whether its placeholders are not {{1}} to the last without a gap. */
export function gap(body) {
  const found = numbers(body);
  const rest = body.replace(PLACEHOLDER, '');
  return rest.includes('{{') || [...found].some((n) => !/^[1-9]\d?$/.test(n) || Number(n) > found.size);
}

/** The text as nodes, with what fills a placeholder marked; what is not given stays as it is. */
export function filled(body, params) {
  const out = [];
  let done = 0;
  for (const m of body.matchAll(PLACEHOLDER)) {
    const given = params[Number(m[1]) - 1];
    out.push(body.slice(done, m.index), h('mark', { class: given ? 'filled' : 'filled filled--not' }, given || m[0]));
    done = m.index + m[0].length;
  }
  out.push(body.slice(done));
  return out;
}
