// The filter of the list: every criterion there is, applied as it is chosen.

import { h, fill } from '../lib/dom.js';
import { t, day, time, number } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { toCivil, fromCivil } from '../lib/civil.js';
import { tags as catalogue, tagOf } from '../catalogues.js';
import { tagChip } from '../conversation/tags.js';
import { me, can, names, list, agentName, queueName } from '../desk.js';
import { PERIODS, SORTS, CONTROLS, TICKETS, STATUSES, PRIORITIES, LIMIT, MOST, MOST_TAGS, changed, complete, defaults, restricting } from './criteria.js';
import { channelName } from './words.js';

/**
 * The form. `choose(criteria)` is called with each change that can be asked
 * for; `save()` and `close()` when those are pressed. What it gives has
 * `know()`, for when other names and tags become known while it is open.
 */
export function filterForm(criteria, { choose, save, close }) {
  let now = criteria;
  const custom = h('div', { class: 'filters__range', hidden: now.period !== 'custom' });
  const wrong = h('p', { class: 'field__error', role: 'alert', hidden: true }, t('list.filter.badRange'));
  const change = (part) => {
    now = changed(now, part);
    custom.hidden = now.period !== 'custom';
    wrong.hidden = now.period !== 'custom' || !(now.from && now.to) || complete(now);
    if (complete(now)) choose(now);
  };
  const bound = (name) => h('label', { class: 'field' }, h('span', null, t(`list.filter.${name}`)),
    h('input', { class: 'input', type: 'datetime-local', max: '9999-12-31T23:59', value: toCivil(now[name]), on: { change: (e) => change({ [name]: fromCivil(e.target.value) }) } }));
  fill(custom, bound('from'), bound('to'), wrong);

  const known = h('div', { class: 'filters__known' });
  const know = () => {
    const channels = new Set([...list.get().rows.map((r) => r.channel), ...me.get().lines.map((l) => l.channel), ...(now.channels ?? [])]);
    const tags = new Set([...catalogue.get().map((x) => x.id), ...list.get().rows.flatMap((r) => r.tags ?? []), ...(now.tags ?? [])]);
    const { agents, queues } = names.get();
    const at = /** @type {any} */ (known.contains(document.activeElement) ? document.activeElement : null);
    fill(known,
      checks(t('list.filter.queues'), byName(queues), now.queues, queueName, (v) => change({ queues: v })),
      checks(t('list.filter.channels'), [...channels].sort(), now.channels, channelName, (v) => change({ channels: v })),
      can('view_all') && checks(t('list.filter.agents'), byName(agents), now.agents, agentName, (v) => change({ agents: v })),
      checks(t('list.filter.tags'), [...tags].sort((a, b) => tagName(a).localeCompare(tagName(b))), now.tags, (v) => tagChip(v), (v) => change({ tags: v }), MOST_TAGS));
    if (at) [...known.querySelectorAll('input')].find((b) => b.name === at.name && b.value === at.value)?.focus();
  };
  know();
  const form = h('form', { class: 'filters', on: { submit: (e) => { e.preventDefault(); close(); } } },
    h('div', { class: 'filters__pair' },
      choice(t('list.filter.period'), PERIODS, now.period, (v) => t(`list.period.${v}`), (period) => change({ period })),
      choice(t('list.filter.sortBy'), SORTS, now.sortBy, (v) => t(`list.sort.${v}`), (sortBy) => change({ sortBy }))),
    custom,
    h('div', { class: 'filters__states' },
      segments(t('list.filter.control'), CONTROLS, now.control, (v) => t(`list.control.${v}`), (control) => change({ control })),
      segments(t('list.filter.status'), STATUSES, now.status, (v) => t(`list.status.${v}`), (status) => change({ status })),
      segments(t('list.filter.tickets'), TICKETS, now.tickets, (v) => t(`list.tickets.${v}`), (tickets) => change({ tickets }))),
    h('label', { class: 'check' },
      h('input', { type: 'checkbox', checked: Boolean(now.mine), on: { change: (e) => change({ mine: e.target.checked }) } }), t('list.filter.mine')),
    checks(t('list.filter.priorities'), PRIORITIES, now.priorities, (v) => t(`priority.${v}`), (priorities) => change({ priorities })),
    known,
    h('label', { class: 'field filters__limit' }, h('span', null, t('list.filter.limit')),
      h('input', { class: 'input', type: 'number', min: 1, max: MOST, step: 1, value: now.limit ?? LIMIT, on: {
        change: (e) => e.target.checkValidity() && change({ limit: e.target.valueAsNumber || undefined }),
      } })),
    h('footer', { class: 'dialog__foot' },
      h('button', { class: 'button button--quiet', type: 'button', on: { click: () => { close(); choose(changed(defaults, { search: now.search })); } } }, t('list.filter.clear')),
      h('span', { class: 'spacer' }),
      h('button', { class: 'button', type: 'button', on: { click: () => { close(); save(); } } }, t('list.views.save')),
      h('button', { class: 'button button--primary', type: 'submit' }, t('common.close'))));
  return Object.assign(form, { know });
}

