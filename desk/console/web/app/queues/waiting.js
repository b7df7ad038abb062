// The line of every queue the agent sees, with whose turn it is first.

import { h, fill, text, keyed, View } from '../lib/dom.js';
import { toast, fail, confirm, menuButton } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { avatar, paint } from '../lib/avatar.js';
import { get, post, put, id } from '../lib/api.js';
import { t, number } from '../lib/i18n.js';
import { go, link } from '../lib/router.js';
import { bind } from '../lib/keys.js';
import { can, me } from '../desk.js';
import { label, previewText, channelName } from '../list/words.js';
import { clock, setClock, tick } from './elapsed.js';
import { explainWaiting } from './explain.js';
import { keepFresh } from './refresh.js';

// What moves a line, or whether the agent sees it.
const MOVES = new Set(['handed_off', 'assigned', 'transferred', 'requeued', 'withdrawn', 'ended', 'priority', 'ranked', 'erased',
  'contact_changed', 'queue_changed', 'member_changed']);

export class Waiting extends View {
  #queues = null;
  #shown = new Set();

  connect() {
    this.#queues = null;
    this.head = h('p', { class: 'sum', role: 'status' });
    this.lines = h('div', { class: 'lines', on: { keydown: (e) => this.#walk(e) } });
    this.note = h('div', { class: 'note' });
    fill(this, h('section', { class: 'pane', 'aria-labelledby': 'waiting-title' },
      h('header', { class: 'pane__head' },
        h('h1', { id: 'waiting-title' }, t('queues.waiting')),
        this.head),
      h('div', { class: 'pane__body' }, this.note, this.lines)));
    fill(this.note, skeleton());
    this.every(1000, () => tick(this));
    this.watch(me, () => this.#queues && this.#render());
    this.until(bind({ keys: 't', label: 'queues.key_take', group: 'queues.waiting', when: () => !!this.#focused(), run: () => this.#take(this.#focused()) }));
    this.until(bind({ keys: 'y', label: 'queues.key_why', group: 'queues.waiting', when: () => can('reports') && !!this.#focused(), run: () => this.#why(this.#focused()) }));
    this.ask = keepFresh(this, (e) => this.#concerns(e), async (signal) => {
      this.#queues = (await get('waiting', null, { signal })).queues;
      this.#render();
    });
  }

  #concerns(e) {
    if (e.kind === 'message') return this.#shown.has(e.conversation);
    if (e.kind === 'availability' || e.kind === 'agent_changed') return e.agent === me.get()?.agent.id;
    return MOVES.has(e.kind);
  }

  #render() {
    const queues = this.#queues;
    this.#shown = new Set(queues.flatMap((q) => q.rows.map((r) => r.id)));
    const more = queues.some((q) => q.more);
    text(this.head, this.#shown.size ? t('queues.in_all', { count: this.#shown.size }) + (more ? '+' : '') : '');
    const place = this.#place();
    keyed(this.lines, queues.filter((q) => q.rows.length), (q) => q.queue.id, (q) => this.#line(q), (el, q) => this.#update(el, q));
    this.#renderNote(queues);
    if (place >= 0 && document.activeElement === document.body) this.#links().at(Math.min(place, this.#links().length - 1))?.focus();
  }

  #renderNote(queues) {
    const hidden = !can('view_all') && me.get()?.agent.availability !== 'available';
    const kind = this.#shown.size ? '' : hidden ? 'hidden' : queues.length ? 'empty' : 'no_queue';
    if (this.note.dataset.kind === kind) return;
    this.note.dataset.kind = kind;
    fill(this.note, kind && h('div', { class: 'empty' },
      icon('clock'),
      h('h2', null, t(`queues.${kind}_title`)),
      h('p', null, t(`queues.${kind}_text`)),
      kind === 'hidden' && h('button', { class: 'button button--primary', type: 'button', on: { click: becomeAvailable } }, t('queues.become_available'))));
  }

  #line(q) {
    const title = `line-${q.queue.id}`;
    return h('section', { class: 'line', 'aria-labelledby': title },
      h('header', { class: 'line__head' },
        h('h2', { id: title }),
        h('span', { class: 'badge badge--waiting' }),
        h('span', { class: 'line__longest' }, t('queues.longest'), ' ', clock(null, { seconds: true }))),
      h('ol', { class: 'line__rows' }));
  }

  #update(el, { queue, rows, more }) {
    text(el.querySelector('h2'), queue.name);
    text(el.querySelector('.badge'), number(rows.length) + (more ? '+' : ''));
    const oldest = rows.map((r) => r.waitingSince).reduce((a, b) => (new Date(a) <= new Date(b) ? a : b));
    setClock(el.querySelector('.line__longest .clock'), oldest);
    let place = 0;
    keyed(el.querySelector('ol'), rows, (r) => r.id, (r) => this.#row(r), (li, r) => updateRow(li, r, ++place));
  }

  #row(row) {
    const name = label(row);
    const items = () => [
      can('override') && { label: t('queues.take_anyway'), icon: icon('user'), run: () => this.#take(li.row, true) },
      can('reports') && { label: t('queues.why'), icon: icon('help'), run: () => this.#why(li.row) },
    ].filter(Boolean);
    const li = h('li', { class: 'waiter' },
      h('span', { class: 'waiter__place' }),
      avatar(name, row.contact),
      h('a', { class: 'waiter__main', href: link('c', row.id) },
        h('span', { class: 'waiter__name' }),
        h('span', { class: 'waiter__preview' })),
      h('span', { class: 'waiter__signs' },
        h('span', { class: 'badge waiter__priority' }),
        h('span', { class: 'waiter__skills' }),
        h('span', { class: 'waiter__channel' })),
      clock(row.waitingSince, { seconds: true, class: 'waiter__time' }),
      h('span', { class: 'waiter__acts' },
        h('button', { class: 'button button--small waiter__take', type: 'button', on: { click: () => this.#take(li.row) } }, t('queues.take')),
        items().length > 0 && menuButton({ class: 'icon-button', 'aria-label': t('queues.more', { name }) }, icon('more'), items)));
    return li;
  }

  async #take(row, override = false) {
    if (this.busy) return;
    this.busy = true;
    this.toggleAttribute('busy', true);
    try {
      await post(`conversations/${id(row.id)}/take`, { override }, { once: true });
      go(link('c', row.id));
    } catch (e) {
      await this.#refused(e, row);
    } finally {
      this.busy = false;
      this.removeAttribute('busy');
    }
  }

  async #refused(e, row) {
    this.ask();
    if (e.code !== 'at_capacity' && e.code !== 'not_available') {
      if (e.code === 'invalid_state') toast(t('queues.taken', { name: label(row) }));
      else fail(e);
      return;
    }
    const words = t(e.code === 'at_capacity' ? 'queues.you_full' : 'queues.you_unavailable');
    if (can('override')) {
      const yes = await confirm({ title: t('queues.take_anyway'), text: words, yes: t('queues.take_anyway') });
      // Whoever asked anew is no longer busy with the first try.
      if (yes) setTimeout(() => this.#take(row, true));
    } else {
      toast(words, { kind: 'error', action: e.code === 'not_available' ? { label: t('queues.become_available'), run: becomeAvailable } : undefined });
    }
  }

  #why(row) {
    explainWaiting(row.id, label(row));
  }

  #links() {
    return [...this.lines.querySelectorAll('.waiter__main')];
  }

  /** The row the keyboard is in. */
  #focused() {
    return /** @type {any} */ (this.querySelector('.waiter:focus-within'))?.row;
  }

  #place() {
    const inside = this.querySelector('.waiter:focus-within .waiter__main');
    return inside ? this.#links().indexOf(inside) : -1;
  }

  #walk(e) {
    const to = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[e.key];
    const at = this.#place();
    if (!to || at < 0 || e.target.closest('.menu') || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    this.#links()[Math.max(0, at + to)]?.focus();
  }
}

function updateRow(li, row, place) {
  const before = li.row;
  li.row = row;
  text(li.querySelector('.waiter__place'), number(place));
  setClock(li.querySelector('.waiter__time'), row.waitingSince);
  if (before && before.version === row.version && before.seq === row.seq) return;
  const name = label(row);
  paint(li.querySelector('.avatar'), name, row.contact);
  text(li.querySelector('.waiter__name'), name);
  text(li.querySelector('.waiter__preview'), previewText(row));
  text(li.querySelector('.waiter__channel'), channelName(row.channel));
  text(li.querySelector('.waiter__skills'), (row.skills ?? []).join(', '));
  const priority = li.querySelector('.waiter__priority');
  priority.hidden = row.priority === 'none';
  priority.dataset.priority = row.priority;
  text(priority, row.priority === 'none' ? '' : t(`priority.${row.priority}`));
  li.querySelector('.waiter__take').setAttribute('aria-label', t('queues.take_name', { name, place }));
}

async function becomeAvailable() {
  try {
    await put('me/availability', { availability: 'available', reason: '' });
  } catch (e) {
    fail(e);
  }
}

const skeleton = () => [1, 2, 3].map(() => h('div', { class: 'skeleton', 'aria-hidden': 'true' }));

customElements.define('desk-waiting', Waiting);
