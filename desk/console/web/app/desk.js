// What every view shares: who is signed in, what they may do, the live list,
// the stream's news.

import { State, applyList } from './lib/store.js';
import { Stream } from './lib/stream.js';
import * as api from './lib/api.js';
import { t, useLanguage, useTimeZone, language, nearest } from './lib/i18n.js';
import { toast } from './lib/feedback.js';
import { defaults, remember, remembered } from './list/criteria.js';

/** Me of the API, or null while nobody is signed in. */
export const me = new State(null);

/** The stream. Its events: hello, event, list, signal, read, reset. */
export const stream = new Stream();

/** The criteria of the live list, as filter.Criteria in JSON. */
export const criteria = new State(/** @type {any} */ (defaults));

/** The live list: {rows, more, loading}. */
export const list = new State({ rows: [], more: false, loading: true });

/** Names of all: {agents: {id: name}, queues: {id: name}}. */
export const names = new State({ agents: {}, queues: {} });

/** The server's clock less this machine's, in milliseconds. */
let skew = 0;

/** The server's time now, in milliseconds: what durations are counted to. */
export const now = () => Date.now() + skew;

/** Whether the agent has a permission, such as 'view_all'. */
export const can = (permission) => me.get()?.permissions?.includes(permission) ?? false;

/** The row of the live list, if it is there. */
export const rowOf = (id) => list.get().rows.find((r) => r.id === id);

export const agentName = (id) => names.get().agents[id] ?? id;
export const queueName = (id) => names.get().queues[id] ?? id;

/** Takes who is signed in (or asks), and opens the stream. */
export async function begin(known) {
  const value = known ?? (await api.get('me', null, { once: true }));
  skew = value.now ? new Date(value.now).getTime() - Date.now() : 0;
  api.useBot(value.bot?.id ?? '');
  useTimeZone(value.agent?.timeZone || value.bot?.timeZone || '');
  const wanted = nearest(value.agent?.language, ...(value.agent?.language ? [] : [value.bot?.language, ...navigator.languages]));
  if (wanted !== language.get()) await useLanguage(wanted);
  me.set(value);
  if (value.mustChangePassword) return;
  loadNames().catch(() => {});
  criteria.set(remembered(seat()));
  stream.open(criteria.get());
}

// One bot's agent, told from another's in the same browser.
const seat = () => `${me.get()?.bot.id}.${me.get()?.agent.id}`;

/** Leaves: nothing of the one who was signed in stays in the page. */
export function leave() {
  stream.close();
  api.useBot('');
  me.set(null);
  list.set({ rows: [], more: false, loading: true });
  names.set({ agents: {}, queues: {} });
}

/** Goes to another bot of the same person. */
export async function chooseBot(bot) {
  stream.close();
  api.useBot(bot);
  list.set({ rows: [], more: false, loading: true });
  await begin();
}

/** Shows another list; the rows stay until the new ones are there. */
export function show(next) {
  criteria.set(next);
  remember(seat(), next);
  list.set({ ...list.get(), loading: true });
  stream.open(next);
}

async function loadNames() {
  names.set(await api.get('names'));
}

stream.on('hello', (detail) => {
  if (detail.now) skew = new Date(detail.now).getTime() - Date.now();
  if (detail.agent && me.get()) me.set({ ...me.get(), agent: detail.agent });
});

stream.on('refused', (e) => {
  if (e.code !== 'invalid' && e.code !== 'forbidden') return;
  toast(t('list.refused'), { kind: 'error' });
  if (criteria.get() !== defaults) show(defaults);
});

stream.on('list', (detail) => {
  const before = list.get();
  list.set({ rows: applyList(before.rows, detail), more: detail.more ?? before.more, loading: false });
});

stream.on('read', (detail) => {
  const rows = list.get().rows;
  const at = rows.findIndex((r) => r.id === detail.conversation);
  if (at < 0) return;
  const unread = Math.max(0, (rows[at].received ?? 0) - detail.received);
  list.set({ ...list.get(), rows: rows.with(at, { ...rows[at], unread }) });
});

stream.on('event', ({ event }) => {
  if (event.kind === 'agent_changed' || event.kind === 'queue_changed') loadNames().catch(() => {});
  const self = me.get();
  if (!self || event.agent !== self.agent.id) return;
  if (event.kind === 'availability') {
    me.set({ ...self, agent: { ...self.agent, availability: event.availability, awayReason: event.reason ?? '', since: event.at } });
    refreshMe();
  } else if (event.kind === 'agent_changed') {
    refreshMe();
  }
});

async function refreshMe() {
  const self = me.get();
  const value = await api.get('me').catch(() => null);
  if (value && me.get()?.agent.id === self.agent.id) me.set(value);
}

stream.on('bye', () => leave());
api.signedOut.addEventListener('signedout', () => leave());
