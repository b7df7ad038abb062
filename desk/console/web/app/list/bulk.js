// One thing done to every conversation that the list's filter finds.

import { h, fill, text, attr } from '../lib/dom.js';
import { get, post, del, id, newKey } from '../lib/api.js';
import { t, number } from '../lib/i18n.js';
import { confirm, fail } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { criteria, names, can } from '../desk.js';
import { PRIORITIES, MOST } from './criteria.js';

const LOOK = 700;
const COUNT = 400; // after a change of the filter

/** Above the rows: what to do, to how many, and how far it is. */
export class BulkBar {
  #timer = 0;
  #asked = 0;
  #running = null;

  constructor() {
    this.count = h('p', { class: 'bulk__count', role: 'status' });
    this.what = h('select', { class: 'select', 'aria-label': t('bulk.what'), on: { change: () => this.#choices() } },
      acts().map((a) => h('option', { value: a }, t(`bulk.act.${a}`))));
    this.which = h('span', { class: 'bulk__which' });
    this.start = h('button', { class: 'button button--primary', type: 'button', on: { click: () => this.#start() } }, t('bulk.start'));
    this.form = h('div', { class: 'bulk__form' }, this.what, this.which, this.start);
    this.bar = h('progress', { class: 'bulk__progress', 'aria-label': t('bulk.progress') });
    this.said = h('p', { class: 'bulk__said', role: 'status' });
    this.stop = h('button', { class: 'button button--small', type: 'button', on: { click: () => this.#stop() } });
    this.progress = h('div', { class: 'bulk__run', hidden: true }, this.bar, this.said, this.stop);
    this.el = h('section', { class: 'bulk', 'aria-label': t('bulk.title'), hidden: true },
      h('header', { class: 'bulk__head' }, h('h3', null, t('bulk.title')), this.count,
        h('button', { class: 'icon-button', type: 'button', 'aria-label': t('common.close'), on: { click: () => this.toggle(false) } }, icon('close'))),
      this.form, this.progress);
    this.#choices();
  }

  toggle(open = this.el.hidden) {
    this.el.hidden = !open;
    if (!open) return;
    this.counted();
    this.what.focus();
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked = -1;
  }

  /** Counts anew what the filter finds. */
  counted() {
    if (this.el.hidden || this.#running) return;
    clearTimeout(this.#timer);
    this.start.disabled = true;
    text(this.count, t('bulk.counting'));
    this.#timer = setTimeout(() => this.#count(), COUNT);
  }

  async #count() {
    const asked = ++this.#asked;
    try {
      const { count, more } = await post('bulk/count', { criteria: wanted() });
      if (asked !== this.#asked) return;
      this.found = number(count) + (more ? '+' : '');
      text(this.count, t('bulk.found', { count, found: this.found }));
      this.start.disabled = count === 0;
    } catch (e) {
      if (asked !== this.#asked) return;
      text(this.count, '');
      fail(e);
    }
  }

  #choices() {
    const options = { agent: names.get().agents, queue: names.get().queues, priority: Object.fromEntries(PRIORITIES.map((p) => [p, t(`priority.${p}`)])) }[this.what.value];
    const label = t(`bulk.act.${this.what.value}`);
    if (options) {
      const all = this.what.value === 'priority' ? PRIORITIES : Object.keys(options).sort((a, b) => options[a].localeCompare(options[b]));
      fill(this.which, h('select', { class: 'select', 'aria-label': label }, all.map((v) => h('option', { value: v }, options[v]))));
    } else {
      fill(this.which, this.what.value !== 'end' && h('input', { class: 'input', 'aria-label': label, maxlength: 256, placeholder: t('bulk.tag') }));
    }
  }

  #action() {
    const value = /** @type {any} */ (this.which.firstElementChild)?.value.trim();
    switch (this.what.value) {
      case 'end': return { end: true };
      case 'addTags': return value && { addTags: [value] };
      case 'removeTags': return value && { removeTags: [value] };
      default: return value && { [this.what.value]: value };
    }
  }

  async #start() {
    const action = this.#action();
    if (!action) {
      /** @type {any} */ (this.which.firstElementChild)?.focus();
      return;
    }
    const shown = /** @type {any} */ (this.which.firstElementChild);
    const what = [t(`bulk.act.${this.what.value}`), shown?.selectedOptions?.[0]?.text ?? shown?.value].filter(Boolean).join(': ');
    if (!(await confirm({ title: t('bulk.sure', { found: this.found }), text: t('bulk.sure_text', { what }), yes: t('bulk.start'), danger: !!action.end }))) return;
    try {
      this.#show(await post('bulk', { criteria: wanted(), action }, { key: newKey() }));
    } catch (e) {
      fail(e);
    }
  }

  #show(job) {
    const over = job.state !== 'running';
    this.#running = job;
    this.form.hidden = true;
    this.progress.hidden = false;
    const skipped = Object.entries(job.skipped ?? {}).sort((a, b) => b[1] - a[1]);
    const looked = job.done + skipped.reduce((sum, [, n]) => sum + n, 0);
    attr(this.bar, 'max', String(Math.max(1, job.total)));
    attr(this.bar, 'value', String(over && job.state === 'finished' ? Math.max(1, job.total) : looked));
    text(this.count, t(`bulk.state.${job.state}`));
    fill(this.said, t('bulk.done', { count: job.done, of: number(job.total) }),
      skipped.map(([why, n]) => h('span', { class: 'bulk__why' }, `${number(n)} ${t(`bulk.skipped.${why}`)}`)));
    text(this.stop, over ? t('bulk.again') : t('common.cancel'));
    clearTimeout(this.#timer);
    if (!over) this.#timer = setTimeout(() => this.#look(), LOOK);
  }

  async #look() {
    const asked = this.#asked;
    try {
      const job = await get(`bulk/${id(this.#running.id)}`);
      if (asked === this.#asked) this.#show(job);
    } catch (e) {
      fail(e);
      this.#timer = setTimeout(() => this.#look(), 5 * LOOK);
    }
  }

  async #stop() {
    if (this.#running?.state === 'running') {
      try {
        this.#show(await del(`bulk/${id(this.#running.id)}`));
      } catch (e) {
        fail(e);
      }
      return;
    }
    this.#running = null;
    this.form.hidden = false;
    this.progress.hidden = true;
    this.counted();
    this.what.focus();
  }
}

// All that the filter finds, not only as many as the list shows.
const wanted = () => ({ ...criteria.get(), limit: criteria.get().limit ?? MOST });

const acts = () => ['priority', can('transfer') && 'queue', can('transfer') && 'agent', 'addTags', 'removeTags', 'end'].filter(Boolean);
