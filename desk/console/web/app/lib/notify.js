// Tells the agent of new customers, assignments and messages, by sound and on
// the desktop, again and again until somebody was there. Of several tabs, one
// rings.

import { State } from './store.js';
import { t } from './i18n.js';
import { link, go } from './router.js';

const EVERY = 20e3;
const SOUND = 'handoff.sound';

/** Whether sounds are on. */
export const sound = new State(localStorage.getItem(SOUND) !== 'off');
sound.watch((on) => localStorage.setItem(SOUND, on ? 'on' : 'off'));

/** Desktop notifications: 'granted', 'denied', 'default' or 'unsupported'. */
export const permission = new State('Notification' in globalThis ? Notification.permission : 'unsupported');

/** Asks for desktop notifications; call it from a press of a button. */
export async function askPermission() {
  if ('Notification' in globalThis) permission.set(await Notification.requestPermission());
}

let audio = null;

// Browsers let a page make sounds once somebody has touched it.
function wake() {
  audio ??= new AudioContext();
  if (audio.state === 'suspended') audio.resume().catch(() => {});
}

/** Two soft notes; the higher the more urgent. */
export function ring(kind) {
  if (!sound.get() || !audio || audio.state !== 'running') return;
  const notes = { customer: [659, 880], offer: [784, 988], assigned: [587, 880], escalated: [784, 988], reminded: [587, 880], message: [740, 740] }[kind] ?? [740, 740];
  notes.forEach((hertz, i) => {
    const at = audio.currentTime + i * 0.16;
    const gain = audio.createGain();
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.14, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.34);
    const tone = audio.createOscillator();
    tone.type = 'sine';
    tone.frequency.value = hertz;
    tone.connect(gain).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.36);
  });
}

/**
 * The alerts of one agent. `raise` an alert when it happens, `settle` it when
 * its conversation was looked at or is nobody's news any more; anything the
 * agent does in any tab settles them all.
 */
export class Alerts {
  #open = new Map();
  #shown = new Map();
  #leader = false;
  #leave = new AbortController();
  #channel;
  #timer;

  /** @param {string} who tells one bot's agent from another's in the same browser */
  constructor(who) {
    const signal = this.#leave.signal;
    this.#channel = new BroadcastChannel(`handoff.alerts.${who}`);
    this.#channel.onmessage = ({ data }) => this.#settled(data);
    const seen = () => {
      wake();
      this.settle(null); // another tab may know of an alert before this one does
    };
    addEventListener('pointerdown', seen, { signal });
    addEventListener('keydown', seen, { signal });
    if (navigator.locks) {
      navigator.locks.request(`handoff.alerts.${who}`, { signal }, () => {
        if (signal.aborted) return null; // it was on its way already
        this.#leader = true;
        this.#repeat(); // what came before
        return new Promise((done) => signal.addEventListener('abort', done));
      }).catch(() => {});
    } else {
      // Only in pages without TLS, where nothing tells tabs apart: all ring.
      this.#leader = true;
    }
    this.#timer = setInterval(() => this.#repeat(), EVERY);
  }

  /**
   * With `quiet` this tab says nothing of it, because it is being looked at.
   *
   * @param {{kind: 'offer' | 'escalated' | 'reminded' | 'customer' | 'assigned' | 'message', conversation: string, title: string, body: string}} alert
   */
  raise(alert, { quiet = false } = {}) {
    this.#open.set(alert.conversation, alert);
    if (!quiet) this.#tell(alert);
  }

  /** Settles the alert of a conversation, or all of them (null), in every tab. */
  settle(conversation) {
    if (conversation && !this.#open.has(conversation)) return;
    this.#settled(conversation);
    this.#channel.postMessage(conversation);
  }

  close() {
    this.#settled(null);
    clearInterval(this.#timer);
    this.#leave.abort();
    this.#channel.close();
  }

  #settled(conversation) {
    for (const id of conversation ? [conversation] : [...this.#open.keys()]) {
      this.#open.delete(id);
      this.#shown.get(id)?.close();
      this.#shown.delete(id);
    }
  }

  #repeat() {
    const kinds = ['offer', 'escalated', 'reminded', 'assigned', 'customer', 'message'];
    const all = [...this.#open.values()].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
    if (all.length) this.#tell(all[0]);
  }

  #tell(alert) {
    if (!this.#leader) return;
    ring(alert.kind);
    if (permission.get() !== 'granted' || document.hasFocus()) return;
    try {
      this.#shown.get(alert.conversation)?.close();
      const shown = new Notification(alert.title, { body: alert.body, tag: alert.conversation, lang: document.documentElement.lang });
      shown.onclick = () => {
        window.focus();
        go(link('c', alert.conversation));
        this.settle(null);
      };
      this.#shown.set(alert.conversation, shown);
    } catch {
      // Phones show notifications only through a service worker; the sound
      // and the title are there.
    }
  }
}

/** Puts how much is unread before the page's title. */
export function countInTitle(count) {
  document.title = count > 0 ? `(${count > 99 ? '99+' : count}) ${t('shell.title')}` : t('shell.title');
}
