// How long a queue waits: for its agents to answer, and for its customers.

import { t } from '../lib/i18n.js';
import { part } from './form.js';
import { amount, area, minutes, select } from './fields.js';

const DAY = 24 * 60;
const MONTH = 30 * DAY;
const ROUNDS = 20;

/** The fields for what becomes of customers who do not answer, of a queue or the bot. */
export function silence({ warnSeconds, text = '', endSeconds } = /** @type {any} */ ({}), said = t('sla.silence_text')) {
  const ask = minutes({ name: 'ask', as: 'silence warning', label: t('sla.ask'), hint: t('sla.ask_hint'), seconds: warnSeconds, most: MONTH });
  const question = area({ name: 'question', as: 'silence text', label: t('sla.question'), value: text, rows: 2,
    check: (v) => (ask.get() && !v ? t('admin.wrong.empty') : '') });
  const end = minutes({ name: 'end', as: 'silence end', label: t('sla.end'), hint: t('sla.end_hint'), seconds: endSeconds, most: MONTH });
  return {
    fields: [ask, question, end],
    part: part(t('sla.silence'), said, ask.el, question.el, end.el),
    dependent: () => (question.el.hidden = !ask.get()),
  };
}

/** What the fields of {@link silence} say, as the API has it. */
export const silent = ({ ask, question, end }) => ({ warnSeconds: ask, text: ask ? question : '', endSeconds: end });

/** The fields for a queue as the API has it, and for {@link waits} their values. */
export function patience(queue, slas, others) {
  const { sla = '', noAnswer: n = {} } = queue ?? {};
  const s = silence(queue?.silence);
  const f = {
    // One that is gone stays to be seen.
    sla: select({ name: 'sla', label: t('sla.level'), hint: t('sla.level_hint'), value: sla,
      options: [['', t('sla.of_bot')], ...slas.map((v) => [v.id, v.name]), ...(sla && !slas.some((v) => v.id === sla) ? [[sla, sla]] : [])] }),
    remind: minutes({ name: 'remind', as: 'no-answer reminder', label: t('sla.remind'), hint: t('sla.remind_hint'), seconds: n.remindSeconds, most: DAY,
      check: (v) => (f.requeue.get() && v * 60 >= f.requeue.get() ? t('sla.wrong.remind') : '') }),
    requeue: minutes({ name: 'requeue', as: ['no-answer time', 'no-answer policy'], label: t('sla.requeue'), hint: t('sla.requeue_hint'), seconds: n.requeueSeconds, most: DAY }),
    exclude: minutes({ name: 'exclude', label: t('sla.exclude'), hint: t('sla.exclude_hint'), seconds: n.excludeSeconds, most: DAY, placeholder: '15' }),
    rounds: amount({ name: 'rounds', as: 'no-answer rounds', label: t('sla.rounds'), hint: t('sla.rounds_hint'), value: n.rounds || '', most: ROUNDS, placeholder: '3' }),
    unanswered: select({ name: 'unanswered', as: 'no-answer overflow', label: t('sla.unanswered'), hint: t('sla.unanswered_hint'), value: n.overflow ?? '',
      options: [['', t('sla.supervisors')], ...others.map((q) => [q.id, q.name])] }),
  };
  return {
    fields: [...Object.values(f), ...s.fields],
    parts: [
      part(t('sla.answers'), t('sla.answers_text'), f.sla.el, f.remind.el, f.requeue.el, f.exclude.el, f.rounds.el, f.unanswered.el),
      s.part,
    ],
    dependent() {
      for (const x of [f.exclude, f.rounds, f.unanswered]) x.el.hidden = !f.requeue.get();
      s.dependent();
    },
  };
}

/** What the fields say, as the API has it: without what only follows on a step that is not taken. */
export const waits = ({ sla, remind, requeue, exclude, rounds, unanswered, ask, question, end }) => ({
  sla,
  noAnswer: requeue ? { remindSeconds: remind, requeueSeconds: requeue, excludeSeconds: exclude, rounds: rounds || 0, overflow: unanswered } : { remindSeconds: remind },
  silence: silent({ ask, question, end }),
});
