import { h, fill, View } from '../lib/dom.js';

export class StartByTemplate extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-start', StartByTemplate);
