// Why a conversation waits and why an agent gets nothing, in words.

import { h } from '../lib/dom.js';
import { dialog, fail } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { get, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { agentName, queueName } from '../desk.js';

/** Tells in a dialog why a conversation waits. */
export async function explainWaiting(conversation, name) {
  try {
    const [said, place] = await Promise.all([get(`conversations/${id(conversation)}/explain`), get(`conversations/${id(conversation)}/position`)]);
    await dialog({ title: t('queues.why_title', { name }), class: 'explain', body: () => waiting(said, place) });
  } catch (e) {
    fail(e);
  }
}

/** Tells in a dialog what an agent could get, and what keeps it from them. */
export async function explainAgent(agent) {
  try {
    const said = await get(`agents/${id(agent)}/explain`);
    await dialog({ title: t('queues.why_agent_title', { name: agentName(agent) }), class: 'explain', body: () => agentSaid(said) });
  } catch (e) {
    fail(e);
  }
}

function waiting(said, place) {
  const manual = said.candidates.some((c) => c.reasons?.includes('queue_manual'));
  // That nothing is assigned from the queue is said once, for all.
  const members = said.candidates.filter((c) => !c.reasons?.includes('not_member'))
    .map((c) => ({ ...c, reasons: (c.reasons ?? []).filter((r) => r !== 'queue_manual') }));
  const others = said.candidates.length - members.length;
  const able = members.filter((c) => c.place);
  return [
    h('p', { class: 'explain__verdict' }, verdict(said, able, members, manual)),
    said.ahead > 0 && h('p', null, t('queues.ahead', { count: said.ahead })),
    place.waitSeconds >= 60 && h('p', null, t('queues.expected', { count: Math.round(place.waitSeconds / 60) })),
    members.length > 0 && h('ul', { class: 'explain__list' }, members.map((c) => h('li', null,
      h('span', { class: ['dot', c.reasons.length ? 'dot--grey' : 'dot--on'], 'aria-hidden': 'true' }),
      h('div', null,
        h('strong', null, agentName(c.agent)),
        h('p', null, c.reasons.length ? reasons(c) : c.place ? eligible(c) : t('queues.could_take'))),
      h('span', { class: 'explain__load' }, t('queues.of', { held: c.load, limit: c.limit }))))),
    others > 0 && h('p', { class: 'explain__rest' }, t('queues.not_members', { count: others })),
  ];
}

function verdict(said, able, members, manual) {
  if (manual) return t('queues.verdict_manual', { queue: queueName(said.queue) });
  if (members.length === 0) return t('queues.verdict_no_members', { queue: queueName(said.queue) });
  if (able.length === 0) return t('queues.verdict_nobody', { queue: queueName(said.queue) });
  return t('queues.verdict_next', { name: agentName(able[0].agent) });
}

const eligible = (c) => [t('queues.place', { place: c.place }), c.rule && t(`queues.rule.${c.rule}`)].filter(Boolean).join(' · ');

function reasons({ reasons: list, missing }) {
  const words = list.map((r) => t(`queues.reason.${r}`));
  if (missing?.length) words.push(t('queues.missing', { skills: missing.join(', ') }));
  return words.join(' · ');
}

function agentSaid(said) {
  const name = agentName(said.agent);
  const against = said.reasons ?? [];
  const open = against.length === 0 ? said.seats.filter((s) => !s.reasons?.length) : [];
  return [
    h('p', { class: 'explain__verdict' }, agentVerdict(name, said, against, open)),
    against.length > 0 && h('ul', { class: 'explain__reasons' }, against.map((r) => h('li', null, icon('warning'), t(`queues.reason.${r}`)))),
    h('p', null, t('queues.holds', { held: said.load, limit: said.limit })),
    said.seats.length > 0 && h('ul', { class: 'explain__list' }, said.seats.map((s) => h('li', null,
      h('span', { class: ['dot', open.includes(s) ? 'dot--on' : 'dot--grey'], 'aria-hidden': 'true' }),
      h('div', null,
        h('strong', null, queueName(s.queue)),
        h('p', null, seat(s))),
      h('span', { class: 'explain__load' }, t('queues.of', { held: s.load, limit: s.limit }))))),
  ];
}

function agentVerdict(name, said, against, open) {
  if (said.seats.length === 0) return t('queues.agent_no_queue', { name });
  if (against.length > 0 || open.length === 0) return t('queues.agent_blocked', { name });
  if (open.some((s) => s.place)) return t('queues.agent_next', { name });
  return t('queues.agent_ready', { name });
}

function seat(s) {
  const words = (s.reasons ?? []).map((r) => t(`queues.reason.${r}`));
  words.push(t('queues.seat_waiting', { count: s.waiting }));
  if (s.missing?.length) words.push(t('queues.missing', { skills: s.missing.join(', ') }));
  if (s.excluded) words.push(t('queues.seat_excluded', { count: s.excluded }));
  if (s.place) words.push(t('queues.place', { place: s.place }));
  return words.join(' · ');
}
