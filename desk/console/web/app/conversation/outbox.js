// What was sent and is not acknowledged yet. It is kept in the browser with
// the key of its request, so a reload or a lost network neither loses a
// message nor sends it twice.

import { State } from '../lib/store.js';
import { post, newKey, id, ApiError } from '../lib/api.js';
import { me, stream } from '../desk.js';

const PREFIX = 'handoff.outbox.';
// The desk remembers keys for a day: after that, trying again is not safe.
const KEY_LIFE = 23 * 3600e3;

/**
 * All that waits, oldest first: {key, conversation, path, body, shown (the
 * content to show), private, agent, at, state: 'sending' | 'waiting' |
 * 'failed', error}.
 */
export const outbox = new State([]);

/** Dispatches `sent` with {conversation, message} when one is acknowledged. */
export const sent = new EventTarget();

const pumping = new Set();
let seat = '';
let timer = 0;
let kept = true;

/**
 * Sends to a conversation, after what waits there already.
 *
 * @param {string} conversation
 * @param {'messages' | 'notes' | 'templates'} path
 * @param {any} body
 * @param {any} shown
 */
export function send(conversation, path, body, shown) {
  const entry = { key: newKey(), conversation, path, body, shown, private: path === 'notes', agent: me.get().agent.id, at: new Date().toISOString(), state: 'sending', error: null };
  store([...stored(), entry]);
  pump(conversation);
}

/** Tries one again that was refused. */
export function retry(key) {
  const entry = outbox.get().find((e) => e.key === key);
  if (!entry) return;
  const next = { ...entry, state: 'sending', error: null };
  if (old(entry)) Object.assign(next, { key: newKey(), at: new Date().toISOString() });
  store(stored().map((e) => (e.key === key ? next : e)));
  pump(entry.conversation);
}

/** Takes one out that was refused, and gives it. */
export function discard(key) {
  const entry = outbox.get().find((e) => e.key === key);
  store(stored().filter((e) => e.key !== key));
  return entry;
}

async function pump(conversation) {
  if (pumping.has(conversation)) return;
  pumping.add(conversation);
  const mine = seat;
  try {
    for (let entry; seat === mine && (entry = next(conversation)); ) {
      mark(entry.key, 'sending');
      try {
        const message = await post(`conversations/${id(conversation)}/${entry.path}`, entry.body, { key: entry.key });
        // First the message, then without what stood for it: nothing blinks.
        sent.dispatchEvent(new CustomEvent('sent', { detail: { conversation, message } }));
        if (seat === mine) store(stored().filter((e) => e.key !== entry.key));
      } catch (e) {
        if (seat !== mine) return;
        if (passing(e)) {
          mark(entry.key, 'waiting');
          later(e.retryAfter);
          return;
        }
        if (!(e instanceof ApiError)) console.error(e);
        mark(entry.key, 'failed', { code: e.code ?? 'internal', detail: e.detail ?? '' });
      }
    }
  } finally {
    pumping.delete(conversation);
  }
}

const next = (conversation) => outbox.get().find((e) => e.conversation === conversation && e.state !== 'failed');
const passing = (e) => e instanceof ApiError && (e.unknown || e.code === 'busy' || e.code === 'rate_limited' || e.code === 'not_signed_in');
const old = (entry) => Date.now() - new Date(entry.at).getTime() > KEY_LIFE;

function mark(key, state, error = null) {
  if (outbox.get().some((e) => e.key === key && e.state !== state)) store(stored().map((e) => (e.key === key ? { ...e, state, error } : e)));
}

function later(seconds) {
  clearTimeout(timer);
  timer = setTimeout(again, Math.max(5, seconds || 0) * 1000);
}

function again() {
  for (const conversation of new Set(outbox.get().map((e) => e.conversation))) pump(conversation);
}

// The browser's copy is the one that other tabs of the agent share.
function stored() {
  try {
    return kept ? JSON.parse(localStorage.getItem(PREFIX + seat) ?? '[]') : outbox.get();
  } catch {
    return outbox.get();
  }
}

function store(entries) {
  try {
    if (entries.length) localStorage.setItem(PREFIX + seat, JSON.stringify(entries));
    else localStorage.removeItem(PREFIX + seat);
    kept = true;
  } catch {
    // No room: it is sent from memory all the same.
    kept = false;
  }
  outbox.set(entries);
}

me.watch((self) => {
  const now = self && !self.mustChangePassword ? [self.bot.id, self.agent.id].map(encodeURIComponent).join('.') : '';
  if (now === seat) return;
  seat = now;
  clearTimeout(timer);
  outbox.set(seat ? stored().map((e) => (old(e) && e.state !== 'failed' ? { ...e, state: 'failed', error: { code: 'outcome_unknown' } } : e)) : []);
  if (seat) again();
});

stream.state.watch((state) => {
  if (state === 'live') again();
});

addEventListener('storage', (e) => {
  if (seat && e.key === PREFIX + seat) outbox.set(stored());
});
