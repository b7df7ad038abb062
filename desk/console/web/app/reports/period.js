// The period that a report is of: one of a few, or chosen days, in a time zone.

import { h, attr } from '../lib/dom.js';
import { t, timeZone } from '../lib/i18n.js';
import { now } from '../desk.js';
import { dayOf, startOf, addDays } from './words.js';

const PERIODS = ['today', 'yesterday', 'week', 'month', 'custom'];

/** A control among others above a report. */
export const tool = (label, el) => h('label', { class: 'tool' }, h('span', null, label), el);

export class Period {
  #chosen = 'today';
  #days;
  #zone = timeZone() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

  /**
   * `again()` is called when another one was chosen.
   *
   * @param {() => void} again
   */
  constructor(again) {
    const today = dayOf(now(), this.#zone);
    this.#days = [addDays(today, -6), today];
    const date = (i) => h('input', { class: 'input', type: 'date', value: this.#days[i], on: { change: (e) => {
      if (!e.target.value) return;
      this.#days[i] = e.target.value;
      again();
    } } });
    const dates = [tool(t('reports.from'), date(0)), tool(t('reports.until'), date(1))];
    const show = () => dates.forEach((d) => (d.hidden = this.#chosen !== 'custom'));
    const period = h('select', { class: 'select', value: this.#chosen, on: { change: (e) => {
      this.#chosen = e.target.value;
      show();
      again();
    } } }, PERIODS.map((p) => h('option', { value: p }, t(`reports.periods.${p}`))));
    const zone = h('input', { class: 'input', type: 'text', list: 'report-zones', value: this.#zone, spellcheck: 'false', autocomplete: 'off', on: { change: () => {
      attr(zone, 'aria-invalid', known(zone.value.trim()) ? null : 'true');
      if (!known(zone.value.trim())) return;
      this.#zone = zone.value.trim();
      again();
    } } });
    show();
    /** The controls that say when, and the one that says where days begin. */
    this.when = [tool(t('reports.period'), period), dates];
    this.where = [tool(t('reports.zone'), zone), h('datalist', { id: 'report-zones' }, Intl.supportedValuesOf('timeZone').map((z) => h('option', { value: z })))];
  }

  /** From when to when, as the API takes it; by the hour where it is one day. */
  query() {
    const today = dayOf(now(), this.#zone);
    const [first, last] = { today: [today, today], yesterday: [addDays(today, -1), addDays(today, -1)], week: [addDays(today, -6), today], month: [addDays(today, -29), today] }[this.#chosen] ?? [...this.#days].sort();
    return { from: startOf(first, this.#zone), to: startOf(addDays(last, 1), this.#zone), zone: this.#zone, by: first === last ? 'hour' : 'day' };
  }

  /** Whether it goes on. */
  get open() {
    return new Date(this.query().to).getTime() > now();
  }
}

function known(zone) {
  try {
    return !!zone && !!new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    return false;
  }
}
