package desk

import (
	"context"
	"testing"
	"time"

	must "github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// found is a look into sales and support that finds somebody left in some of
// them.
func (o *outlook) found(left ...handoff.QueueID) {
	tell, end := o.look()
	defer end()
	tell(allBut(left...))
}

func allBut(left ...handoff.QueueID) map[handoff.QueueID]bool {
	clear := map[handoff.QueueID]bool{"sales": true, "support": true}
	for _, q := range left {
		delete(clear, q)
	}
	return clear
}

var inSales = &roster{members: map[handoff.AgentID][]doc[handoff.Member]{
	"ana": {{value: handoff.Member{Queue: "sales", Agent: "ana"}}},
}}

func TestALookThatAnotherHasOvertakenTellsNothing(t *testing.T) {
	t.Parallel()
	all := newOutlooks()
	o := all.bot("acme")
	must.True(t, o.mayWaitFor(inSales, "ana"), "never looked")

	o.found("support")
	must.False(t, o.mayWaitFor(inSales, "ana"))
	must.False(t, o.mayWaitFor(inSales, "bia"), "in no queue")
	must.True(t, all.bot("rival").mayWaitFor(inSales, "ana"), "another bot")

	o.found("sales")
	must.True(t, o.mayWaitFor(inSales, "ana"))
	early, endEarly := o.look()
	late, endLate := o.look()
	early(allBut())
	endEarly()
	must.True(t, o.mayWaitFor(inSales, "ana"), "the other one still looks")
	late(allBut())
	endLate()
	must.False(t, o.mayWaitFor(inSales, "ana"))

	_, end := o.look()
	must.False(t, o.mayWaitFor(inSales, "ana"), "who comes while it is looked is noted")
	end()
	must.True(t, o.mayWaitFor(inSales, "ana"), "it could not tell")
}

func TestWhoComesWaitsUntilALookThatBeganLaterFindsNobody(t *testing.T) {
	t.Parallel()
	o := newOutlook()
	o.found()
	tell, end := o.look()
	over := o.comes("sales")
	must.True(t, o.mayWaitFor(inSales, "ana"), "they may wait already")
	tell(allBut())
	end()
	o.found()
	must.True(t, o.mayWaitFor(inSales, "ana"), "and still do")
	over(true, true)
	must.True(t, o.mayWaitFor(inSales, "ana"), "that look may not have seen them")
	o.found()
	must.False(t, o.mayWaitFor(inSales, "ana"))

	one, two := o.comes("sales"), o.comes("sales")
	one(false, true)
	must.True(t, o.mayWaitFor(inSales, "ana"), "another one may")
	two(false, true)
	must.False(t, o.mayWaitFor(inSales, "ana"), "nobody came")
	o.comes("sales")(false, false)
	must.True(t, o.mayWaitFor(inSales, "ana"), "nobody knows")
	must.Empty(t, o.coming)
}

func TestALookDuringWhichAnotherProcessPutSomebodyThereTellsNothing(t *testing.T) {
	t.Parallel()
	o := newOutlook()
	o.found()
	tell, end := o.look()
	o.doubtLines()
	tell(allBut())
	end()
	must.True(t, o.mayWaitFor(inSales, "ana"))
	o.found()
	must.False(t, o.mayWaitFor(inSales, "ana"))
}

func TestWhoWaitsWhereNobodyIsRoutedWaitsForNobody(t *testing.T) {
	t.Parallel()
	o := newOutlook()
	o.found("sales")
	manual := *inSales
	manual.queues = map[handoff.QueueID]doc[handoff.Queue]{"sales": {value: handoff.Queue{ID: "sales", Mode: handoff.Manual}}}
	must.False(t, o.mayWaitFor(&manual, "ana"))
	must.Equal(t, map[handoff.QueueID]bool{}, manual.clear(nil), "and nobody has looked there")
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
	r.members["ana"] = inSales.members["ana"]
	ended := handoff.Event{Bot: "acme", Conversation: "c", Kind: handoff.EventEnded, FromAgent: "ana", At: now}
	wrapped := handoff.Event{Bot: "acme", Conversation: "c", Kind: handoff.EventWrappedUp, Agent: "ana", At: now}
	for _, e := range []handoff.Event{ended, wrapped} {
		d.outlooks.bot("acme").found("sales")
		d.concern(e)
		must.Equal(t, []handoff.BotID{"acme"}, d.routing.take())
		d.outlooks.bot("acme").found()
		d.concern(e)
		must.Empty(t, d.routing.take())
	}
	ended.FromAgent = "" // nobody held it
	d.concern(ended)
	must.Empty(t, d.routing.take())
}

// staffed is an outlook of a bot with ana in sales, who has room for one, and
// a line that was seen to be empty.
func staffed(now time.Time) (*outlook, *roster) {
	o, r := newOutlooks().bot("acme"), &roster{
		agents:  []doc[handoff.Agent]{{value: handoff.Agent{ID: "ana"}}},
		members: inSales.members,
	}
	o.sees(r, onlyAna(), now)
	o.found()
	return o, r
}

func onlyAna() routing.Snapshot {
	return routing.Snapshot{
		Queues: []routing.Queue{{ID: "sales"}},
		Agents: []routing.Agent{{ID: "ana", Available: true, Connected: true, Limit: 1, Seats: []routing.Seat{{Queue: "sales", Limit: 1}}}},
	}
}

var wants = routing.Waiting{ID: "c", Queue: "sales"}

// sees is a census during which nothing changes.
func (o *outlook) sees(r *roster, people routing.Snapshot, now time.Time) {
	g := o.census()
	defer g.end()
	g.keep(r, people, now)
}

func TestOfWhomSomethingChangesMeanwhileIsNotKeptWhatIsRead(t *testing.T) {
	t.Parallel()
	now := time.Now()
	both := onlyAna()
	both.Agents = append(both.Agents, routing.Agent{
		ID: "bia", Available: true, Connected: true, Limit: 1, Load: 1, Seats: []routing.Seat{{Queue: "sales", Limit: 1, Load: 1}},
	})
	holds := func(o *outlook) (n []int) {
		for _, a := range o.people.people.Agents {
			must.Equal(t, a.Load, a.Seats[0].Load)
			n = append(n, a.Load)
		}
		return n
	}
	o, r := staffed(now)
	r.agents = append(r.agents, doc[handoff.Agent]{value: handoff.Agent{ID: "bia"}})
	o.sees(r, both, now)
	must.Equal(t, []int{0, 1}, holds(o))

	during := o.census()
	_, _, under := o.planOne(r, wants, now, time.Second)
	must.NotNil(t, under)
	both.Agents[1].Load, both.Agents[1].Seats[0].Load = 0, 0
	during.keep(r, both, now)
	during.end()
	must.Equal(t, []int{1, 0}, holds(o), "ana's began meanwhile")
	during = o.census()
	under.over(true, true)
	must.Equal(t, []int{1, 0}, holds(o), "that is counted already")
	during.keep(r, both, now)
	during.end()
	must.Equal(t, []int{1, 0}, holds(o), "it was not over")
	o.sees(r, both, now)
	must.Equal(t, []int{0, 0}, holds(o), "somebody else has taken it from her since")
	must.Empty(t, o.censuses)
	must.Empty(t, o.ongoing)
}

func TestNobodyIsChosenUntilItIsKnownOfAllWhatTheyHold(t *testing.T) {
	t.Parallel()
	now := time.Now()
	busy, r := newOutlooks(), &roster{agents: []doc[handoff.Agent]{{value: handoff.Agent{ID: "ana"}}}, members: inSales.members}
	o := busy.bot("acme")
	ends := busy.changing(&draft{ops: []storage.Op{storage.Load{Bot: "acme", Agent: "ana", Delta: -1}}})
	o.sees(r, onlyAna(), now)
	o.found()
	_, _, under := o.planOne(r, wants, now, time.Second)
	must.Nil(t, under, "hers was under way")
	ends.over(true, true)
	_, _, under = o.planOne(r, wants, now, time.Second)
	must.Nil(t, under, "it is not known from what it came")
	others := busy.changing(&draft{ops: []storage.Op{storage.Load{Bot: "acme", Agent: "bia", Delta: -1}}})
	o.sees(r, onlyAna(), now)
	_, _, under = o.planOne(r, wants, now, time.Second)
	must.NotNil(t, under)
	under.over(true, true)
	others.over(true, true)
}

func TestWhatWasNotReadForLongIsNotKnown(t *testing.T) {
	t.Parallel()
	now := time.Now()
	all := newOutlooks()
	o, r := staffed(now)
	all.of["acme"] = o
	full := onlyAna() // another process gives her one, which is not heard
	full.Agents[0].Load, full.Agents[0].Seats[0].Load = 1, 1
	for range 4 {
		now = now.Add(time.Second / 4)
		s := o.census()
		all.changing(&draft{ops: []storage.Op{storage.Load{Bot: "acme", Agent: "ana", Delta: 1}}}).over(false, true)
		s.keep(r, full, now)
		s.end()
	}
	_, _, under := o.planOne(r, wants, now, time.Second)
	must.Nil(t, under)
}

func TestWhoCanBeGivenNothingHindersNobodyWhateverTheyHold(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o, r := staffed(now)
	both := onlyAna()
	bia := both.Agents[0]
	bia.ID, bia.Available = "bia", false
	both.Agents = append(both.Agents, bia)
	more := *r
	more.agents = append(more.agents, doc[handoff.Agent]{value: handoff.Agent{ID: "bia"}})
	o.sees(&more, both, now)
	o.doubtPeople("bia")
	_, _, under := o.planOne(&more, wants, now, time.Second)
	must.NotNil(t, under)
}

func TestWhatAnotherProcessDidDuringACensusMayNotBeInIt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o, r := staffed(now)
	s := o.census()
	o.doubtPeople("ana", "")
	s.keep(r, onlyAna(), now)
	s.end()
	_, _, under := o.planOne(r, wants, now, time.Second)
	must.Nil(t, under)
	o.sees(r, onlyAna(), now)
	_, _, under = o.planOne(r, wants, now, time.Second)
	must.NotNil(t, under)
}

