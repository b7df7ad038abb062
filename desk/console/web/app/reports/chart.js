// Charts, drawn as SVG at the size there is: columns, lines or rows. Each says
// in a sentence what it shows, and has a table with the same figures.

import { h, svg, fill } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { NONE } from './words.js';

const HEIGHT = 190;
const PAD = { top: 10, right: 8, bottom: 24, left: 52 };
const ROW = 30;

/**
 * A chart. `of` gives what it shows: {labels, series: [{name, values}], show,
 * unit}, where values are numbers or null, `show` makes a word of one, and
 * `unit` is 'number', 'seconds' or 'percent'. `kind` is 'columns', 'lines' or
 * 'rows'. Call `render(of)` whenever it changes.
 *
 * @param {{title: string, kind: 'columns' | 'lines' | 'rows', first: string}} options
 */
export function chart({ title, kind, first }) {
  const place = h('div', { class: 'chart__place' });
  const legend = h('p', { class: 'chart__legend', 'aria-hidden': 'true' });
  const table = h('table', { class: 'table' });
  const el = h('figure', { class: ['chart', `chart--${kind}`] },
    h('figcaption', null, h('h2', null, title), legend),
    place,
    h('details', { class: 'chart__table' }, h('summary', null, t('reports.as_table')), h('div', { class: 'chart__scroll', tabindex: 0, role: 'region', 'aria-label': title }, table)));
  let shown = null;
  let width = 0;
  const draw = () => {
    if (!shown || !width) return;
    const none = shown.series.every((s) => s.values.every((v) => v == null || v === 0));
    fill(place, none ? h('p', { class: 'chart__none' }, t('reports.nothing')) : DRAW[kind](shown, width, said(title, shown)));
  };
  new ResizeObserver(([entry]) => {
    const next = Math.floor(entry.contentRect.width);
    if (next === width) return;
    width = next;
    draw();
  }).observe(place);
  return {
    el,
    render(of) {
      shown = of;
      fill(legend, of.series.length > 1 && of.series.map((s, i) => h('span', { class: `key key--${i}` }, s.name)));
      fill(table, h('thead', null, h('tr', null, [first, ...of.series.map((s) => s.name)].map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', null, of.labels.map((label, i) => h('tr', null, h('th', { scope: 'row' }, label), of.series.map((s) => h('td', null, s.values[i] == null ? NONE : of.show(s.values[i])))))));
      draw();
    },
  };
}

// The highest of each series, for whoever does not see it.
function said(title, { labels, series, show }) {
  return [title, ...series.map((s) => {
    const most = s.values.reduce((best, v, i) => (v != null && (best < 0 || v > s.values[best]) ? i : best), -1);
    return most < 0 ? '' : t('reports.most', { name: s.name, value: show(s.values[most]), at: labels[most] });
  })].filter(Boolean).join('. ');
}

const STEPS = {
  number: [1, 2, 5],
  percent: [25],
  seconds: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200],
};

/** The values at which lines are drawn: 0 and up to five more, the last at or above the highest. */
export function ticks(highest, unit) {
  let step = STEPS[unit].find((s) => s * 4 >= highest);
  if (!step) {
    const base = unit === 'seconds' ? 86400 : 1;
    const power = base * 10 ** Math.max(0, Math.floor(Math.log10(highest / 4 / base)));
    step = [1, 2, 5, 10].map((n) => n * power).find((s) => s * 4 >= highest);
  }
  const all = [0];
  while (all.at(-1) < highest) all.push(all.at(-1) + step);
  return all.length > 1 ? all : [0, step];
}

// The frame of columns and lines: ticks at the left, labels below.
function frame({ labels, series, show, unit }, width, label) {
  const highest = unit === 'percent' ? 100 : Math.max(...series.flatMap((s) => s.values.map((v) => v ?? 0)));
  const at = ticks(highest, unit);
  const inner = { w: width - PAD.left - PAD.right, h: HEIGHT - PAD.top - PAD.bottom };
  const y = (v) => PAD.top + inner.h * (1 - v / at.at(-1));
  const slot = inner.w / labels.length;
  const every = Math.ceil(labels.length / Math.max(1, Math.floor(inner.w / 64)));
  const root = svg('svg', { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label },
    at.map((v) => [
      svg('line', { class: 'chart__line', x1: PAD.left, x2: width - PAD.right, y1: y(v), y2: y(v) }),
      svg('text', { class: 'chart__tick', x: PAD.left - 6, y: y(v) + 4, 'text-anchor': 'end' }, show(v)),
    ]),
    labels.map((name, i) => i % every === 0 && svg('text', { class: 'chart__tick', x: PAD.left + slot * (i + 0.5), y: HEIGHT - 6, 'text-anchor': 'middle' }, name)));
  return { root, y, slot, x: (i) => PAD.left + slot * i };
}

const hint = (of, s, i) => svg('title', null, `${of.labels[i]} · ${s.name}: ${of.show(s.values[i])}`);

function columns(of, width, label) {
  const { root, y, slot, x } = frame(of, width, label);
  const gap = Math.min(slot * 0.3, 14);
  const each = (slot - gap) / of.series.length;
  of.series.forEach((s, n) => s.values.forEach((v, i) => {
    if (!v) return;
    root.append(svg('rect', { class: `mark mark--${n}`, x: x(i) + gap / 2 + each * n, y: y(v), width: Math.max(1, each - 1), height: Math.max(1, y(0) - y(v)), rx: Math.min(2, each / 4) }, hint(of, s, i)));
  }));
  return root;
}

function lines(of, width, label) {
  const { root, y, slot, x } = frame(of, width, label);
  of.series.forEach((s, n) => {
    // A line has a gap where there is no value.
    let path = '';
    let open = false;
    s.values.forEach((v, i) => {
      if (v == null) {
        open = false;
        return;
      }
      path += `${open ? 'L' : 'M'}${(x(i) + slot / 2).toFixed(1)} ${y(v).toFixed(1)}`;
      open = true;
    });
    root.append(svg('path', { class: `stroke stroke--${n}`, d: path || 'M0 0' }));
    s.values.forEach((v, i) => v != null && root.append(svg('circle', { class: `mark mark--${n}`, cx: x(i) + slot / 2, cy: y(v), r: slot > 9 ? 3 : 1.5 }, hint(of, s, i))));
  });
  return root;
}

function rows(of, width, label) {
  const height = of.labels.length * ROW;
  const left = Math.min(170, width * 0.35);
  const most = of.unit === 'percent' ? 100 : Math.max(1, ...of.series[0].values.map((v) => v ?? 0));
  const root = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  const [s] = of.series;
  of.labels.forEach((name, i) => {
    const v = s.values[i] ?? 0;
    const long = Math.max(v ? 2 : 0, (width - left - 76) * (v / most));
    const short = Math.max(4, Math.floor(left / 7.2));
    root.append(
      svg('text', { class: 'chart__label', x: left - 8, y: i * ROW + 20, 'text-anchor': 'end' }, name.length > short ? `${name.slice(0, short - 1)}…` : name, svg('title', null, name)),
      svg('rect', { class: 'mark mark--0', x: left, y: i * ROW + 7, width: long, height: ROW - 12, rx: 3 }, hint(of, s, i)),
      svg('text', { class: 'chart__value', x: left + long + 6, y: i * ROW + 20 }, s.values[i] == null ? NONE : of.show(v)));
  });
  return root;
}

const DRAW = { columns, lines, rows };
