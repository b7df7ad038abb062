import { h, fill, View } from '../lib/dom.js';

export class App extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-app', App);
