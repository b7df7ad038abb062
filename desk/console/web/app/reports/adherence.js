// Adherence: how the agents spent a period, and how long they were away for
// each reason, against what it was to take.

import { h, fill, text, keyed, attr, View } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { link } from '../lib/router.js';
import { errorText } from '../lib/feedback.js';
import { awayName, awayReasons } from '../catalogues.js';
import { can, names, agentName } from '../desk.js';
import { figures } from './figures.js';
import { Period, tool } from './period.js';
import { NONE, seconds, whole } from './words.js';

const REFRESH = 60e3;

export class Adherence extends View {
  #asked = 0;
  #agents = null;
  #agent = '';

  connect() {
    if (!can('reports')) {
      fill(this, h('section', { class: 'pane' }, h('p', { class: 'empty' }, t('error.forbidden'))));
      return;
    }
    const period = new Period(() => this.#load());
    this.period = period;
    this.choice = h('select', { class: 'select', on: { change: (e) => {
      this.#agent = e.target.value;
      this.#render();
    } } });
    this.notice = h('p', { class: 'notice', role: 'status', hidden: true });
    this.place = h('div');
    fill(this, h('section', { class: 'pane', 'aria-labelledby': 'adherence-title' },
      h('header', { class: 'pane__head' },
        h('h1', { id: 'adherence-title' }, t('adherence.title')),
        h('span', { class: 'spacer' }),
        h('a', { class: 'button', href: link('reports') }, icon('chart'), t('reports.title'))),
      h('div', { class: 'pane__body' },
        h('form', { class: 'tools', 'aria-label': t('reports.what'), on: { submit: (e) => e.preventDefault() } },
          period.when, tool(t('reports.agent'), this.choice), period.where),
        this.notice, this.place)));
    this.watch(names, () => this.#render());
    this.watch(awayReasons, () => this.#render());
    this.every(REFRESH, () => period.open && this.#load());
    this.#load();
  }

  async #load() {
    const asked = ++this.#asked;
    const { from, to } = this.period.query();
    attr(this.place, 'aria-busy', 'true');
    try {
      const { agents } = await get('adherence', { from, to });
      if (asked !== this.#asked || !this.isConnected) return;
      this.#agents = agents;
      this.#say('');
      this.#render();
    } catch (e) {
      if (asked === this.#asked && this.isConnected) this.#say(errorText(e), true);
    } finally {
      if (asked === this.#asked) attr(this.place, 'aria-busy', null);
    }
  }

  #say(words, wrong = false) {
    this.notice.hidden = !words;
    this.notice.classList.toggle('notice--danger', wrong);
    text(this.notice, words);
  }

  #render() {
    const all = Object.entries(names.get().agents).sort((a, b) => a[1].localeCompare(b[1]));
    keyed(this.choice, [['', t('reports.all_agents')], ...all], ([id]) => id, ([id, name]) => h('option', { value: id }, name), (o, [, name]) => text(o, name));
    this.choice.value = this.#agent;
    if (!this.#agents) return;
    const shown = this.#agents.filter((a) => !this.#agent || a.agent === this.#agent).sort((a, b) => agentName(a.agent).localeCompare(agentName(b.agent)));
    if (!shown.length) {
      fill(this.place, h('div', { class: 'empty' }, icon('clock'), h('p', null, t('reports.nothing'))));
      return;
    }
    const reasons = shown.flatMap((a) => a.reasons.map((r) => ({ ...r, agent: a.agent })));
    const column = (name) => t(`adherence.column.${name}`);
    fill(this.place,
      h('p', { class: 'figures__text' }, t('adherence.text')),
      figures(t('adherence.statuses'), [t('reports.agent'), t('availability.away'), column('over'), t('availability.available'), t('availability.unavailable')],
        shown.map((a) => [agentName(a.agent), time(a.awaySeconds), over(a.reasons.reduce((sum, r) => sum + r.overSeconds, 0)), time(a.availableSeconds), time(a.unavailableSeconds)])),
      reasons.length > 0 && figures(t('adherence.absences'), [t('reports.agent'), t('away.reason'), ...['spent', 'over', 'planned', 'times'].map(column)],
        reasons.map((r) => [agentName(r.agent), r.reason ? awayName(r.reason) : t('adherence.no_reason'), time(r.actualSeconds), over(r.overSeconds), time(r.plannedSeconds), whole(r.times)]), 2));
  }
}

const time = (s) => (s > 0 ? seconds(s) : NONE);
const over = (s) => (s > 0 ? h('strong', { class: 'is-over' }, seconds(s)) : NONE);

customElements.define('desk-adherence', Adherence);
