import { h, fill, View } from '../lib/dom.js';

export class Shell extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-shell', Shell);
