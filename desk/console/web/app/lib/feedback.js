// Toasts, dialogs, menus and confirmations.

import { h, fill, svg } from './dom.js';
import { t, has } from './i18n.js';
import { ApiError } from './api.js';

/**
 * Says something for a while, to the screen and to screen readers. An action
 * is {label, run}. Returns what takes it away.
 *
 * @param {string} message
 * @param {{kind?: 'info' | 'success' | 'error', action?: {label: string, run: () => void}, ms?: number}} [options]
 */
export function toast(message, { kind = 'info', action, ms = kind === 'error' ? 9000 : 5000 } = {}) {
  let box = document.querySelector('.toasts');
  if (!box) document.body.append((box = h('section', { class: 'toasts', 'aria-label': t('common.notices'), popover: 'manual' })));
  const close = () => el.remove();
  const el = h('div', { class: ['toast', `toast--${kind}`], role: kind === 'error' ? 'alert' : 'status' },
    h('span', { class: 'toast__text' }, message),
    action && h('button', { class: 'button button--quiet', type: 'button', on: { click: () => { close(); action.run(); } } }, action.label),
    h('button', { class: 'icon-button', type: 'button', 'aria-label': t('common.dismiss'), on: { click: close } }, icon('close')));
  box.append(el);
  box.showPopover?.();
  setTimeout(close, ms);
  return close;
}

/** The words for an error: of its code, or else of what the server said. */
export function errorText(e) {
  if (!(e instanceof ApiError)) return t('error.internal');
  const key = `error.${e.code}`;
  if (e.code === 'invalid' && e.detail) return t('error.invalid', { detail: e.detail });
  return has(key) ? t(key, { detail: e.detail }) : e.message;
}

/** Tells of an error in a toast; AbortError is nobody's news. */
export function fail(e) {
  if (e?.name === 'AbortError') return;
  if (!(e instanceof ApiError)) console.error(e);
  toast(errorText(e), { kind: 'error' });
}

/**
 * Opens a modal dialog and resolves with what it was closed with (undefined
 * if it was dismissed). `body` gets close(value) and gives nodes; `onSubmit`
 * of a form in it is the caller's. Focus goes back where it was.
 *
 * @param {{title: string, body: (close: (value?: any) => void) => any, class?: string}} options
 */
export function dialog({ title, body, class: extra }) {
  return new Promise((resolve) => {
    let result;
    const close = (value) => {
      result = value;
      el.close();
    };
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    const el = h('dialog', { class: ['dialog', extra], 'aria-label': title, on: {
      close: () => {
        el.remove();
        before?.focus?.();
        resolve(result);
      },
      // A press on the backdrop is one on the dialog itself.
      mousedown: (e) => e.target === el && close(),
    } },
    h('header', { class: 'dialog__head' },
      h('h2', null, title),
      h('button', { class: 'icon-button', type: 'button', 'aria-label': t('common.close'), on: { click: () => close() } }, icon('close'))),
    h('div', { class: 'dialog__body' }, body(close)));
    document.body.append(el);
    el.showModal();
    el.querySelector('[autofocus], .dialog__body :is(input, textarea, select, button)')?.focus();
  });
}

/** Asks yes or no; resolves with a boolean. */
export async function confirm({ title, text, yes, danger = false }) {
  const answer = await dialog({
    title,
    class: 'dialog--small',
    body: (close) => [
      text && h('p', null, text),
      h('footer', { class: 'dialog__foot' },
        h('button', { class: 'button', type: 'button', on: { click: () => close(false) } }, t('common.cancel')),
        h('button', { class: ['button', danger ? 'button--danger' : 'button--primary'], type: 'button', autofocus: true, on: { click: () => close(true) } }, yes)),
    ],
  });
  return answer === true;
}

let menus = 0;

/**
 * A button that opens a menu. `items()` is asked on each opening: {label, run,
 * icon?, checked?, disabled?, hint?, danger?} or null for a separator.
 */
