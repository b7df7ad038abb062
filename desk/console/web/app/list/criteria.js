// Criteria of a list: the library's filter.Criteria in its JSON form, every
// field that has a default holding it in words.

/** What a list shows unless asked otherwise. */
export const defaults = Object.freeze({ period: 'all', sortBy: 'last_received', control: 'all', tickets: 'all', status: 'active' });

export const PERIODS = ['all', 'today', 'last_hour', 'last_24_hours', 'custom'];
export const SORTS = ['last_received', 'started', 'human_started', 'priority'];
export const CONTROLS = ['all', 'human', 'bot'];
export const TICKETS = ['all', 'open'];
export const STATUSES = ['active', 'ended', 'any'];
export const PRIORITIES = ['high', 'medium', 'low', 'none'];
export const MOST_TAGS = 16;
export const LIMIT = 1000;
export const MOST = 10000;

/** The criteria with a change; what says nothing is left out. */
export function changed(criteria, change) {
  const next = { ...criteria, ...change };
  if (next.period !== 'custom') next.from = next.to = undefined;
  for (const [name, value] of Object.entries(next)) {
    const blank = value === undefined || value === '' || value === false || Array.isArray(value) && value.length === 0;
    if (blank || name === 'limit' && value === LIMIT) delete next[name];
  }
  return Object.freeze({ ...defaults, ...next });
}

/**
 * Whether a list can be asked for with these. A custom period needs a bound,
 * and the bounds their order.
 */
export function complete({ period, from, to }) {
  return period !== 'custom' || Boolean(from || to) && !(from && to && from >= to);
}

/** What is searched for, or '' if there is nothing in it to find. */
export function searchable(typed) {
  const words = typed.trim().split(/\s+/).filter((w) => /[\p{L}\p{N}]/u.test(w)).slice(0, 16);
  let s = words.join(' ');
  while (new TextEncoder().encode(s).length > 256) s = s.slice(0, -1);
  return s;
}

/** The names of the fields that restrict the list, but for the search. */
export function restricting(criteria) {
  return ['period', 'control', 'mine', 'priorities', 'tickets', 'queues', 'channels', 'status', 'agents', 'tags', 'limit']
    .filter((name) => criteria[name] !== undefined && criteria[name] !== defaults[name]);
}

/** Whether two criteria ask for the same. */
export function same(a, b) {
  const text = (c) => JSON.stringify(Object.entries({ ...defaults, ...c }).sort(([x], [y]) => (x < y ? -1 : 1)));
  return text(a) === text(b);
}

const KEY = 'handoff.criteria.';

/** Keeps what this tab lists over a reload. */
export function remember(seat, criteria) {
  sessionStorage.setItem(KEY + seat, JSON.stringify(criteria));
}

/** What this tab listed before. */
export function remembered(seat) {
  try {
    return changed(defaults, JSON.parse(sessionStorage.getItem(KEY + seat) ?? '{}'));
  } catch {
    return defaults;
  }
}
