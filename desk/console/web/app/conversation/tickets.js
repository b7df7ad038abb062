// The tickets of a conversation: open ones first, each with its history.

import { h, fill } from '../lib/dom.js';
import { t, dateTime } from '../lib/i18n.js';
import { patch, post, id, newKey } from '../lib/api.js';
import { dialog, errorText, fail } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { me, agentName } from '../desk.js';
import { actorName, ticketType } from './words.js';

const STATUSES = ['open', 'in_progress', 'resolved'];

/** The list of a thread's tickets. */
export function ticketList(thread) {
  if (!thread.tickets.length) return h('p', { class: 'faint' }, t('conv.ticket.none'));
  return h('ul', { class: 'tickets' }, thread.tickets.map((x) => ticket(thread, x)));
}

function ticket(thread, x) {
  const may = thread.row.can.tickets;
  const status = h('select', { class: 'select select--small', 'aria-label': t('conv.ticket.statusOf', { type: ticketType(x.type) }), value: x.status, disabled: !may, on: { change: () => move(thread, x, status) } },
    STATUSES.map((s) => h('option', { value: s }, t(`conv.ticket.status.${s}`))));
  return h('li', { class: ['ticket', `ticket--${x.status}`] },
    h('div', { class: 'ticket__head' }, h('strong', { dir: 'auto' }, ticketType(x.type)), h('span', { class: 'spacer' }), status,
      may && h('button', { class: 'icon-button', type: 'button', 'aria-label': t('conv.ticket.edit'), title: t('conv.ticket.edit'), on: { click: () => writeTicket(thread, x) } }, icon('note'))),
    x.description && h('p', { class: 'text', dir: 'auto' }, x.description),
    h('details', { class: 'ticket__history' },
      h('summary', null, t('conv.ticket.by', { who: x.author ? agentName(x.author) : t('conv.by.system'), at: dateTime(x.createdAt) })),
      h('ol', null, x.history.map((c) => h('li', null,
        h('span', null, t(`conv.ticket.status.${c.status}`)), c.edited && h('span', null, t('conv.ticket.edited')),
        h('span', { class: 'faint' }, `${actorName(c.by, '')} · ${dateTime(c.at)}`))))));
}

async function move(thread, x, select) {
  select.disabled = true;
  try {
    await patch(`conversations/${id(thread.id)}/tickets/${id(x.id)}`, { status: select.value });
  } catch (e) {
    fail(e);
  }
  select.disabled = false;
  await thread.rereadTickets();
}

/** Asks for a new ticket, or for changes of one. */
export async function writeTicket(thread, known) {
  const path = `conversations/${id(thread.id)}/tickets`;
  const types = [...new Set([...(me.get().bot.ticketTypes ?? []), ...(known ? [known.type] : [])])];
  const key = newKey();
  const done = await dialog({ title: t(known ? 'conv.ticket.edit' : 'conv.ticket.add'), body: (close) => {
    const type = h('select', { class: 'select', id: 'ticket-type', autofocus: true, value: known?.type ?? types[0] }, types.map((x) => h('option', { value: x }, ticketType(x))));
    const status = h('select', { class: 'select', id: 'ticket-status', value: 'open' }, STATUSES.map((s) => h('option', { value: s }, t(`conv.ticket.status.${s}`))));
    const description = h('textarea', { class: 'input', id: 'ticket-description', rows: 4, maxlength: 8192, dir: 'auto', value: known?.description ?? '' });
    const error = h('p', { class: 'field__error', role: 'alert' });
    return h('form', { class: 'fields', on: { submit: async (e) => {
      e.preventDefault();
      const written = { type: type.value, description: description.value.trim() };
      try {
        if (known) await patch(`${path}/${id(known.id)}`, written);
        else await post(path, { ...written, status: status.value }, { key });
        close(true);
      } catch (err) {
        fill(error, errorText(err));
      }
    } } },
    h('div', { class: 'field' }, h('label', { for: 'ticket-type' }, t('conv.ticket.type.label')), type),
    !known && h('div', { class: 'field' }, h('label', { for: 'ticket-status' }, t('conv.ticket.status.label')), status),
    h('div', { class: 'field' }, h('label', { for: 'ticket-description' }, t('conv.ticket.description')), description),
    error,
    h('footer', { class: 'dialog__foot' },
      h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.cancel')),
      h('button', { class: 'button button--primary' }, t('common.save'))));
  } });
  if (done) await thread.rereadTickets();
}