export function menuButton(props, label, items) {
  const id = `menu-${++menus}`;
  const list = h('div', { class: 'menu', role: 'menu', id, popover: 'auto' });
  const button = h('button', { type: 'button', ...props, 'aria-haspopup': 'menu', 'aria-expanded': 'false', popovertarget: id }, label);
  const rows = () => [...list.querySelectorAll('[role^=menuitem]:not(:disabled)')];
  list.addEventListener('beforetoggle', (e) => {
    if (e.newState === 'open') fill(list, items().map((item) => entry(item, list)));
    button.setAttribute('aria-expanded', String(e.newState === 'open'));
  });
  list.addEventListener('toggle', (e) => {
    if (e.newState !== 'open') return;
    place(list, button);
    (rows().find((r) => r.ariaChecked === 'true') ?? rows()[0])?.focus();
  });
  list.addEventListener('keydown', (e) => {
    const all = rows();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    all[to % all.length]?.focus();
  });
  return h('span', { class: 'menu-anchor' }, button, list);
}

function entry(item, list) {
  if (!item) return h('hr', { role: 'separator' });
  const checkable = item.checked !== undefined;
  return h('button', {
    type: 'button',
    class: ['menu__item', item.danger && 'menu__item--danger'],
    role: checkable ? 'menuitemradio' : 'menuitem',
    'aria-checked': checkable ? String(item.checked) : null,
    disabled: !!item.disabled,
    on: { click: () => { list.hidePopover(); item.run(); } },
  },
  item.icon,
  h('span', { class: 'menu__label' }, item.label, item.hint && h('small', null, item.hint)),
  checkable && h('span', { class: 'menu__check', 'aria-hidden': 'true' }, item.checked && icon('check')));
}

/** Puts a popover below (or above, where there is more room) its anchor. */
export function place(popover, anchor) {
  const a = anchor.getBoundingClientRect();
  const p = popover.getBoundingClientRect();
  const gap = 4;
  const below = a.bottom + gap + p.height <= innerHeight || a.top < innerHeight - a.bottom;
  const top = below ? a.bottom + gap : a.top - gap - p.height;
  popover.style.setProperty('--top', `${Math.max(gap, Math.min(top, innerHeight - p.height - gap))}px`);
  popover.style.setProperty('--left', `${Math.max(gap, Math.min(a.left, innerWidth - p.width - gap))}px`);
}

/** A button that opens a popover with content made on each opening. */
export function popoverButton(props, label, content) {
  const id = `menu-${++menus}`;
  const box = h('div', { class: 'popover', id, popover: 'auto', role: 'dialog', 'aria-label': props['aria-label'] ?? null });
  const button = h('button', { type: 'button', ...props, 'aria-haspopup': 'dialog', 'aria-expanded': 'false', popovertarget: id }, label);
  box.addEventListener('beforetoggle', (e) => {
    if (e.newState === 'open') fill(box, content(() => box.hidePopover()));
    button.setAttribute('aria-expanded', String(e.newState === 'open'));
  });
  box.addEventListener('toggle', (e) => {
    if (e.newState !== 'open') return;
    place(box, button);
    box.querySelector('[autofocus], input, select, textarea, button')?.focus();
  });
  return h('span', { class: 'menu-anchor' }, button, box);
}

