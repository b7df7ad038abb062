// One conversation as far as it is loaded, kept up to date: its row, its
// messages and those of the contact's earlier conversations, tickets, events.

import { get, post, id } from '../lib/api.js';

const PAGE = 50;
// How far upward the note of the hand-off is looked for, in pages of 100.
const BRIEF_PAGES = 10;
const RANKS = { queued: 1, sent: 2, failed: 3, delivered: 4, read: 5 };

/** Dispatches `change` after anything changed, at most once per turn, and `incoming` (detail: messages) for what came live. */
export class Thread extends EventTarget {
  /** 'loading', 'ready', 'failed' (see error) or 'gone' (see why). */
  state = 'loading';
  error = null;
  /** Why it is gone: 'left', 'returned' or 'transferred'. */
  why = '';
  /** The row with canReply, windowUntil, windowReason and can. */
  row = null;
  /** The loaded messages of the present conversation, ascending without gaps. */
  messages = [];
  /** Whether the first message is loaded. */
  complete = false;
  /** The contact's other conversations, latest first; null until known. */
  history = null;
  /** Those of history that are shown: {row, messages, complete}, oldest first. */
  segments = [];
  /** The timeline, or null while nobody asked for it. */
  events = null;
  /** Where the contact's fields last changed; 0 before anything did. */
  fieldsAt = 0;
  tickets = [];
  /** What became of the survey after the end; null if there was none. */
  survey = null;
  /** The newest private message that the bot left at a hand-off, or null. */
  brief = null;
  /** The number of the first message that was unread on opening, 0 if none. */
  unreadFrom = 0;
  loadingOlder = false;

  #path;
  #abort = new AbortController();
  #told = false;
  #row;
  #newest;
  #tickets;
  #events;

  constructor(conversation) {
    super();
    this.id = conversation;
    this.#path = `conversations/${id(conversation)}`;
    this.#row = coalesced(() => this.#loadRow());
    this.#newest = coalesced(() => this.#loadNewest());
    this.#tickets = coalesced(() => this.#loadTickets());
    this.#events = coalesced(() => this.#loadEvents());
  }

  /** Loads the conversation for the first time. */
  async load() {
    this.state = 'loading';
    this.error = null;
    this.changed();
    await this.#try(async () => {
      const [row, page] = await Promise.all([
        this.#get(this.#path),
        this.#get(`${this.#path}/messages`, { newest: true, limit: PAGE }),
      ]);
      this.row = row;
      this.#merge(page.messages);
      this.complete = page.messages.length < PAGE;
      await this.#findUnread(row.unread);
      this.state = 'ready';
      this.changed();
      await Promise.all([this.#tickets(), this.#loadHistory(), this.#findBrief(), this.#loadSurvey()]);
    });
  }

  /** Loads anew whatever may have changed while nothing was heard. */
  refresh() {
    if (this.state !== 'ready') {
      if (this.state === 'failed') this.load();
      return;
    }
    this.#row();
    this.#newest();
    this.#tickets();
    if (this.events) this.#events();
  }

  /** Ends all requests; nothing changes any more. */
  close() {
    this.#abort.abort();
  }

  /** Takes an event of the stream. */
  take(event, left) {
    if (event.conversation !== this.id || this.state !== 'ready') return;
    if (left) {
      this.leave('left');
      return;
    }
    if (event.kind === 'message') this.#newest();
    else if (event.kind === 'delivery') this.#deliver(event);
    else if (event.kind === 'ticket') this.#tickets();
    else if (event.kind === 'erased') this.#reload();
    else if (event.kind.startsWith('survey_')) this.#try(() => this.#loadSurvey());
    else if (event.kind === 'contact_fields') {
      this.fieldsAt = event.seq;
      this.changed();
    }
    if (event.version || event.kind === 'contact_changed' || event.kind.startsWith('sla_') || (event.kind === 'message' && event.actor.by === 'contact')) this.#row();
    if (this.events) this.#events();
  }

  /** The conversation is the agent's no longer. */
  leave(why) {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.why ||= why;
    this.row = null;
    this.messages = [];
    this.segments = [];
    this.tickets = [];
    this.events = this.brief = this.survey = null;
    this.changed();
  }

