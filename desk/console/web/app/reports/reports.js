// Reports: what finished in a period, as figures, charts and tables to save.

import { h, fill, text, attr, keyed, View } from '../lib/dom.js';
import { get, address } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { link } from '../lib/router.js';
import { errorText, menuButton } from '../lib/feedback.js';
import { can, names, agentName, queueName } from '../desk.js';
import { chart } from './chart.js';
import { figures } from './figures.js';
import { Period, tool } from './period.js';
import { seconds, whole, percent, score, stepName, hourName } from './words.js';

const REFRESH = 60e3;
// So many agents and queues are drawn; the tables have all.
const DRAWN = 12;

/** @type {[string, (v: any) => string, string?][]} */
const TILES = [
  ['started', whole], ['handedOff', whole], ['ended', whole],
  ['waitingMean', seconds, 'waitingP95'], ['firstResponseMean', seconds, 'firstResponseP95'], ['handlingMean', seconds, 'handlingP95'],
  ['abandonmentRate', percent], ['slaRate', percent], ['csatAverage', score], ['npsScore', score],
];

/** @type {[string, (v: any) => string][]} */
const AGENT_COLUMNS = [['stints', whole], ['handlingTotal', seconds], ['handlingMean', seconds], ['firstResponseMean', seconds], ['unanswered', whole],
  ['transfers', whole], ['agentMessages', whole], ['slaRate', percent], ['csatAverage', score], ['csatSatisfied', percent], ['npsScore', score]];

/** @type {[string, (v: any) => string][]} */
const QUEUE_COLUMNS = [['handedOff', whole], ['answered', whole], ['abandonmentRate', percent], ['waitingMean', seconds], ['waitingP95', seconds],
  ['firstResponseMean', seconds], ['durationMean', seconds], ['slaRate', percent], ['csatAverage', score], ['npsScore', score]];

export class Reports extends View {
  #queue = '';
  #agent = '';
  #asked = 0;
  #report = null;

