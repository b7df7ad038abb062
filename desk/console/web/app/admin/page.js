// What the pages of the administration have in common.

import { h, fill, text, View } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { link } from '../lib/router.js';
import { dialog, errorText, toast } from '../lib/feedback.js';

/**
 * A page: a list, or one thing of it. `item` is the id of the thing, '' for
 * the list; `fresh` asks for a new one. `form` is the form with what may not
 * be saved yet.
 */
export class Page extends View {
  item = '';
  fresh = false;
  form = null;

  /** Fills the page: a head with actions, and what is below it. */
  show({ title, back = null, text: said = '', actions = [] }, ...body) {
    fill(this,
      h('header', { class: 'pane__head' },
        h('a', { class: 'icon-button admin__back', 'data-phone': back ? null : '', href: back ?? link('admin'), 'aria-label': t('common.back') }, icon('back')),
        h('h1', null, title),
        h('span', { class: 'spacer' }),
        actions),
      h('div', { class: 'pane__body' }, h('div', { class: 'admin__body' }, said && h('p', { class: 'admin__text' }, said), body)));
  }

  /** Shows that something is on its way, if it takes a moment. */
  loading(title) {
    this.show({ title }, [1, 2, 3, 4].map(() => h('div', { class: 'skeleton', 'aria-hidden': 'true' })));
  }

  /** Runs what fills the page, and says what went wrong in its place. */
  async attempt(title, run) {
    try {
      await run();
    } catch (e) {
      if (!this.isConnected) return;
      this.show({ title }, h('div', { class: 'empty' }, icon('warning'), h('p', { role: 'alert' }, errorText(e)),
        h('button', { class: 'button', type: 'button', on: { click: () => this.attempt(title, run) } }, t('admin.again'))));
    }
  }

  /** Says that the thing is not there (any more). */
  missing(title, back) {
    this.show({ title, back }, h('div', { class: 'empty' }, icon('search'), h('p', null, t('error.not_found'))));
  }
}

/** What a list shows when it is empty. */
export const nothing = (name, title, said, action) => h('div', { class: 'empty' }, icon(name), h('h2', null, title), said && h('p', null, said), action);

/** Letters without accents and case: to search in. */
export const plainText = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

/** Shows something that cannot be read again, with a button that copies it. */
export function showSecret({ title, said, label, value }) {
  const field = h('input', { class: 'input secret', readonly: true, value, 'aria-label': label, spellcheck: 'false', on: { focus: (e) => e.target.select() } });
  const word = h('span', null, t('admin.copy'));
  const copy = async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(value);
      text(word, t('admin.copied'));
    } catch {
      toast(t('admin.copy_by_hand'));
    }
  };
  const closed = dialog({
    title,
    class: 'dialog--small',
    body: (close) => [
      h('p', null, said),
      h('div', { class: 'secret__row' }, field, h('button', { class: 'button', type: 'button', autofocus: true, on: { click: copy } }, icon('copy'), word)),
      h('p', { class: 'notice notice--warning' }, icon('warning'), t('admin.only_once')),
      h('footer', { class: 'dialog__foot' }, h('button', { class: 'button button--primary', type: 'button', on: { click: () => close() } }, t('admin.have_it'))),
    ],
  });
  // A slip of the mouse beside it must not take it away.
  field.closest('dialog').addEventListener('mousedown', (e) => e.target === e.currentTarget && e.stopImmediatePropagation(), { capture: true });
  return closed;
}
