// What the bot's people choose from: tags, reasons to be away, canned replies.

import { State } from './lib/store.js';
import { get } from './lib/api.js';
import { t, duration } from './lib/i18n.js';
import { me, stream } from './desk.js';

/** The catalogue of tags, archived ones too, by name. */
export const tags = new State(/** @type {any[]} */ ([]));

/** The catalogue of reasons to be away, by name. */
export const awayReasons = new State(/** @type {any[]} */ ([]));

/** The canned replies that the agent has, by shortcut. */
export const canned = new State(/** @type {any[]} */ ([]));

const by = (field) => (a, b) => a[field].localeCompare(b[field]);

const LOADS = {
  tag: async () => tags.set((await get('tags')).tags.sort(by('name'))),
  away: async () => awayReasons.set((await get('away-reasons')).awayReasons.sort(by('name'))),
  canned: async () => canned.set((await get('canned')).canned.sort(by('shortcut'))),
};

/** Reads one of them anew; until that works, what was known stays. */
export const reload = (kind) => LOADS[kind]().catch(() => {});

stream.on('hello', () => Object.keys(LOADS).forEach(reload));
stream.on('reset', () => Object.keys(LOADS).forEach(reload));
stream.on('event', ({ event }) => {
  if (event.kind === 'settings_changed' && LOADS[event.setting]) reload(event.setting);
  if (event.kind === 'member_changed' && event.agent === me.get()?.agent.id) reload('canned');
});
me.watch((self) => {
  if (!self) for (const state of [tags, awayReasons, canned]) state.set([]);
});

/** The tag of the catalogue that a word is, or one made up for it. */
export const tagOf = (word) => tags.get().find((x) => x.id === word) ?? { id: word, name: word, colour: 'grey' };

/** The name of a reason to be away; what is not of the catalogue is its own. */
export const awayName = (reason) => awayReasons.get().find((x) => x.id === reason)?.name ?? reason ?? '';

/** How an absence stands to its plan: what is left of it, or by how much it is over; '' without a plan. */
export function awayPlan(reason, since, at) {
  const minutes = awayReasons.get().find((x) => x.id === reason)?.minutes;
  if (!minutes || !since) return { words: '', over: false };
  const left = new Date(since).getTime() + minutes * 60e3 - at;
  const over = left <= -60e3;
  return { over, words: over ? t('away.over', { time: duration(-left) }) : t('away.left', { time: duration(Math.max(0, left)) }) };
}
