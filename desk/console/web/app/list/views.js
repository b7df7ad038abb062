// Saved filters: kept by the desk, so they are there on every machine.

import { h, keyed } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { State } from '../lib/store.js';
import { get, put, del, id, newKey } from '../lib/api.js';
import { dialog, fail, toast } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { changed, defaults } from './criteria.js';

/** The agent's saved filters: [{id, name, criteria}]. */
export const views = new State([]);

export async function loadViews() {
  views.set((await get('me/views')).views);
}

/** The filters everybody has. */
export const standard = () => [
  { id: '', name: t('list.views.all'), criteria: defaults },
  { id: '', name: t('list.views.mine'), criteria: changed(defaults, { mine: true }) },
  { id: '', name: t('list.views.human'), criteria: changed(defaults, { control: 'human', sortBy: 'priority' }) },
  { id: '', name: t('list.views.tickets'), criteria: changed(defaults, { tickets: 'open', status: 'any' }) },
];

/** Asks for a name and saves the criteria under it, without the search. */
export async function saveView(criteria) {
  const name = await dialog({
    title: t('list.views.save'),
    class: 'dialog--small',
    body: (close) => h('form', { class: 'fields', on: {
      submit: (e) => {
        e.preventDefault();
        close(e.target.elements.name.value.trim());
      },
    } },
    h('label', { class: 'field' }, h('span', null, t('list.views.name')), h('input', { class: 'input', name: 'name', maxlength: 60, required: true, autofocus: true })),
    h('footer', { class: 'dialog__foot' },
      h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.cancel')),
      h('button', { class: 'button button--primary', type: 'submit' }, t('common.save')))),
  });
  if (!name) return;
  const before = views.get().find((v) => v.name === name);
  const view = { id: before?.id ?? newKey(), name, criteria: changed(criteria, { search: '' }) };
  try {
    await put(`me/views/${id(view.id)}`, { name, criteria: view.criteria });
    views.set([...views.get().filter((v) => v.id !== view.id), view]);
    toast(t('list.views.saved', { name }), { kind: 'success' });
  } catch (e) {
    fail(e);
  }
}

/** Shows the saved filters, to take some away. */
export function editViews() {
  dialog({
    title: t('list.views.edit'),
    class: 'dialog--small',
    body: () => {
      const box = h('ul', { class: 'views' });
      const paint = () => {
        keyed(box, views.get(), (v) => v.id, (v) => h('li', null, h('span', null, v.name),
          h('button', { class: 'icon-button', type: 'button', 'aria-label': t('list.views.remove', { name: v.name }), on: { click: () => remove(v, paint) } }, icon('trash'))));
      };
      paint();
      return box;
    },
  });
}

async function remove(view, then) {
  try {
    await del(`me/views/${id(view.id)}`);
    views.set(views.get().filter((v) => v.id !== view.id));
    then();
  } catch (e) {
    fail(e);
  }
}
