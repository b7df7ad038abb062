package chaos

import (
	"context"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// account holds everything that was acknowledged against everything that is
// stored, when all is over.
func (t *trial) account(ctx context.Context) {
	t.feedAgain(ctx)
	for _, f := range t.readers {
		f.compare(t.ledger)
	}
	written := map[string][]handoff.Message{} // by text
	for id, f := range t.ledger.folios {
		t.timeline(ctx, id, f)
		for _, m := range t.messages(ctx, id, f) {
			written[m.Text] = append(written[m.Text], m)
		}
	}
	t.writing(written)
	for id, f := range t.ledger.folios {
		t.moving(id, f)
	}
}

// feedAgain reads the feed from its beginning: it must be what it was when it
// was read as it grew.
func (t *trial) feedAgain(ctx context.Context) {
	var at storage.Cursor
	n := 0
	for {
		page, err := t.store.Events(ctx, at, storage.MaxPage)
		require.NoError(t.t, err)
		for _, e := range page.Entries {
			got := note{e.Cursor.Pos, e.Event.Kind, e.Event.Conversation, e.Event.Seq}
			if n >= len(t.ledger.notes) || t.ledger.notes[n] != got {
				t.law.broken("nothing appears below a place that was given", "%v, number %d", got, n)
				return
			}
			n++
		}
		if at = page.Next; page.Next == page.Head {
			break
		}
	}
	if n != len(t.ledger.notes) {
		t.law.broken("nothing vanishes from the feed", "%d events of %d", n, len(t.ledger.notes))
	}
}

// timeline asks that a conversation's events, read by themselves, fold to it.
func (t *trial) timeline(ctx context.Context, id handoff.ConversationID, f *folio) {
	var c handoff.Conversation
	for {
		page, err := t.store.Timeline(ctx, acme, id, c.Seq, storage.MaxPage)
		require.NoError(t.t, err)
		for _, e := range page {
			if e.Seq != c.Seq+1 {
				t.law.broken("a conversation's events are 1..n", "%s has event %d after %d", id, e.Seq, c.Seq)
			}
			c = c.Apply(e)
		}
		if len(page) < storage.MaxPage {
			break
		}
	}
	stored, err := t.store.Conversation(ctx, acme, id)
	require.NoError(t.t, err)
	for what, v := range map[string]handoff.Conversation{"folds to": c, "was told to be": f.Conversation} {
		if a, b := fmt.Sprintf("%+v", stored.WithoutCopies()), fmt.Sprintf("%+v", v.WithoutCopies()); a != b {
			t.law.broken("events fold to what is stored", "%s is\n\t%s\nand %s\n\t%s", id, a, what, b)
		}
	}
}

// messages gives a conversation's messages, after holding them against each
// other, the ledger, and what the provider knows.
func (t *trial) messages(ctx context.Context, id handoff.ConversationID, f *folio) (all []handoff.Message) {
	for {
		page, err := t.store.Messages(ctx, storage.MessageQuery{Bot: acme, Conversation: id, After: int64(len(all)), Limit: storage.MaxPage})
		require.NoError(t.t, err)
		all = append(all, page...)
		if len(page) < storage.MaxPage {
			break
		}
	}
	if int64(len(all)) != f.Messages {
		t.law.broken("messages are 1..n", "%s counts %d and has %d", id, f.Messages, len(all))
	}
	place := 0
	for i, m := range all {
		if m.Number != int64(i+1) {
			t.law.broken("messages are 1..n", "%s has message %d in place %d", id, m.Number, i+1)
		}
		if told, known := f.delivery[m.ID]; !known || told != m.Delivery {
			t.law.broken("every message has its events", "%s of %s is %q and was told to be %q", m.ID, id, m.Delivery, told)
		}
		if m.Delivery == "" {
			continue
		}
		place = t.sent(m, place)
	}
	return all
}

// sent holds an outgoing message against what the provider knows of it.
// place is that of the message before.
func (t *trial) sent(m handoff.Message, place int) int {
	p := t.provider.parcels[m.ID]
	switch {
	case m.Delivery == handoff.Queued:
		t.law.broken("everything comes to its end", "message %s of %s is still to be sent", m.ID, m.Conversation)
		return place
	case p == nil || p.place == 0:
		if m.Delivery != handoff.Failed {
			t.law.broken("what is said to be sent was sent", "message %s of %s is %s", m.ID, m.Conversation, m.Delivery)
		}
		return place
	case len(p.keys) > 1:
		t.law.broken("a message has one key", "%s was sent under %v", m.ID, p.keys)
	case p.Channel == plain && p.again:
		t.law.broken("without keys nothing is sent twice", "%s of %s", m.ID, m.Conversation)
	}
	if want := handoff.Sent.Advance(p.told); m.Provider != "" && m.Delivery != want {
		t.law.broken("receipts end the same in any order", "message %s of %s is %s, and the provider told %s", m.ID, m.Conversation, m.Delivery, want)
	}
	if p.Channel == plain && m.Delivery == handoff.Failed {
		return place // nobody knows when it was sent
	}
	if p.place < place {
		t.law.broken("messages are sent in their order", "message %d of %s before one before it", m.Number, m.Conversation)
	}
	return p.place
}

// writing asks that what was written, and acknowledged, is stored, and once.
func (t *trial) writing(written map[string][]handoff.Message) {
	possible := map[string]bool{} // texts that may be stored
	acknowledged := map[string]bool{}
	for _, c := range t.journal.calls {
		if c.Text == "" || c.Deed == receipted {
			continue
		}
		possible[c.Text] = possible[c.Text] || c.possible()
		if !c.acknowledged() {
			continue
		}
		acknowledged[c.Text] = true
		is := written[c.Text]
		switch {
		case len(is) == 0:
			t.law.broken("what was acknowledged is stored", "%s %q in %s", c.Deed, c.Text, c.Conv)
		case is[0].Conversation != c.Conv, c.Msg != "" && is[0].ID != c.Msg:
			t.law.broken("every call gives the same message", "%s %q is %s of %s, and a call gave %s of %s",
				c.Deed, c.Text, is[0].ID, is[0].Conversation, c.Msg, c.Conv)
		}
	}
	for text, may := range possible {
		if is := written[text]; len(is) > 1 {
			t.law.broken("a call has its effect once", "%q is stored %d times, in %s and %s", text, len(is), is[0].Conversation, is[1].Conversation)
		} else if len(is) == 1 && !may {
			t.law.broken("a refused call changes nothing", "%q is stored in %s", text, is[0].Conversation)
		}
	}
	t.sums.written = len(acknowledged)
}

// moving asks that what was done to a conversation, and acknowledged, is in
// its events, and that nothing else is.
func (t *trial) moving(id handoff.ConversationID, f *folio) {
	events := map[step]int{}
	for _, m := range f.moves {
		do := step{agent: m.Actor.Agent}
		switch {
		case m.Kind == handoff.EventHandedOff:
			do.deed = handedOff
		case m.Kind == handoff.EventWithdrawn:
			do.deed = withdrawn
		case m.Kind == handoff.EventEnded && m.Actor.By == handoff.ByAgent:
			do.deed = returned
		case m.Kind == handoff.EventEnded:
			do.deed = closed
		case m.Actor.By != handoff.ByAgent:
			continue
		case m.Kind == handoff.EventAssigned && m.Agent == m.Actor.Agent:
			do.deed = took
		case m.Agent != "" && (m.Kind == handoff.EventAssigned || m.Kind == handoff.EventTransferred):
			do.deed, do.to = passed, string(m.Agent)
		case m.Kind == handoff.EventTransferred, m.Kind == handoff.EventRequeued:
			do.deed, do.to = requeued, string(m.Queue)
		default:
			continue
		}
		events[do]++
	}
	acks, possible := map[step]int{}, map[step]int{}
	keys := map[string]bool{}
	for _, c := range t.calls(id) {
		do := step{deed: c.Deed, agent: c.Agent, to: c.To}
		switch c.Deed {
		case handedOff:
			do.to = ""
			if c.acknowledged() && !keys[c.Key] { // many calls, one hand-off
				keys[c.Key] = true
				acks[do]++
			}
			if c.possible() {
				possible[do]++
			}
			continue
		case withdrawn, closed, returned, passed, requeued, took:
		default:
			continue
		}
		if c.acknowledged() && c.Deed != took { // taking what one was just given is nothing new
			acks[do]++
		}
		if c.possible() {
			possible[do]++
		}
	}
	for do, n := range acks {
		if events[do] < n {
			t.law.broken("what was acknowledged is in the events", "%s: %v was done %d times and is told of %d times", id, do, n, events[do])
		}
	}
	for do, n := range events {
		if n > possible[do] {
			t.law.broken("a call has its effect once", "%s: %v is told of %d times and was done at most %d times", id, do, n, possible[do])
		}
	}
}

// calls gives the calls on a conversation.
func (t *trial) calls(id handoff.ConversationID) []*call {
	if t.byConv == nil {
		t.byConv = map[handoff.ConversationID][]*call{}
		for _, c := range t.journal.calls {
			t.byConv[c.Conv] = append(t.byConv[c.Conv], c)
		}
	}
	return slices.Clip(t.byConv[id])
}