func TestWhatAnAgentWasNotGivenAfterAllIsDoubted(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, over := range []struct{ made, known, sure bool }{{true, true, true}, {false, true, false}, {false, false, false}} {
		o, r := staffed(now)
		_, _, under := o.planOne(r, wants, now, time.Second)
		must.NotNil(t, under)
		under.over(over.made, over.known)
		must.Equal(t, over.sure, len(o.people.unknown) == 0)
		must.Empty(t, o.ongoing)
	}
}

func TestAChangeShowsInWhatWasReadAfterItBegan(t *testing.T) {
	t.Parallel()
	now := time.Now()
	all := newOutlooks()
	o, r := all.bot("acme"), &roster{agents: []doc[handoff.Agent]{{value: handoff.Agent{ID: "ana"}}}}
	ends := all.changing(&draft{ops: []storage.Op{
		storage.Load{Bot: "acme", Agent: "ana", Delta: -1, At: now}, storage.Load{Bot: "acme", Agent: "ana", Queue: "sales", Delta: -1, At: now},
		storage.Load{Bot: "acme", Agent: "who left", Delta: -1, At: now}, storage.Load{Bot: "acme", Agent: "ana", Queue: "left", Delta: -1, At: now},
	}})
	full := onlyAna()
	full.Agents[0].Load, full.Agents[0].Seats[0].Load = 1, 1
	o.mu.Lock()
	o.people = newPicture(r, full, now, nil)
	o.mu.Unlock()
	o.found()
	_, _, under := o.planOne(r, wants, now, time.Second)
	must.Nil(t, under)
	ends.over(true, true)
	must.Equal(t, now, o.people.people.Agents[0].IdleSince)
	_, at, under := o.planOne(r, wants, now, time.Second)
	must.NotNil(t, under)
	must.Equal(t, now, at)
	must.Equal(t, 1, full.Agents[0].Load, "what was read stays as it was")
}

