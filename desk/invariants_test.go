package desk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// edges are all the changes of state there are.
var edges = map[handoff.State][]handoff.State{
	"":                    {handoff.StateBot, handoff.StateAssigned},
	handoff.StateBot:      {handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded},
	handoff.StateWaiting:  {handoff.StateWaiting, handoff.StateAssigned, handoff.StateBot, handoff.StateEnded},
	handoff.StateAssigned: {handoff.StateAssigned, handoff.StateWaiting, handoff.StateEnded},
	handoff.StateEnded:    {handoff.StateEnded},
}

// check holds against the store everything that must be so at any moment.
func (w *world) check(after step) {
	fail := func(format string, args ...any) {
		w.t.Helper()
		w.t.Fatalf("after %v: %s", after, fmt.Sprintf(format, args...))
	}
	held := map[handoff.AgentID]int{}
	heldIn := map[[2]string]int{}
	open := map[string]handoff.ConversationID{}
	for _, id := range w.convs {
		c, err := w.store.Conversation(w.ctx, "acme", id)
		w.must(err)
		if (c.State == handoff.StateAssigned) != (c.Agent != "") {
			fail("%s is %s with agent %q", id, c.State, c.Agent)
		}
		if c.Agent != "" {
			held[c.Agent]++
			if c.Queue != "" {
				heldIn[[2]string{string(c.Agent), string(c.Queue)}]++
			}
		}
		if !c.Ended() {
			k := string(c.Channel) + string(c.Account) + string(c.Contact)
			if other, twice := open[k]; twice {
				fail("contact %s has two open conversations, %s and %s", c.Contact, other, id)
			}
			open[k] = id
		}
		if was, known := w.versions[id]; known && was.Seq == c.Seq {
			continue // nothing new: the timeline was checked before
		}
		w.versions[id] = c
		w.checkTimeline(c, fail)
		w.checkMessages(c, fail)
	}
	loads, err := w.store.Loads(w.ctx, "acme")
	w.must(err)
	for _, l := range loads {
		want := held[l.Agent]
		if l.Queue != "" {
			want = heldIn[[2]string{string(l.Agent), string(l.Queue)}]
		}
		if l.Held != want {
			fail("load of %s in %q is %d, and they hold %d", l.Agent, l.Queue, l.Held, want)
		}
		delete(held, l.Agent)
	}
	if len(held) > 0 {
		fail("held without a load: %v", held)
	}
	w.checkSight(fail)
}

// checkTimeline holds a conversation's events against each other and it.
func (w *world) checkTimeline(c handoff.Conversation, fail func(string, ...any)) {
	events, err := w.store.Timeline(w.ctx, "acme", c.ID, 0, storage.MaxPage)
	w.must(err)
	var folded handoff.Conversation
	for i, e := range events {
		if e.Seq != int64(i+1) {
			fail("%s has event %d in place %d", c.ID, e.Seq, i+1)
		}
		if e.Version > 0 {
			if e.Version != folded.Version+1 {
				fail("%s goes from version %d to %d", c.ID, folded.Version, e.Version)
			}
			if !slices.Contains(edges[folded.State], e.State) {
				fail("%s goes from %q to %q by %s", c.ID, folded.State, e.State, e.Kind)
			}
			// Lowering a capacity evicts nobody, so it is judged when a
			// conversation is given.
			if e.Kind == handoff.EventAssigned && e.Actor.By == handoff.BySystem && i == len(events)-1 && e.At.Equal(w.now()) {
				w.checkRoom(e.Agent, fail)
			}
		}
		if e.State == handoff.StateWaiting && folded.State == handoff.StateAssigned &&
			!folded.WaitingSince.IsZero() && !e.WaitingSince.Equal(folded.WaitingSince) {
			fail("%s lost its place in line by %s", c.ID, e.Kind)
		}
		folded = folded.Apply(e)
	}
	if want := c.WithoutCopies(); fmt.Sprintf("%+v", want) != fmt.Sprintf("%+v", folded) {
		fail("%s is stored as\n%+v\nand folds to\n%+v", c.ID, want, folded)
	}
}

func (w *world) now() time.Time {
	now, err := w.store.Now(w.ctx)
	w.must(err)
	return now
}

// checkRoom asks that an agent routing has just given something holds no
// more than they may.
func (w *world) checkRoom(id handoff.AgentID, fail func(string, ...any)) {
	agents, err := w.desks[0].Bot("acme").Agents(w.ctx)
	w.must(err)
	loads, err := w.store.Loads(w.ctx, "acme")
	w.must(err)
	for _, a := range agents {
		for _, l := range loads {
			if a.ID == id && l.Agent == id && l.Queue == "" && l.Held > a.Limit() {
				fail("routing gave %s conversation %d of %d", id, l.Held, a.Limit())
			}
		}
	}
}

