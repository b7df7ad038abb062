// The console's API, one function per kind of request.

/** What the server refused, or that it could not be reached (status 0). */
export class ApiError extends Error {
  /** @param {{status?: number, code?: string, detail?: string, field?: string, title?: string}} problem */
  constructor(problem, retryAfter = 0) {
    super(problem.detail || problem.title || problem.code || 'error');
    this.name = 'ApiError';
    this.status = problem.status ?? 0;
    /** Stable; 'offline' when no answer came. */
    this.code = problem.code ?? 'internal';
    this.field = problem.field ?? '';
    this.detail = problem.detail ?? '';
    /** Seconds to wait before trying again, 0 if the server said nothing. */
    this.retryAfter = retryAfter;
  }

  /** Nobody can say whether it happened; the same key may be tried again. */
  get unknown() {
    return this.code === 'offline' || this.code === 'outcome_unknown';
  }
}

let bot = '';

/** Chooses the bot of all further requests; '' is the server's choice. */
export function useBot(id) {
  bot = id;
}

export function chosenBot() {
  return bot;
}

/** A new key for one intention: the same key never does it twice. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** The path with query parameters; lists repeat, blanks are left out. */
export function withQuery(path, query) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const v of [value].flat()) if (v != null && v !== '' && v !== false) params.append(name, String(v));
  }
  const s = params.toString();
  return s ? `${path}?${s}` : path;
}

/** The address of a download, which carries the bot in the query. */
export function address(path, query) {
  return withQuery(`api/v1/${path}`, { ...query, bot });
}

const TRIES = 4;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Makes a request and gives the answer's JSON (null if it has none). GET, PUT
 * and DELETE, and whatever has a key, are tried again when no answer came or
 * the server was busy.
 *
 * @param {string} method
 * @param {string} path below api/v1/, such as `conversations/${id(x)}/read`
 * @param {{body?: any, query?: Record<string, any>, key?: string, signal?: AbortSignal, headers?: Record<string, string>, once?: boolean}} [options]
 */
export async function request(method, path, options = {}) {
  const { body, query, key, signal, once } = options;
  const headers = { Accept: 'application/json', ...options.headers };
  if (bot) headers['Handoff-Bot'] = bot;
  if (key) headers['Idempotency-Key'] = key;
  const raw = body instanceof Blob;
  if (body !== undefined && !raw) headers['Content-Type'] = 'application/json';
  const init = { method, headers, signal, body: raw || body === undefined ? body : JSON.stringify(body), cache: 'no-store' };
  const again = !once && (key || method !== 'POST' && method !== 'PATCH');
  for (let tries = 1; ; tries++) {
    try {
      return await answer(await send(withQuery(`api/v1/${path}`, query), init));
    } catch (e) {
      const passing = e instanceof ApiError && (e.code === 'offline' || e.code === 'busy' || e.code === 'outcome_unknown');
      if (!again || !passing || tries >= TRIES || signal?.aborted) throw e;
      await pause(Math.max(e.retryAfter * 1000, 300 * 2 ** (tries - 1)) * (0.75 + Math.random() / 2));
    }
  }
}

/**
 * Opens the answer of a GET as a stream of bytes, which goes on until `signal`
 * ends it.
 *
 * @returns {Promise<ReadableStream<Uint8Array>>}
 */
export async function open(path, query, signal) {
  const response = await send(address(path, query), { headers: { Accept: 'text/event-stream' }, signal, cache: 'no-store' });
  if (!response.ok || !response.body) await answer(response);
  return response.body;
}

async function send(url, init) {
  try {
    return await fetch(url, /** @type {RequestInit} */ (init));
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError({ code: 'offline' });
  }
}

async function answer(response) {
  const json = (response.headers.get('Content-Type') ?? '').includes('json');
  if (response.ok) {
    if (response.status === 204 || !json) return null;
    try {
      return await response.json();
    } catch {
      throw new ApiError({ code: 'offline' });
    }
  }
  let problem = { status: response.status, title: response.statusText };
  if (json) problem = { ...problem, ...(await response.json().catch(() => ({}))) };
  if (response.status === 401 && problem.code === 'not_signed_in') signedOut.dispatchEvent(new Event('signedout'));
  throw new ApiError(problem, Number(response.headers.get('Retry-After')) || 0);
}

/** Dispatches `signedout` when a request finds that nobody is signed in. */
export const signedOut = new EventTarget();

export const get = (path, query, options) => request('GET', path, { ...options, query });
export const post = (path, body = {}, options) => request('POST', path, { ...options, body });
export const put = (path, body = {}, options) => request('PUT', path, { ...options, body });
export const patch = (path, body = {}, options) => request('PATCH', path, { ...options, body });
export const del = (path, options) => request('DELETE', path, options);

/** An id as part of a path. */
export const id = encodeURIComponent;
