package desk

import (
	"context"
	"testing"
	"time"

	must "github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

func TestALookThatAnotherHasOvertakenTellsNothing(t *testing.T) {
	t.Parallel()
	l := newLines()
	sales := []doc[handoff.Member]{{value: handoff.Member{Queue: "sales", Agent: "ana"}}}
	waits, nobody := map[handoff.QueueID]bool{"sales": true}, map[handoff.QueueID]bool{"support": true}
	must.True(t, l.mayWait("acme", sales), "never looked")

	l.look("acme")(nobody)
	must.False(t, l.mayWait("acme", sales))
	must.False(t, l.mayWait("acme", nil), "in no queue")
	must.True(t, l.mayWait("rival", sales), "another bot")

	early := l.look("acme")
	must.True(t, l.mayWait("acme", sales), "while it is looked")
	late := l.look("acme")
	early(nobody)
	must.True(t, l.mayWait("acme", sales), "the other one still looks")
	late(nobody)
	must.False(t, l.mayWait("acme", sales))

	l.look("acme")(waits)
	must.True(t, l.mayWait("acme", sales))
}

// hearing is a store that could tell of other processes.
type hearing struct{ storage.Store }

func (hearing) Watch(context.Context, func()) error { return nil }

func TestWhatEndsInAnotherProcessMakesRoomForWhoWaits(t *testing.T) {
	t.Parallel()
	d, err := New(hearing{memory.New(nil)}, nil)
	must.NoError(t, err)
	now := time.Now()
	_, err = d.rosters.of(t.Context(), "acme", now)
	must.NoError(t, err)
	r, _ := d.rosters.known("acme", now)
	r.members["ana"] = []doc[handoff.Member]{{value: handoff.Member{Queue: "sales", Agent: "ana"}}}
	ended := handoff.Event{Bot: "acme", Conversation: "c", Kind: handoff.EventEnded, FromAgent: "ana", At: now}
	wrapped := handoff.Event{Bot: "acme", Conversation: "c", Kind: handoff.EventWrappedUp, Agent: "ana", At: now}
	for _, e := range []handoff.Event{ended, wrapped} {
		d.lines.look("acme")(map[handoff.QueueID]bool{"sales": true})
		d.concern(e)
		must.Equal(t, []handoff.BotID{"acme"}, d.routing.take())
		d.lines.look("acme")(nil)
		d.concern(e)
		must.Empty(t, d.routing.take())
	}
	ended.FromAgent = "" // nobody held it
	d.lines.look("acme")
	d.concern(ended)
	must.Empty(t, d.routing.take())
}
