// What may be done with all that is kept about a contact: export and erase.

import { h } from '../lib/dom.js';
import { get, post, id, address } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { dialog, fail, toast } from '../lib/feedback.js';
import { can } from '../desk.js';
import { label } from '../list/words.js';

/** The buttons below what is known of a contact; null for whoever may neither. */
export function contactActs(row) {
  const save = can('export') && can('view_all');
  const erase = can('manage_settings') && can('view_all');
  if (!save && !erase) return null;
  return h('div', { class: 'details__acts' },
    save && h('a', { class: 'button button--small', href: address(`contacts/${id(row.contact)}/export`), download: '' }, icon('download'), t('erasure.export')),
    erase && h('button', { class: 'button button--small', type: 'button', on: { click: () => eraseContact(row) } }, icon('trash'), t('erasure.erase')));
}

// Whoever erases writes the name, so that it is never a slip of the mouse.
async function eraseContact(row) {
  const name = label(row);
  const sure = await dialog({
    title: t('erasure.title', { name }),
    class: 'dialog--small',
    body: (close) => {
      const yes = h('button', { class: 'button button--danger', type: 'submit', disabled: true }, t('erasure.yes'));
      const typed = h('input', { class: 'input', id: 'erase-name', autocomplete: 'off', spellcheck: 'false', autofocus: true,
        on: { input: () => (yes.disabled = typed.value.trim() !== name.trim()) } });
      return h('form', { on: { submit: (e) => { e.preventDefault(); if (!yes.disabled) close(true); } } },
        h('p', null, t('erasure.text')),
        h('div', { class: 'field' }, h('label', { for: 'erase-name' }, t('erasure.type', { name })), typed),
        h('footer', { class: 'dialog__foot' }, h('button', { class: 'button', type: 'button', on: { click: () => close(false) } }, t('common.cancel')), yes));
    },
  });
  if (!sure) return;
  try {
    await post(`contacts/${id(row.contact)}/erasure`);
    toast(t('erasure.begun'));
    watch(row.contact);
  } catch (e) {
    fail(e);
  }
}

async function watch(contact) {
  try {
    const { state, left } = await get(`contacts/${id(contact)}/erasure`);
    if (state === 'done') toast(t('erasure.done'), { kind: 'success' });
    else if (left) toast(t('erasure.left', { count: left }), { kind: 'error' });
    else setTimeout(() => watch(contact), 1500);
  } catch (e) {
    fail(e);
  }
}
