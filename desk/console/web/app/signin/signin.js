import { h, fill, View } from '../lib/dom.js';

export class SignIn extends View {
  connect() {
    fill(this, h('p', { class: 'empty' }, '…'));
  }
}

customElements.define('desk-signin', SignIn);