const PATHS = {
  close: 'M5 5l10 10M15 5L5 15',
  check: 'M4 10.5l4 4 8-9',
  back: 'M12 4l-6 6 6 6',
  down: 'M5 8l5 5 5-5',
  more: 'M4 10h.01M10 10h.01M16 10h.01',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4',
  filter: 'M3 5h14M6 10h8M8.5 15h3',
  chat: 'M3.5 4.5h13v9h-7l-4 3v-3h-2z',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l2.5 2',
  people: 'M7.5 9.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.5 16c0-3 2.2-4.5 5-4.5s5 1.5 5 4.500M13 4.500a2.5 2.5 0 0 1 0 4.800M14.5 11.800c1.9.6 3 2 3 4.2',
  settings: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  plus: 'M10 4v12M4 10h12',
  send: 'M3.5 10l13-6-4 13-3-5.500z',
  attach: 'M14.5 9l-5 5a3 3 0 0 1-4.2-4.200l6-6a2 2 0 0 1 2.9 2.900l-5.8 5.8',
  note: 'M5 3.500h10v9l-4 4H5zM11 16.500v-4h4',
  tag: 'M3.5 3.500h6l7 7-6 6-7-7zM7 7h.01',
  flag: 'M5 17V3.500h10l-2 3.5 2 3.500H5',
  transfer: 'M4 7h11l-3-3M16 13H5l3 3',
  ticket: 'M3 6h14v2.500a1.5 1.5 0 0 0 0 3V14H3v-2.500a1.5 1.5 0 0 0 0-3z',
  bot: 'M5 7.500h10v8H5zM10 7.500V4M8 11h.01M12 11h.01',
  user: 'M10 10a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400zM4 17c0-3.5 2.6-5 6-5s6 1.5 6 5',
  download: 'M10 3.500v9M6.5 9.500l3.5 3.5 3.5-3.500M4 16.500h12',
  warning: 'M10 3.500l7 13H3zM10 8.500v3.500M10 14.500h.01',
  image: 'M3.5 4.500h13v11h-13zM4 14l4-4 3 3 2-2 3.5 3.500M12.5 7.500h.01',
  audio: 'M10 3.500v8M7.5 6v3a2.5 2.5 0 0 0 5 0V6a2.5 2.5 0 0 0-5 0zM5 9.500a5 5 0 0 0 10 0M10 14.500v2',
  video: 'M3 5.500h10v9H3zM13 9l4-2.500v7L13 11',
  file: 'M5.5 3h6l3 3v11h-9zM11.5 3v3h3',
  pin: 'M10 17.500s5.5-5 5.5-9a5.5 5.5 0 0 0-11 0c0 4 5.5 9 5.5 9zM10 10.200a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.600z',
  star: 'M10 3l2.1 4.6 5 .5-3.8 3.3 1.1 4.900L10 13.800l-4.4 2.5 1.1-4.900L2.9 8.100l5-.5z',
  save: 'M5 3.500h10v13l-5-3.5-5 3.500z',
  trash: 'M4 5.500h12M8 5.500V3.500h4v2M5.5 5.500l.8 11h7.400l.8-11',
  refresh: 'M16 10a6 6 0 1 1-1.8-4.300M16 3.500v3h-3',
  help: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8 8a2 2 0 1 1 2.7 1.900c-.5.2-.7.6-.7 1.100v.5M10 13.800h.01',
  bell: 'M5.5 13.500V9a4.5 4.5 0 0 1 9 0v4.500l1.5 1.500H4zM8.5 17h3',
  bellOff: 'M5.5 13.500V9c0-.8.2-1.5.5-2.200M8.5 4.800A4.5 4.5 0 0 1 14.5 9v3M14 15H4l1.5-1.500M8.5 17h3M3.5 3.500l13 13',
  keyboard: 'M2.5 5.500h15v9h-15zM5.5 8.500h.01M8.5 8.500h.01M11.5 8.500h.01M14.5 8.500h.01M6.5 11.500h7',
  copy: 'M7 7h9.500v9.500H7zM4 13H3.500V3.500H13V4',
  reply: 'M8 5L3.5 9.5 8 14M3.5 9.500H12a4.5 4.5 0 0 1 4.5 4.500v1.5',
  history: 'M4 10a6 6 0 1 1 1.8 4.300M4 16.500v-3h3M10 7v3.200l2 1.3',
};

/** A line icon of 20 px by name; hidden from screen readers. */
export function icon(name) {
  return svg('svg', { class: 'icon', viewBox: '0 0 20 20', 'aria-hidden': 'true', focusable: 'false' }, svg('path', { d: PATHS[name] }));
}
