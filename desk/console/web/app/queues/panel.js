import { h, fill, View } from '../lib/dom.js';

export class QueuePanel extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-panel', QueuePanel);
