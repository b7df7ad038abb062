// The fields of the forms. Each is {name, el, get, set, check}: its element
// with label, hint and room for an error; its value; and what is wrong with
// it, in words, or ''. A field tells of a change by an input event.

import { h, fill, attr } from '../lib/dom.js';
import { t, LANGUAGES } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { languageName } from '../signin/signin.js';

let count = 0;

/** A field around an input that `make` makes from its id and descriptions. */
function field({ name, label, hint, group = false, as, check }, make) {
  const id = `field-${++count}`;
  const hintId = hint ? `${id}-hint` : null;
  const error = h('p', { class: 'field__error', id: `${id}-error`, hidden: true });
  const made = make({ id, name, 'aria-describedby': [hintId, error.id].filter(Boolean).join(' ') });
  const el = h(group ? 'fieldset' : 'div', { class: 'field' },
    group ? h('legend', { class: 'field__label' }, label) : h('label', { for: id }, label),
    made.el,
    hint && h('p', { class: 'field__hint', id: hintId }, hint),
    error);
  const input = made.input ?? made.el;
  // What was wrong is said until it is right.
  el.addEventListener('input', () => !error.hidden && self.wrong(self.check()));
  const self = {
    name,
    as: [as ?? name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)].flat(),
    el,
    get: made.get,
    set: made.set,
    check: () => made.check?.() || check?.(made.get()) || '',
    focus: () => (made.focus ?? input).focus(),
    /** Shows what is wrong; '' for nothing. */
    wrong(message) {
      error.hidden = !message;
      fill(error, message);
      attr(input, 'aria-invalid', message ? 'true' : null);
    },
  };
  return self;
}

const changed = (el) => el.dispatchEvent(new Event('input', { bubbles: true }));

/** One line of text; `required`, `max` (bytes), `type`, and other attributes of the input in `input`. */
export function line(o) {
  return field(o, (props) => {
    const el = h('input', { class: 'input', type: o.type ?? 'text', value: o.value ?? '', autocomplete: 'off', 'aria-required': o.required ? 'true' : null, ...o.input, ...props });
    return { el, ...plain(el, o) };
  });
}

/** Several lines of text. */
export function area(o) {
  return field(o, (props) => {
    const el = h('textarea', { class: 'input', rows: o.rows ?? 5, value: o.value ?? '', 'aria-required': o.required ? 'true' : null, ...o.input, ...props });
    return { el, ...plain(el, o) };
  });
}

function plain(el, { required, max, type }) {
  const get = () => (type === 'password' ? el.value : el.value.trim());
  return {
    get,
    set: (v) => (el.value = v),
    check() {
      const v = get();
      if (required && !v) return t('admin.wrong.empty');
      if (max && new TextEncoder().encode(v).length > max) return t('admin.wrong.long');
      if (type === 'email' && v && !/^[^\s@]+@[^\s@]+$/.test(v)) return t('admin.wrong.email');
      return '';
    },
  };
}

/** One of some: options are [value, label]. */
export function select(o) {
  return field(o, (props) => {
    const el = h('select', { class: 'select', value: o.value, ...props }, o.options.map(([value, label]) => h('option', { value }, label)));
    return { el, get: () => el.value, set: (v) => (el.value = v) };
  });
}

/** One of a few, each with a word of explanation: options are [value, label, hint]. */
export function choice(o) {
  return field({ ...o, group: true }, ({ id, 'aria-describedby': described }) => {
    const radios = o.options.map(([value]) => h('input', { type: 'radio', name: id, value, checked: value === o.value, 'aria-describedby': described }));
    const el = h('div', { class: 'choices' }, o.options.map(([, label, hint], i) => h('label', { class: 'choice' },
      radios[i], h('span', null, h('span', { class: 'choice__label' }, label), hint && h('small', null, hint)))));
    return {
      el,
      focus: radios[0],
      get: () => radios.find((r) => r.checked)?.value ?? '',
      set: (v) => radios.forEach((r) => (r.checked = r.value === v)),
    };
  });
}

/** Any of some: options are [value, label, hint, locked]; a locked one stays as it is. */
export function checks(o) {
  return field({ ...o, group: true }, ({ 'aria-describedby': described }) => {
    const boxes = o.options.map(([value, , , locked]) => h('input', { type: 'checkbox', value, checked: o.value.includes(value), disabled: !!locked, 'aria-describedby': described }));
    const el = h('div', { class: 'options' }, o.options.map(([, label, hint], i) => h('label', { class: 'check option' },
      boxes[i], h('span', null, h('span', null, label), hint && h('small', null, hint)))));
    return {
      el,
      focus: boxes[0],
      get: () => boxes.filter((b) => b.checked).map((b) => b.value),
      set: (v) => boxes.forEach((b) => (b.checked = v.includes(b.value))),
    };
  });
}

/** A switch, on or off. */
export function toggle({ label, hint, value, on, disabled = false }) {
  return h('label', { class: 'check switch' },
    h('input', { type: 'checkbox', role: 'switch', checked: value, disabled, on: { change: (e) => on(e.target.checked) } }),
    h('span', null, h('span', null, label), hint && h('small', null, hint)));
}

