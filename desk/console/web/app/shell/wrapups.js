// Wrap-up: places that stay taken for a while after the end of a conversation,
// how long still, and a way to give them back before.

import { h, text, keyed, View } from '../lib/dom.js';
import { get, del, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { fail, popoverButton } from '../lib/feedback.js';
import { elapsed } from '../queues/elapsed.js';
import { keepFresh } from '../queues/refresh.js';
import { me, now, queueName } from '../desk.js';

class WrapUps extends View {
  #all = [];

  connect() {
    this.left = h('span', { class: 'wrapup__left' });
    this.list = h('ul', { class: 'wrapups' });
    this.said = h('p', { class: 'visually-hidden', role: 'status' });
    this.button = popoverButton({ class: 'button wrapup', title: t('wrapup.title') }, [icon('hourglass'), h('span', { class: 'wrapup__title' }, t('wrapup.title')), this.left],
      () => [h('p', { class: 'wrapups__text' }, t('wrapup.text')), this.list]);
    this.button.hidden = true;
    this.replaceChildren(this.button, this.said);
    const self = me.get().agent.id;
    // Of what is not theirs to see any more, the end alone is told.
    const concerns = (e) => (e.kind === 'ended' ? !e.fromAgent || e.fromAgent === self : e.kind === 'wrapped_up' && e.agent === self);
    this.ask = keepFresh(this, concerns, async (signal) => this.#show((await get('wrap-ups', null, { signal })).wrapUps));
    this.every(1000, () => this.#all.length && this.#tick());
  }

  #show(all) {
    const fresh = all.some((w) => !this.#all.some((was) => was.conversation === w.conversation));
    this.#all = all;
    if (fresh) text(this.said, t('wrapup.said', { time: elapsed(this.#rest(all[0])) }));
    this.#tick();
  }

  #tick() {
    const all = this.#all = this.#all.filter((w) => this.#rest(w) > 0);
    const inside = this.button.contains(document.activeElement);
    keyed(this.list, all, (w) => w.conversation, (w) => this.#row(w), (el, w) => text(el.querySelector('.wrapup__left'), elapsed(this.#rest(w))));
    text(this.left, all.length ? elapsed(this.#rest(all[0])) : '');
    if (!all.length) {
      if (this.button.lastChild.matches(':popover-open')) this.button.lastChild.hidePopover();
      if (inside) document.getElementById('main')?.focus();
    } else if (inside && !this.button.contains(document.activeElement)) {
      this.list.querySelector('button').focus();
    }
    this.button.hidden = !all.length;
  }

  // Whole seconds begun, so that it never says none while there is some.
  #rest(w) {
    return Math.max(0, Math.ceil((Date.parse(w.until) - now()) / 1000)) * 1000;
  }

  #row(w) {
    const name = w.contactName || queueName(w.queue);
    return h('li', { class: 'wrapups__item' },
      h('span', { class: 'wrapups__who' }, h('strong', { dir: 'auto' }, name), w.contactName && h('small', null, queueName(w.queue))),
      h('span', { class: 'wrapup__left' }),
      h('button', { class: 'button', type: 'button', 'aria-label': t('wrapup.finish_name', { name }), on: { click: (e) => this.#finish(w, e.currentTarget) } }, t('wrapup.finish')));
  }

  async #finish(w, button) {
    button.disabled = true;
    try {
      await del(`wrap-ups/${id(w.conversation)}`);
    } catch (e) {
      // Its time was over just now.
      if (e.code !== 'not_found') {
        button.disabled = false;
        fail(e);
        return;
      }
    }
    button.disabled = false;
    this.#all = this.#all.filter((each) => each.conversation !== w.conversation);
    this.#tick();
  }
}

customElements.define('desk-wrapups', WrapUps);
