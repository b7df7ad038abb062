// One conversation: its head, its messages, the composer and the details.

import { h, fill, text, View } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { bind } from '../lib/keys.js';
import { draft } from '../lib/drafts.js';
import { errorText, fail, toast } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { canned, tags } from '../catalogues.js';
import { me, stream } from '../desk.js';
import { label } from '../list/words.js';
import { explainWaiting } from '../queues/explain.js';
import * as actions from './actions.js';
import { Banner } from './banner.js';
import { Composer } from './composer.js';
import { Details } from './details.js';
import { Header } from './header.js';
import { outbox, sent } from './outbox.js';
import { Presence } from './presence.js';
import { Thread } from './thread.js';
import { writeTicket } from './tickets.js';
import { Timeline } from './timeline.js';
import { download } from './transcript.js';

// Wide enough for the details to stand beside the messages.
const BESIDE = '(width >= 1200px)';

export class Conversation extends View {
  #id = '';
  #thread = null;
  #presence = null;
  #header;
  #timeline;
  #banner;
  #composer;
  #details;
  #strip;
  #talk;
  #empty;
  #events = false;
  #detailsShown = matchMedia(BESIDE).matches;

  /** The id of the conversation that is shown, '' for none. */
  get conversation() {
    return this.#id;
  }

