package storagetest

import (
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// loads is how many conversations agents hold.
type loads struct{}

// ana is a load of the agent ana, in a queue or in all.
func ana(queue handoff.QueueID, delta, most, n int) storage.Load {
	return storage.Load{Bot: bot, Agent: "ana", Queue: queue, Delta: delta, Max: most, At: at(n)}
}

func (loads) StayBetweenNoneAndMax(s *setup) {
	s.rule("Held becomes Held + Delta; ErrConflict if that is below 0, or if Delta >= 0 and it is above Max.")
	held := func(want int) {
		s.Helper()
		for _, l := range s.loads() {
			equal(s, "held", l.Held, want)
		}
	}
	s.refused(storage.ErrConflict, ana("", 1, 0, 1))
	s.refused(storage.ErrConflict, ana("", -1, 9, 1))
	equal(s, "loads after conflicts", s.loads(), nil)
	s.must(ana("", 1, 1, 1))
	s.refused(storage.ErrConflict, ana("", 1, 1, 1))
	s.must(ana("", 2, 3, 1))
	held(3)
	s.refused(storage.ErrConflict, ana("", 2, 4, 1))
	s.must(ana("", 1, storage.NoMax, 1))
	held(4)
	s.must(ana("", -1, 0, 1)) // a lower limit evicts nobody, and speaks against nobody who goes
	held(3)
	s.refused(storage.ErrConflict, ana("", -4, 9, 1))
	s.must(ana("", -3, 0, 1))
	held(0)
	s.refused(storage.ErrConflict, ana("", -1, 0, 1))
}

func (loads) DeltaZeroOnlyAsks(s *setup) {
	s.rule("Delta 0 changes nothing: with Max 0 it asks that the agent holds nothing.")
	s.must(ana("", 0, 0, 9))
	equal(s, "loads after a question", s.loads(), nil)
	s.must(ana("", 2, 2, 1))
	s.refused(storage.ErrConflict, ana("", 0, 0, 9))
	s.refused(storage.ErrConflict, ana("", 0, 1, 9))
	s.must(ana("", 0, 2, 9))
	equal(s, "loads after questions", s.loads(), []storage.AgentLoad{{Agent: "ana", Held: 2, Last: at(1)}})
	s.must(ana("", -2, 0, 9))
	s.must(ana("", 0, 0, 9))
}

func (loads) LastAndFreedAreWhenItWasLastRaisedAndLowered(s *setup) {
	s.rule("With Delta > 0 the row's Last becomes At, with Delta < 0 its Freed does, unless it is later already.")
	for _, step := range []struct{ delta, at, held, last, freed int }{
		{1, 5, 1, 5, 0}, {1, 3, 2, 5, 0}, {1, 7, 3, 7, 0}, {-1, 9, 2, 7, 9}, {-1, 6, 1, 7, 9}, {0, 11, 1, 7, 9}, {-1, 10, 0, 7, 10}, {1, 8, 1, 8, 10},
	} {
		s.must(ana("", step.delta, storage.NoMax, step.at))
		want := storage.AgentLoad{Agent: "ana", Held: step.held, Last: at(step.last)}
		if step.freed > 0 {
			want.Freed = at(step.freed)
		}
		equal(s, fmt.Sprintf("loads after %+d at %d", step.delta, step.at), s.loads(), []storage.AgentLoad{want})
	}
}

func (loads) OfAnAgentAndOfItsQueuesAreSeparate(s *setup) {
	s.rule("The row of (agent, \"\") and that of (agent, queue) are separate rows.")
	s.must(ana("", 2, 2, 1), ana("q1", 1, 1, 2))
	s.must(of(other, []storage.Op{ana("", 1, 1, 9)})...)
	s.refused(storage.ErrConflict, ana("", -1, 0, 1), ana("q2", -1, 0, 1))
	s.refused(storage.ErrConflict, ana("", 1, 3, 1), ana("q1", 1, 1, 1))
	s.must(ana("", -1, 0, 1), ana("q1", -1, 0, 1), ana("q2", 1, 1, 3))
	s.must(storage.Load{Bot: bot, Agent: "Bob", Delta: 1, Max: 1, At: at(4)}, storage.Load{Bot: bot, Agent: "ana ", Delta: 1, Max: 1, At: at(5)},
		storage.Load{Bot: bot, Agent: "aná", Queue: "q", Delta: 1, Max: 1, At: at(6)}, storage.Load{Bot: bot, Agent: "ana", Queue: "Q", Delta: 1, Max: 1, At: at(7)})
	s.rule("every row whose Held is not 0 or that was ever raised, in ascending (Agent, Queue)")
	equal(s, "loads", s.loads(), []storage.AgentLoad{
		{Agent: "Bob", Held: 1, Last: at(4)},
		{Agent: "ana", Held: 1, Last: at(1), Freed: at(1)},
		{Agent: "ana", Queue: "Q", Held: 1, Last: at(7)},
		{Agent: "ana", Queue: "q1", Held: 0, Last: at(2), Freed: at(1)},
		{Agent: "ana", Queue: "q2", Held: 1, Last: at(3)},
		{Agent: "ana ", Held: 1, Last: at(5)},
		{Agent: "aná", Queue: "q", Held: 1, Last: at(6)},
	})
}

func (loads) AreFilledToMaxAtTheFirstTry(s *setup) {
	s.rule("Of n commits that raise a load towards its Max exactly as many are applied as there is room, at the first try.")
	second := s.on(s.open())
	for round, room := range []int{1, 5, 1, 16, 3} {
		agent := handoff.AgentID(fmt.Sprint("agent ", round))
		s.winners(together(24, func(i int) error {
			on := []*setup{s, second}[i%2]
			id := fmt.Sprint(round, i)
			return on.commit(put(chat(id, 1)), happens(event(id, i)),
				storage.Load{Bot: bot, Agent: agent, Delta: 1, Max: room, At: at(i)},
				storage.Load{Bot: bot, Agent: agent, Queue: "q", Delta: 1, Max: storage.NoMax, At: at(i)})
		}), room, fmt.Sprintf("24 commits that raise a load towards %d", room))
		for _, l := range s.loads() {
			if l.Agent == agent {
				equal(s, "held", l.Held, room)
			}
		}
		for i, err := range together(room, func(int) error {
			return s.commit(storage.Load{Bot: bot, Agent: agent, Delta: -1}, storage.Load{Bot: bot, Agent: agent, Queue: "q", Delta: -1})
		}) {
			s.fails(err, nil, "release %d of a load", i+1)
		}
		s.winners(together(4, func(int) error { return s.commit(storage.Load{Bot: bot, Agent: agent, Delta: -1}) }), 0, "4 releases of nothing")
	}
	equal(s, "events of all winners", len(s.tail(storage.Cursor{})), 1+5+1+16+3)
}