func TestAPictureIsOfOneRosterAndNotForLong(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		of  func(*roster) *roster
		now time.Time
	}{
		"another roster": {func(*roster) *roster { return &roster{} }, now},
		"too old":        {func(r *roster) *roster { return r }, now.Add(time.Second)},
		"from before":    {func(r *roster) *roster { return r }, now.Add(-time.Millisecond)},
	} {
		o, r := staffed(now)
		_, _, under := o.planOne(c.of(r), wants, c.now, time.Second)
		must.Nil(t, under, name)
	}
	o, r := staffed(now)
	_, _, under := o.planOne(r, wants, now.Add(999*time.Millisecond), time.Second)
	must.NotNil(t, under)
}

func TestWhatAnotherProcessDidMakesItUnknownWhatPeopleHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e             handoff.Event
		people, lines bool // are still known
	}{
		{handoff.Event{Kind: handoff.EventMessage}, true, true},
		{handoff.Event{Kind: handoff.EventDelivery}, true, true},
		{handoff.Event{Kind: handoff.EventEnded, FromAgent: "ana"}, false, true},
		{handoff.Event{Kind: handoff.EventWrappedUp, Agent: "ana"}, false, true},
		{handoff.Event{Kind: handoff.EventHandedOff}, true, false},
		{handoff.Event{Kind: handoff.EventAssigned, Agent: "ana"}, false, false},
		{handoff.Event{Kind: handoff.EventTransferred, Agent: "bia", FromAgent: "ana"}, false, false},
		{handoff.Event{Kind: handoff.EventRequeued, FromAgent: "ana"}, false, false},
	} {
		d, err := New(hearing{memory.New(nil)}, nil)
		must.NoError(t, err)
		o := d.outlooks.bot("acme")
		o.sees(&roster{}, onlyAna(), time.Now())
		o.found()
		c.e.Bot, c.e.Conversation = "acme", "c"
		d.concern(c.e)
		must.Equal(t, c.people, !o.people.unknown["ana"], c.e.Kind)
		must.Equal(t, !c.lines, o.mayWaitFor(inSales, "ana"), c.e.Kind)
	}
}

