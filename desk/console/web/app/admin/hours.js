// The calendars: when queues are open and agents work.

import { h, fill } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { has, language, t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { me } from '../desk.js';
import { Entries } from './entries.js';
import { part } from './form.js';
import { checks, idField, line, select, zoneField } from './fields.js';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const SUNDAY = Date.UTC(2023, 0, 1);
const MOST = 12;

/** The name of a day of the week, from 0 for Monday. */
const dayName = (i, weekday = 'long') => new Intl.DateTimeFormat(language.get(), { weekday, timeZone: 'UTC' }).format(SUNDAY + (i + 1) * 864e5);
const dateName = (date) => new Intl.DateTimeFormat(language.get(), { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(date));

class Hours extends Entries {
  kind = { page: 'hours', path: 'calendars', list: 'calendars', setting: 'calendar', sign: 'clock', columns: ['week', 'zone'] };

  cells(calendar) {
    const days = DAYS.filter((d) => calendar.week?.[d]?.length);
    return [days.length ? days.map((d) => dayName(DAYS.indexOf(d), 'short')).join(' · ') : t('hours.closed'), calendar.timeZone || t('hours.of_bot')];
  }

  fields(calendar, all) {
    const v = calendar ?? { name: '', week: {} };
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256 });
    const ident = !calendar && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('hours.id_hint') });
    const zone = zoneField({ value: v.timeZone ?? '', none: t('admin.of_the_bot', { value: me.get().bot.timeZone || 'UTC' }) });
    const week = weekField(v.week ?? {});
    const exceptions = exceptionsField(v.exceptions ?? []);
    const holidays = select({ name: 'holidays', label: t('hours.holidays'), value: v.holidays ?? '', options: [['', t('hours.no_holidays')], ...(v.holidays ? [[v.holidays, listName(v.holidays)]] : [])] });
    const room = h('div');
    const next = h('div', { class: 'hours__next' });
    let optional = { name: 'optional', get: () => v.optional ?? [] };
    const box = { name: 'optional', as: ['optional', 'calendar optional holiday'], el: room, get: () => optional.get(), set: (o) => optional.set?.(o), check: () => '', focus: () => room.querySelector('input')?.focus(), wrong() {} };

    const preview = async (renew) => {
      const list = holidays.get();
      const known = await get('holidays', { list, optional: renew ? [] : optional.get() });
      if (!room.isConnected && !this.isConnected) return;
      const chosen = holidays.el.querySelector('select');
      for (const l of known.lists) if (![...chosen.options].some((o) => o.value === l)) chosen.append(h('option', { value: l }, listName(l)));
      if (renew) {
        const made = known.optional.length > 0 && checks({ name: 'optional', label: t('hours.optional'), value: optional.get(), options: known.optional.map((o) => [o.id, holidayName(o), '']) });
        optional = made || { get: () => [] };
        fill(room, made && made.el);
        if (made && made.get().length) return preview(false);
      }
      fill(next, known.next.length > 0 && [h('p', { class: 'field__label' }, t('hours.next')),
        h('ul', null, known.next.map((o) => h('li', null, h('span', null, dateName(o.date)), h('span', null, holidayName(o)))))]);
    };
    holidays.el.addEventListener('input', () => preview(true));
    room.addEventListener('change', () => preview(false));
    preview(true);
    return {
      fields: [name, ident, zone, week, holidays, box, exceptions].filter(Boolean),
      content: [
        part(t('hours.calendar'), t('hours.calendar_text'), name.el, ident && ident.el, zone.el),
        part(t('hours.week'), t('hours.week_text'), week.el),
        part(t('hours.holidays'), t('hours.holidays_text'), holidays.el, room, next),
        part(t('hours.exceptions'), t('hours.exceptions_text'), exceptions.el),
      ],
    };
  }

  body({ name, timeZone, week, holidays, optional, exceptions }) {
    return { name, timeZone, week, holidays, optional: holidays ? optional : [], exceptions };
  }
}

const listName = (list) => {
  try {
    return new Intl.DisplayNames(language.get(), { type: 'region' }).of(list) ?? list;
  } catch {
    return list;
  }
};

const holidayName = (o) => {
  const key = `hours.holiday.${o.id}`;
  return has(key) ? t(key) : o.name;
};