/** A list of words: Enter or a comma adds one, Backspace takes the last away. */
export function words(o) {
  return field(o, (props) => {
    let list = [...(o.value ?? [])];
    const input = h('input', { ...props, class: 'words__input', type: 'text', autocomplete: 'off', placeholder: o.placeholder ?? null, on: {
      keydown: (e) => {
        if ((e.key === 'Enter' || e.key === ',') && !e.isComposing) {
          if (e.key === ',' || input.value.trim()) e.preventDefault();
          add();
        } else if (e.key === 'Backspace' && !input.value && list.length) {
          remove(list.at(-1));
        }
      },
      blur: add,
    } });
    const chips = h('span', { class: 'words__chips', role: 'list' });
    const el = h('div', { class: 'input words', on: { click: (e) => e.target === el && input.focus() } }, chips, input);
    function add() {
      const word = input.value.trim();
      input.value = '';
      if (!word || list.includes(word)) return;
      list = [...list, word];
      render();
      changed(el);
    }
    function remove(word) {
      list = list.filter((w) => w !== word);
      render();
      input.focus();
      changed(el);
    }
    function render() {
      fill(chips, list.map((w) => h('span', { class: 'chip', role: 'listitem' }, h('span', null, w),
        h('button', { type: 'button', 'aria-label': t('admin.remove_word', { word: w }), on: { click: () => remove(w) } }, icon('close')))));
    }
    render();
    return {
      el, input,
      get: () => list,
      set: (v) => {
        list = [...v];
        render();
      },
    };
  });
}

const MOST = 1000;

/** A whole number; get gives '' for none. */
export function amount(o) {
  return field(o, (props) => {
    const el = h('input', { class: 'input input--number', type: 'text', inputmode: 'numeric', autocomplete: 'off', value: o.value ?? '', placeholder: o.placeholder ?? null, ...props });
    return {
      el,
      get: () => (/^\d+$/.test(el.value.trim()) ? Number(el.value) : el.value.trim()),
      set: (v) => (el.value = String(v)),
      check: () => (/^\d*$/.test(el.value.trim()) && Number(el.value) <= (o.most ?? MOST) ? '' : t('admin.wrong.number', { most: o.most ?? MOST })),
    };
  });
}

// A time of whole units, which has its value in seconds: one that is not
// whole stays as it is until somebody changes it.
const timeIn = (unit) => ({ seconds = 0, ...o }) => {
  const shown = seconds ? Math.max(1, Math.round(seconds / unit)) : '';
  const made = amount({ ...o, value: shown });
  return {
    ...made,
    get: () => (made.get() === shown ? seconds : Number(made.get()) * unit),
    set: (v) => made.set(v === seconds ? shown : v ? v / unit : ''),
  };
};

/** A time shown in minutes; its value is in seconds. */
export const minutes = timeIn(60);

/** A time shown in hours; its value is in seconds. */
export const hours = timeIn(3600);

/** A language of the console; '' is `none`. */
export const languageField = (o) => select({ name: 'language', label: t('admin.language'), ...o,
  options: [...(o.none ? [['', o.none]] : []), ...LANGUAGES.map((l) => [l, languageName(l)]),
    // What a platform chose stays to be chosen.
    ...(o.value && !LANGUAGES.includes(o.value) ? [[o.value, o.value]] : [])] });

/** A time zone by its name; '' is `none`. */
export const zoneField = (o) => field({ name: 'timeZone', label: t('admin.time_zone'), ...o }, (props) => {
  const list = `${props.id}-zones`;
  const input = h('input', { class: 'input', type: 'text', list, value: o.value ?? '', placeholder: o.none ?? 'UTC', autocomplete: 'off', spellcheck: 'false', ...props });
  return {
    el: h('div', null, input, h('datalist', { id: list }, Intl.supportedValuesOf('timeZone').map((z) => h('option', { value: z })))),
    input,
    get: () => input.value.trim(),
    set: (v) => (input.value = v),
    check: () => (known(input.value.trim()) ? '' : t('admin.wrong.zone')),
  };
});

function known(zone) {
  try {
    return !zone || !!new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    return false;
  }
}

/** The id of something new, which follows the name until somebody writes one. */
export function idField({ follows, taken, label, hint }) {
  const made = line({ name: 'id', label, hint, required: true, max: 64, input: { spellcheck: 'false', autocapitalize: 'none' },
    check: (v) => (taken(v) ? t('admin.wrong.taken') : '') });
  let own = false;
  made.el.addEventListener('input', () => (own = made.get() !== ''));
  follows.el.addEventListener('input', () => {
    if (!own) made.set(slug(follows.get(), taken));
  });
  return made;
}

function slug(name, taken) {
  const base = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 40);
  let made = base;
  for (let n = 2; made && taken(made); n++) made = `${base}-${n}`;
  return made;
}
