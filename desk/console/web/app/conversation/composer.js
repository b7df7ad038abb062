// Where the agent writes: a reply or a private note, with attachments.

import { h, attr, fill, text } from '../lib/dom.js';
import { t, duration } from '../lib/i18n.js';
import { draft, keepDraft } from '../lib/drafts.js';
import { errorText, fail, toast } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { me, now } from '../desk.js';
import { CannedMenu } from './canned.js';
import { inWords } from './content.js';
import { send } from './outbox.js';
import { chooseTemplate } from './templates.js';
import { kindOf, upload, MAX_ATTACHMENT } from './upload.js';
import { fileSize } from './words.js';

// The last hour of a channel's window is shown as pressing.
const PRESSING = 3600e3;
const CAPTIONED = new Set(['image', 'video', 'document']);

export class Composer {
  #thread = null;
  #private = false;
  #files = [];
  #typed;
  #sent;
  #box;
  #tabs;
  #input;
  #chips;
  #window;
  #send;
  #attach;
  #templates;
  #canned;
  #menu;
  #quoted = null;
  #quote;
  #picker;
  #closed;
  #desk;

  /** @param {{typed: (on: boolean) => void, sent: () => void}} hooks */
  constructor({ typed, sent }) {
    this.#typed = typed;
    this.#sent = sent;
    const radio = (mode, label) => h('label', null,
      h('input', { type: 'radio', name: 'composer-mode', value: mode, on: { change: () => this.setPrivate(mode === 'note') } }), h('span', null, label));
    this.#tabs = h('div', { class: 'segments', role: 'radiogroup', 'aria-label': t('conv.composer.mode') }, radio('reply', t('conv.composer.reply')), radio('note', t('conv.composer.note')));
    this.#input = h('textarea', { class: 'composer__input', rows: 2, dir: 'auto', enterkeyhint: 'send', on: { input: () => this.#changed(), keydown: (e) => this.#key(e), paste: (e) => this.#paste(e) } });
    this.#quote = h('div', { class: 'composer__quote', hidden: true });
    this.#chips = h('ul', { class: 'composer__files' });
    this.#window = h('span', { class: 'composer__window' }, icon('clock'), h('span'));
    this.#picker = h('input', { type: 'file', multiple: true, hidden: true, on: { change: () => {
      this.addFiles(this.#picker.files);
      this.#picker.value = '';
    } } });
    this.#attach = h('button', { class: 'icon-button', type: 'button', 'aria-label': t('conv.composer.attach'), title: t('conv.composer.attach'), on: { click: () => this.#picker.click() } }, icon('attach'));
    this.#templates = h('button', { class: 'icon-button', type: 'button', 'aria-label': t('conv.composer.templates'), title: `${t('conv.composer.templates')} (m)`, on: { click: () => this.openTemplates() } }, icon('file'));
    this.#canned = h('button', { class: 'icon-button', type: 'button', 'aria-label': t('canned.title'), title: `${t('canned.title')} (/)`, on: { click: () => this.#slash() } }, icon('chat'));
    this.#menu = new CannedMenu(this.#input, { row: () => (this.#private || !this.#thread?.row?.can.reply ? null : this.#thread.row), take: (reply, from, to) => this.#insert(reply, from, to) });
    this.#send = h('button', { class: 'button button--primary', type: 'button', on: { click: () => this.#submit() } }, icon('send'), h('span', null));
    this.#closed = h('div', { class: 'composer__closed' });
    this.#desk = h('div', { class: 'composer__desk' }, this.#quote, this.#input, this.#chips);
    this.#box = h('div', { class: 'composer__box' }, this.#menu.el, this.#menu.status, this.#closed, this.#desk,
      h('div', { class: 'composer__bar' }, this.#attach, this.#canned, this.#templates, this.#picker, this.#window, h('span', { class: 'spacer' }), this.#send));
    this.el = h('section', { class: 'composer', 'aria-label': t('conv.composer.title') }, this.#tabs, this.#box);
  }

  /** Takes the draft of another conversation. */
  open(thread) {
    this.#abandonFiles();
    this.#menu.close();
    this.#thread = thread;
    this.#quoted = null;
    const kept = this.#kept();
    this.#input.value = kept?.text ?? '';
    this.#private = kept?.private ?? false;
    this.#files = (kept?.media ?? []).map((media) => ({ name: media.name, size: media.size, state: 'ready', media }));
    this.#grow();
    this.render();
  }

  /** What may be done has changed. */
  render() {
    const row = this.#thread?.row;
    this.el.hidden = !row;
    if (!row) return;
    const { can } = row;
    // What has ended takes nothing but notes.
    if (row.state === 'ended') this.#private = true;
    const closed = can.reply && !row.canReply && !this.#private;
    for (const input of this.#tabs.querySelectorAll('input')) {
      input.checked = (input.value === 'note') === this.#private;
      input.disabled = input.value === 'reply' && row.state === 'ended';
    }
    this.el.classList.toggle('composer--note', this.#private);
    this.#desk.hidden = closed;
    this.#closed.hidden = !closed;
    if (closed) {
      const open = h('button', { class: 'button button--primary', type: 'button', on: { click: () => this.openTemplates() } }, icon('file'), t('conv.composer.chooseTemplate'));
      fill(this.#closed, h('p', null, icon('clock'), h('span', null, refusal(row))), can.templates && row.windowReason !== 'no_channel' && open);
    }
    const label = this.#private ? t('conv.composer.noteHint') : can.reply ? t('conv.composer.replyHint') : t('conv.composer.cannotHint');
    attr(this.#input, 'placeholder', label);
    attr(this.#input, 'aria-label', this.#private ? t('conv.composer.note') : t('conv.composer.reply'));
    this.#attach.hidden = this.#private || closed || !can.reply;
    this.#canned.hidden = this.#attach.hidden;
    this.#templates.hidden = this.#private || !can.templates || closed;
    text(this.#send.lastChild, this.#private ? t('conv.composer.saveNote') : t('conv.composer.send'));
    this.#send.hidden = closed;
    this.#showFiles();
    this.#showQuote();
    this.tick();
  }

  /** Other canned replies are known. */
  refreshCanned() {
    this.#menu.refresh();
  }

  /** The provider's id of the message that is answered, '' for none. */
  get quotes() {
    return this.#quoted?.provider ?? '';
  }

  /** Answers one message of the conversation. */
  quote(message) {
    const row = this.#thread?.row;
    if (!row?.can.reply || !row.canReply) return;
    this.#quoted = message;
    this.setPrivate(false);
  }

  #showQuote() {
    const shown = this.#private ? null : this.#quoted;
    this.#quote.hidden = !shown;
    fill(this.#quote, shown && [icon('reply'), h('span', { class: 'composer__quoted', dir: 'auto' }, inWords(shown)),
      h('button', { class: 'icon-button', type: 'button', 'aria-label': t('conv.quote.not'), on: { click: () => {
        this.#quoted = null;
        this.#showQuote();
        this.#input.focus();
      } } }, icon('close'))]);
  }

  /** Shows how long the channel's window is still open. */
  tick() {
    const row = this.#thread?.row;
    const left = row?.windowUntil && row.canReply && !this.#private ? new Date(row.windowUntil).getTime() - now() : 0;
    this.#window.hidden = left <= 0;
    this.#window.classList.toggle('composer__window--pressing', left < PRESSING);
    text(this.#window.lastChild, t('conv.composer.window', { time: duration(left) }));
    if (row?.windowUntil && row.canReply && new Date(row.windowUntil).getTime() <= now()) this.#thread.reread();
  }

  focus(isPrivate) {
    this.setPrivate(isPrivate);
    this.#input.focus();
  }

  setPrivate(on) {
    this.#private = on;
    this.#keep();
    this.render();
    if (!this.#desk.hidden) this.#input.focus();
  }

  /** Puts back what could not be sent. */
  takeBack(entry) {
    if (entry.path === 'templates') return;
    this.#private = entry.private;
    this.#input.value = [entry.shown.text, this.#input.value].filter(Boolean).join('\n');
    if (entry.shown.media) this.#files.push({ name: entry.shown.media.name, size: entry.shown.media.size, state: 'ready', media: entry.shown.media });
    this.#grow();
    this.#keep();
    this.render();
    this.#input.focus();
  }

  /** Begins to upload files that were chosen, pasted or dropped. */
  addFiles(files) {
    const row = this.#thread?.row;
    if (!row?.can.reply || !row.canReply) return;
    this.#private = false;
    for (const file of files) {
      if (file.size > MAX_ATTACHMENT) toast(t('conv.composer.tooLarge', { name: file.name, size: fileSize(MAX_ATTACHMENT) }), { kind: 'error' });
      else this.#upload({ file, name: file.name, size: file.size });
    }
    this.render();
    this.#input.focus();
  }

  async openTemplates() {
    const thread = this.#thread;
    if (!thread.row?.can.templates) return;
    const chosen = await chooseTemplate(thread.row).catch(fail);
    if (!chosen) return;
    const { template, params, rendered } = chosen;
    send(thread.id, 'templates', { template: template.id, params }, { kind: 'template', text: rendered, template: { name: template.name } });
    this.#sent();
  }

  // Begins a shortcut where the cursor is, for whoever has no keyboard.
  #slash() {
    this.#input.focus();
    const before = this.#input.value.slice(0, this.#input.selectionStart);
    this.#input.setRangeText(/\S$/.test(before) ? ' /' : '/', this.#input.selectionStart, this.#input.selectionEnd, 'end');
    this.#input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** Puts a canned reply in the place of its shortcut; its files go along. */
  #insert({ text: words = '', attachments = [], missing = [] }, from, to) {
    this.#input.setRangeText(words, from, to, 'end');
    for (const media of attachments) this.#files.push({ name: media.name || media.type, size: media.size, state: 'ready', media });
    this.#changed();
    this.#input.focus();
    if (missing.length) toast(t('canned.missing', { names: missing.join(', ') }), { ms: 8000 });
  }

  async #upload(entry) {
    const abort = new AbortController();
    Object.assign(entry, { state: 'uploading', share: 0, error: null, abort });
    if (!this.#files.includes(entry)) this.#files.push(entry);
    try {
      entry.media = await upload(entry.file, (share) => {
        entry.share = share;
        entry.bar?.setAttribute('value', String(share));
      }, abort.signal);
      entry.state = 'ready';
      entry.file = null;
    } catch (e) {
      if (e.name === 'AbortError') return;
      entry.state = 'failed';
      entry.error = e;
    }
    if (!this.#files.includes(entry)) return;
    this.#keep();
    this.#showFiles();
  }

  #remove(entry) {
    entry.abort?.abort();
    this.#files = this.#files.filter((f) => f !== entry);
    this.#keep();
    this.#showFiles();
    this.#input.focus();
  }

  #abandonFiles() {
    for (const f of this.#files) f.abort?.abort();
    this.#files = [];
  }

  #showFiles() {
    this.#chips.hidden = this.#private || this.#files.length === 0;
    if (this.#files.length || this.#chips.childElementCount) fill(this.#chips, this.#files.map((f) => h('li', { class: ['attached', `attached--${f.state}`] },
      icon(kindOf(f.media?.type ?? f.file?.type) === 'image' ? 'image' : 'file'),
      h('span', { class: 'attached__name', dir: 'auto' }, f.name),
      f.state === 'uploading' ? h('progress', { max: 1, value: f.share, 'aria-label': t('conv.composer.uploading', { name: f.name }), ref: (el) => (f.bar = el) })
        : f.state === 'failed' ? [h('span', { class: 'attached__error' }, errorText(f.error)), h('button', { class: 'button button--small', type: 'button', on: { click: () => { this.#upload(f); this.#showFiles(); } } }, t('conv.retry'))]
          : h('span', { class: 'faint' }, fileSize(f.size)),
      h('button', { class: 'icon-button', type: 'button', 'aria-label': t('conv.composer.removeFile', { name: f.name }), on: { click: () => this.#remove(f) } }, icon('close')))));
    const idle = this.#private ? !this.#input.value.trim() : !this.#input.value.trim() && !this.#files.length;
    this.#send.disabled = idle || (!this.#private && (!this.#thread?.row?.can.reply || this.#files.some((f) => f.state !== 'ready')));
  }

  #changed() {
    const empty = !this.#input.value.trim();
    this.#typed(!empty);
    this.#grow();
    this.#keep();
    this.#showFiles();
  }

  #key(e) {
    if (e.isComposing || this.#menu.key(e)) return;
    if (e.key === 'Enter' && !e.shiftKey && !e.altKey) {
      e.preventDefault();
      this.#submit();
    } else if (e.key === '/' && !this.#input.value && !this.#private && this.#thread.row.can.templates) {
      e.preventDefault();
      this.openTemplates();
    } else if (e.key === 'Escape') {
      e.preventDefault();
      this.#input.blur();
    }
  }

  #paste(e) {
    const files = [...(e.clipboardData?.files ?? [])];
    if (!files.length || this.#private) return;
    e.preventDefault();
    this.addFiles(files);
  }

  #submit() {
    const row = this.#thread.row;
    if (this.#send.disabled || !row) {
      if (row && !this.#private && !row.can.reply && this.#input.value.trim()) toast(t('conv.composer.cannot'));
      return;
    }
    const words = this.#input.value.trim();
    const files = this.#private ? [] : this.#files;
    if (this.#private) send(this.#thread.id, 'notes', { text: words }, { kind: 'text', text: words });
    else for (const content of contents(words, files, this.quotes)) send(this.#thread.id, 'messages', { content }, content);
    this.#input.value = '';
    if (!this.#private) this.#files = [];
    if (!this.#private) this.#quoted = null;
    this.#showQuote();
    this.#typed(false);
    this.#sent();
    this.#grow();
    this.#keep();
    this.#showFiles();
    this.#input.focus();
  }

  #keep() {
    if (!this.#thread) return;
    const self = me.get();
    const media = this.#files.filter((f) => f.media).map((f) => f.media);
    keepDraft(self.bot.id, self.agent.id, this.#thread.id, { text: this.#input.value, private: this.#private, ...(media.length && { media }) });
  }

  #kept() {
    const self = me.get();
    return draft(self.bot.id, self.agent.id, this.#thread.id);
  }

  // Where the browser does not let a field grow by itself.
  #grow() {
    if (!CSS.supports('field-sizing', 'content')) this.#input.rows = Math.min(10, Math.max(2, this.#input.value.split('\n').length));
  }
}

// One file takes the text as its caption; several follow the text. The first
// is the one that answers what is quoted.
function contents(words, files, quotes) {
  const [first, ...rest] = said(words, files);
  return [quotes ? { ...first, quotes } : first, ...rest];
}

function said(words, files) {
  const parts = files.map((f) => ({ kind: kindOf(f.media.type), media: f.media }));
  if (parts.length === 1 && CAPTIONED.has(parts[0].kind)) return [words ? { ...parts[0], text: words } : parts[0]];
  return words ? [{ kind: 'text', text: words }, ...parts] : parts;
}

function refusal(row) {
  if (row.windowReason === 'no_channel') return t('error.no_channel');
  return row.can.templates ? t('conv.composer.closed') : t('conv.composer.closedNoTemplates');
}
