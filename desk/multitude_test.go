package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

func TestThousandsWhoWantWhatNobodyHasHoldUpNobodyBehindThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 5, "sales")
	for i := range 2 * storage.MaxPage {
		id := o.writes(fmt.Sprint("55", i), "hallo")
		o.ok(second(o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales", Skills: []string{"german"}}, "")))
	}
	o.clock.Advance(time.Second)
	id := o.waits("999", "sales", handoff.NoPriority)
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
}

func TestAQueueWithThousandsOfMembersIsRemovedWithThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range storage.MaxOps + 10 {
		o.agent(handoff.AgentID(fmt.Sprint("a", i)), 1, handoff.RoleAgent, "sales")
	}
	o.ok(o.bot.RemoveQueue(o.ctx, "sales"))
	left, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "member"}, 1)
	o.ok(err)
	require.Empty(t, left)
}

func TestAHandOffToAnAgentWhoseConnectionIsGoneGoesToTheQueue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 5, "sales")
	o.clock.Advance(21 * time.Second)
	id := o.writes("551", "oi")
	out, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Agent: "ana", Queue: "sales"}, "")
	o.ok(err)
	require.Equal(t, handoff.StateWaiting, out.State)
}
