// Hash routes, such as #/c/<id> and #/start?number=...: they work under any
// path prefix and need nothing of the server.

import { State } from './store.js';

/** Where the page is: {path: ['c', id], query: URLSearchParams}. */
export const route = new State(read());

function read() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?', 2);
  return {
    path: path.split('/').filter(Boolean).map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    }),
    query: new URLSearchParams(query ?? ''),
  };
}

let stays = null;

/**
 * Has `fn` asked whenever the address changes, with the new hash, before the
 * route does: when it says true, the page stays where it is. Returns what ends
 * the asking.
 */
export function guard(fn) {
  stays = fn;
  return () => {
    if (stays === fn) stays = null;
  };
}

addEventListener('hashchange', (e) => {
  if (stays?.(new URL(e.newURL).hash)) history.replaceState(null, '', new URL(e.oldURL).hash);
  else route.set(read());
});

/** The link to a route: link('c', id), link('start', {number}). */
export function link(...parts) {
  const last = parts.at(-1);
  const query = last && typeof last === 'object' ? new URLSearchParams(parts.pop()).toString() : '';
  return `#/${parts.map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
}

/** Goes to a route; with `replace`, back does not return to this one. */
export function go(hash, { replace = false } = {}) {
  if (location.hash === hash) return;
  if (!replace) {
    location.hash = hash;
    return;
  }
  history.replaceState(null, '', hash);
  route.set(read());
}
