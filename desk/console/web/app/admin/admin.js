import { h, fill, View } from '../lib/dom.js';

export class Admin extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-admin', Admin);