func TestADraftThatIsNotCommittedTakesBackWhatItBegan(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d, err := New(hearing{memory.New(nil)}, nil)
	must.NoError(t, err)
	for name, f := range map[string]func(*draft) error{
		"an error": func(*draft) error { return ErrNotFound },
		"nothing":  func(*draft) error { return nil },
		"a panic":  func(*draft) error { panic("a bug") },
		"out of date": func(t *draft) error {
			t.ops = append(t.ops, storage.Check{Key: houseKey("a", "b"), Version: 2})
			return nil
		},
		"never stored": func(t *draft) error {
			t.ops = append(t.ops, storage.Check{Key: houseKey("a", "c"), Version: 2})
			return nil
		},
	} {
		o, r := staffed(now)
		first := true
		_ = d.contained("a test", "acme", func() error {
			return d.decide(t.Context(), func(t *draft) error {
				if !first {
					return ErrNotFound
				}
				first = false
				_, _, t.under = o.planOne(r, wants, now, time.Second)
				t.restOn(houseKey("a", "b"), 1)
				return f(t)
			})
		})
		must.False(t, first, name)
		must.Empty(t, o.ongoing, name)
		must.True(t, o.people.unknown["ana"], name)
	}
}

// breaking is a store that panics where it would commit.
type breaking struct{ storage.Store }

func (breaking) Commit(context.Context, storage.Batch) error { panic("a bug") }

func TestOfACommitThatPanicsNobodyKnowsWhatCameOfIt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d, err := New(breaking{memory.New(nil)}, nil)
	must.NoError(t, err)
	o, r := staffed(now)
	d.outlooks.of["acme"] = o
	draft := &draft{now: now, comes: []queueLine{{"acme", "sales"}}}
	_, _, draft.under = o.planOne(r, wants, now, time.Second)
	must.NotNil(t, draft.under)
	must.ErrorIs(t, d.contained("a test", "acme", func() error { return d.commit(t.Context(), draft) }), errPanic)
	must.True(t, o.people.unknown["ana"])
	must.Nil(t, o.clear)
	must.Empty(t, o.coming)
	must.Empty(t, o.ongoing)
}
