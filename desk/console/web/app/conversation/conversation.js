import { h, fill, View } from '../lib/dom.js';

export class Conversation extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-conversation', Conversation);
