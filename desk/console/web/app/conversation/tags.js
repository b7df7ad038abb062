// Tags of a conversation: how they look, how they are chosen.

import { h, fill } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { dialog } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { me } from '../desk.js';
import { tags, tagOf } from '../catalogues.js';
import { label } from '../list/words.js';
import { folded } from './words.js';

/** A tag as a chip of its colour; with `remove` it can be taken away. */
export function tagChip(word, remove) {
  const { name, colour } = tagOf(word);
  return h('span', { class: 'chip tag', data: { colour } }, h('span', { dir: 'auto' }, name),
    remove && h('button', { type: 'button', 'aria-label': t('conv.tags.remove', { tag: name }), on: { click: remove } }, icon('close')));
}

/** Whether an agent may put a tag on a conversation, or take it off. */
export const settable = (tag, add) => (!add || !tag.archived) && tag.setBy !== 'bot';

let pickers = 0;

/**
 * Boxes to tick, with a field that finds them. `on` are the words that are
 * ticked; `change(word, on)` is called with each tick. What is not of the
 * catalogue can be written, unless that is closed.
 */
export function tagPicker(on, change) {
  const ticked = new Set(on);
  const name = `tags-${++pickers}`;
  const boxes = h('div', { class: 'tagpicker__list', role: 'group', 'aria-label': t('conv.tags.title') });
  const search = h('input', { class: 'input', id: name, type: 'text', maxlength: 64, autocomplete: 'off', autofocus: true, dir: 'auto', 'aria-describedby': `${name}-hint`, on: {
    input: () => list(),
    keydown: (e) => {
      if (e.key === 'ArrowDown') {
        e.preventDefault();
        boxes.querySelector('input')?.focus();
      } else if (e.key === 'Enter') {
        e.preventDefault();
        const only = boxes.querySelectorAll('input:not(:disabled)');
        if (only.length === 1) only[0].click();
        else if (!only.length && free()) tick(search.value.trim(), true);
      }
    },
  } });
  boxes.addEventListener('keydown', (e) => {
    const all = [...boxes.querySelectorAll('input')];
    const to = all.indexOf(document.activeElement) + ({ ArrowDown: 1, ArrowUp: -1 }[e.key] ?? 0);
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
    e.preventDefault();
    (all[to] ?? search).focus();
  });
  const hint = h('p', { class: 'field__hint', id: `${name}-hint`, role: 'status' });
  const free = () => {
    const word = search.value.trim();
    return word && !me.get()?.bot.closedTags && !tags.get().some((x) => x.id === word) && !ticked.has(word);
  };
  const tick = (word, yes) => {
    if (yes) ticked.add(word);
    else ticked.delete(word);
    change(word, yes);
    if (search.value && yes) search.value = '';
    list();
    if (document.activeElement !== search && !boxes.contains(document.activeElement)) search.focus();
  };
  const list = () => {
    const want = folded(search.value.trim());
    const known = tags.get().filter((x) => settable(x, !ticked.has(x.id)) || ticked.has(x.id));
    const loose = [...ticked].filter((w) => !known.some((x) => x.id === w)).map(tagOf);
    const hits = [...known, ...loose].filter((x) => folded(`${x.name} ${x.id}`).includes(want));
    const at = [...boxes.querySelectorAll('input')].find((b) => b === document.activeElement)?.value ?? null;
    fill(boxes, hits.map((x) => h('label', { class: 'check tagpicker__item' },
      h('input', { type: 'checkbox', value: x.id, checked: ticked.has(x.id), disabled: !settable(x, !ticked.has(x.id)), on: { change: (e) => tick(x.id, e.target.checked) } }),
      tagChip(x.id))));
    if (at !== null) ([...boxes.querySelectorAll('input')].find((b) => b.value === at) ?? search).focus();
    fill(hint, hits.length ? t('tags.found', { count: hits.length }) : free() ? t('tags.press_enter', { tag: search.value.trim() }) : t('tags.none_found'));
  };
  const el = h('div', { class: 'tagpicker' }, h('label', { class: 'visually-hidden', for: name }, t('conv.tags.new')), search, boxes, hint);
  // Tags may become known while it is open.
  let end = null;
  end = tags.watch(() => (end && !el.isConnected ? end() : list()));
  return el;
}

/** Asks for the tags that the queue wants before the end; undefined if the agent would rather not. */
export function tagsToClose(row) {
  const chosen = new Set();
  return dialog({ title: t('tags.close_title'), class: 'dialog--small', body: (close) => {
    const done = h('button', { class: 'button button--primary', type: 'submit', disabled: true }, t('conv.return.yes'));
    return h('form', { class: 'fields', on: { submit: (e) => {
      e.preventDefault();
      if (chosen.size) close([...chosen]);
    } } },
    h('p', null, t('tags.close_text', { name: label(row) })),
    tagPicker([], (word, yes) => {
      if (yes) chosen.add(word);
      else chosen.delete(word);
      done.disabled = chosen.size === 0;
    }),
    h('footer', { class: 'dialog__foot' }, h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.cancel')), done));
  } });
}
