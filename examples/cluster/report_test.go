package main

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

// after is a moment of the run.
func after(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

func TestWhatWasNeverBegunCountsWithTheTimeItWasLate(t *testing.T) {
	t.Parallel()
	o := outcome{began: noon, over: after(2000), calls: []call{
		{planned: noon, begun: true, acknowledged: after(10), conversation: "c0"},
		{planned: after(500), begun: true, acknowledged: after(2100), conversation: "c1"},
		{planned: after(1000)},
		{planned: after(1500)},
	}, shown: map[handoff.ConversationID]time.Time{"c0": after(30), "c1": after(2500)}}
	ms := time.Millisecond
	require.Equal(t, []time.Duration{30 * ms, 2000 * ms, 1000 * ms, 500 * ms}, o.untilShown())

	rate, reached := o.rate(settings{rate: 2})
	require.InDelta(t, 2/2.1, rate, 1e-9, "the last answer came later than the end")
	require.False(t, reached)
	var out bytes.Buffer
	report(&out, settings{rate: 2}, o, nil, nil)
	require.Contains(t, out.String(), "4 planned, 2 begun, 2 acknowledged: 1.0 a second; the 2 asked for were NOT reached")
	require.Contains(t, out.String(), "1 of them with an agent by the end: 0.5 a second")
	require.Contains(t, out.String(), "(2 never begun count")
}

func TestRecoveryIsUntilTheLastOfADeadNodesConversationsIsWithSomebodyElse(t *testing.T) {
	t.Parallel()
	at := func(ms int, kind handoff.EventKind, id handoff.ConversationID, agent handoff.AgentID, state handoff.State) handoff.Event {
		return handoff.Event{Kind: kind, Conversation: id, Agent: agent, State: state, Version: 1, At: after(ms)}
	}
	feed := []handoff.Event{
		at(100, handoff.EventAssigned, "held", "node1-0", handoff.StateAssigned),
		at(110, handoff.EventAssigned, "over", "node1-0", handoff.StateAssigned),
		at(120, handoff.EventEnded, "over", "", handoff.StateEnded),
		at(130, handoff.EventAssigned, "elsewhere", "node10-0", handoff.StateAssigned),
		// node1 is killed at 1000.
		at(1100, handoff.EventAssigned, "given", "node1-1", handoff.StateAssigned),
		at(1800, handoff.EventAssigned, "other", "node2-0", handoff.StateAssigned),
		at(2000, handoff.EventHandedOff, "late", "", handoff.StateWaiting),
		at(2050, handoff.EventAssigned, "late", "node2-0", handoff.StateAssigned),
		at(3000, handoff.EventRequeued, "held", "", handoff.StateWaiting),
		at(3100, handoff.EventAssigned, "held", "node2-0", handoff.StateAssigned),
		at(3200, handoff.EventRequeued, "given", "", handoff.StateWaiting),
		at(3500, handoff.EventEnded, "given", "", handoff.StateEnded),
		at(9000, handoff.EventEnded, "elsewhere", "", handoff.StateEnded),
	}
	require.Equal(t, []recovery{{held: 2, moved: 2500 * time.Millisecond, gap: 700 * time.Millisecond}},
		recoveries(feed, []kill{{node: "node1", at: after(1000)}}))
}

func TestTheTimeToAnAgentCountsTheFirstOne(t *testing.T) {
	t.Parallel()
	w := sound(t)
	require.Equal(t, []time.Duration{3 * time.Second, 2 * time.Second}, untilAssigned(w.feed))
}

func TestSpreadIsByNearestRank(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := 200; i > 0; i-- {
		times = append(times, time.Duration(i)*time.Millisecond)
	}
	require.Equal(t, "p50 100ms, p99 198ms, at most 200ms", spread(times))
	require.Equal(t, "p50 7ms, p99 7ms, at most 7ms", spread([]time.Duration{7 * time.Millisecond}))
	require.Equal(t, "none", spread(nil))
}

func TestManyViolationsAreCountedAndNotAllPrinted(t *testing.T) {
	t.Parallel()
	var found []string
	for i := range 30 {
		found = append(found, fmt.Sprintf("broken %d.", i))
	}
	var out bytes.Buffer
	report(&out, settings{rate: 1}, outcome{began: noon, over: after(1000)}, nil, found)
	require.Contains(t, out.String(), "broken 19.")
	require.NotContains(t, out.String(), "broken 20.")
	require.Contains(t, out.String(), "and 10 more\nviolations: 30\n")
}

func TestCallsArePlannedAtTheRateWhateverBecomesOfThem(t *testing.T) {
	t.Parallel()
	l := &load{settings: settings{rate: 10}, outcome: outcome{began: noon, over: after(1000)}}
	require.Equal(t, after(500), l.plan(after(450)))
	require.Len(t, l.calls, 5)
	l.plan(after(5000))
	require.Len(t, l.calls, 10, "nothing is planned for after the end")
	for i, c := range l.calls {
		require.Equal(t, after(100*i), c.planned)
	}
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, l.due)
}
