package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// Row is a conversation in an agent's list.
type Row struct {
	handoff.Conversation
	// Unread is how many of the contact's messages the agent has not read.
	Unread int64 `json:"unread"`
	// AgentName and QueueName are of Agent (or LastAgent) and Queue.
	AgentName string `json:"agentName,omitempty"`
	QueueName string `json:"queueName,omitempty"`
	// Due is the clock of the service level that presses most; nil if none
	// runs.
	Due *Due `json:"due,omitempty"`
}

// Page is part of a list. An empty Next says that it is the end.
type Page struct {
	Rows []Row
	Next string
}

// readMark is how many of the contact's messages an agent has read.
type readMark struct {
	Received int64 `json:"received"`
}

// keepRead is for how long a read mark is kept.
const keepRead = 180 * 24 * time.Hour

// pageSize is how many rows a page has at most, and pageWork how many reads
// of the store one call makes for them.
const (
	pageSize = 100
	pageWork = 50
)

// where asks for all conversations of a bot in the given states.
func where(states ...handoff.State) filter.Where {
	return filter.Where{Viewer: filter.Viewer{All: true}, SortBy: filter.Started, States: states}
}

var anyState = []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded}

// some gives the first q.Limit rows that match, or fewer if there are fewer.
func (d *Desk) some(ctx context.Context, q storage.Query) ([]handoff.Conversation, error) {
	rows, _, _, err := d.walk(ctx, q, 0)
	return rows, err
}

// all gives every row that matches.
func (d *Desk) all(ctx context.Context, q storage.Query) ([]handoff.Conversation, error) {
	var all []handoff.Conversation
	q.Limit = storage.MaxPage
	for {
		rows, next, more, err := d.walk(ctx, q, 0)
		if err != nil || !more {
			return append(all, rows...), err
		}
		all = append(all, rows...)
		q.After = next
	}
}

// walk collects up to q.Limit matching rows in at most work reads, 0 being
// as many as it takes. more says that there may be others after next.
func (d *Desk) walk(ctx context.Context, q storage.Query, work int) (rows []handoff.Conversation, next filter.Position, more bool, err error) {
	want := q.Limit
	for read := 0; ; read++ {
		page, err := d.store.Conversations(ctx, q)
		if err != nil {
			return nil, next, false, fmt.Errorf("desk: listing conversations: %w", err)
		}
		for _, c := range page.Rows {
			if !q.Where.Match(c) {
				continue
			}
			if rows = append(rows, c); len(rows) == want {
				next = q.Where.Position(c)
				return rows, next, page.More || next != page.Next, nil
			}
		}
		q.After = page.Next
		if !page.More || work > 0 && read+1 >= work {
			return rows, page.Next, page.More, nil
		}
	}
}

// Conversations lists what the agent may see now and the criteria match, a
// page of up to 100 rows. After "" begins at the top; a page's Next is the
// After of the following one, for the same criteria. A page may have fewer
// rows and still a Next. Days begin where the agent is, or else the bot.
//
// Errors: handoff.ErrInvalid for bad criteria or a foreign cursor,
// ErrNotFound if the agent is gone.
func (s *Seat) Conversations(ctx context.Context, c filter.Criteria, after string) (Page, error) {
	return s.d.list(ctx, s.who, c, after)
}

// Conversations lists the bot's conversations that the criteria match. Days
// begin where the bot is, and nothing is unread. As [Seat.Conversations]
// otherwise.
func (b *Bot) Conversations(ctx context.Context, c filter.Criteria, after string) (Page, error) {
	return b.d.list(ctx, b.who, c, after)
}

func (d *Desk) list(ctx context.Context, who who, c filter.Criteria, after string) (Page, error) {
	a, err := who(ctx, nil)
	if err != nil {
		return Page{}, err
	}
	at, err := filter.ParseCursor(after, c)
	if err != nil {
		return Page{}, err
	}
	zone, err := d.zone(ctx, a)
	if err != nil {
		return Page{}, err
	}
	now, err := d.Now(ctx)
	if err != nil {
		return Page{}, err
	}
	w, err := c.Resolve(a.sees, now, zone)
	if err != nil {
		return Page{}, err
	}
	want := at.Rows(w.Limit, 0)
	if want == 0 {
		return Page{}, nil
	}
	rows, next, more, err := d.walk(ctx, storage.Query{
		Bot: a.bot, Where: w, After: at.After, Limit: want,
	}, pageWork)
	if err != nil {
		return Page{}, err
	}
	page := Page{}
	if page.Rows, err = d.rows(ctx, a, rows); err != nil {
		return Page{}, err
	}
	if on := at.Next(next, len(rows)); more && on.Rows(w.Limit, 0) > 0 {
		page.Next = on.String()
	}
	return page, nil
}

