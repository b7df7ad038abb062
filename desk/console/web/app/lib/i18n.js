// Words, numbers and times in the language of the one who reads.

import { State } from './store.js';

export const LANGUAGES = ['pt-BR', 'en', 'es'];

/** The language in use; views render anew when it changes. */
export const language = new State('en');

let catalogue = {};
let zone;
let cache = new Map();

/** The nearest language there is: 'pt' and 'pt-PT' read pt-BR. */
export function nearest(...wanted) {
  for (const want of wanted) {
    const w = (want || '').toLowerCase();
    const found = LANGUAGES.find((l) => l.toLowerCase() === w) ?? LANGUAGES.find((l) => w && l.slice(0, 2).toLowerCase() === w.slice(0, 2));
    if (found) return found;
  }
  return 'en';
}

/** Loads a catalogue and makes its language the one in use. */
export async function useLanguage(name) {
  const next = nearest(name);
  const response = await fetch(new URL(`../../locales/${next}.json`, import.meta.url));
  if (!response.ok) throw new Error(`catalogue ${next}: ${response.status}`);
  catalogue = await response.json();
  cache = new Map();
  document.documentElement.lang = next;
  language.set(next);
}

/** Chooses the IANA time zone times are shown in; '' is the browser's. */
export function useTimeZone(name) {
  try {
    zone = name ? new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone : undefined;
  } catch {
    zone = undefined;
  }
  cache = new Map();
}

export const timeZone = () => zone;

/**
 * The text of a key such as 'list.empty', with {names} filled in. A text with
 * plural forms takes the one for `count`.
 *
 * @param {string} key
 * @param {Record<string, any>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  /** @type {any} */
  let found = find(key);
  if (found && typeof found === 'object') {
    const rules = made('plural', () => new Intl.PluralRules(language.get()));
    found = found[rules.select(Number(values.count))] ?? found.other;
  }
  if (typeof found !== 'string') return key;
  return found.replace(/\{(\w+)\}/g, (all, name) => {
    const v = values[name];
    return v == null ? all : typeof v === 'number' ? number(v) : String(v);
  });
}

/** Whether there is a text of this key; for names the desk may not know. */
export const has = (key) => find(key) !== undefined;

function find(key) {
  let at = catalogue;
  for (const part of key.split('.')) at = at?.[part];
  return at;
}

function made(name, make) {
  let m = cache.get(name);
  if (!m) cache.set(name, (m = make()));
  return m;
}

function format(value, name, options) {
  if (!value) return '';
  const date = value instanceof Date ? value : new Date(value);
  if (Number.isNaN(date.getTime())) return '';
  return made(name, () => new Intl.DateTimeFormat(language.get(), { ...options, timeZone: zone })).format(date);
}

export const number = (n) => made('number', () => new Intl.NumberFormat(language.get())).format(n);
export const time = (v) => format(v, 'time', { hour: '2-digit', minute: '2-digit' });
export const day = (v) => format(v, 'day', { day: '2-digit', month: 'short' });
export const dayLong = (v) => format(v, 'dayLong', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
export const dateTime = (v) => format(v, 'dateTime', { dateStyle: 'medium', timeStyle: 'short' });

/** The civil day of a time in the zone in use, as 2026-03-04: to compare. */
export function civilDay(value) {
  const date = value instanceof Date ? value : new Date(value);
  return made('civil', () => new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: zone })).format(date);
}

/** "Today", "Yesterday" or the whole date: for separators between days. */
export function dayName(value) {
  const today = civilDay(Date.now());
  const that = civilDay(value);
  if (that === today) return t('time.today');
  if (that === civilDay(Date.now() - 864e5)) return t('time.yesterday');
  return dayLong(value);
}

/** A list's short time: the hour today, else yesterday, weekday or the day. */
export function shortTime(value) {
  if (!value) return '';
  const age = Date.now() - new Date(value).getTime();
  if (age < 60e3 && age > -60e3) return t('time.now');
  if (age < 3600e3 && age > 0) return t('time.minutes', { count: Math.floor(age / 60e3) });
  if (civilDay(value) === civilDay(Date.now())) return time(value);
  if (civilDay(value) === civilDay(Date.now() - 864e5)) return t('time.yesterday');
  return day(value);
}

/** How long, in the two largest units: "3 min", "2 h 05 min", "4 d 3 h". */
export function duration(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60e3));
  if (minutes < 1) return t('time.moment');
  if (minutes < 60) return t('time.minutes', { count: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t('time.hours', { hours, minutes: String(minutes % 60).padStart(2, '0') });
  return t('time.days', { days: Math.floor(hours / 24), hours: hours % 24 });
}
