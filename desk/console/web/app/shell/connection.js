// Says when the page has lost the desk, catches up, and is back.

import { h, fill, View } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { stream } from '../desk.js';

const PATIENCE = 1500;

class Connection extends View {
  #timer = 0;
  #said = false;

  connect() {
    this.setAttribute('role', 'status');
    this.watch(stream.state, (state) => {
      clearTimeout(this.#timer);
      if (state === 'live') {
        if (this.#said) this.#say('back', 3000);
      } else {
        // A hiccup is not worth a word.
        this.#timer = setTimeout(() => this.#say(state), this.#said ? 0 : PATIENCE);
      }
    });
  }

  disconnect() {
    clearTimeout(this.#timer);
    this.#said = false;
  }

  #say(state, ms) {
    this.#said = state !== 'back';
    fill(this, h('span', { class: 'connection', data: { state } }, h('span', { class: 'connection__sign', 'aria-hidden': 'true' }), t(`connection.${state}`)));
    if (ms) this.#timer = setTimeout(() => fill(this), ms);
  }
}

customElements.define('desk-connection', Connection);