// zone is where the caller's days begin: the agent's own, or else the bot's.
func (d *Desk) zone(ctx context.Context, a authority) (*time.Location, error) {
	name := a.agent.value.TimeZone
	if name == "" {
		bot, err := d.theBot(ctx, a.bot)
		if err != nil {
			return nil, err
		}
		name = bot.TimeZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("desk: time zone of bot %s: %w", a.bot, err)
	}
	return zone, nil
}

// rows adds what a list shows beside the conversations, in one read.
func (d *Desk) rows(ctx context.Context, a authority, cs []handoff.Conversation) ([]Row, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, err
	}
	s, err := d.settingsAt(ctx, a.bot, now)
	if err != nil {
		return nil, err
	}
	var keys []storage.Key
	place := map[storage.Key]int{}
	want := func(k storage.Key) storage.Key {
		if _, twice := place[k]; !twice {
			place[k] = len(keys)
			keys = append(keys, k)
		}
		return k
	}
	type beside struct{ mark, agent, queue, clocks storage.Key }
	of := make([]beside, len(cs))
	for i, c := range cs {
		of[i] = beside{
			mark:  want(child(a.bot, kindRead, a.by.Agent, c.ID)),
			agent: want(key(a.bot, kindAgent, c.LastAgent)), queue: want(key(a.bot, kindQueue, c.Queue)),
		}
		if s.measures() {
			of[i].clocks = want(key(a.bot, kindClocks, c.ID))
		}
	}
	recs := make([]storage.Record, 0, len(keys))
	for part := range slices.Chunk(keys, storage.MaxLookup) {
		found, err := d.store.Lookup(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("desk: rows of a list: %w", err)
		}
		recs = append(recs, found...)
	}
	rows := make([]Row, len(cs))
	for i, c := range cs {
		mark, err1 := decode[readMark](recs[place[of[i].mark]])
		agent, err2 := decode[handoff.Agent](recs[place[of[i].agent]])
		queue, err3 := decode[handoff.Queue](recs[place[of[i].queue]])
		if err := errors.Join(err1, err2, err3); err != nil {
			d.log.Error("desk: unreadable record", "bot", a.bot, "conversation", c.ID, "error", err)
		}
		rows[i] = Row{Conversation: c, AgentName: agent.value.Name, QueueName: queue.value.Name}
		if !a.platform() {
			rows[i].Unread = max(0, c.Received-mark.value.Received)
		}
		if s.measures() {
			v, err := decode[clocks](recs[place[of[i].clocks]])
			if err != nil {
				d.log.Error("desk: unreadable record", "bot", a.bot, "conversation", c.ID, "error", err)
			}
			rows[i].Due = due(v.value.Track, now)
		}
	}
	return rows, nil
}

// MarkRead notes that the agent has read the conversation up to now: their
// Unread of it is 0, everybody else's as it was.
func (s *Seat) MarkRead(ctx context.Context, id handoff.ConversationID) error {
	return s.d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		c, err := s.d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		v, err := get[readMark](ctx, s.d, child(s.bot, kindRead, s.agent, id))
		if err != nil {
			return fmt.Errorf("desk: read mark: %w", err)
		}
		if v.value.Received >= c.Received {
			return nil
		}
		v.value.Received = c.Received
		return put(t, v, t.now.Add(keepRead))
	})
}

// Conversation gives one conversation that the agent may see.
func (s *Seat) Conversation(ctx context.Context, id handoff.ConversationID) (Row, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return Row{}, err
	}
	c, err := s.d.conversation(ctx, a, id)
	if err != nil {
		return Row{}, err
	}
	rows, err := s.d.rows(ctx, a, []handoff.Conversation{c})
	if err != nil {
		return Row{}, err
	}
	return rows[0], nil
}

// History lists the contact's other conversations with the bot, the latest
// first, up to 100: for whoever may see the present one.
func (s *Seat) History(ctx context.Context, present handoff.ConversationID) ([]Row, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	c, err := s.d.conversation(ctx, a, present)
	if err != nil {
		return nil, err
	}
	rows, err := s.d.historyOf(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.d.rows(ctx, a, rows)
}

// historyOf lists the other conversations of the contact, the latest first.
func (d *Desk) historyOf(ctx context.Context, c handoff.Conversation) ([]handoff.Conversation, error) {
	contact, err := d.contact(ctx, c.Bot, c.Contact)
	if err != nil {
		return nil, err
	}
	w := where(anyState...)
	w.Contacts = contact.value.IDs()
	rows, err := d.some(ctx, storage.Query{Bot: c.Bot, Where: w, Limit: pageSize + 1})
	if err != nil {
		return nil, err
	}
	out := rows[:0]
	for _, r := range rows {
		if r.ID != c.ID {
			out = append(out, r)
		}
	}
	return out, nil
}
