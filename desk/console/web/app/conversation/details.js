// Beside the messages: what the bot left for the agent, tickets, the contact.

import { h, fill } from '../lib/dom.js';
import { t, dateTime } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { channelName } from '../list/words.js';
import { brief } from './content.js';
import { agentName } from '../desk.js';
import { most } from './words.js';
import { contactActs } from './contact.js';
import { Fields } from './fields.js';
import { ticketList, writeTicket } from './tickets.js';

export class Details {
  #brief;
  #tickets;
  #contact;
  #acts;
  #survey;
  #fields = new Fields();
  #shown = [];

  /** @param {() => void} close */
  constructor(close) {
    const section = (words, body, extra) => h('section', { class: 'details__part' }, h('div', { class: 'details__head' }, h('h3', null, words), extra), body);
    this.#brief = h('div', { class: 'brief' });
    this.#tickets = h('div');
    this.#contact = h('dl', { class: 'facts' });
    this.#acts = h('div');
    this.add = h('button', { class: 'button button--small', type: 'button', title: `${t('conv.ticket.add')} (c)`, on: { click: () => writeTicket(this.thread) } }, icon('plus'), t('conv.ticket.add'));
    this.handedOff = section(t('conv.details.brief'), this.#brief);
    this.asked = section(t('surveys.result'), this.#survey = h('div'));
    this.el = h('aside', { class: 'details', 'aria-label': t('conv.action.details') },
      h('div', { class: 'details__close' }, h('button', { class: 'icon-button', type: 'button', 'aria-label': t('common.close'), on: { click: close } }, icon('close'))),
      this.handedOff, this.asked, section(t('conv.details.tickets'), this.#tickets, this.add), section(t('conv.details.contact'), h('div', null, this.#contact, this.#acts)), this.#fields.el);
  }

  render(thread) {
    this.thread = thread;
    const { row, tickets } = thread;
    if (!row) return;
    this.add.hidden = !row.can.tickets;
    this.handedOff.hidden = !thread.brief;
    this.asked.hidden = !thread.survey;
    if (thread.survey) fill(this.#survey, answer(thread.survey));
    const [b, list, r, f, of] = this.#shown;
    this.#shown = [thread.brief, tickets, row, thread.fieldsAt, thread.id];
    if (f !== thread.fieldsAt || of !== thread.id) this.#fields.load(thread.id);
    if (b !== thread.brief && thread.brief) fill(this.#brief, brief(thread.brief), h('p', { class: 'faint' }, dateTime(thread.brief.at)));
    if (list !== tickets) fill(this.#tickets, ticketList(thread));
    if (r !== row) {
      fill(this.#contact, facts(thread));
      fill(this.#acts, contactActs(row));
    }
  }
}

function answer(s) {
  const words = s.answeredAt ? t('surveys.answered', { score: s.score, most: most(s.kind) }) : t(s.skipped ? 'surveys.skipped' : 'surveys.asked');
  return [h('p', null, `${s.kind.toUpperCase()} · `, h('strong', null, words)),
    h('p', { class: 'faint' }, [t('surveys.about', { agent: agentName(s.agent) }), s.comment && t('surveys.commented'), dateTime(s.answeredAt || s.askedAt)].filter(Boolean).join(' · '))];
}

function facts({ row }) {
  return [
    [t('conv.fact.name'), row.contactName],
    [t('conv.fact.number'), row.number],
    [t('conv.fact.address'), row.address !== row.number && row.address],
    [t('conv.fact.channel'), `${channelName(row.channel)} · ${row.account}`],
    [t('conv.fact.started'), dateTime(row.startedAt)],
    [t('conv.fact.waitingSince'), dateTime(row.waitingSince)],
    [t('conv.fact.humanAt'), dateTime(row.humanAt)],
    [t('conv.fact.ended'), dateTime(row.endedAt)],
    [t('conv.fact.skills'), row.skills?.join(', ')],
  ].filter(([, value]) => value).map(([name, value]) => [h('dt', null, name), h('dd', { dir: 'auto' }, value)]);
}