  /** Reads the row again after an action, which finds out if it is gone. */
  reread() {
    return this.#row();
  }

  rereadTickets() {
    return this.#tickets();
  }

  /** Adds a message that this page sent. */
  add(message) {
    if (this.state !== 'ready') return;
    const last = this.messages.at(-1)?.number ?? 0;
    if (message.number <= last + 1) this.#merge([message]);
    else this.#newest();
  }

  /** Says that the agent has seen everything. */
  async markRead() {
    if (this.state !== 'ready' || !this.row.unread) return;
    this.row = { ...this.row, unread: 0 };
    await post(`${this.#path}/read`, {}, { once: true }).catch(() => {});
  }

  /** Loads 50 messages further up, of earlier conversations if need be. */
  async older() {
    if (this.loadingOlder || this.state !== 'ready' || !this.hasOlder) return;
    this.loadingOlder = true;
    this.changed();
    await this.#try(async () => {
      if (!this.complete) await this.#olderHere(PAGE);
      else await this.#olderEarlier();
    });
    this.loadingOlder = false;
    this.changed();
  }

  get hasOlder() {
    return !this.complete || (this.segments[0] ? !this.segments[0].complete : false) || this.segments.length < this.#earlier().length;
  }

  /** The next of the earlier conversations to be shown, if the rest is loaded. */
  get nextEarlier() {
    if (!this.complete || (this.segments[0] && !this.segments[0].complete)) return null;
    return this.#earlier()[this.segments.length] ?? null;
  }

  async showEvents(on) {
    if (on) await this.#events();
    else this.events = null;
    this.changed();
  }

  /** Has `change` dispatched soon. */
  changed() {
    if (this.#told) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      if (!this.#abort.signal.aborted) this.dispatchEvent(new Event('change'));
    });
  }

  #get(path, query) {
    return get(path, query, { signal: this.#abort.signal });
  }

  // Runs what loads; a conversation that is not there is gone.
  async #try(load) {
    try {
      await load();
    } catch (e) {
      if (this.#abort.signal.aborted) return;
      if (e.code === 'not_found') this.leave('left');
      else if (this.state === 'loading') {
        this.state = 'failed';
        this.error = e;
      } else if (e.code !== 'offline') console.error(e);
      this.changed();
    }
  }

  #loadRow() {
    return this.#try(async () => {
      const row = await this.#get(this.#path);
      if (this.state !== 'ready') return;
      this.row = row;
      this.changed();
    });
  }

  // The newest page, for ticks that changed too, and what lies between.
  #loadNewest() {
    return this.#try(async () => {
      const before = this.messages.at(-1)?.number ?? 0;
      const { messages } = await this.#get(`${this.#path}/messages`, { newest: true, limit: PAGE });
      if (this.state !== 'ready' || messages.length === 0) return;
      const lowest = messages.at(-1).number;
      for (let last = before; before > 0 && last < lowest - 1; ) {
        const between = await this.#get(`${this.#path}/messages`, { after: last, limit: 100 });
        if (this.state !== 'ready' || between.messages.length === 0) break;
        this.#merge(between.messages);
        last = between.messages.at(-1).number;
      }
      this.#merge(messages);
      this.complete ||= lowest === 1;
      const fresh = this.messages.filter((m) => m.number > before);
      const brief = fresh.findLast((m) => m.kind === 'brief');
      if (brief) this.brief = brief;
      if (fresh.length) this.dispatchEvent(new CustomEvent('incoming', { detail: fresh }));
    });
  }

  #loadTickets() {
    return this.#try(async () => {
      const { tickets } = await this.#get(`${this.#path}/tickets`);
      if (this.state !== 'ready') return;
      this.tickets = tickets.toSorted((a, b) => closed(a) - closed(b) || b.createdAt.localeCompare(a.createdAt));
      this.changed();
    });
  }

  #loadEvents() {
    return this.#try(async () => {
      let events = this.events ?? [];
      for (;;) {
        const page = (await this.#get(`${this.#path}/events`, { after: events.at(-1)?.seq ?? 0 })).events;
        events = events.concat(page);
        if (page.length < 1000) break;
      }
      if (this.state !== 'ready') return;
      this.events = events;
      this.changed();
    });
  }

  async #loadSurvey() {
    if (this.row?.state !== 'ended') return;
    const survey = await this.#get(`${this.#path}/survey`);
    if (this.state !== 'ready') return;
    this.survey = survey.kind ? survey : null;
    this.changed();
  }

  #loadHistory() {
    return this.#try(async () => {
      const { rows } = await this.#get(`${this.#path}/history`);
      if (this.state !== 'ready') return;
      this.history = rows;
      this.changed();
    });
  }

  async #reload() {
    this.messages = [];
    this.segments = [];
    this.complete = false;
    await this.load();
  }

  // Conversations that began before this one; a later one is no history.
  #earlier() {
    return (this.history ?? []).filter((r) => r.startedAt <= this.row.startedAt);
  }

  async #olderHere(limit) {
    const before = this.messages[0]?.number ?? 0;
    const { messages } = await this.#get(`${this.#path}/messages`, { newest: true, limit, before: before || null });
    if (this.state !== 'ready') return;
    this.#merge(messages);
    this.complete = messages.length < limit || messages.at(-1).number === 1;
  }

  async #olderEarlier() {
    const top = this.segments[0];
    const row = top && !top.complete ? top.row : this.nextEarlier;
    const before = top?.row === row ? top.messages[0]?.number : null;
    const { messages } = await this.#get(`${this.#path}/history/${id(row.id)}/messages`, { newest: true, limit: PAGE, before });
    if (this.state !== 'ready') return;
    const complete = messages.length < PAGE || messages.at(-1).number === 1;
    const older = messages.toReversed();
    if (top?.row === row) this.segments = [{ row, messages: older.concat(top.messages), complete }, ...this.segments.slice(1)];
    else this.segments = [{ row, messages: older, complete }, ...this.segments];
  }

  async #findUnread(unread) {
    if (!unread) return;
    for (let page = 0; ; page++) {
      const theirs = this.messages.filter((m) => m.author.by === 'contact');
      if (theirs.length >= unread || this.complete || page === 4) {
        this.unreadFrom = theirs.at(-Math.min(unread, theirs.length))?.number ?? 0;
        return;
      }
      await this.#olderHere(100);
    }
  }

  // It was written at the hand-off, so nothing before that is looked at.
  #findBrief() {
    return this.#try(async () => {
      this.brief = this.messages.findLast((m) => m.kind === 'brief') ?? null;
      const since = this.row.waitingSince;
      let before = this.messages[0];
      for (let page = 0; !this.brief && since && before && before.number > 1 && before.at >= since && page < BRIEF_PAGES; page++) {
        const { messages } = await this.#get(`${this.#path}/messages`, { newest: true, limit: 100, before: before.number });
        this.brief = messages.find((m) => m.kind === 'brief') ?? null;
        before = messages.at(-1);
      }
      this.changed();
    });
  }

  #merge(messages) {
    const all = new Map(this.messages.map((m) => [m.number, m]));
    for (const m of messages) all.set(m.number, further(all.get(m.number), m));
    this.messages = [...all.values()].sort((a, b) => a.number - b.number);
    this.changed();
  }

  #deliver(event) {
    const at = this.messages.findLastIndex((m) => m.id === event.message);
    if (at < 0) return;
    const m = this.messages[at];
    if ((RANKS[event.delivery] ?? 0) <= (RANKS[m.delivery] ?? 0)) return;
    // Why it failed is told by the message, not by the event.
    if (event.delivery === 'failed') this.#newest();
    this.messages = this.messages.with(at, { ...m, delivery: event.delivery });
    this.changed();
  }
}

const closed = (t) => (t.status === 'resolved' ? 1 : 0);

// An answer that was long under way may be older than the stream's news.
function further(known, m) {
  if (!known || (RANKS[known.delivery] ?? 0) <= (RANKS[m.delivery] ?? 0)) return m;
  return { ...m, delivery: known.delivery };
}

// Runs one at a time; asked again meanwhile, it runs once more after.
function coalesced(fn) {
  let running = null;
  let again = false;
  return function run() {
    if (running) {
      again = true;
      return running;
    }
    running = fn().finally(() => {
      running = null;
      if (again) {
        again = false;
        run();
      }
    });
    return running;
  };
}
