package storagetest

import (
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// handles is several processes on the same data, and several bots in it.
type handles struct{}

func (handles) SeeEachOther(s *setup) {
	s.rule("Two handles on the same data behave like one.")
	second := s.on(s.open())
	s.furnish()
	equal(s, "what the second handle shows", second.snapshot(), s.snapshot())
	start := s.head()
	equal(s, "Head of the second handle", second.head(), start)
	for _, name := range sortedKeys(good()) {
		second.must(good()[name])
		equal(s, "what the first handle shows after a "+name+" of the second", s.snapshot(), second.snapshot())
	}
	s.must(happens(event("a", 50)))
	second.must(happens(event("a", 51)))
	equal(s, "the feed of both handles from one cursor", second.tail(s.head()), nil)
	equal(s, "seq of the conversation", second.conversation("a").Seq, 3)
}

func (handles) ConflictWithEachOther(s *setup) {
	s.rule("Two handles on the same data behave like one.")
	second := s.on(s.open())
	s.furnish()
	before := s.snapshot()
	for _, name := range sortedKeys(bad()) {
		second.fails(second.commit(bad()[name]), storage.ErrConflict, "Commit(%s) on the second handle", name)
	}
	s.untouched(before, "a conflict on the second handle")
	both := []*setup{s, second}
	for round := range 8 {
		s.winners(together(8, func(i int) error {
			c := chat("a", int64(2+round))
			c.ContactName = fmt.Sprint(i)
			return both[i%2].commit(storage.PutConversation{Conversation: c, Expect: int64(1 + round)}, happens(event("a", i)))
		}), 1, "8 puts of one version on two handles")
	}
	equal(s, "events of all winners", len(s.timeline("a")), 1+8)
}

func (handles) ShareTheMemoryOfBatches(s *setup) {
	s.rule("applied, now or by an earlier call with the same b.ID")
	second := s.open()
	b := s.batch(storage.Load{Bot: bot, Agent: "ana", Delta: 1, Max: storage.NoMax, At: then})
	for _, h := range []storage.Store{s.store, second, s.store} {
		s.fails(h.Commit(s.ctx, b), nil, "the same Commit on two handles")
	}
	for i, err := range together(8, func(i int) error { return []storage.Store{s.store, second}[i%2].Commit(s.ctx, b) }) {
		s.fails(err, nil, "the same Commit at once on two handles, number %d", i+1)
	}
	equal(s, "loads", s.loads(), []storage.AgentLoad{{Agent: "ana", Held: 1, Last: then}})
}

func (handles) BotsDoNotSeeEachOther(s *setup) {
	s.rule("Nothing is ever visible across bots.")
	s.furnish()
	theirs := fmt.Sprint(lines(s.view(other)))
	for _, name := range sortedKeys(good()) {
		if name == "Trim" {
			continue // the one operation on the feed of all bots
		}
		s.must(good()[name])
		if now := fmt.Sprint(lines(s.view(other))); now != theirs {
			s.Fatalf("a %s of one bot changed what another sees", name)
		}
	}
	mine := fmt.Sprint(lines(s.view(bot)))
	for _, name := range sortedKeys(good()) {
		if name != "Trim" {
			s.must(of(other, []storage.Op{good()[name]})...)
		}
	}
	if now := fmt.Sprint(lines(s.view(bot))); now != mine {
		s.Fatalf("the same batches of another bot changed what the first sees")
	}
	v := s.view("none")
	seen := len(v.Conversations) + len(v.List) + len(v.Waiting) + len(v.Providers) + len(v.Loads) + len(v.Records) + len(v.Timers) + len(v.Feed)
	for _, id := range []handoff.ConversationID{"a", "b"} {
		seen += len(v.Messages[id]) + len(v.Timelines[id])
	}
	equal(s, "what a bot without anything sees", seen, 0)
}