// checkMessages asks for numbers without a gap, deliveries that never step
// back, and an order of sending that is the order of writing.
func (w *world) checkMessages(c handoff.Conversation, fail func(string, ...any)) {
	ms, err := w.store.Messages(w.ctx, storage.MessageQuery{Bot: "acme", Conversation: c.ID, Limit: storage.MaxPage})
	w.must(err)
	if int64(len(ms)) != c.Messages {
		fail("%s counts %d messages and has %d", c.ID, c.Messages, len(ms))
	}
	for i, m := range ms {
		if m.Number != int64(i+1) {
			fail("%s has message %d in place %d", c.ID, m.Number, i+1)
		}
		was := w.deliveries[m.ID]
		if was.Advance(m.Delivery) != m.Delivery && !w.retried[m.ID] {
			fail("message %d of %s went from %s back to %s", m.Number, c.ID, was, m.Delivery)
		}
		w.deliveries[m.ID] = m.Delivery
		if m.Private && m.Delivery != "" {
			fail("a note is to be sent")
		}
	}
}

// checkSight compares what each agent is shown with what they may see.
func (w *world) checkSight(fail func(string, ...any)) {
	if w.turn%7 != 0 {
		return // it is the dearest check; every seventh step is often enough
	}
	for _, id := range modelAgents {
		seat, err := w.desks[0].Seat(w.ctx, "acme", id)
		if err != nil {
			continue
		}
		me, err := seat.Me(w.ctx)
		w.must(err)
		page, err := seat.Conversations(w.ctx, filter.Criteria{Status: filter.AnyStatus}, "")
		w.must(err)
		shown := map[handoff.ConversationID]bool{}
		for _, r := range page.Rows {
			shown[r.ID] = true
		}
		for _, cid := range w.convs {
			c, err := w.store.Conversation(w.ctx, "acme", cid)
			w.must(err)
			may := w.maySee(me, c)
			if shown[cid] != may {
				fail("%s is shown %s: %v, and may see it: %v", id, cid, shown[cid], may)
			}
			if _, err := seat.Messages(w.ctx, cid, desk.MessageQuery{}); (err == nil) != may {
				fail("%s reads %s: %v, and may: %v", id, cid, err, may)
			}
		}
	}
}

// maySee is the rule of who sees what, read from the store itself.
func (w *world) maySee(me handoff.Agent, c handoff.Conversation) bool {
	member, err := w.store.Lookup(w.ctx, []storage.Key{{Bot: "acme", Kind: "member", Parent: string(me.ID), ID: string(c.Queue)}})
	w.must(err)
	return me.Permissions.Has(handoff.PermViewAll) || c.Agent == me.ID ||
		c.State == handoff.StateWaiting && me.Availability == handoff.Available && member[0].Version != 0
}

// checkLiveness lets the desks come to rest and asks that nobody waits whom
// an eligible agent has room for, and that nothing is left to be sent.
func (w *world) checkLiveness() {
	if !w.live { // breakers go by a clock that does not stand still
		for i := range w.desks {
			w.begin(i)
		}
	}
	w.pass(5 * time.Minute) // every retry is due, and every lease of the dead has ended
	for range 3 {
		w.settle()
		w.pass(3 * time.Second)
	}
	w.settle()
	now := w.now()
	bot := w.desks[0].Bot("acme")
	agents, err := bot.Agents(w.ctx)
	w.must(err)
	loads, err := w.store.Loads(w.ctx, "acme")
	w.must(err)
	load := func(a handoff.AgentID, q handoff.QueueID) int {
		for _, l := range loads {
			if l.Agent == a && l.Queue == q {
				return l.Held
			}
		}
		return 0
	}
	for _, id := range w.convs {
		c, err := w.store.Conversation(w.ctx, "acme", id)
		w.must(err)
		ms, err := w.store.Messages(w.ctx, storage.MessageQuery{Bot: "acme", Conversation: id, Limit: storage.MaxPage})
		w.must(err)
		for _, m := range ms {
			if m.Delivery == handoff.Queued {
				w.t.Fatalf("message %d of %s is still queued at %v", m.Number, id, now)
			}
		}
		if c.State != handoff.StateWaiting || c.Queue == "vip" { // a manual queue
			continue
		}
		for _, a := range agents {
			leases, err := w.store.Records(w.ctx, storage.Range{Bot: "acme", Kind: "lease", Parent: string(a.ID)}, 1)
			w.must(err)
			ms, err := w.store.Records(w.ctx, storage.Range{Bot: "acme", Kind: "member", Parent: string(a.ID)}, 10)
			w.must(err)
			if a.Availability != handoff.Available || len(leases) == 0 || load(a.ID, "") >= a.Limit() {
				continue
			}
			for _, m := range ms {
				if m.Key.ID != string(c.Queue) {
					continue
				}
				limit := a.Limit()
				if v := memberCapacity(m.Data); v > 0 {
					limit = min(limit, v)
				}
				if load(a.ID, c.Queue) < limit {
					w.t.Fatalf("%s waits in %s while %s has room", id, c.Queue, a.ID)
				}
			}
		}
	}
}

func memberCapacity(data []byte) int {
	var m handoff.Member
	if json.Unmarshal(data, &m) != nil {
		return 0
	}
	return m.Capacity
}
