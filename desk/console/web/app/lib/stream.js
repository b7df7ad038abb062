// The live stream: one EventSource, which is opened anew with growing pauses
// when it is lost, and goes on from the cursor it had.

import { State } from './store.js';
import { withQuery, chosenBot, newKey } from './api.js';

const NAMES = ['hello', 'event', 'list', 'signal', 'read', 'reset', 'bye'];
// A timer that comes this much too late means that the machine slept.
const SLEPT = 40e3;

/** This browser tab, as the desk knows it. */
export const device = newKey();

/**
 * Dispatches each frame as a CustomEvent of its name with the frame as detail.
 * `state` is 'connecting' (never yet open), 'live', 'catching_up' (open again,
 * nothing heard yet) or 'offline'. `refused` is dispatched when the server
 * answered with something other than a stream.
 */
export class Stream extends EventTarget {
  state = new State('connecting');
  #source = null;
  #criteria = null;
  #cursor = '';
  #tries = 0;
  #timer = 0;
  #checked = 0;
  #watch = 0;

  constructor() {
    super();
    addEventListener('online', () => this.#now());
    addEventListener('offline', () => this.#lost());
    // After sleep the connection may be dead without anybody having said so.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#watch) this.#check();
    });
  }

  /** Opens the stream, or opens it anew with other criteria of the list. */
  open(criteria) {
    this.#criteria = criteria;
    this.#watch ||= setInterval(() => this.#check(), 5e3);
    this.#connect();
  }

  /** Closes the stream and forgets where it was. */
  close() {
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#watch = 0;
    this.#tries = 0;
    this.#cursor = '';
    this.#drop();
    this.state.set('connecting');
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#drop();
    const query = { ...this.#criteria, list: 1, after: this.#cursor, bot: chosenBot(), device };
    const source = new EventSource(withQuery('api/v1/events', query));
    this.#source = source;
    source.onopen = () => {
      if (this.state.get() === 'offline') this.state.set('catching_up');
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) this.dispatchEvent(new Event('refused'));
      this.#lost();
    };
    for (const name of NAMES) source.addEventListener(name, (e) => this.#frame(name, /** @type {MessageEvent} */ (e)));
  }

  #frame(name, e) {
    this.#tries = 0;
    const frame = JSON.parse(e.data || '{}');
    if (e.lastEventId) this.#cursor = e.lastEventId;
    if (name === 'hello') {
      this.#cursor = frame.cursor || this.#cursor;
    } else if (name === 'reset') {
      this.#cursor = '';
    } else if (name === 'bye') {
      this.close();
    }
    if (name !== 'bye' && name !== 'hello') this.state.set('live');
    this.dispatchEvent(new CustomEvent(name, { detail: frame }));
  }

  #lost() {
    if (!this.#watch) return;
    this.#drop();
    this.state.set('offline');
    clearTimeout(this.#timer);
    const wait = Math.min(15e3, 500 * 2 ** this.#tries++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #now() {
    if (this.#watch && this.state.get() !== 'live') this.#connect();
  }

  // Heartbeats are comments, which an EventSource does not show: silence is
  // no proof, so only a connection that says it is closed, or a page that
  // slept, opens anew.
  #check() {
    const before = this.#checked;
    this.#checked = Date.now();
    const slept = before && this.#checked - before > SLEPT;
    if (this.#source?.readyState === EventSource.CLOSED || slept) {
      this.#tries = 0;
      this.state.set('offline');
      this.#connect();
    }
  }

  #drop() {
    if (!this.#source) return;
    this.#source.onerror = null;
    this.#source.close();
    this.#source = null;
  }
}
