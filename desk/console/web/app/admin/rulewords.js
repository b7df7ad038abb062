// Conditions and decisions of routing rules, in words.

import { language, t } from '../lib/i18n.js';
import { channelName } from '../list/words.js';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** The name of a day of the week; 2024-01-01 was a Monday. */
export const dayOf = (day, weekday = /** @type {'short' | 'long'} */ ('short')) =>
  new Intl.DateTimeFormat(language.get(), { weekday, timeZone: 'UTC' }).format(new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day))));

const list = (words) => new Intl.ListFormat(language.get(), { type: 'disjunction' }).format(words);

/** What a condition asks. */
export function inWords(c, known) {
  const said = t(`rules.condition.${condition(c)}`, {
    field: known.fields.find((f) => f.id === c.field)?.name ?? c.field ?? '',
    calendar: known.calendars.find((v) => v.id === c.calendar)?.name ?? c.calendar ?? '',
    values: list((c.is ?? []).map((v) => value(c.on, v, known))), last: c.last ?? 1, when: c.on === 'time' ? times(c) : '',
  });
  return c.not ? t('rules.not', { said }) : said;
}

function condition({ on, test, last }) {
  if (on === 'field') return `field_${test || 'equals'}`;
  if (on === 'text') return `text_${test || 'contains'}${(last ?? 1) > 1 ? '_last' : ''}`;
  return test === 'known' ? `${on}_known` : on;
}

function value(on, v, { agents, tags }) {
  switch (on) {
    case 'channel': return channelName(v);
    case 'agent': return agents[v] ?? v;
    case 'tag': return tags.find((tag) => tag.id === v)?.name ?? v;
    case 'priority': return t(`priority.${v}`);
    case 'text': case 'field': return `“${v}”`;
  }
  return v;
}

function times({ days, from, to, zone }) {
  return [days?.length ? days.map((d) => dayOf(d)).join(', ') : t('rules.every_day'), from && `${from}–${to}`, zone && `(${zone})`].filter(Boolean).join(' ');
}

/** What a rule decides. */
export function inWordsThen(then, { queues, agents }) {
  return [
    then.queue && t('rules.decides.queue', { queue: queues.find((q) => q.id === then.queue)?.name ?? then.queue }),
    then.priority && then.priority !== 'none' && t('rules.decides.priority', { priority: t(`priority.${then.priority}`).toLowerCase() }),
    then.previous ? t('rules.decides.previous') : then.agent && t('rules.decides.agent', { agent: agents[then.agent] ?? then.agent }),
    then.skills?.length > 0 && t('rules.decides.skills', { skills: then.skills.join(', ') }),
    then.tags?.length > 0 && t('rules.decides.tags', { tags: then.tags.join(', ') }),
  ].filter(Boolean).join(' · ');
}
