// Toasts, dialogs, menus and confirmations.

import { h, fill } from './dom.js';
import { t, has } from './i18n.js';
import { ApiError } from './api.js';
import { icon } from './icons.js';

/**
 * Says something for a while, to the screen and to screen readers. An action
 * is {label, run}. Returns what takes it away.
 *
 * @param {string} message
 * @param {{kind?: 'info' | 'success' | 'error', action?: {label: string, run: () => void}, ms?: number}} [options]
 */
export function toast(message, { kind = 'info', action, ms = kind === 'error' ? 9000 : 5000 } = {}) {
  let box = /** @type {any} */ (document.querySelector('.toasts'));
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
    (el.querySelector('[autofocus]') ?? el.querySelector('.dialog__body :is(input, textarea, select, button)'))?.focus();
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
 * icon?, checked?, disabled?, hint?, danger?} or null for a separator. What it
 * gives has `refresh()`, for when they become others while the menu is open.
 */
export function menuButton(props, label, items) {
  const id = `menu-${++menus}`;
  const list = h('div', { class: 'menu', role: 'menu', id, popover: 'auto' });
  const button = h('button', { type: 'button', ...props, 'aria-haspopup': 'menu', 'aria-expanded': 'false', popovertarget: id }, label);
  const rows = () => [...list.querySelectorAll('[role^=menuitem]:not(:disabled)')];
  const draw = () => fill(list, items().map((item) => entry(item, list)));
  list.addEventListener('beforetoggle', (e) => {
    if (e.newState === 'open') draw();
    button.setAttribute('aria-expanded', String(e.newState === 'open'));
    shown(e, () => {
      place(list, button);
      (rows().find((r) => r.ariaChecked === 'true') ?? rows()[0])?.focus();
    });
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
  const anchor = h('span', { class: 'menu-anchor' }, button, list);
  return Object.assign(anchor, {
    refresh() {
      if (!list.matches(':popover-open')) return;
      const at = rows().indexOf(document.activeElement);
      draw();
      if (at >= 0) rows()[Math.min(at, rows().length - 1)]?.focus();
    },
  });
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

// Does what a popover that opens needs before it is first painted: its event
// `toggle` may come some frames later, and until then it would stand in a corner.
function shown(e, then) {
  if (e.newState === 'open') requestAnimationFrame(() => e.target.matches(':popover-open') && then());
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
  const box = h('div', { class: 'popover', id, popover: 'auto', role: 'dialog', 'aria-label': props['aria-label'] ?? props.title });
  const button = h('button', { type: 'button', ...props, 'aria-haspopup': 'dialog', 'aria-expanded': 'false', popovertarget: id }, label);
  box.addEventListener('beforetoggle', (e) => {
    if (e.newState === 'open') fill(box, content(() => box.hidePopover()));
    button.setAttribute('aria-expanded', String(e.newState === 'open'));
    shown(e, () => {
      place(box, button);
      (box.querySelector('[autofocus]') ?? box.querySelector('input, select, textarea, button'))?.focus();
    });
  });
  return h('span', { class: 'menu-anchor' }, button, box);
}
