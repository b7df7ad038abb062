package storagetest

import (
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Expectations and concurrent commits: the other half of the theme commits.

func (commits) ExpectationsAreAboutTheStateBefore(s *setup) {
	s.rule("Every expectation in it is about the state before the batch, whatever its other operations do.")
	s.must(put(chat("a", 1)), storage.AppendMessage{Message: said("a", "m1", "x")},
		storage.PutRecord{Record: record(key("1"), 1)}, storage.SetTimer{Timer: timer("1", 1)})

	// Both orders in the slice mean the same.
	for version := int64(1); version < 3; version++ {
		ops := []storage.Op{
			storage.PutConversation{Conversation: chat("a", version+1), Expect: version},
			storage.AppendMessage{Message: said("a", fmt.Sprint("before ", version), "x"), Expect: version},
		}
		if version == 2 {
			slices.Reverse(ops)
		}
		s.must(ops...)
	}
	s.refused(storage.ErrConflict,
		storage.PutConversation{Conversation: chat("a", 4), Expect: 3},
		storage.AppendMessage{Message: said("a", "m4", "x"), Expect: 4})
	s.refused(storage.ErrInvalid, // its conversation is not put as new
		storage.PutConversation{Conversation: chat("a", 4), Expect: 3},
		storage.AppendMessage{Message: said("a", "m4", "x")})
	s.refused(storage.ErrConflict, // it is new only if it was not there before
		put(chat("a", 4)), storage.AppendMessage{Message: said("a", "m4", "x")})
	s.refused(storage.ErrConflict, // and has no version then
		put(chat("new", 4)), storage.AppendMessage{Message: said("new", "m4", "x"), Expect: 4})
	s.refused(storage.ErrConflict, // the message is not there before
		storage.AppendMessage{Message: sent("a", "m4", "", handoff.Queued), Expect: 3},
		storage.UpdateMessage{Bot: bot, Conversation: "a", ID: "m4", From: handoff.Queued, To: handoff.Sent})
	s.refused(storage.ErrConflict, // nor is the timer
		storage.SetTimer{Timer: timer("new", 1)}, storage.ClearTimer{Timer: timer("new", 1)})
	s.refused(storage.ErrConflict, // which is due at another time
		storage.SetTimer{Timer: timer("1", 2)}, storage.ClearTimer{Timer: timer("1", 2)})
	s.must(storage.SetTimer{Timer: timer("1", 2)}, storage.ClearTimer{Timer: timer("1", 1)})
	equal(s, "timers after one was moved", s.due("timer"), []storage.Timer{timer("1", 2)})
	equal(s, "messages", len(s.messages("a")), 3)
	equal(s, "version", s.conversation("a").Version, 3)
}

func (commits) ANewConversationComesWithMessagesAndEvents(s *setup) {
	s.rule("a message is numbered after its conversation is put, events come last")
	s.must(
		happens(event("a", 1), event("a", 2)),
		storage.AppendMessage{Message: said("a", "m1", "one")},
		storage.AppendMessage{Message: said("a", "m2", "two")},
		put(chat("a", 5)),
		happens(event("a", 3)),
		storage.Erase{Bot: bot, Conversation: "a", From: 1, To: 1},
	)
	c := s.conversation("a")
	equal(s, "messages, seq and version", []int64{c.Messages, c.Seq, c.Version}, []int64{2, 3, 5})
	ms := s.messages("a")
	if len(ms) != 2 || ms[0].ID != "m1" || ms[0].Kind != handoff.KindErased || ms[1].ID != "m2" || ms[1].Text != "two" {
		s.Errorf("messages of the new conversation are %+v, want m1 erased and m2", ms)
	}
	for i, e := range s.timeline("a") {
		equal(s, "order of events", []int64{e.Seq, int64(e.Tickets)}, []int64{int64(i + 1), int64(i + 1)})
	}
}

func (commits) OfConcurrentPutsExactlyOneWins(s *setup) {
	s.rule("Of n commits that expect the same version at once exactly one is applied; the others get ErrConflict.")
	for round := range 4 {
		id := fmt.Sprint("c", round)
		s.winners(together(16, func(i int) error {
			c := chat(id, 1)
			c.ContactName = fmt.Sprint(i)
			return s.commit(put(c), happens(event(id, i)))
		}), 1, "16 puts of the same new conversation")
		s.winners(together(16, func(i int) error {
			return s.commit(storage.PutConversation{Conversation: chat(id, int64(2+i)), Expect: 1}, happens(event(id, i)))
		}), 1, "16 puts of a conversation at the same version")
		equal(s, "events of the two winners", len(s.timeline(handoff.ConversationID(id))), 2)
		s.winners(together(16, func(i int) error {
			return s.commit(storage.PutRecord{Record: record(key(id), int64(1+i))}, happens(event(id, i)))
		}), 1, "16 puts of the same new record")
		version := s.lookup(key(id))[0].Version
		s.winners(together(16, func(i int) error {
			return s.commit(storage.DeleteRecord{Key: key(id), Expect: version}, happens(event(id, i)))
		}), 1, "16 deletes of the same record")
		s.must(storage.SetTimer{Timer: timer(id, 1)})
		s.winners(together(16, func(i int) error {
			return s.commit(storage.ClearTimer{Timer: timer(id, 1)}, storage.SetTimer{Timer: timer(id, 10+i)}, happens(event(id, i)))
		}), 1, "16 claims of the same timer")
		equal(s, "events of all winners", len(s.timeline(handoff.ConversationID(id))), 5)
	}
}

func (commits) OfSixteenClaimersExactlyOneWins(s *setup) {
	s.rule("Of n commits that expect the same version at once exactly one is applied; the others get ErrConflict.")
	waits := chat("a", 1)
	waits.State, waits.Queue = handoff.StateWaiting, "queue"
	s.must(put(waits))
	s.winners(together(16, func(i int) error {
		agent := handoff.AgentID(fmt.Sprintf("agent %02d", i))
		has := waits
		has.State, has.Agent, has.Version = handoff.StateAssigned, agent, 2
		return s.commit(
			storage.PutConversation{Conversation: has, Expect: 1},
			storage.Load{Bot: bot, Agent: agent, Delta: 1, Max: 1, At: then},
			happens(event("a", i)))
	}), 1, "16 claims of one conversation")
	owner := s.conversation("a").Agent
	equal(s, "loads", s.loads(), []storage.AgentLoad{{Agent: owner, Held: 1, Last: then}})
	equal(s, "events", len(s.timeline("a")), 1)
}

func (commits) AHundredWritersWhoRetryLoseNothing(s *setup) {
	s.rule("on [ErrConflict] it reads and decides again")
	s.must(put(chat("a", 1)))
	for i, err := range together(100, func(i int) error {
		for {
			c, err := s.store.Conversation(s.ctx, bot, "a")
			if err != nil {
				return err
			}
			expect := c.Version
			c.Version, c.Tickets = c.Version+1, c.Tickets+1
			err = s.commit(storage.PutConversation{Conversation: c, Expect: expect}, happens(event("a", i)))
			if !isConflict(err) {
				return err
			}
		}
	}) {
		s.fails(err, nil, "writer %d of one counter", i+1)
	}
	c := s.conversation("a")
	equal(s, "counter and version after 100 writers", []int64{int64(c.Tickets), c.Version}, []int64{100, 101})
	equal(s, "events after 100 writers", len(s.timeline("a")), 100)
}

// Each pair of batches takes the same rows in opposite orders.
func (commits) BatchesInOppositeOrdersDoNotWaitForEachOther(s *setup) {
	s.rule("so that no two commits wait for each other in a circle")
	const rows, commits = 8, 96
	var setting []storage.Op
	for i := range rows {
		id := fmt.Sprint(i)
		setting = append(setting, put(chat(id, 1)), storage.PutRecord{Record: record(key(id), 1)}, storage.SetTimer{Timer: timer(id, 1)},
			storage.Load{Bot: bot, Agent: handoff.AgentID(id), Delta: 1, Max: 1, At: then})
	}
	s.must(setting...)
	for i, err := range together(commits, func(n int) error {
		var ops []storage.Op
		for i := range rows {
			id := fmt.Sprint(i)
			ops = append(ops,
				happens(event(id, n)),
				storage.Load{Bot: bot, Agent: handoff.AgentID(id), Delta: 1, Max: storage.NoMax, At: then},
				storage.AppendMessage{Message: said(id, fmt.Sprint("m", n), "x"), Expect: 1},
				storage.Check{Key: key(id), Version: 1},
				storage.SetTimer{Timer: timer(id, n)})
		}
		if n%2 == 1 {
			slices.Reverse(ops)
		}
		return s.commit(ops...)
	}) {
		s.fails(err, nil, "batch %d of those that nothing speaks against", i+1)
	}
	for i := range rows {
		c := s.conversation(handoff.ConversationID(fmt.Sprint(i)))
		equal(s, "messages and seq of a conversation", []int64{c.Messages, c.Seq}, []int64{commits, commits})
	}
	for _, l := range s.loads() {
		equal(s, "load", l.Held, commits+1)
	}
}

func (commits) ABatchThatFailsDoesNotMakeAnotherFail(s *setup) {
	s.rule("a batch that fails must not make another fail")
	s.must(storage.PutRecord{Record: record(key("1"), 1)})
	for round := range 10 {
		agent := handoff.AgentID(fmt.Sprint("agent ", round))
		errs := together(16, func(i int) error {
			version := int64(1)
			if i != 7 {
				version = 2 // stale: it can never be applied
			}
			return s.commit(
				storage.Load{Bot: bot, Agent: agent, Delta: 1, Max: 1, At: then},
				storage.Check{Key: key("1"), Version: version})
		})
		s.fails(errs[7], nil, "the one of 16 commits that nothing speaks against")
		s.winners(errs, 1, "16 commits of which 15 are stale")
	}
}
