// Civil times of the time zone in use, as <input type=datetime-local> has them.

import { timeZone } from './i18n.js';

/** The civil time of an instant: '2026-03-04T12:30'. */
export function toCivil(instant, zone = timeZone()) {
  if (!instant) return '';
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return '';
  const part = Object.fromEntries(new Intl.DateTimeFormat('en-CA', {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone,
  }).formatToParts(date).map((p) => [p.type, p.value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}`;
}

/**
 * The instant of a civil time, as RFC 3339 in UTC, '' if it is none. Where a
 * clock was set forward the time does not exist and the next one is meant.
 */
export function fromCivil(civil, zone = timeZone()) {
  const wanted = Date.parse(`${civil}Z`);
  if (Number.isNaN(wanted)) return '';
  let at = wanted;
  // The offset at the guess gives a better guess; twice is enough for a day
  // on which clocks are set.
  for (let i = 0; i < 2; i++) at += wanted - Date.parse(`${toCivil(at, zone)}Z`);
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
