package storagetest

import (
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Reading messages: the other half of the theme messages.

func (messages) AreReadInBothDirections(s *setup) {
	s.rule("the first Limit of them in ascending order, or with Newest the last Limit of them in descending order")
	const n = 25
	ops := []storage.Op{put(chat("a", 1)), put(chat("b", 1))}
	for i := range n {
		// Ids in an order that is not the numbers'.
		ops = append(ops, storage.AppendMessage{Message: said("a", fmt.Sprint((i*7)%n), "x")}, storage.AppendMessage{Message: said("b", fmt.Sprint(i), "x")})
	}
	s.must(ops...)
	everything := s.messages("a")
	equal(s, "messages", len(everything), n)
	for _, q := range []storage.MessageQuery{
		{Limit: 1}, {Limit: n}, {Limit: storage.MaxPage}, {After: 5, Limit: 4}, {Before: 5, Limit: 100}, {Before: 5, Limit: 2}, {Before: 1, Limit: 5},
		{After: 5, Before: 6, Limit: 5}, {After: 5, Before: 9, Limit: 5}, {After: 9, Before: 5, Limit: 5}, {After: n, Limit: 5}, {After: n - 1, Limit: 5}, {After: 1 << 40, Limit: 5},
		{Before: 1 << 40, Limit: 3},
	} {
		for _, q.Newest = range []bool{false, true} {
			q.Bot, q.Conversation = bot, "a"
			var want []handoff.Message
			for _, m := range everything {
				if q.After < m.Number && (q.Before == 0 || m.Number < q.Before) {
					want = append(want, m)
				}
			}
			if q.Newest {
				slices.Reverse(want)
			}
			got, err := s.store.Messages(s.ctx, q)
			s.ok(err, "Messages(%+v)", q)
			equal(s, fmt.Sprintf("Messages(%+v)", q), got, want[:min(q.Limit, len(want))])
		}
	}
}

func (messages) OfAnUnknownConversationThereAreNone(s *setup) {
	s.rule("An unknown conversation has none.")
	s.must(put(chat("a", 1)), storage.AppendMessage{Message: said("a", "m", "x")})
	for _, q := range []storage.MessageQuery{{Bot: bot, Conversation: "none"}, {Bot: other, Conversation: "a"}} {
		q.Limit = 10
		got, err := s.store.Messages(s.ctx, q)
		s.fails(err, nil, "Messages(%+v)", q)
		equal(s, "messages", got, nil)
		_, err = s.store.Message(s.ctx, q.Bot, q.Conversation, "m")
		s.fails(err, storage.ErrNotFound, "Message(%q, %q)", q.Bot, q.Conversation)
	}
	_, err := s.store.Message(s.ctx, bot, "a", "none")
	s.fails(err, storage.ErrNotFound, "Message of an unknown id")
}

// erasing is what an erase leaves.
type erasing struct{}

func (erasing) BlanksWhatWasSaidAndNothingElse(s *setup) {
	s.rule("their Content becomes {Kind: handoff.KindErased} and Failure empty. The conversation's Preview becomes empty.")
	s.must(put(chat("a", 1)), put(chat("b", 1)))
	var want []handoff.Message
	for i := range 8 {
		m := filled[handoff.Message](s)
		m.Conversation, m.ID, m.Provider = "a", handoff.MessageID(fmt.Sprint(i)), fmt.Sprint("p", i)
		s.must(storage.AppendMessage{Message: m, Expect: 1})
		m.Number = int64(i + 1)
		want = append(want, m)
	}
	s.must(storage.AppendMessage{Message: said("b", "m", "untouched"), Expect: 1}, happens(event("a", 1)))
	c := s.conversation("a")
	for _, span := range [][2]int64{{3, 5}, {5, 6}, {8, 1000}, {100, 200}} {
		s.must(storage.Erase{Bot: bot, Conversation: "a", From: span[0], To: span[1]})
		for i := range want {
			if n := want[i].Number; span[0] <= n && n <= span[1] {
				want[i].Content, want[i].Failure = handoff.Content{Kind: handoff.KindErased}, ""
			}
		}
		equal(s, fmt.Sprintf("messages after %d to %d were erased", span[0], span[1]), s.messages("a"), want)
	}
	c.Preview = handoff.Preview{}
	equal(s, "conversation of erased messages", s.conversation("a"), c)
	equal(s, "message of another conversation", s.message("b", "m").Text, "untouched")
	equal(s, "preview of another conversation", s.conversation("b").Preview.Text, "untouched")
	m, err := s.store.MessageByProvider(s.ctx, bot, want[3].Account, "p3")
	s.ok(err, "MessageByProvider of an erased message")
	equal(s, "erased message by provider", m, want[3])
	s.must(storage.AppendMessage{Message: said("a", "next", "hello"), Expect: 1})
	equal(s, "number after an erase", s.message("a", "next").Number, 9)
	equal(s, "preview after the next message", s.conversation("a").Preview.Text, "hello")
}

func (erasing) LeavesWhatIsNotThere(s *setup) {
	s.rule("What is not there is left so.")
	before := s.snapshot()
	s.must(storage.Erase{Bot: bot, Conversation: "none", From: 1, To: storage.MaxErase})
	s.untouched(before, "an erase of an unknown conversation")
}
