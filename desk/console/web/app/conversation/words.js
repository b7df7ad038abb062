// People, times and what happened, in words.

import { t, has, language } from '../lib/i18n.js';
import { me, agentName, queueName } from '../desk.js';

/** Who an actor is, as the agent knows them. `contact` is the contact's name. */
export function actorName(actor, contact) {
  if (actor.by === 'agent') return actor.agent === me.get()?.agent.id ? t('common.you') : agentName(actor.agent);
  if (actor.by === 'contact') return contact;
  return actor.by === 'bot' ? t('conv.by.bot') : t('conv.by.system');
}

// Kinds that the timeline shows in other ways, or that tell an agent nothing.
const SILENT = new Set(['message', 'delivery', 'ranked', 'sla_clock', 'wrapped_up']);

/** An event as a sentence; '' if there is nothing to say. */
export function eventText(e, contact) {
  if (SILENT.has(e.kind)) return '';
  const who = actorName(e.actor, contact);
  const agent = e.agent ? agentName(e.agent) : '';
  const queue = e.queue ? queueName(e.queue) : '';
  switch (e.kind) {
    case 'started':
      return e.actor.by === 'agent' ? t('conv.event.startedBy', { who }) : t('conv.event.started');
    case 'handed_off':
      return e.rule ? t('conv.event.handedOffRule', { queue, rule: e.rule }) : t('conv.event.handedOff', { queue });
    case 'contact_fields':
      return e.actor.by === 'agent' ? t('conv.event.contactFields', { who }) : t('conv.event.contactFieldsBot');
    case 'assigned':
      return e.actor.agent === e.agent ? t('conv.event.taken', { who }) : because(t('conv.event.assigned', { agent }), e.why);
    case 'transferred':
      return e.state === 'assigned' ? t('conv.event.transferredAgent', { who, agent }) : t('conv.event.transferredQueue', { who, queue });
    case 'requeued':
      return e.reason && has(`conv.reason.${e.reason}`) ? t('conv.event.requeuedBecause', { queue, reason: t(`conv.reason.${e.reason}`) }) : t('conv.event.requeued', { queue });
    case 'ended':
      if (e.reason === 'returned') return t('conv.event.returned', { who });
      if (e.reason === 'silence') return t('conv.event.endedSilence');
      return e.reason === 'merged' ? t('conv.event.endedMerged') : t('conv.event.ended', { who });
    case 'priority':
      return t('conv.event.priority', { who, priority: t(`priority.${e.priority ?? 'none'}`) });
    case 'tags':
      return e.tags?.length ? t('conv.event.tags', { who, tags: e.tags.join(', ') }) : t('conv.event.untagged', { who });
    case 'ticket':
      return t('conv.event.ticket', { who, status: t(`conv.ticket.status.${e.ticketStatus}`) });
  }
  if (has(`surveys.event.${e.kind}`)) return t(`surveys.event.${e.kind}`, { who, score: e.score ?? 0, most: most(e.survey) });
  return has(`conv.happened.${e.kind}`) ? because(t(`conv.happened.${e.kind}`, { who, agent, queue, clock: e.clock ? t(`sla.clock.${e.clock}`) : '' }), e.why) : '';
}

// What put the agent ahead of the others, if the router said.
const because = (words, why) => (has(`conv.why.${why}`) ? `${words} (${t(`conv.why.${why}`)})` : words);

/** The highest score of a kind of survey. */
export const most = (kind) => (kind === 'nps' ? 10 : 5);

/** A size in bytes, as people write it. */
export function fileSize(bytes) {
  if (!bytes) return '';
  const [unit, n] = bytes < 1e3 ? ['byte', bytes] : bytes < 1e6 ? ['kilobyte', bytes / 1e3] : ['megabyte', bytes / 1e6];
  return new Intl.NumberFormat(language.get(), { style: 'unit', unit, unitDisplay: unit === 'byte' ? 'long' : 'short', maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
}

/** What a type of ticket is called: the usual ones have a translation. */
export const ticketType = (type) => (has(`conv.ticket.type.${type}`) ? t(`conv.ticket.type.${type}`) : type);

/** A text as searches compare it: without accents and case. */
export const folded = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
