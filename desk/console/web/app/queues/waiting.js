import { h, fill, View } from '../lib/dom.js';

export class Waiting extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-waiting', Waiting);
