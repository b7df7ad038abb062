package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// report prints the figures of a run, and last how many promises it broke.
func report(w io.Writer, s settings, o outcome, feed []handoff.Event, violations []string) {
	begun, acks := o.counts()
	rate, reached := o.rate(s)
	fmt.Fprintf(w, "hand-offs   %d planned, %d begun, %d acknowledged: %.1f a second", len(o.calls), begun, acks, rate)
	if reached {
		fmt.Fprintf(w, ", as asked\n")
	} else {
		fmt.Fprintf(w, "; the %d asked for were NOT reached\n", s.rate)
	}
	inTime := o.shownInTime()
	fmt.Fprintf(w, "            %d of them with an agent by the end: %.1f a second\n", inTime, float64(inTime)/o.over.Sub(o.began).Seconds())
	fmt.Fprintf(w, "            from the planned time until an agent's node shows it: %s\n", spread(o.untilShown()))
	if begun < len(o.calls) {
		fmt.Fprintf(w, "            (%d never begun count there with the time until the end)\n", len(o.calls)-begun)
	}
	fmt.Fprintf(w, "            from handed off to assigned, by the store's clock:    %s\n", spread(untilAssigned(feed)))
	if o.refusals > 0 {
		fmt.Fprintf(w, "            %d calls failed and were made again; the last said: %s\n", o.refusals, oneLine(o.refusal))
	}
	if rs := recoveries(feed, o.kills); len(rs) > 0 {
		var moved, gap []time.Duration
		held := 0
		for _, r := range rs {
			moved, gap, held = append(moved, r.moved), append(gap, r.gap), held+r.held
		}
		fmt.Fprintf(w, "kills       %d, of nodes whose agents held %d conversations\n", len(rs), held)
		fmt.Fprintf(w, "            until the last of those was with somebody else:       %s\n", spread(moved))
		fmt.Fprintf(w, "            (an agent counts as lost %v after the last heartbeat)\n", lease+grace)
		fmt.Fprintf(w, "            longest time without an assignment after a kill:      %s\n", spread(gap))
	}
	conversations := map[handoff.ConversationID]bool{}
	for _, e := range feed {
		conversations[e.Conversation] = true
	}
	delete(conversations, "")
	fmt.Fprintf(w, "checked     %d conversations, %d events, %d acknowledgements\n", len(conversations), len(feed), len(o.told))
	for i, v := range violations {
		if i == 20 {
			fmt.Fprintf(w, "and %d more\n", len(violations)-i)
			break
		}
		fmt.Fprintln(w, v)
	}
	fmt.Fprintf(w, "violations: %d\n", len(violations))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// counts gives how many calls were given to a node, and answered.
func (o outcome) counts() (begun, acknowledged int) {
	for _, c := range o.calls {
		if c.begun {
			begun++
		}
		if !c.acknowledged.IsZero() {
			acknowledged++
		}
	}
	return begun, acknowledged
}

// rate is how many calls were answered a second, from the beginning until
// the end of the time for calls or the last answer, if that came later. The
// asked one is reached if no more than one in a hundred is missing.
func (o outcome) rate(s settings) (perSecond float64, reached bool) {
	last := o.over
	for _, c := range o.calls {
		if c.acknowledged.After(last) {
			last = c.acknowledged
		}
	}
	_, n := o.counts()
	perSecond = float64(n) / last.Sub(o.began).Seconds()
	return perSecond, perSecond >= 0.99*float64(s.rate)
}

// shownInTime is how many calls led to an agent before the time was over.
func (o outcome) shownInTime() (n int) {
	for _, at := range o.shown {
		if !at.After(o.over) {
			n++
		}
	}
	return n
}

// untilShown is for each call the time from when it was planned until the
// node of the agent who got it saw that, or of one that nobody got, until the
// end of the time for calls.
func (o outcome) untilShown() []time.Duration {
	took := make([]time.Duration, 0, len(o.calls))
	for _, c := range o.calls {
		at, ok := o.shown[c.conversation]
		if !ok {
			at = o.over
		}
		took = append(took, at.Sub(c.planned))
	}
	return took
}

// untilAssigned is the time of each conversation from its hand-off until an
// agent had it.
func untilAssigned(feed []handoff.Event) (took []time.Duration) {
	since := map[handoff.ConversationID]time.Time{}
	for _, e := range feed {
		switch e.Kind {
		case handoff.EventHandedOff:
			since[e.Conversation] = e.At
		case handoff.EventAssigned:
			if at, first := since[e.Conversation]; first {
				took = append(took, e.At.Sub(at))
				delete(since, e.Conversation)
			}
		}
	}
	return took
}

// recovery is what a kill cost.
type recovery struct {
	held  int           // conversations of the node's agents, also such as they were still given
	moved time.Duration // from the kill until the last of these was with somebody else, or over
	gap   time.Duration // the longest time without an assignment, until then or the last hand-off
}

// recoveries works out from the feed what each kill cost.
func recoveries(feed []handoff.Event, kills []kill) []recovery {
	all := make([]recovery, 0, len(kills))
	for _, k := range kills {
		all = append(all, cost(feed, k))
	}
	return all
}

func cost(feed []handoff.Event, k kill) (r recovery) {
	dead := func(a handoff.AgentID) bool { return strings.HasPrefix(string(a), k.node+"-") }
	holder := map[handoff.ConversationID]handoff.AgentID{}
	stranded := map[handoff.ConversationID]bool{}
	for _, e := range feed {
		if e.Version == 0 {
			continue
		}
		had := holder[e.Conversation]
		holder[e.Conversation] = e.Agent
		if !e.At.After(k.at) {
			continue
		}
		if (dead(had) || dead(e.Agent)) && !stranded[e.Conversation] {
			stranded[e.Conversation] = true
			r.held++
		}
		if stranded[e.Conversation] && !dead(e.Agent) && (e.Agent != "" || e.State == handoff.StateEnded) {
			delete(stranded, e.Conversation)
			r.moved = max(r.moved, e.At.Sub(k.at))
		}
	}
	until := k.at
	for _, e := range feed {
		if e.Kind == handoff.EventHandedOff && e.At.After(until) && e.At.Sub(k.at) <= r.moved {
			until = e.At
		}
	}
	last := k.at
	for _, e := range feed {
		if e.Kind == handoff.EventAssigned && e.At.After(last) && last.Before(until) {
			r.gap, last = max(r.gap, e.At.Sub(last)), e.At
		}
	}
	return r
}

// spread gives median, 99th percentile and maximum, by nearest rank.
func spread(times []time.Duration) string {
	if len(times) == 0 {
		return "none"
	}
	slices.Sort(times)
	at := func(q float64) time.Duration {
		return times[int(math.Ceil(q*float64(len(times))))-1].Round(time.Millisecond)
	}
	return fmt.Sprintf("p50 %v, p99 %v, at most %v", at(0.5), at(0.99), at(1))
}
