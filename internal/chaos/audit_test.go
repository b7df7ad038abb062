package chaos

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// audit compares, again and again, what is stored with what the feed tells,
// both in one snapshot.
type audit struct {
	site   *site
	law    *verdict
	ledger *ledger
	looks  int
	since  map[pair]time.Time // somebody waits although somebody is free
	idle   time.Duration      // the longest of that
}

// glance is what one snapshot shows.
type glance struct {
	events []placed
	convs  map[handoff.ConversationID]handoff.Conversation
	loads  map[handoff.AgentID]map[handoff.QueueID]int
	open   map[handoff.ContactID]handoff.ConversationID
	sends  map[handoff.ConversationID]bool // with a timer for sending
}

type placed struct {
	place int64
	event handoff.Event
}

// watch looks until ctx is done.
func (a *audit) watch(ctx context.Context) {
	for ctx.Err() == nil {
		_ = a.look(ctx) // the database may be down
		select {
		case <-ctx.Done():
		case <-a.law.first:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// look takes one snapshot and holds it against the ledger.
func (a *audit) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	g, err := a.glance(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	touched := map[handoff.ConversationID]bool{}
	for _, e := range g.events {
		a.ledger.enter(e.place, e.event, now)
		touched[e.event.Conversation] = true
	}
	a.looks++
	a.compare(g, touched)
	a.liveness(g, now)
	return nil
}

// glance reads a snapshot: what the feed tells since the last one, and the
// rows it tells of with all that are not ended.
func (a *audit) glance(ctx context.Context) (g glance, err error) {
	g = glance{
		convs: map[handoff.ConversationID]handoff.Conversation{}, loads: map[handoff.AgentID]map[handoff.QueueID]int{},
		open: map[handoff.ContactID]handoff.ConversationID{}, sends: map[handoff.ConversationID]bool{},
	}
	err = a.site.snapshot(ctx, func(tx *sql.Tx) error {
		err := each(ctx, tx, fmt.Sprintf(`SELECT place, value FROM events WHERE place > %d ORDER BY place`, a.ledger.last), func(rows *sql.Rows) error {
			var e placed
			var value []byte
			if err := rows.Scan(&e.place, &value); err != nil {
				return err
			}
			g.events = append(g.events, e)
			return json.Unmarshal(value, &g.events[len(g.events)-1].event)
		})
		if err != nil {
			return err
		}
		row := func(rows *sql.Rows) error {
			var c handoff.Conversation
			var value []byte
			if err := rows.Scan(&value); err != nil {
				return err
			}
			err := json.Unmarshal(value, &c)
			g.convs[c.ID] = c
			return err
		}
		if err := each(ctx, tx, `SELECT value FROM conversations WHERE bot = 'acme' AND state <> 'ended'`, row); err != nil {
			return err
		}
		var told []string
		for _, e := range g.events {
			if id := e.event.Conversation; id != "" && g.convs[id].ID == "" {
				told = append(told, "'"+string(id)+"'") // an id the desk has made
			}
		}
		slices.Sort(told)
		for part := range slices.Chunk(slices.Compact(told), 500) {
			if err := each(ctx, tx, `SELECT value FROM conversations WHERE bot = 'acme' AND id IN (`+strings.Join(part, ",")+`)`, row); err != nil {
				return err
			}
		}
		err = each(ctx, tx, `SELECT agent, queue, held FROM loads WHERE bot = 'acme'`, func(rows *sql.Rows) error {
			var agent handoff.AgentID
			var queue handoff.QueueID
			var held int
			err := rows.Scan(&agent, &queue, &held)
			if g.loads[agent] == nil {
				g.loads[agent] = map[handoff.QueueID]int{}
			}
			g.loads[agent][queue] = held
			return err
		})
		if err != nil {
			return err
		}
		err = each(ctx, tx, `SELECT id, data FROM records WHERE bot = 'acme' AND kind = 'open'`, func(rows *sql.Rows) error {
			var contact handoff.ContactID
			var data []byte
			if err := rows.Scan(&contact, &data); err != nil {
				return err
			}
			var id handoff.ConversationID
			err := json.Unmarshal(data, &id)
			g.open[contact] = id
			return err
		})
		if err != nil {
			return err
		}
		return each(ctx, tx, `SELECT id FROM timers WHERE bot = 'acme' AND kind = 'send'`, func(rows *sql.Rows) error {
			var id handoff.ConversationID
			err := rows.Scan(&id)
			g.sends[id] = true
			return err
		})
	})
	return g, err
}

// each runs a query and gives f its rows.
func each(ctx context.Context, tx *sql.Tx, query string, f func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// compare holds the stored rows against each other and the ledger.
func (a *audit) compare(g glance, touched map[handoff.ConversationID]bool) {
	held := map[handoff.AgentID]map[handoff.QueueID]int{}
	open := map[handoff.ContactID]handoff.ConversationID{}
	for id, c := range g.convs {
		a.same(id, c)
		if c.State == handoff.StateAssigned {
			if held[c.Agent] == nil {
				held[c.Agent] = map[handoff.QueueID]int{}
			}
			held[c.Agent][""]++
			if c.Queue != "" {
				held[c.Agent][c.Queue]++
			}
		}
		if !c.Ended() {
			if other := open[c.Contact]; other != "" {
				a.law.broken("one open conversation per contact", "%s and %s of %s", other, id, c.Contact)
			}
			open[c.Contact] = id
			if g.open[c.Contact] != id {
				a.law.broken("one open conversation per contact", "%s of %s is open, and %q is known to be", id, c.Contact, g.open[c.Contact])
			}
		}
	}
	for contact, id := range g.open {
		if open[contact] != id {
			a.law.broken("one open conversation per contact", "%s of %s is known to be open, and is not", id, contact)
		}
	}
	for id := range touched {
		if id != "" && g.convs[id].ID == "" {
			a.law.broken("no event without a change", "%s has events and is not stored", id)
		}
	}
	for agent, p := range a.ledger.people {
		for _, q := range append([]handoff.QueueID{""}, queues...) {
			if n := g.loads[agent][q]; n != held[agent][q] || n != p.held[q] {
				a.law.broken("loads are what is held", "%s holds %d of %q, the load says %d and the events %d", agent, held[agent][q], q, n, p.held[q])
			}
		}
	}
	for id, n := range a.ledger.queued {
		if !g.sends[id] {
			a.law.broken("what is to be sent has its timer", "%s has %d messages to be sent: %s", id, n, a.outbox(id))
		}
	}
}

// outbox tells how far a conversation is sent, a moment after the snapshot.
func (a *audit) outbox(id handoff.ConversationID) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var told []string
	err := a.site.snapshot(ctx, func(tx *sql.Tx) error {
		tell := func(rows *sql.Rows) error {
			var value []byte
			err := rows.Scan(&value)
			told = append(told, string(value))
			return err
		}
		for _, query := range []string{
			`SELECT data FROM records WHERE bot = 'acme' AND kind = 'outbox' AND id = '%s'`,
			`SELECT at FROM timers WHERE bot = 'acme' AND kind = 'send' AND id = '%s'`,
			`SELECT value FROM messages WHERE bot = 'acme' AND conversation = '%s' ORDER BY number DESC LIMIT 5`,
			`SELECT value FROM events WHERE bot = 'acme' AND conversation = '%s' ORDER BY seq DESC LIMIT 8`,
		} {
			if err := each(ctx, tx, fmt.Sprintf(query, id), tell); err != nil { // an id the desk has made
				return err
			}
		}
		return nil
	})
	return fmt.Sprint(strings.Join(told, "\n\t"), " ", err)
}

// same asks that a conversation is what its events lead to.
func (a *audit) same(id handoff.ConversationID, c handoff.Conversation) {
	f := a.ledger.folios[id]
	if f == nil {
		a.law.broken("no change without an event", "%s is stored and has no events", id)
		return
	}
	stored, folded := fmt.Sprintf("%+v", c.WithoutCopies()), fmt.Sprintf("%+v", f.Conversation.WithoutCopies())
	if stored != folded {
		a.law.broken("events fold to what is stored", "%s is\n\t%s\nand folds to\n\t%s", id, stored, folded)
	}
}

// pair is who waits and who could serve them.
type pair struct {
	conv  handoff.ConversationID
	agent handoff.AgentID
}

// liveness measures for how long somebody waits whom somebody could serve who
// is free all the while.
func (a *audit) liveness(g glance, now time.Time) {
	still := map[pair]time.Time{}
	for id, c := range g.convs {
		for agent, p := range a.ledger.people {
			if c.State != handoff.StateWaiting || c.Queue == vip || !p.available || !p.connected || !p.serves[c.Queue] || p.held[""] > 0 {
				continue
			}
			both := pair{id, agent}
			began, known := a.since[both]
			if !known {
				began = now
			}
			still[both] = began
			a.idle = max(a.idle, now.Sub(began))
		}
	}
	a.since = still
}