  connect() {
    if (!can('reports')) {
      fill(this, h('section', { class: 'pane' }, h('p', { class: 'empty' }, t('error.forbidden'))));
      return;
    }
    this.period = new Period(() => this.#load());
    this.tiles = h('dl', { class: 'tiles' });
    this.notice = h('p', { class: 'notice', role: 'status', hidden: true });
    this.charts = this.#charts();
    this.agents = h('div');
    this.queues = h('div');
    fill(this, h('section', { class: 'pane', 'aria-labelledby': 'reports-title' },
      h('header', { class: 'pane__head' },
        h('h1', { id: 'reports-title' }, t('reports.title')),
        h('span', { class: 'spacer' }),
        h('a', { class: 'button', href: link('adherence') }, icon('clock'), h('span', null, t('adherence.title'))),
        h('a', { class: 'button', href: link('wall') }, icon('screen'), h('span', null, t('reports.wall'))),
        menuButton({ class: 'button' }, [icon('download'), h('span', null, t('reports.save'))], () => this.#downloads())),
      h('div', { class: 'pane__body' },
        this.#tools(), this.notice, this.tiles,
        h('div', { class: 'charts' }, Object.values(this.charts).map((c) => c.el)),
        this.agents, this.queues)));
    this.watch(names, () => {
      this.#fillChoices();
      this.#render();
    });
    this.every(REFRESH, () => this.period.open && this.#load());
    this.#load();
  }

  #charts() {
    const time = t('reports.time');
    return {
      volume: chart({ title: t('reports.chart.volume'), kind: 'columns', first: t('reports.hour') }),
      days: chart({ title: t('reports.chart.days'), kind: 'columns', first: time }),
      waiting: chart({ title: t('reports.chart.waiting'), kind: 'lines', first: time }),
      response: chart({ title: t('reports.chart.response'), kind: 'lines', first: time }),
      sla: chart({ title: t('reports.chart.sla'), kind: 'lines', first: time }),
      load: chart({ title: t('reports.chart.load'), kind: 'rows', first: t('reports.agent') }),
    };
  }

  #tools() {
    const select = (take) => h('select', { class: 'select', on: { change: (e) => { take(e.target.value); this.#load(); } } });
    this.queueChoice = select((v) => (this.#queue = v));
    this.agentChoice = select((v) => (this.#agent = v));
    return h('form', { class: 'tools', 'aria-label': t('reports.what'), on: { submit: (e) => e.preventDefault() } },
      this.period.when, tool(t('reports.queue'), this.queueChoice), tool(t('reports.agent'), this.agentChoice), this.period.where);
  }

  #fillChoices() {
    const all = names.get();
    const options = (some, none) => [['', none], ...Object.entries(some).sort((a, b) => a[1].localeCompare(b[1]))];
    for (const [el, some, value, none] of [[this.queueChoice, all.queues, this.#queue, t('reports.all_queues')], [this.agentChoice, all.agents, this.#agent, t('reports.all_agents')]]) {
      keyed(el, options(some, none), ([id]) => id, ([id, name]) => h('option', { value: id }, name), (o, [, name]) => text(o, name));
      el.value = value;
    }
  }

  /** What is asked for, as the API takes it. */
  #query() {
    return { ...this.period.query(), queues: this.#queue, agents: this.#agent };
  }

  async #load() {
    const asked = ++this.#asked;
    attr(this.tiles, 'aria-busy', 'true');
    try {
      const report = await get('report', this.#query());
      if (asked !== this.#asked || !this.isConnected) return;
      this.#report = report;
      this.#say(report.complete ? '' : t('reports.incomplete'));
      this.#render();
    } catch (e) {
      if (asked === this.#asked && this.isConnected) this.#say(errorText(e), true);
    } finally {
      if (asked === this.#asked) attr(this.tiles, 'aria-busy', null);
    }
  }

  #say(words, wrong = false) {
    this.notice.hidden = !words;
    this.notice.classList.toggle('notice--danger', wrong);
    text(this.notice, words);
  }

  #render() {
    const r = this.#report;
    if (!r) return;
    keyed(this.tiles, TILES, ([name]) => name, ([name]) => h('div', { data: { figure: name } }, h('dt', null, t(`reports.figure.${name}`)), h('dd'), h('dd', { class: 'faint' })), (el, [name, show, more]) => {
      text(el.querySelector('dd'), show(r.total[name]));
      text(el.querySelector('.faint'), more && r.total[more] != null ? t('reports.p95', { value: show(r.total[more]) }) : '');
    });
    this.#draw(r);
    this.#table(this.agents, t('reports.agents'), r.agents, (row) => agentName(row.agent), AGENT_COLUMNS);
    this.#table(this.queues, t('reports.queues'), r.queues, (row) => queueName(row.queue), QUEUE_COLUMNS);
  }

  #draw(r) {
    const steps = r.times.map((row) => stepName(row.from, r.by, r.zone));
    const labels = r.by === 'hour' ? steps.map((s) => s.slice(-5)) : steps;
    const series = (rows, ...fields) => fields.map((f) => ({ name: t(`reports.figure.${f}`), values: rows.map((row) => row[f]) }));
    const c = this.charts;
    c.volume.render({ labels: r.hours.map((row) => hourName(row.hour)), series: series(r.hours, 'started', 'ended'), show: whole, unit: 'number' });
    c.days.el.hidden = r.by === 'hour';
    c.days.render({ labels, series: series(r.times, 'started', 'handedOff', 'ended'), show: whole, unit: 'number' });
    c.waiting.render({ labels, series: series(r.times, 'waitingMean', 'waitingP95'), show: seconds, unit: 'seconds' });
    c.response.render({ labels, series: series(r.times, 'firstResponseMean', 'firstResponseP95'), show: seconds, unit: 'seconds' });
    c.sla.render({ labels, series: series(r.times, 'slaRate'), show: percent, unit: 'percent' });
    const busiest = r.agents.filter((a) => a.stints > 0).sort((a, b) => b.stints - a.stints).slice(0, DRAWN);
    c.load.render({ labels: busiest.map((a) => agentName(a.agent)), series: series(busiest, 'stints'), show: whole, unit: 'number' });
  }

  #table(place, title, rows, nameOf, columns) {
    fill(place, rows.length > 0 && figures(title, [t('admin.column.name'), ...columns.map(([name]) => t(`reports.figure.${name}`))],
      rows.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b))).map((row) => [nameOf(row), ...columns.map(([name, show]) => show(row[name]))])));
  }

  #downloads() {
    const save = (table, format) => ({
      label: t(`reports.table.${table}`),
      hint: format === 'csv' ? 'CSV' : 'JSON',
      run: () => {
        const a = h('a', { href: address('report/table', { ...this.#query(), table, format, bom: format === 'csv' }), download: '' });
        a.click();
      },
    });
    const tables = ['times', 'hours', 'agents', 'queues', 'facts'];
    return [...tables.map((name) => save(name, 'csv')), null, ...tables.map((name) => save(name, 'json'))];
  }
}

customElements.define('desk-reports', Reports);
