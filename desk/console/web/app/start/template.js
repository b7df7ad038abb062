// A template's text with its placeholders {{1}}, {{2}}, ... filled in.

import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

const numbers = (body) => new Set([...body.matchAll(PLACEHOLDER)].map((m) => m[1]));

/** Whether the channel takes a template now. */
export const approved = (template) => !template.status || template.status === 'approved';

/** Those of a template's params that fill its body. */
export const body = (template, params) => params.filter((_, i) => template.inputs[i].part === 'body');

/** What a param of a template is, in words. */
export function inputName(input) {
  if (input.part === 'body') return input.name || t('template.input.body', { n: input.number });
  if (input.part === 'header') return t(input.kind === 'text' ? 'template.input.title' : 'template.input.file');
  return t('template.input.button', { name: input.name });
}

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
