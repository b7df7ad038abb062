// Figures in words: times, shares, scores, and civil days of a zone.

import { t, number, language } from '../lib/i18n.js';
import { toCivil, fromCivil } from '../lib/civil.js';
import { elapsed } from '../queues/elapsed.js';

/** What stands for a figure that cannot be made. */
export const NONE = '–';

/** A time in seconds: "42 s", "3:07 min", "2 h 05 min". */
export function seconds(s) {
  if (s == null) return NONE;
  if (s < 60) return t('reports.seconds', { count: s < 10 && s % 1 ? Math.round(s * 10) / 10 : Math.round(s) });
  return s < 3600 ? t('reports.minutes', { time: elapsed(s * 1000) }) : elapsed(s * 1000);
}

const decimal = (n, digits) => new Intl.NumberFormat(language.get(), { maximumFractionDigits: digits }).format(n);

export const whole = (n) => (n == null ? NONE : number(n));
export const percent = (n) => (n == null ? NONE : `${decimal(n, 1)}%`);
export const score = (n) => (n == null ? NONE : decimal(n, 2));

/** The civil day of an instant in a zone: '2026-03-04'. */
export const dayOf = (instant, zone) => toCivil(instant, zone).slice(0, 10);

/** The first instant of a civil day in a zone. */
export const startOf = (day, zone) => fromCivil(`${day}T00:00`, zone);

/** The civil day so many days later. */
export function addDays(day, n) {
  const at = new Date(`${day}T00:00Z`);
  at.setUTCDate(at.getUTCDate() + n);
  return at.toISOString().slice(0, 10);
}

/** What an instant is called on an axis and in a table: by day or by hour. */
export function stepName(instant, by, zone) {
  const options = by === 'hour' ? { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' } : { day: '2-digit', month: 'short' };
  return new Intl.DateTimeFormat(language.get(), { ...options, timeZone: zone, hourCycle: 'h23' }).format(new Date(instant));
}

/** An hour of the day: "09:00". */
export const hourName = (hour) => `${String(hour).padStart(2, '0')}:00`;
