// Routing rules: in their order, each with its conditions and what it decides
// in words; and a dry run that says which fires, and why the others do not.

import { h, fill, text, attr, keyed } from '../lib/dom.js';
import { get, patch, post, put } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { confirm, errorText, fail, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { Page, nothing } from './page.js';
import { Form, part } from './form.js';
import { checks, choice, idField, line, select, words } from './fields.js';
import { Conditions } from './conditions.js';
import { inWords, inWordsThen } from './rulewords.js';

const PRIORITIES = ['high', 'medium', 'low'];

class Rules extends Page {
  connect() {
    const title = t('admin.page.rules');
    this.loading(title);
    this.attempt(title, async () => {
      // Calendars are another page's: without it rules have none.
      const [{ rules }, { queues }, { fields }, { agents }, { tags }, calendars, bot] = await Promise.all([
        get('rules'), get('queues'), get('contact-fields'), get('names'), get('tags'), get('calendars').then((r) => r.calendars, () => []), get('bot'),
      ]);
      if (!this.isConnected) return;
      this.known = { queues, fields, agents, tags, calendars, bot };
      this.rules = rules;
      const rule = rules.find((r) => r.id === this.item);
      if (this.fresh) this.#edit(null);
      else if (!this.item) this.#list();
      else if (rule) this.#edit(rule);
      else this.missing(title, link('admin', 'rules'));
    });
  }

  #list() {
    this.place = h('ol', { class: 'rules', 'aria-label': t('admin.page.rules') });
    this.said = h('p', { class: 'visually-hidden', role: 'status' });
    this.show({ title: t('admin.page.rules'), text: t('rules.text'),
      actions: h('a', { class: 'button button--primary', href: link('admin', 'rules', { new: '1' }) }, icon('plus'), t('rules.new')) },
    this.rules.length ? this.place : nothing('transfer', t('rules.none'), t('rules.none_text')), this.said, this.#otherwise(), this.#dryRun());
    this.#render();
  }

  #render(result = null) {
    // Whoever is on a rule stays on it, wherever it goes.
    keyed(this.place, this.rules, (rule) => rule.id, (rule) => this.#row(rule), (el, rule) => {
      const i = this.rules.indexOf(rule);
      this.#update(el, rule, i, result?.trace[i]);
    });
  }

  #row({ id }) {
    const at = () => this.rules.findIndex((r) => r.id === id);
    const button = (name, delta) => h('button', { class: 'icon-button', type: 'button', data: { move: name }, on: { click: () => this.#move(at(), delta) } }, icon('down'));
    // Alt and an arrow moves the rule that has the focus.
    const keys = (e) => {
      if (!e.altKey || (e.key !== 'ArrowUp' && e.key !== 'ArrowDown')) return;
      e.preventDefault();
      this.#move(at(), e.key === 'ArrowUp' ? -1 : 1);
    };
    return h('li', { data: { rule: id }, on: { keydown: keys } },
      h('span', { class: 'rule__number', 'aria-hidden': 'true' }),
      h('div', { class: 'rule__text' }, h('a', { class: 'rule__name', href: link('admin', 'rules', id) }), h('span', { class: 'rule__chips' }),
        h('ul', { class: 'rule__when' }), h('p', { class: 'rule__then' }), h('p', { class: 'rule__result' })),
      h('div', { class: 'rule__acts' }, button('up', -1), button('down', 1)));
  }

  #update(el, rule, i, step) {
    const of = (name) => el.querySelector(`.rule__${name}`);
    attr(el, 'class', ['rule', rule.off && 'rule--off', step && `rule--${step.result}`].filter(Boolean).join(' '));
    text(of('number'), i + 1);
    text(of('name'), rule.name);
    fill(of('chips'), rule.off && h('span', { class: 'chip' }, t('rules.off')), rule.continue && h('span', { class: 'chip' }, t('rules.continues')));
    attr(of('when'), 'aria-label', t(rule.any ? 'rules.when_any' : 'rules.when_all'));
    fill(of('when'), rule.when?.length ? rule.when.map((c, k) => h('li', { class: step?.held ? (step.held[k] ? 'is-met' : 'is-not-met') : null },
      step?.held && h('span', { class: 'rule__mark' }, icon(step.held[k] ? 'check' : 'close'), h('span', { class: 'visually-hidden' }, t(step.held[k] ? 'rules.held' : 'rules.not_held'))),
      k > 0 && h('span', { class: 'faint' }, t(rule.any ? 'rules.or' : 'rules.and')), ' ', inWords(c, this.known)))
      : h('li', null, t('rules.always')));
    fill(of('then'), icon('transfer'), inWordsThen(rule.then, this.known));
    of('result').hidden = !step;
    text(of('result'), step && t(`rules.result.${step.result}`));
    for (const button of of('acts').children) {
      const name = t(`rules.${button.dataset.move}`, { name: rule.name });
      attr(button, 'aria-label', name);
      attr(button, 'title', name);
      attr(button, 'aria-disabled', i === (button.dataset.move === 'up' ? 0 : this.rules.length - 1) ? 'true' : null);
    }
  }

  async #move(i, delta) {
    const before = this.rules;
    if (!before[i + delta]) return;
    const rules = [...before];
    const [rule] = rules.splice(i, 1);
    rules.splice(i + delta, 0, rule);
    this.rules = rules;
    this.#render();
    fill(this.said, t('rules.moved', { name: rule.name, place: i + delta + 1 }));
    // One after the other, and among the rules as others have them by now.
    const over = before[i + delta].id;
    this.saving = (this.saving ?? Promise.resolve()).then(async () => {
      try {
        const { rules: now } = await get('rules');
        const [from, to] = [rule.id, over].map((ident) => now.findIndex((r) => r.id === ident));
        if (from >= 0 && to >= 0) {
          now.splice(to, 0, ...now.splice(from, 1));
          await put('rules', { rules: now });
        }
        if (this.rules !== rules) return; // another move follows
        this.rules = now;
        if (now.length !== rules.length || now.some((r, k) => r.id !== rules[k].id)) this.#render();
      } catch (e) {
        fail(e);
        this.rules = before;
        this.#render();
      }
    });
  }

  /** Where it goes that no rule sends anywhere. */
  #otherwise() {
    const { queues, bot } = this.known;
    const queue = select({ name: 'queue', label: t('rules.otherwise'), hint: t('rules.otherwise_hint'), value: bot.queue ?? '', options: queueOptions(queues, t('rules.nowhere'), bot.queue) });
    return new Form({ fields: [queue], content: [queue.el], compact: true, save: async ({ queue: to }) => {
      this.known.bot = await patch('bot', { queue: to });
      toast(t('admin.saved'), { kind: 'success' });
    } }).el;
  }

  #dryRun() {
    const said = line({ name: 'text', label: t('rules.try_text'), hint: t('rules.try_text_hint'), max: 4096 });
    const conversation = line({ name: 'conversation', label: t('rules.try_conversation'), hint: t('rules.try_conversation_hint'), max: 64, input: { spellcheck: 'false' } });
    const channel = line({ name: 'channel', label: t('rules.subject.channel'), max: 64, input: { spellcheck: 'false' } });
    const priority = select({ name: 'priority', label: t('rules.subject.priority'), value: 'none', options: ['none', ...PRIORITIES].map((p) => [p, t(`priority.${p}`)]) });
    const outcome = h('div', { class: 'trial', role: 'status' });
    const form = new Form({
      fields: [said, conversation, channel, priority], label: t('rules.try'), fresh: true, compact: true,
      content: [said.el, h('div', { class: 'pair' }, conversation.el, channel.el), priority.el],
      save: async (v) => {
        try {
          await this.saving; // the server is to try the rules in the order that is seen
          const result = await post('rules/dry-run', {
            ...(v.text && { texts: [v.text] }), ...(v.conversation && { conversation: v.conversation.replace(/^.*#\/c\//, '') }), ...(v.channel && { channel: v.channel }), priority: v.priority,
          });
          this.rules = result.rules;
          this.#render(result);
          fill(outcome, h('p', { class: ['notice', result.queue ? 'notice--success' : 'notice--warning'] }, this.#told(result)));
        } catch (e) {
          fill(outcome, h('p', { class: 'notice notice--danger' }, errorText(e)));
        }
      },
    });
    return h('section', { class: 'rules__try', 'aria-label': t('rules.try_title') }, h('header', { class: 'part__head' }, h('h2', null, t('rules.try_title')), h('p', null, t('rules.try_hint'))), form.el, outcome);
  }

  #told({ decision, queue }) {
    const rule = this.rules.find((r) => r.id === decision.rule);
    if (!queue) return t('rules.told_nowhere');
    const to = inWordsThen({ ...decision, queue }, this.known);
    return decision.queue ? t('rules.told', { rule: rule.name, to }) : t('rules.told_default', { to });
  }

  #edit(rule) {
    const fresh = !rule;
    const v = rule ?? { name: '', then: {} };
    const { queues, agents, tags } = this.known;
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256 });
    const ident = fresh && idField({ follows: name, taken: (w) => this.rules.some((r) => r.id === w), label: t('admin.id'), hint: t('rules.id_hint') });
    const any = choice({ name: 'any', label: t('rules.match'), value: v.any ? 'any' : 'all', options: ['all', 'any'].map((w) => [w, t(`rules.match_${w}`)]) });
    const when = new Conditions(v.when ?? [], this.known);
    const queue = select({ name: 'queue', label: t('rules.to_queue'), value: v.then.queue ?? '', options: queueOptions(queues, t('rules.no_queue'), v.then.queue) });
    const priority = select({ name: 'priority', label: t('rules.to_priority'), value: v.then.priority ?? '', options: [['', t('rules.as_asked')], ...PRIORITIES.map((p) => [p, t(`priority.${p}`)])] });
    const agent = select({ name: 'agent', label: t('rules.to_agent'), hint: t('rules.to_agent_hint'), value: v.then.previous ? ' ' : (v.then.agent ?? ''),
      options: [['', t('rules.nobody')], [' ', t('rules.previous')], ...Object.entries(agents).sort((a, b) => a[1].localeCompare(b[1]))] });
    const skills = words({ name: 'skills', label: t('rules.to_skills'), hint: t('rules.words_hint'), value: v.then.skills });
    const tag = words({ name: 'tags', label: t('rules.to_tags'), hint: tags.length ? t('rules.tags_hint', { tags: tags.map((w) => w.id).join(', ') }) : t('rules.words_hint'), value: v.then.tags });
    const how = checks({ name: 'how', label: t('rules.how'), value: [v.continue && 'continue', v.off && 'off'].filter(Boolean),
      options: [['continue', t('rules.continue'), t('rules.continue_hint')], ['off', t('rules.turn_off'), t('rules.turn_off_hint')]] });
    this.form = new Form({
      fields: [name, ident, any, when, queue, priority, agent, skills, tag, how].filter(Boolean), fresh,
      label: fresh ? t('rules.create') : t('common.save'),
      content: [
        part(t('rules.rule'), t('rules.rule_text'), name.el, ident && ident.el),
        part(t('rules.when'), t('rules.when_text'), any.el, when.el),
        part(t('rules.then'), t('rules.then_text'), h('div', { class: 'pair' }, queue.el, priority.el), agent.el, skills.el, tag.el, how.el),
      ],
      save: (values) => this.#save(values, rule),
    });
    this.show({ title: fresh ? t('rules.new') : rule.name, back: link('admin', 'rules'),
      actions: rule && h('button', { class: 'button', type: 'button', on: { click: () => this.#remove(rule) } }, icon('trash'), t('common.remove')) }, this.form.el);
    if (fresh) name.focus();
  }

  async #save(v, rule) {
    const made = {
      id: rule?.id ?? v.id, name: v.name, any: v.any === 'any' && v.when.length > 0, off: v.how.includes('off'), continue: v.how.includes('continue'), when: v.when,
      then: { queue: v.queue, priority: v.priority || 'none', skills: v.skills, tags: v.tags, ...(v.agent === ' ' ? { previous: true } : { agent: v.agent }) },
    };
    // Others may have changed theirs meanwhile.
    const { rules } = await get('rules');
    const at = rules.findIndex((r) => r.id === made.id);
    if (at >= 0) rules[at] = made;
    else rules.push(made);
    await put('rules', { rules });
    this.form.settle();
    toast(t('admin.saved'), { kind: 'success' });
    go(link('admin', 'rules'), { replace: true });
  }

  async #remove(rule) {
    if (!(await confirm({ title: t('rules.remove_title', { name: rule.name }), text: t('rules.remove_text'), yes: t('common.remove'), danger: true }))) return;
    try {
      const { rules } = await get('rules');
      await put('rules', { rules: rules.filter((r) => r.id !== rule.id) });
      toast(t('admin.removed', { name: rule.name }), { kind: 'success' });
      this.form = null;
      go(link('admin', 'rules'), { replace: true });
    } catch (e) {
      fail(e);
    }
  }
}

/** The queues to choose from, one that is gone too if it is chosen. */
function queueOptions(queues, none, chosen) {
  const gone = chosen && !queues.some((q) => q.id === chosen);
  return [['', none], ...queues.map((q) => [q.id, q.name]), ...(gone ? [[chosen, chosen]] : [])];
}

customElements.define('admin-rules', Rules);
