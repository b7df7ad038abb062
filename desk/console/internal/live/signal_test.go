package live_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
)

func TestASignalReachesTheOthersWhoSeeTheConversation(t *testing.T) {
	inOffice(t, func(o *office) {
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		bruno := o.agent("bruno", handoff.RoleAgent, "support")
		boss := o.agent("boss", handoff.RoleAdmin)
		id := o.waits("551", "sales")
		o.settle()
		a, b, c := o.watch("ana", live.Viewer{}), o.watch("bruno", live.Viewer{}), o.watch("boss", live.Viewer{})
		all := []*screen{a, b, c}
		read := func() {
			for _, s := range all {
				s.read()
			}
		}
		read()
		o.ok(o.hub.Signal(o.ctx, ana, id, true, true))
		o.ok(o.hub.Signal(o.ctx, boss, id, true, false))
		read()
		require.Equal(t, []string{fmt.Sprint("boss", id, false)}, a.signals, "not their own")
		require.Empty(t, b.signals)
		require.Equal(t, []string{fmt.Sprint("ana", id, true)}, c.signals)

		require.ErrorIs(t, o.hub.Signal(o.ctx, bruno, id, true, true), desk.ErrNotFound)
		require.ErrorIs(t, o.hub.Signal(o.ctx, bruno, "", true, true), handoff.ErrInvalid)

		_, err := ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno"})
		o.ok(err)
		read()
		o.ok(o.hub.Signal(o.ctx, boss, id, true, true))
		require.ErrorIs(t, o.hub.Signal(o.ctx, ana, id, true, true), desk.ErrNotFound)
		read()
		require.Len(t, a.signals, 1)
		require.Equal(t, []string{fmt.Sprint("boss", id, true)}, b.signals)
		for _, s := range all {
			s.stream.Close()
		}
	})
}

func TestASignalMadeBeforeATransferIsNotGivenAfterIt(t *testing.T) {
	inOffice(t, func(o *office) {
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		o.agent("bruno", handoff.RoleAgent, "support")
		boss := o.agent("boss", handoff.RoleAdmin)
		id := o.waits("551", "sales")
		o.settle()
		a := o.watch("ana", live.Viewer{})
		defer a.stream.Close()
		a.read()
		o.ok(o.hub.Signal(o.ctx, boss, id, true, true))
		_, err := ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno"})
		o.ok(err)
		a.read()
		require.Empty(t, a.signals)
	})
}

func TestWhoSignalsTooOftenIsToldSoAndNobodyElseIsHeld(t *testing.T) {
	inOffice(t, func(o *office) {
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		boss := o.agent("boss", handoff.RoleAdmin)
		id := o.waits("551", "sales")
		o.settle()
		o.ok(o.hub.Signal(o.ctx, ana, id, true, true)) // nobody is there
		require.ErrorIs(t, o.hub.Signal(o.ctx, ana, "none", true, true), desk.ErrNotFound)
		b := o.watch("boss", live.Viewer{})
		defer b.stream.Close()
		passed := 0
		for range 100 {
			if err := o.hub.Signal(o.ctx, ana, id, true, true); err == nil {
				passed++
			} else {
				require.ErrorIs(t, err, live.ErrTooMany)
			}
		}
		require.LessOrEqual(t, passed, 20)
		b.read()
		require.Len(t, b.signals, passed)
		o.ok(o.hub.Signal(o.ctx, boss, id, true, true))
		time.Sleep(time.Second)
		o.ok(o.hub.Signal(o.ctx, ana, id, true, true))
	})
}
