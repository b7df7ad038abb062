package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/routing"
)

func TestTheDeskSaysWhySomebodyWaits(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.working("ana", 1, "sales")
		o.agent("bruno", 1, handoff.RoleAgent, "sales")
		o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		id := o.waits("552", "sales", handoff.NoPriority)
		e, err := o.bot.Explain(o.ctx, id)
		o.ok(err)
		reasons := map[handoff.AgentID][]routing.Reason{}
		for _, c := range e.Candidates {
			require.False(t, c.Eligible())
			reasons[c.Agent] = c.Reasons
		}
		require.Contains(t, reasons["ana"], routing.AtCapacity)
		require.Contains(t, reasons["bruno"], routing.Unavailable)
		require.Contains(t, reasons["bruno"], routing.Disconnected)
		me, err := o.bot.ExplainAgent(o.ctx, "bruno")
		o.ok(err)
		require.Contains(t, me.Reasons, routing.Unavailable)
		_, err = o.bot.Explain(o.ctx, o.writes("553", "hi"))
		require.ErrorIs(t, err, handoff.ErrInvalidState)
		_, err = o.bot.ExplainAgent(o.ctx, "nobody")
		require.ErrorIs(t, err, desk.ErrNotFound)
	})
}
