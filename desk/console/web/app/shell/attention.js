// What an agent is to be told of: the news of the stream as alerts, and how
// many of their customers have written something not yet read.

import { Alerts, countInTitle } from '../lib/notify.js';
import { State } from '../lib/store.js';
import { get, id } from '../lib/api.js';
import { route } from '../lib/router.js';
import { t } from '../lib/i18n.js';
import { can, me, stream, list, rowOf } from '../desk.js';
import { label, previewText } from '../list/words.js';

/** How many of the agent's own conversations have something unread. */
export const unread = new State(0);

/** Begins for the agent signed in; gives what ends it. */
export function attend() {
  const self = me.get();
  const alerts = new Alerts(`${self.bot.id}.${self.agent.id}`);
  const mine = new Map();
  const assumed = new Set(); // of those, which no row has told of: taken to be read
  const leave = new AbortController();
  const on = (name, fn) => stream.on(name, fn, leave.signal);

  const count = () => unread.set([...mine.values()].filter((n) => n > 0).length);
  let newer = new Set(); // what the stream told of while the rows were asked for
  const note = (row) => {
    newer.add(row.id);
    assumed.delete(row.id);
    if (row.agent === self.agent.id && row.state === 'assigned') mine.set(row.id, row.unread);
    else mine.delete(row.id);
    if (!row.unread && row.state === 'assigned') alerts.settle(row.id);
  };

  async function load() {
    const told = newer = new Set();
    const { rows } = await get('conversations', { mine: 'true' }, { signal: leave.signal });
    if (told !== newer) return; // they were asked for again
    for (const gone of [...mine.keys()].filter((id) => !told.has(id))) mine.delete(gone);
    rows.filter((row) => !told.has(row.id)).forEach(note);
    count();
  }

  // Alerts that wait for their row, the newest of each conversation: what is
  // settled meanwhile is not told any more.
  const coming = new Map();
  const raise = async (kind, conversation, title) => {
    const alert = { kind, conversation };
    coming.set(conversation, alert);
    // The list's row comes behind the event, so it does not have the message yet.
    const row = (kind !== 'message' && rowOf(conversation)) || await get(`conversations/${id(conversation)}`, null, { signal: leave.signal }).catch(() => null);
    if (coming.get(conversation) !== alert) return;
    coming.delete(conversation);
    if (!row || leave.signal.aborted) return;
    if (assumed.delete(conversation) && row.agent === self.agent.id && mine.has(conversation)) {
      mine.set(conversation, row.unread);
      count();
    }
    const open = document.hasFocus() && route.get().path[0] === 'c' && route.get().path[1] === conversation;
    alerts.raise({ ...alert, title: `${title}: ${label(row)}`, body: previewText(row) }, { quiet: open });
    if (open) alerts.settle(conversation);
  };
  const settle = (conversation) => {
    coming.delete(conversation);
    alerts.settle(conversation);
  };

  on('hello', () => load().catch(() => {}));
  on('reset', () => load().catch(() => {}));
  on('list', (frame) => {
    for (const row of frame.rows ?? []) note(row);
    for (const step of frame.steps ?? []) if (step.row) note(step.row);
    count();
  });
  on('read', ({ conversation }) => {
    newer.add(conversation);
    assumed.delete(conversation);
    if (mine.has(conversation)) mine.set(conversation, 0);
    settle(conversation);
    count();
  });
  on('event', ({ event, left }) => {
    const { kind, conversation } = event;
    if (!conversation) return;
    // Of a message in a conversation that is not known yet, the rows tell.
    if (event.version || left || mine.has(conversation)) newer.add(conversation);
    const own = event.actor.by === 'agent' && event.actor.agent === self.agent.id;
    if (left || event.state === 'ended') {
      mine.delete(conversation);
      settle(conversation);
    } else if (event.version && event.state === 'assigned') {
      if (event.agent !== self.agent.id) {
        mine.delete(conversation);
        settle(conversation);
      } else {
        if (!mine.has(conversation)) { // the list may have told of it already
          mine.set(conversation, 0);
          assumed.add(conversation);
        }
        if (!own && (kind === 'assigned' || kind === 'transferred')) raise('assigned', conversation, t('notify.assigned'));
      }
    } else if (event.version && event.state === 'waiting') {
      mine.delete(conversation);
      const new_ = kind === 'handed_off' || kind === 'transferred' || kind === 'requeued';
      if (new_ && !own && me.get()?.agent.availability === 'available') raise('customer', conversation, t('notify.customer'));
    } else if (kind === 'offered' && event.agent === self.agent.id) {
      raise('offer', conversation, t('notify.offer'));
    } else if ((kind === 'offer_expired' || kind === 'offer_declined') && event.agent === self.agent.id) {
      settle(conversation);
    } else if (kind === 'reminded' && event.agent === self.agent.id) {
      raise('reminded', conversation, t('notify.reminded'));
    } else if (kind === 'escalated' && can('reports')) {
      raise('escalated', conversation, t('notify.escalated'));
    } else if (kind === 'message' && event.actor.by === 'agent') {
      settle(conversation); // whoever waited for an answer has one
    } else if (kind === 'message' && event.actor.by === 'contact' && mine.has(conversation)) {
      mine.set(conversation, mine.get(conversation) + 1);
      raise('message', conversation, t('notify.message'));
    }
    count();
  });
  const ended = unread.watch(countInTitle);
  list.get().rows.forEach(note);
  return () => {
    leave.abort();
    alerts.close();
    unread.set(0);
    ended();
  };
}