  set conversation(id) {
    if ((id ?? '') === this.#id) return;
    this.#id = id ?? '';
    if (this.isConnected) this.#open();
  }

  connect() {
    this.#header = new Header({ details: () => this.#showDetails(!this.#detailsShown), events: () => this.#showEvents(), eventsOn: () => this.#events });
    this.#timeline = new Timeline();
    this.#banner = new Banner();
    this.#composer = new Composer({ typed: (on) => this.#presence?.typed(on), sent: () => this.#timeline.toEnd() });
    this.#details = new Details(() => this.#showDetails(false));
    this.#strip = h('button', { class: 'strip', type: 'button', hidden: true, on: { click: () => this.#showDetails(true) } }, icon('note'), h('span', { class: 'strip__text', dir: 'auto' }), icon('down'));
    this.#empty = h('div', { class: 'empty nothing' });
    this.#talk = h('div', { class: 'talk' }, this.#timeline.el, this.#banner.el, this.#composer.el);
    this.classList.add('pane');
    fill(this, this.#empty, this.#header.el, this.#strip, h('div', { class: 'columns' }, this.#talk, this.#details.el));
    this.until(() => this.#timeline.close());
    this.listen(this, 'quote', (e) => this.#composer.quote(e.detail));
    this.listen(this, 'takeback', (e) => this.#composer.takeBack(e.detail));
    this.listen(this, 'dragover', (e) => e.dataTransfer?.types.includes('Files') && (e.preventDefault(), this.classList.add('dropping')));
    this.listen(this, 'dragleave', (e) => !this.contains(e.relatedTarget) && this.classList.remove('dropping'));
    this.listen(this, 'drop', (e) => this.#drop(e));
    this.listen(stream, 'event', (e) => this.#thread?.take(e.detail.event, e.detail.left));
    this.listen(stream, 'hello', () => this.#thread?.refresh());
    this.listen(stream, 'reset', () => this.#thread?.refresh());
    this.listen(stream, 'signal', ({ detail }) => detail.conversation === this.#id && detail.agent !== me.get()?.agent.id && this.#presence?.take(detail));
    this.listen(sent, 'sent', ({ detail }) => detail.conversation === this.#id && this.#thread?.add(detail.message));
    this.listen(document, 'visibilitychange', () => {
      this.#presence?.visible();
      this.#read();
    });
    this.watch(outbox, () => this.#thread?.changed());
    this.watch(tags, () => this.#thread && this.#renderHeader());
    this.watch(canned, () => this.#composer.refreshCanned());
    this.every(15e3, () => {
      this.#header.tick();
      this.#banner.tick();
      this.#composer.tick();
    });
    this.#bindKeys();
    this.#open();
  }

  disconnect() {
    this.#leave();
  }

  #open() {
    this.#leave();
    if (!this.#id) {
      this.#render();
      return;
    }
    const thread = new Thread(this.#id);
    this.#thread = thread;
    this.#presence = new Presence(this.#id, () => this.#renderHeader());
    for (const part of [this.#header, this.#timeline, this.#banner, this.#composer]) part.open(thread);
    thread.addEventListener('change', () => {
      if (thread.state === 'gone') this.#presence?.stop();
      this.#render();
    });
    thread.addEventListener('incoming', (e) => {
      this.#timeline.incoming(e.detail);
      this.#read();
    });
    this.#render();
    thread.load().then(() => {
      if (this.#events) thread.showEvents(true);
      this.#read();
    });
  }

  #leave() {
    this.#presence?.close();
    this.#thread?.close();
    this.#presence = this.#thread = null;
  }

  #render() {
    const thread = this.#thread;
    const ready = thread?.state === 'ready';
    this.dataset.state = thread?.state ?? 'none';
    this.#empty.hidden = ready;
    this.#talk.parentElement.hidden = !ready;
    if (!ready) this.#renderNothing();
    this.#renderHeader();
    if (!thread) return;
    this.#banner.render();
    this.#composer.render();
    this.#details.render(thread);
    this.#details.el.hidden = !this.#detailsShown;
    this.#renderStrip();
    if (ready) this.#timeline.render(outbox.get().filter((e) => e.conversation === thread.id));
  }

  #renderHeader() {
    this.#header.el.hidden = !this.#thread?.row;
    if (this.#thread) this.#header.render(this.#presence?.others ?? [], this.#detailsShown);
  }

  // Where the details do not stand beside, a line says what is in them.
  #renderStrip() {
    const { brief, row } = this.#thread;
    const tickets = row?.openTickets ?? 0;
    this.#strip.hidden = !row || this.#detailsShown || !(brief || tickets);
    text(this.#strip.children[1], [brief && (brief.text || t('conv.details.brief')), tickets > 0 && t('conv.ticket.openCount', { count: tickets })].filter(Boolean).join(' · '));
  }

  #renderNothing() {
    const thread = this.#thread;
    if (!thread) fill(this.#empty, icon('chat'), h('h2', null, t('conv.none.title')), h('p', null, t('conv.none.text')));
    else if (thread.state === 'loading') fill(this.#empty, h('p', { role: 'status' }, t('common.loading')));
    else if (thread.state === 'failed') {
      fill(this.#empty, icon('warning'), h('p', { role: 'alert' }, errorText(thread.error)), h('button', { class: 'button', type: 'button', on: { click: () => thread.load() } }, t('conv.retry')));
    } else {
      const unsent = draft(me.get()?.bot.id, me.get()?.agent.id, thread.id)?.text;
      fill(this.#empty, icon('check'), h('h2', null, t(`conv.gone.${thread.why}`)), h('p', null, t('conv.gone.text')),
        unsent && [h('p', null, t('conv.gone.draft')), h('textarea', { class: 'input', readonly: true, rows: 3, value: unsent, 'aria-label': t('conv.gone.draft') }),
          h('button', { class: 'button', type: 'button', on: { click: () => navigator.clipboard?.writeText(unsent).then(() => toast(t('conv.gone.copied')), fail) } }, icon('copy'), t('conv.gone.copy'))]);
    }
  }

  #read() {
    if (!document.hidden && !this.hidden) this.#thread?.markRead();
  }

  #showDetails(on) {
    this.#detailsShown = on;
    this.#render();
    if (on) this.#details.el.querySelector('button')?.focus();
    else this.#header.focusDetails();
  }

  #showEvents() {
    this.#events = !this.#events;
    this.#thread?.showEvents(this.#events);
  }

  // The contact's last message; again, the one before what is quoted.
  #quoteLast() {
    const theirs = this.#thread.messages.filter((m) => m.author.by === 'contact' && m.provider);
    const at = theirs.findIndex((m) => m.provider === this.#composer.quotes);
    const next = theirs.at(at < 0 ? -1 : at - 1);
    if (next) this.#composer.quote(next);
  }

  #drop(e) {
    this.classList.remove('dropping');
    if (!e.dataTransfer?.files.length) return;
    e.preventDefault();
    this.#composer.addFiles(e.dataTransfer.files);
  }

  #bindKeys() {
    const key = (keys, name, may, run) => this.until(bind({
      keys, label: `conv.action.${name}`, group: 'conv.keys', run: () => run(this.#thread),
      when: () => !this.hidden && this.#thread?.state === 'ready' && may(this.#thread.row.can, this.#thread.row),
    }));
    const always = () => true;
    key('r', 'reply', (can) => can.reply, () => this.#composer.focus(false));
    key('q', 'quote', (can) => can.reply, () => this.#quoteLast());
    key('n', 'note', (can) => can.note, () => this.#composer.focus(true));
    key('a', 'take', (can) => can.take, (thread) => actions.take(thread).then((taken) => taken && this.#composer.focus(false)));
    key('t', 'transfer', (can) => can.transfer, (thread) => actions.transfer(thread));
    key('b', 'return', (can) => can.return, (thread) => actions.returnToBot(thread));
    key('m', 'templates', (can) => can.templates, () => this.#composer.openTemplates());
    key('p', 'priority', (can) => can.priority, () => this.#header.openPriority());
    key('l', 'tags', (can) => can.tags, () => this.#header.openTags());
    key('c', 'ticket', (can) => can.tickets, (thread) => writeTicket(thread));
    key('i', 'details', always, () => this.#showDetails(!this.#detailsShown));
    key('e', 'events', always, () => this.#showEvents());
    key('h', 'earlier', always, (thread) => thread.older());
    key('w', 'why', (can, row) => row.state === 'waiting', (thread) => explainWaiting(thread.id, label(thread.row)));
    key('d', 'download', (can) => can.export, (thread) => download(thread.row));
    key('End', 'toEnd', always, () => this.#timeline.toEnd());
  }
}

customElements.define('desk-conversation', Conversation);
