package desk_test

import (
	"errors"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

// follower is a subscriber who goes away and comes back.
type follower struct {
	cursor string
	seen   []handoff.Event
}

// resume lets a follower come back for some events, wherever it had stopped.
func (w *world) resume(d *desk.Desk, i, events int) {
	f := &w.followers[i%len(w.followers)]
	head, err := d.Head(w.ctx)
	w.must(err)
	if events == 0 || f.cursor == head {
		return // it would wait for what happens next
	}
	for item, err := range d.Bot("acme").Subscribe(w.ctx, f.cursor) {
		w.must(err)
		f.cursor = item.Cursor
		if item.Event.Kind != "" {
			f.seen = append(f.seen, item.Event)
			events--
		}
		if events == 0 || f.cursor == head {
			return
		}
	}
}

// checkFollowers lets every follower come to the end, and asks that each was
// given every event once and in order.
func (w *world) checkFollowers() {
	feed := w.feed("")
	for i := range w.followers {
		w.resume(w.desks[i%2], i, len(feed)+1)
		seen := w.followers[i].seen
		if len(seen) != len(feed) {
			w.t.Fatalf("follower %d was given %d events of %d", i, len(seen), len(feed))
		}
		for j, e := range feed {
			if !sameEvent(seen[j], e.Event) {
				w.t.Fatalf("follower %d was given %+v in the place of %+v", i, seen[j], e.Event)
			}
		}
	}
}

// feed reads all that follows a cursor from the store itself.
func (w *world) feed(after string) (all []storage.Entry) {
	at, err := storage.ParseCursor(after)
	w.must(err)
	for {
		f, err := w.store.Events(w.ctx, at, storage.MaxPage)
		w.must(err)
		all = append(all, f.Entries...)
		if f.Next == f.Head {
			return all
		}
		at = f.Next
	}
}

func sameEvent(a, b handoff.Event) bool {
	return a.Kind == b.Kind && a.Conversation == b.Conversation && a.Seq == b.Seq && a.Version == b.Version &&
		a.Agent == b.Agent && a.Queue == b.Queue && a.Actor == b.Actor && a.At.Equal(b.At)
}

// look lets an agent come back and read to the end, and asks that they are
// given exactly what they may see now, and hints of what left their view.
func (w *world) look(d *desk.Desk, agent handoff.AgentID) {
	seat, err := d.Seat(w.ctx, "acme", agent)
	if errors.Is(err, desk.ErrNotFound) {
		return // disabled
	}
	w.must(err)
	me, err := seat.Me(w.ctx)
	w.must(err)
	missed := w.feed(w.looked[agent])
	if len(missed) == 0 {
		return
	}
	head := missed[len(missed)-1].Cursor.String()
	var whole, left []string // cursors of what was given
	for item, err := range seat.Subscribe(w.ctx, w.looked[agent]) {
		w.must(err)
		switch {
		case item.Event.Kind == "":
		case item.Left:
			left = append(left, item.Cursor)
			if item.Event.Seq != 0 || item.Event.Message != "" || item.Event.Agent != "" {
				w.t.Fatalf("%s is told too much of what left: %+v", agent, item.Event)
			}
		default:
			whole = append(whole, item.Cursor)
		}
		if item.Cursor == head {
			break
		}
	}
	var may, others []string
	for _, e := range missed {
		at := e.Cursor.String()
		if w.concerns(me, e.Event) {
			may = append(may, at)
			continue
		}
		others = append(others, at)
		if e.Event.FromAgent == agent && !slices.Contains(left, at) {
			w.t.Fatalf("%s is not told that %s went from them by %s", agent, e.Event.Conversation, e.Event.Kind)
		}
	}
	if !slices.Equal(whole, may) {
		w.t.Fatalf("%s is given %v and may see %v", agent, whole, may)
	}
	for _, c := range left {
		i := slices.Index(others, c)
		if i < 0 {
			w.t.Fatalf("%s is told twice, out of order or wrongly that something left at %s", agent, c)
		}
		others = others[i+1:]
	}
	w.looked[agent] = head
}

// concerns is the rule of which events are for an agent.
func (w *world) concerns(me handoff.Agent, e handoff.Event) bool {
	if e.Conversation != "" {
		c, err := w.store.Conversation(w.ctx, "acme", e.Conversation)
		w.must(err)
		return w.maySee(me, c)
	}
	switch e.Kind {
	case handoff.EventAgentChanged, handoff.EventAvailability, handoff.EventConnected, handoff.EventDisconnected:
		return e.Agent == me.ID || me.Permissions.Has(handoff.PermReports) || me.Permissions.Has(handoff.PermManageAgents)
	}
	return true
}
