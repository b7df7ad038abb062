// Giving a conversation to another agent or queue.

import { h, fill } from '../lib/dom.js';
import { t, number } from '../lib/i18n.js';
import { get, post, id } from '../lib/api.js';
import { confirm, dialog, errorText } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { avatar } from '../lib/avatar.js';
import { can, me } from '../desk.js';
import { folded } from './words.js';

/** Resolves with the conversation's new state and where it went, or undefined. */
export async function transfer(row) {
  const [colleagues, queues, panel] = await Promise.all([
    get('colleagues').then((r) => r.agents),
    get('queues').then((r) => r.queues),
    can('reports') || can('manage_queues') ? get('panel').then((r) => r.queues) : [],
  ]);
  const self = me.get().agent;
  const agents = colleagues.filter((a) => a.id !== row.agent).toSorted((a, b) => b.connected - a.connected || free(b) - free(a) || a.name.localeCompare(b.name));
  // Colleagues are the others; whoever may intervene can also give it to themself.
  if (row.agent !== self.id) agents.unshift({ ...self, name: t('common.you'), connected: true });
  const targets = [
    ...agents.map((a) => ({ kind: 'agent', id: a.id, name: a.name, agent: a, refusal: refusal(a) })),
    ...queues.map((q) => ({ kind: 'queue', id: q.id, name: q.name, load: panel.find((p) => p.queue.id === q.id), here: q.id === row.queue })),
  ];
  return dialog({ title: t('conv.transfer.title'), class: 'dialog--transfer', body: (close) => chooser(row, targets, close) });
}

const free = (a) => (refusal(a) ? 0 : 1);

// Why the router would not give the agent anything, '' if it would.
function refusal(a) {
  if (a.availability !== 'available') return 'unavailable';
  if (!a.connected) return 'disconnected';
  return a.held >= a.limit ? 'full' : '';
}

function chooser(row, targets, close) {
  let chosen = null;
  let kind = 'agent';
  const override = row.can.override;
  const list = h('div', { class: 'targets', role: 'radiogroup', 'aria-label': t('conv.transfer.title') });
  const search = h('input', { class: 'input', type: 'search', autofocus: true, placeholder: t('conv.transfer.search'), 'aria-label': t('conv.transfer.search'), on: { input: () => show() } });
  const note = h('textarea', { class: 'input', rows: 2, id: 'transfer-note', dir: 'auto' });
  const error = h('p', { class: 'field__error', role: 'alert' });
  const go = h('button', { class: 'button button--primary', disabled: true }, t('conv.transfer.go'));
  const tab = (value) => h('label', null, h('input', { type: 'radio', name: 'transfer-kind', checked: value === kind, on: { change: () => {
    kind = value;
    chosen = null;
    show();
  } } }), h('span', null, t(`conv.transfer.to.${value}`)));
  const show = () => {
    const want = folded(search.value);
    const hits = targets.filter((x) => x.kind === kind && folded(x.name).includes(want));
    if (!hits.includes(chosen)) chosen = null;
    fill(list, hits.map((x) => target(x, x === chosen, !override && !!x.refusal, () => {
      chosen = x;
      go.disabled = false;
    })), hits.length === 0 && h('p', { class: 'empty' }, t('conv.transfer.none')));
    go.disabled = !chosen;
  };
  show();
  const submit = async (forced) => {
    go.disabled = true;
    fill(error);
    try {
      await post(`conversations/${id(row.id)}/transfer`, { [chosen.kind]: chosen.id, override: forced, note: note.value.trim() });
      close(chosen);
    } catch (e) {
      go.disabled = false;
      const full = e.code === 'not_available' || e.code === 'at_capacity';
      if (full && override && !forced && (await anyway(chosen, errorText(e)))) await submit(true);
      else fill(error, errorText(e));
    }
  };
  return h('form', { class: 'fields', on: { submit: async (e) => {
    e.preventDefault();
    if (!chosen) return;
    if (chosen.refusal && !(await anyway(chosen, t(`conv.transfer.refusal.${chosen.refusal}`, { name: chosen.name })))) return;
    await submit(!!chosen.refusal);
  } } },
  h('div', { class: 'transfer__search' }, search, h('div', { class: 'segments', role: 'radiogroup', 'aria-label': t('conv.transfer.to.label') }, tab('agent'), tab('queue'))), list,
  h('div', { class: 'field' }, h('label', { for: 'transfer-note' }, t('conv.transfer.note')), note),
  error,
  h('footer', { class: 'dialog__foot' }, h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.cancel')), go));
}

const anyway = (target, why) => confirm({ title: t('conv.transfer.overrideTitle', { name: target.name }), text: why, yes: t('conv.transfer.override') });

function target(x, checked, disabled, choose) {
  return h('label', { class: 'target' },
    h('input', { type: 'radio', name: 'transfer-target', checked, disabled, on: { change: choose } }),
    x.kind === 'agent' ? avatar(x.name, x.id, 'avatar--small') : icon('people'),
    h('span', { class: 'target__name', dir: 'auto' }, x.name),
    x.kind === 'agent' ? agentState(x.agent) : queueState(x));
}

function agentState(a) {
  const dot = !a.connected ? 'grey' : a.availability === 'available' ? 'on' : 'away';
  const words = !a.connected ? t('availability.disconnected') : a.availability === 'away' && a.awayReason ? `${t('availability.away')}: ${a.awayReason}` : t(`availability.${a.availability || 'unavailable'}`);
  return [h('span', { class: 'target__state' }, h('span', { class: ['dot', `dot--${dot}`], 'aria-hidden': 'true' }), h('span', null, words)),
    a.limit != null && h('span', { class: ['target__load', a.held >= a.limit && 'target__load--full'], title: t('conv.transfer.load') }, `${number(a.held)}/${number(a.limit)}`)];
}

function queueState({ load, here }) {
  if (!load) return h('span', { class: 'target__state' }, here && t('conv.transfer.here'));
  const ready = load.agents.filter(free).length;
  return [h('span', { class: 'target__state' }, here ? t('conv.transfer.here') : t('conv.transfer.free', { count: ready })),
    h('span', { class: 'target__load' }, t('conv.transfer.waiting', { count: load.waiting }))];
}
