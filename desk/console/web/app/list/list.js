import { h, fill, View } from '../lib/dom.js';

export class ConversationList extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-list', ConversationList);
