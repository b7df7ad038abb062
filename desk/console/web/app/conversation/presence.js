// Who else looks at a conversation or types in it, and telling them of us.

import { post, id } from '../lib/api.js';

const BEAT = 5e3;
const EXPIRES = 10e3;

export class Presence {
  #conversation;
  #others = new Map();
  #changed;
  #timer;
  #typedAt = 0;
  #typing = false;
  #looking = false;
  #stopped = false;

  /** @param {string} conversation @param {() => void} changed */
  constructor(conversation, changed) {
    this.#conversation = conversation;
    this.#changed = changed;
    this.#timer = setInterval(() => this.#beat(), BEAT);
    this.#beat();
  }

  /** The others: {agent, name, typing}. */
  get others() {
    return [...this.#others.values()];
  }

  /** Takes a signal of the stream, of somebody else. */
  take(signal) {
    if (signal.looking || signal.typing) this.#others.set(signal.agent, { ...signal, until: Date.now() + EXPIRES });
    else this.#others.delete(signal.agent);
    this.#changed();
  }

  /** The agent has typed something, or (false) sent or emptied it. */
  typed(on) {
    this.#typedAt = on ? Date.now() : 0;
    if (on !== this.#typing) this.#beat();
  }

  /** The page was hidden or shown. */
  visible() {
    this.#beat();
  }

  close() {
    if (this.#looking) this.#tell(false, false);
    this.stop();
  }

  /** Says no more: the conversation is out of the agent's sight. */
  stop() {
    clearInterval(this.#timer);
    this.#looking = false;
    this.#stopped = true;
  }

  #beat() {
    if (this.#stopped) return;
    const before = this.#others.size;
    for (const [agent, o] of this.#others) if (o.until < Date.now()) this.#others.delete(agent);
    if (this.#others.size !== before) this.#changed();
    this.#typing = Date.now() - this.#typedAt < BEAT;
    if (!document.hidden) this.#tell(true, this.#typing);
    else if (this.#looking) this.#tell(false, false);
  }

  // Nobody is served by trying again: the next beat says it anew.
  #tell(looking, typing) {
    this.#looking = looking;
    post(`conversations/${id(this.#conversation)}/signal`, { looking, typing }, { once: true }).catch(() => {});
  }
}
