// The live stream: server-sent events, which are asked for anew with growing
// pauses when they are lost, and go on from the cursor that was reached. They
// are read with fetch, as an EventSource tells neither why it was refused nor
// that the heartbeats have stopped.

import { State } from './store.js';
import { open, newKey } from './api.js';

// The server says something at least every 15 s.
const SILENCE = 40e3;
const CHECK = 5e3;
const LONGEST_PAUSE = 15e3;

/** This browser tab, as the desk knows it. */
export const device = newKey();

/**
 * Dispatches each frame as a CustomEvent of its name with the frame as detail,
 * and `refused` with the ApiError when the server will not give the stream.
 * `state` is 'connecting' (never yet open), 'live', 'catching_up' (open again,
 * not yet where it was) or 'offline'.
 */
export class Stream extends EventTarget {
  state = new State('connecting');
  #criteria = null;
  #cursor = '';
  #reading = null;
  #heard = 0;
  #tries = 0;
  #again = 0;
  #watch = 0;

  constructor() {
    super();
    addEventListener('online', () => this.#hurry());
    addEventListener('offline', () => this.#lost(this.#reading));
    // After sleep the connection may be dead without anybody having said so.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      this.#check();
      this.#hurry();
    });
  }

  /**
   * Calls fn with each frame of a name; with a signal, until it is aborted.
   *
   * @param {string} name
   * @param {(detail: any) => void} fn
   * @param {AbortSignal} [signal]
   */
  on(name, fn, signal) {
    this.addEventListener(name, (e) => fn(/** @type {CustomEvent} */ (e).detail), { signal });
  }

  /** Opens the stream, or opens it anew with other criteria of the list. */
  open(criteria) {
    this.#criteria = criteria;
    this.#watch ||= setInterval(() => this.#check(), CHECK);
    this.#connect();
  }

  /** Closes the stream and forgets where it was. */
  close() {
    clearInterval(this.#watch);
    clearTimeout(this.#again);
    this.#reading?.abort();
    this.#reading = null;
    this.#watch = 0;
    this.#tries = 0;
    this.#cursor = '';
    this.state.set('connecting');
  }

  async #connect() {
    clearTimeout(this.#again);
    this.#reading?.abort();
    const reading = this.#reading = new AbortController();
    this.#heard = Date.now();
    try {
      const body = await open('events', { ...this.#criteria, list: 1, after: this.#cursor, device }, reading.signal);
      if (this.state.get() === 'offline') this.state.set('catching_up');
      await this.#read(body, reading);
    } catch (e) {
      if (reading === this.#reading && e.status >= 400) this.dispatchEvent(new CustomEvent('refused', { detail: e }));
    }
    this.#lost(reading);
  }

  async #read(body, reading) {
    const chunks = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    let frame = {};
    for (;;) {
      const { value, done } = await chunks.read();
      if (done || reading !== this.#reading) return;
      this.#heard = Date.now();
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        if (line !== '') {
          const [, name, text] = line.match(/^(\w*): ?(.*?)\r?$/) ?? [];
          if (name) frame[name] = text;
          continue;
        }
        if (frame.event) this.#take(frame.event, frame.id, JSON.parse(frame.data || '{}'));
        frame = {};
        if (reading !== this.#reading) return;
      }
    }
  }

  #take(name, cursor, detail) {
    this.#tries = 0;
    if (cursor) this.#cursor = cursor;
    if (name === 'hello') this.#cursor = detail.cursor || this.#cursor;
    if (name === 'reset') this.#cursor = '';
    if (name === 'bye') this.close();
    else if (name !== 'hello') this.state.set('live');
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // The one reading was lost, unless another has taken its place.
  #lost(reading) {
    if (!this.#watch || reading !== this.#reading) return;
    reading?.abort();
    this.#reading = null;
    this.state.set('offline');
    clearTimeout(this.#again);
    const pause = Math.min(LONGEST_PAUSE, 500 * 2 ** this.#tries++) * (0.5 + Math.random() / 2);
    this.#again = setTimeout(() => this.#connect(), pause);
  }

  // Waits no longer where there is reason to hope.
  #hurry() {
    if (this.#watch && !this.#reading) this.#connect();
  }

  #check() {
    if (this.#watch && this.#reading && Date.now() - this.#heard > SILENCE) {
      this.#tries = 0;
      this.#lost(this.#reading);
    }
  }
}
