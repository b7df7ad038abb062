// Building and updating the page. Text only ever becomes text nodes, so
// nothing a contact, a bot or an agent wrote can become markup.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. Props: `class` (string or list, falsy ones left out),
 * `on` ({event: listener}), `data` (data-* attributes), `vars` (CSS custom
 * properties), `ref` (called with the element); names the element has as a
 * property and not as a plain attribute (value, checked, disabled, hidden,
 * inert, indeterminate, selected) are set as such; the rest are attributes,
 * left out when null, undefined or false. Children: nodes, text, numbers,
 * lists of them; null and false are skipped.
 *
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...any} children
 * @returns {any}
 */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  // Options must be there before their select is given a value.
  append(el, children);
  set(el, props);
  return el;
}

/** The same for SVG elements. */
export function svg(tag, props, ...children) {
  const el = document.createElementNS(SVG, tag);
  append(el, children);
  set(el, props);
  return el;
}

const asProperty = new Set(['value', 'checked', 'disabled', 'hidden', 'inert', 'indeterminate', 'selected']);

/** Sets props as {@link h} does. */
export function set(el, props) {
  for (const [name, value] of Object.entries(props || {})) {
    if (name === 'class') {
      el.setAttribute('class', [value].flat().filter(Boolean).join(' '));
    } else if (name === 'on') {
      for (const [event, fn] of Object.entries(value)) if (fn) el.addEventListener(event, fn);
    } else if (name === 'data') {
      for (const [k, v] of Object.entries(value)) if (v != null) el.dataset[k] = String(v);
    } else if (name === 'vars') {
      for (const [k, v] of Object.entries(value)) el.style.setProperty(k, String(v));
    } else if (name === 'ref') {
      value(el);
    } else if (asProperty.has(name) && name in el) {
      if (value !== undefined && el[name] !== value) el[name] = value;
    } else {
      attr(el, name, value);
    }
  }
  return el;
}

/** Sets one attribute; null, undefined and false take it away. */
export function attr(el, name, value) {
  if (value == null || value === false) {
    el.removeAttribute(name);
    return;
  }
  const next = value === true ? '' : String(value);
  if (el.getAttribute(name) !== next) el.setAttribute(name, next);
}

function append(el, children) {
  for (const child of children) {
    if (child == null || child === false || child === '') continue;
    if (Array.isArray(child)) append(el, child);
    else el.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces all children. */
export function fill(el, ...children) {
  const fresh = document.createDocumentFragment();
  append(fresh, children);
  el.replaceChildren(fresh);
  return el;
}

/** Changes an element's text only where it differs, which keeps selections. */
export function text(el, value) {
  const next = value == null ? '' : String(value);
  if (el.textContent !== next) el.textContent = next;
  return el;
}

/**
 * Makes the children of `parent` those of `items`, in order: a child is kept
 * as long as its key is there, so focus, scroll and selection stay where they
 * are, also of a child that changes its place. `create(item)` makes a child, `update(el, item)` is called for every
 * one, new or kept. `parent` must have no other children.
 *
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string | number} keyOf
 * @param {(item: T) => Element} create
 * @param {(el: any, item: T) => void} [update]
 */
export function keyed(parent, items, keyOf, create, update) {
  const kept = parent[children] ?? (parent[children] = new Map());
  const next = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (next.has(key)) continue;
    const el = kept.get(key) ?? create(item);
    update?.(el, item);
    next.set(key, el);
  }
  for (const [key, el] of kept) if (!next.has(key)) el.remove();
  const focused = /** @type {HTMLElement | null} */ (parent.contains(document.activeElement) ? document.activeElement : null);
  let at = parent.firstChild;
  for (const el of next.values()) {
    if (el === at) at = at.nextSibling;
    else parent.insertBefore(el, at);
  }
  parent[children] = next;
  if (focused !== document.activeElement) focused?.focus({ preventScroll: true });
}

const children = Symbol('children by key');

/**
 * The base of the views: what `watch` and `listen` began ends when the view
 * leaves the page. A view implements `connect()`, called each time it enters.
 */
export class View extends HTMLElement {
  #ends = [];

  connectedCallback() {
    this.connect();
  }

  disconnectedCallback() {
    this.disconnect();
    for (const end of this.#ends.splice(0)) end();
  }

  connect() {}

  disconnect() {}

  /** Calls fn with the state's value now and after each change. */
  watch(state, fn) {
    this.#ends.push(state.watch(fn));
  }

  /** Listens on any target while the view is in the page. */
  listen(target, event, fn, options) {
    target.addEventListener(event, fn, options);
    this.#ends.push(() => target.removeEventListener(event, fn, options));
  }

  /** Calls fn every so many milliseconds while the view is in the page. */
  every(ms, fn) {
    const timer = setInterval(fn, ms);
    this.#ends.push(() => clearInterval(timer));
  }

  /** Has end called when the view leaves the page. */
  until(end) {
    this.#ends.push(end);
  }
}