/** The intervals of one day; `label` names it for those who hear the page. */
function intervals(value, label) {
  const list = h('span', { class: 'hours__list' });
  const add = h('button', { class: 'icon-button', type: 'button', 'aria-label': t('hours.add', { day: label }), on: { click: () => row(next(), true) } }, icon('plus'));
  const closed = h('span', { class: 'hours__closed' }, t('hours.closed'));
  const el = h('div', { class: 'hours__intervals' }, list, closed, add);
  const rows = () => [...list.children];
  const read = (r) => [...r.querySelectorAll('input')].map((i) => i.value);
  // What is likely to follow: a break of an hour, then the rest of the day.
  const next = () => {
    const last = rows().at(-1);
    if (!last) return { from: '09:00', to: '18:00' };
    const from = (Number(read(last)[1].slice(0, 2)) + 1) % 24;
    return { from: `${String(from).padStart(2, '0')}:00`, to: `${String((from + 4) % 24).padStart(2, '0')}:00` };
  };
  const show = () => {
    closed.hidden = rows().length > 0;
    add.disabled = rows().length >= MOST;
    for (const r of rows()) {
      const [from, to] = read(r);
      r.querySelector('small').hidden = !(from && to && to <= from && to !== '00:00');
    }
  };
  const tell = () => {
    show();
    el.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const row = ({ from, to }, fresh) => {
    const input = (v, key) => h('input', { class: 'input', type: 'time', required: true, value: v === '24:00' ? '00:00' : v, 'aria-label': t(`hours.${key}`, { day: label }), on: { input: show } });
    const r = h('span', { class: 'hours__interval' }, input(from, 'from'), h('span', { 'aria-hidden': 'true' }, '–'), input(to, 'to'),
      h('small', { hidden: true }, t('hours.next_day')),
      h('button', { class: 'icon-button', type: 'button', 'aria-label': t('hours.remove', { day: label }), on: { click: () => { r.remove(); tell(); add.focus(); } } }, icon('close')));
    list.append(r);
    if (fresh) {
      tell();
      r.querySelector('input').focus();
    }
  };
  const set = (v) => {
    fill(list);
    for (const i of v) row(i, false);
    show();
  };
  set(value);
  return { el, set,
    get: () => rows().map(read).map(([from, to]) => ({ from, to: to === '00:00' ? '24:00' : to })),
    check() {
      const all = this.get();
      if (all.some(({ from, to }) => !from || !to || from === to)) return t('hours.wrong.time');
      const overlap = all.some(({ from }, i) => i > 0 && (all[i - 1].to < all[i - 1].from || from < all[i - 1].to));
      return overlap ? t('hours.wrong.overlap') : '';
    } };
}

/** What the form needs of a field that is made of several. */
function compound(name, as, content, parts) {
  const error = h('p', { class: 'field__error', role: 'alert', hidden: true });
  return { name, as, el: h('div', { class: 'field' }, content, error),
    focus: () => content.querySelector('input, button')?.focus(),
    check: () => parts().map((p) => p.check()).find(Boolean) ?? '',
    wrong(message) {
      error.hidden = !message;
      fill(error, message);
    } };
}

function weekField(value) {
  const days = DAYS.map((d, i) => intervals(value[d] ?? [], dayName(i)));
  const copy = (i) => {
    for (const d of days.slice(i + 1, 5)) d.set(days[i].get());
    days[i].el.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const grid = h('div', { class: 'hours' }, days.map((d, i) => h('div', { class: 'hours__day', role: 'group', 'aria-label': dayName(i), data: { day: DAYS[i] } },
    h('span', { class: 'hours__name' }, dayName(i)), d.el,
    i === 0 && h('button', { class: 'button button--small', type: 'button', on: { click: () => copy(0) } }, icon('copy'), t('hours.copy')))));
  return { ...compound('week', ['week', 'intervals', 'calendar interval', 'calendar intervals'], grid, () => days),
    get: () => Object.fromEntries(DAYS.map((d, i) => [d, days[i].get()]).filter(([, v]) => v.length)),
    set: (v) => DAYS.forEach((d, i) => days[i].set(v[d] ?? [])) };
}

function exceptionsField(value) {
  let rows = [];
  const list = h('div', { class: 'hours' });
  const add = h('button', { class: 'button', type: 'button', on: { click: () => one({ date: '', hours: [] }, true) } }, icon('plus'), t('hours.add_exception'));
  const box = h('div', null, list, add);
  const tell = () => list.dispatchEvent(new Event('input', { bubbles: true }));
  function one(v, fresh) {
    const date = h('input', { class: 'input', type: 'date', value: v.date, required: true, 'aria-label': t('hours.date') });
    const name = h('input', { class: 'input', type: 'text', value: v.name ?? '', maxlength: 80, placeholder: t('hours.reason'), 'aria-label': t('hours.reason') });
    const hours = intervals(v.hours ?? [], t('hours.that_day'));
    const row = { date, name, hours, check: () => (!date.value ? t('hours.wrong.date') : rows.some((o) => o !== row && o.date.value === date.value) ? t('hours.wrong.twice') : hours.check()) };
    const remove = h('button', { class: 'icon-button', type: 'button', 'aria-label': t('hours.remove_exception'), on: { click: () => { el.remove(); rows = rows.filter((o) => o !== row); tell(); add.focus(); } } }, icon('trash'));
    const el = h('div', { class: 'hours__exception' }, date, name, hours.el, remove);
    rows.push(row);
    list.append(el);
    if (fresh) {
      tell();
      date.focus();
    }
  }
  const set = (all) => {
    rows = [];
    fill(list);
    for (const v of all) one(v, false);
  };
  set(value);
  return { ...compound('exceptions', ['exceptions', 'calendar exceptions', 'calendar exception date'], box, () => rows), set,
    get: () => rows.map((r) => ({ date: r.date.value, name: r.name.value.trim(), hours: r.hours.get() })).toSorted((a, b) => a.date.localeCompare(b.date)) };
}

customElements.define('admin-hours', Hours);