const tagName = (word) => tagOf(word).name;
const byName = (all) => Object.keys(all).sort((a, b) => all[a].localeCompare(all[b]));

function choice(label, values, chosen, name, choose) {
  return h('label', { class: 'field' }, h('span', null, label),
    h('select', { class: 'select', value: chosen, on: { change: (e) => choose(e.target.value) } }, values.map((v) => h('option', { value: v }, name(v)))));
}

let groups = 0;

function segments(label, values, chosen, name, choose) {
  const group = `filter-${++groups}`;
  return h('fieldset', { class: 'field' }, h('legend', { class: 'field__label' }, label),
    h('div', { class: 'segments' }, values.map((v) => h('label', null,
      h('input', { type: 'radio', name: group, value: v, checked: v === chosen, on: { change: () => choose(v) } }), h('span', null, name(v))))));
}

function checks(label, values, chosen = [], name, choose, most = Infinity) {
  if (values.length === 0) return null;
  const on = new Set(chosen);
  const boxes = values.map((v) => h('input', { type: 'checkbox', name: label, value: v, checked: on.has(v), on: { change: (e) => toggle(v, e.target.checked) } }));
  const full = () => boxes.forEach((b) => (b.disabled = !b.checked && on.size >= most));
  const toggle = (v, yes) => {
    if (yes) on.add(v);
    else on.delete(v);
    full();
    choose(values.filter((x) => on.has(x)));
  };
  full();
  return h('fieldset', { class: 'field' }, h('legend', { class: 'field__label' }, label),
    h('div', { class: 'checks' }, values.map((v, i) => h('label', { class: 'check' }, boxes[i], h('span', null, name(v))))));
}

/** What restricts the list, as chips that take it away. */
export function filterChips(criteria, choose) {
  return restricting(criteria).map((name) => {
    const words = told(name, criteria);
    return h('span', { class: 'chip' }, h('span', null, words),
      h('button', { type: 'button', 'aria-label': t('list.filter.without', { filter: words }), on: { click: () => choose(changed(criteria, { [name]: defaults[name] })) } }, icon('close')));
  });
}

function told(name, criteria) {
  const value = criteria[name];
  switch (name) {
    case 'period': return value === 'custom' ? `${moment(criteria.from)} – ${moment(criteria.to)}` : t(`list.period.${value}`);
    case 'control': return t(`list.control.${value}`);
    case 'mine': return t('list.filter.mine');
    case 'status': return t(`list.status.${value}`);
    case 'tickets': return t(`list.tickets.${value}`);
    case 'limit': return t('list.filter.first', { count: value });
    case 'priorities': return several(value, (v) => t(`priority.${v}`));
    case 'queues': return several(value, queueName);
    case 'channels': return several(value, channelName);
    case 'tags': return value.map(tagName).join(' + ');
    default: return several(value, agentName);
  }
}

const moment = (v) => (v ? `${day(v)} ${time(v)}` : '…');
const several = (values, name) => (values.length > 2 ? `${name(values[0])} +${number(values.length - 1)}` : values.map(name).join(', '));
