package live_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
	"github.com/handoffdesk/handoff/filter"
)

func TestATransferTakesTheRowAndTellsThatItLeft(t *testing.T) {
	inOffice(t, func(o *office) {
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		o.agent("bruno", handoff.RoleAgent, "support")
		all := &filter.Criteria{}
		a, b := o.watch("ana", live.Viewer{Criteria: all}), o.watch("bruno", live.Viewer{Criteria: all})
		id := o.waits("551", "sales")
		o.settle()
		a.read()
		b.read()
		require.Equal(t, []handoff.ConversationID{id}, a.ids())
		require.Empty(t, b.ids())
		require.Empty(t, b.events)

		a.events = nil
		_, err := ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno"})
		o.ok(err)
		_, err = o.bot.SetPriority(o.ctx, id, handoff.High)
		o.ok(err)
		a.read()
		b.read()
		require.Empty(t, a.ids())
		require.Equal(t, []string{"-transferred"}, a.kinds(), "and nothing of what came after")
		require.Equal(t, []handoff.ConversationID{id}, b.ids())
		require.Contains(t, b.kinds(), "priority")
	})
}
