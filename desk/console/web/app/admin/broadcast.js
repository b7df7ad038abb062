// One broadcast: how far it is, what can be done with it, and what became of
// each recipient.

import { h, fill, text, attr, keyed } from '../lib/dom.js';
import { ApiError, address, get, post, id } from '../lib/api.js';
import { t, number, dateTime } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, fail } from '../lib/feedback.js';
import { link } from '../lib/router.js';
import { keepFresh } from '../queues/refresh.js';

const OUTCOMES = ['queued', 'sent', 'delivered', 'read', 'failed', 'skipped'];
const LOOKS = { running: 'badge--info', paused: 'badge--waiting' };

/** The state of a broadcast as a badge. */
export const stateBadge = (b) => h('span', { class: ['badge', LOOKS[b.state]] }, t(`broadcasts.state.${b.state}`));

/** Shows the broadcast that a page is about, and keeps it up to date. */
export async function showBroadcast(page) {
  const path = `broadcasts/${id(page.item)}`;
  let b;
  try {
    b = await get(path);
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 404) throw e;
    page.missing(t('admin.page.broadcasts'), link('admin', 'broadcasts'));
    return;
  }
  if (!page.isConnected) return;
  const state = h('span', { class: 'broadcast__state' });
  const actions = h('span', { class: 'broadcast__actions' });
  const why = h('p', { class: 'notice notice--warning', role: 'status', hidden: true });
  const bar = h('progress', { class: 'broadcast__bar', 'aria-label': t('broadcasts.progress') });
  const counts = h('dl', { class: 'broadcast__counts' }, OUTCOMES.map((o) => h('div', { data: { outcome: o } }, h('dt', null, t(`broadcasts.outcome.${o}`)), h('dd'))));
  const rows = h('tbody');
  const more = h('button', { class: 'button', type: 'button', hidden: true, on: { click: () => load(false).catch(fail) } }, t('broadcasts.more'));
  const filter = h('select', { class: 'select', 'aria-label': t('broadcasts.filter'), on: { change: () => { csv.href = address(`${path}/outcomes`, query()); load(true).catch(fail); } } },
    h('option', { value: '' }, t('broadcasts.all')), OUTCOMES.map((o) => h('option', { value: o }, t(`broadcasts.outcome.${o}`))));
  const query = () => (filter.value ? { outcome: filter.value } : {});
  const csv = h('a', { class: 'button', href: address(`${path}/outcomes`), download: '' }, icon('download'), t('broadcasts.csv'));
  let next = 0;
  let shown = [];

  const load = async (anew) => {
    const wanted = filter.value;
    const answer = await get(`${path}/recipients`, { ...query(), after: anew ? 0 : next, limit: 100 });
    if (wanted !== filter.value) return;
    shown = anew ? answer.recipients : [...shown, ...answer.recipients];
    next = answer.next;
    more.hidden = !next;
    keyed(rows, shown, (r) => r.number, recipientRow, updateRecipient);
  };
  const turn = async (verb, button) => {
    if (verb === 'cancel' && !(await confirm({ title: t('broadcasts.cancel_title', { name: b.name }), text: t('broadcasts.cancel_text'), yes: t('broadcasts.cancel_yes'), danger: true }))) return;
    button.disabled = true;
    try {
      await post(`${path}/${verb}`);
    } catch (e) {
      fail(e);
    }
    await refresh();
  };
  const button = (verb, sign, label, kind = '') => h('button', { class: `button ${kind}`, type: 'button', on: { click: (e) => turn(verb, e.currentTarget).catch(fail) } }, icon(sign), label);
  let said = '';
  const render = () => {
    fill(state, stateBadge(b));
    const done = b.recipients - b.counts.queued;
    attr(bar, 'max', String(Math.max(b.recipients, 1)));
    bar.value = done;
    for (const o of OUTCOMES) text(counts.querySelector(`[data-outcome=${o}] dd`), number(b.counts[o]));
    why.hidden = !b.why;
    fill(why, icon('warning'), t('broadcasts.why', { why: b.why ?? '' }));
    if (said === b.state) return; // or a button would be lost under a finger
    said = b.state;
    fill(actions,
      b.state === 'draft' && button('start', 'send', t('broadcasts.start', { count: b.recipients, n: number(b.recipients) }), 'button--primary'),
      b.state === 'paused' && button('start', 'send', t('broadcasts.resume'), 'button--primary'),
      b.state === 'running' && button('pause', 'clock', t('broadcasts.pause')),
      ['draft', 'paused', 'running'].includes(b.state) && button('cancel', 'close', t('broadcasts.cancel')));
  };
  const refresh = async (signal) => {
    const before = JSON.stringify(b.counts);
    b = await get(path, null, { signal });
    render();
    // The page that is being read stays: only its first rows follow.
    if (JSON.stringify(b.counts) !== before && shown.length <= 100) await load(true);
  };

  page.show({ title: b.name, back: link('admin', 'broadcasts'), actions: [state, actions] },
    h('p', { class: 'admin__text' }, t('broadcasts.about', { template: b.template, rate: b.rate, created: dateTime(b.createdAt) })),
    why, bar, counts,
    h('div', { class: 'broadcast__tools' }, filter, h('span', { class: 'spacer' }), csv),
    h('table', { class: 'table' }, h('thead', null, h('tr', null, ['number', 'address', 'outcome', 'reason', 'at'].map((c) => h('th', { scope: 'col', data: { column: c } }, t(`broadcasts.column.${c}`))))), rows), more);
  render();
  await load(true);
  const ask = keepFresh(page, (e) => e.kind === 'broadcast_changed' && e.item === page.item, refresh);
  page.every(2000, () => b.state === 'running' && ask());
}

const recipientRow = () => h('tr', null, ['number', 'address', 'outcome', 'reason', 'at'].map((c) => h('td', { data: { column: c } })));

function updateRecipient(el, r) {
  const cell = (c) => el.querySelector(`[data-column=${c}]`);
  text(cell('number'), number(r.number));
  const shown = h('bdi', null, r.address);
  fill(cell('address'), r.conversation ? h('a', { href: link('c', r.conversation), title: t('broadcasts.open') }, shown) : shown);
  text(cell('outcome'), t(`broadcasts.outcome.${r.outcome}`));
  el.dataset.outcome = r.outcome;
  text(cell('reason'), r.outcome === 'skipped' ? t(`broadcasts.skip.${r.reason}`) : r.reason ?? '');
  text(cell('at'), r.at ? dateTime(r.at) : '');
}
