// What rings: conversations that the agent is asked to take, each until its
// time is over, somebody was faster, or the agent says yes or no.

import { h, fill, keyed, text, View } from '../lib/dom.js';
import { get, post, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { bind } from '../lib/keys.js';
import { fail, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { me, stream, queueName } from '../desk.js';
import { label, previewText } from '../list/words.js';

const OFFER_EVENTS = new Set(['offered', 'offer_declined', 'offer_expired']);
const GONE = new Set(['offer_gone', 'not_found', 'invalid_state', 'ended']);

class Offers extends View {
  #offers = [];
  #skew = 0; // the server's clock minus this one's, in milliseconds
  #asked = 0;
  #timer = 0;
  #leave = new AbortController();

  connect() {
    this.#leave = new AbortController();
    const self = me.get();
    this.#skew = Date.parse(self.now) - Date.now();
    this.list = h('ul', { class: 'offers' });
    this.said = h('p', { class: 'visually-hidden', role: 'alert' });
    fill(this, h('section', { 'aria-label': t('offers.title') }, this.list), this.said);
    const signal = this.#leave.signal;
    stream.on('hello', (hello) => {
      this.#skew = Date.parse(hello.now) - Date.now();
      this.#load();
    }, signal);
    stream.on('reset', () => this.#load(), signal);
    stream.on('event', ({ event }) => {
      if (OFFER_EVENTS.has(event.kind) ? event.agent === self.agent.id : this.#offers.some((o) => o.row.id === event.conversation)) this.#load();
    }, signal);
    const ringing = () => this.#offers.length > 0;
    this.until(bind({ keys: 'Mod+Shift+Y', label: 'offers.accept', group: 'shell.keys.general', typing: true, when: ringing, run: () => this.#accept(this.#offers[0]) }));
    this.until(bind({ keys: 'Mod+Shift+X', label: 'offers.decline', group: 'shell.keys.general', typing: true, when: ringing, run: () => this.#decline(this.#offers[0]) }));
    this.#load();
  }

  disconnect() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#leave.abort();
  }

  async #load() {
    const nth = ++this.#asked;
    const { signal } = this.#leave;
    try {
      const { offers } = await get('me/offers', null, { signal });
      if (nth === this.#asked) this.#show(offers);
    } catch (e) {
      // Whoever signed out meanwhile has none; else the stream's next hello asks again.
      if (!signal.aborted && e.code !== 'offline') console.error(e);
    }
  }

  #show(offers) {
    const fresh = offers.find((o) => !this.#offers.some((was) => was.row.id === o.row.id));
    this.#offers = offers;
    keyed(this.list, offers, (o) => o.row.id, (o) => this.#card(o), (el, o) => this.#update(el, o));
    if (fresh) text(this.said, t('offers.said', { name: label(fresh.row), queue: queueName(fresh.row.queue) }));
    this.dispatchEvent(new CustomEvent('ringing', { bubbles: true, detail: offers.map((o) => o.row.id) }));
    if (offers.length && !this.#timer) this.#timer = setInterval(() => this.#tick(), 500);
    this.#tick();
  }

  #card(o) {
    return h('li', { class: 'offer' },
      h('div', { class: 'offer__head' }, icon('bell'), h('strong', { class: 'offer__name' }), h('span', { class: 'offer__left' })),
      h('p', { class: 'offer__about' }),
      h('p', { class: 'offer__preview' }),
      h('div', { class: 'offer__time', 'aria-hidden': 'true' }, h('div')),
      h('div', { class: 'offer__foot' },
        h('button', { class: 'button', type: 'button', on: { click: () => this.#decline(o) } }, t('offers.decline')),
        h('button', { class: 'button button--primary', type: 'button', on: { click: () => this.#accept(o) } }, t('offers.accept'))));
  }

  #update(el, o) {
    text(el.querySelector('.offer__name'), label(o.row));
    text(el.querySelector('.offer__about'), queueName(o.row.queue));
    text(el.querySelector('.offer__preview'), previewText(o.row));
    el.dataset.until = o.until;
    el.dataset.whole ??= String(Math.max(1, Date.parse(o.until) - this.#now()));
  }

  #now() {
    return Date.now() + this.#skew;
  }

  #tick() {
    if (!this.#offers.length) {
      clearInterval(this.#timer);
      this.#timer = 0;
    }
    for (const el of /** @type {any} */ (this.list.children)) {
      const left = Math.max(0, Date.parse(el.dataset.until) - this.#now());
      text(el.querySelector('.offer__left'), t('offers.seconds', { count: Math.ceil(left / 1000) }));
      el.querySelector('.offer__time > div').style.inlineSize = `${Math.min(100, (100 * left) / Number(el.dataset.whole))}%`;
    }
    // Whoever lost the stream still does not press what is over.
    const over = this.#offers.filter((o) => Date.parse(o.until) <= this.#now());
    if (over.length) this.#show(this.#offers.filter((o) => !over.includes(o)));
  }

  async #answer(o, how) {
    const el = [...this.list.children].find((c) => c.dataset.until === o.until && c.contains(document.activeElement));
    for (const b of this.list.querySelectorAll('button')) b.disabled = true;
    try {
      await post(`conversations/${id(o.row.id)}/${how}`, {});
      return true;
    } catch (e) {
      if (GONE.has(e.code)) toast(t('offers.gone'));
      else fail(e);
      return false;
    } finally {
      for (const b of this.list.querySelectorAll('button')) b.disabled = false;
      if (el) document.getElementById('main')?.focus();
      this.#load();
    }
  }

  async #accept(o) {
    if (await this.#answer(o, 'accept')) go(link('c', o.row.id));
  }

  async #decline(o) {
    await this.#answer(o, 'decline');
  }
}

customElements.define('desk-offers', Offers);
