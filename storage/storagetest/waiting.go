package storagetest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// waiting is the heads of the lines.
type waiting struct{}

func inLine(queue, id string, rank int64) handoff.Conversation {
	c := chat(id, 1)
	c.State, c.Queue, c.Rank = handoff.StateWaiting, handoff.QueueID(queue), rank
	return c
}

func (s *setup) line(lines ...storage.Line) []handoff.Conversation {
	s.Helper()
	cs, err := s.store.Waiting(s.ctx, bot, lines)
	s.ok(err, "Waiting(%+v)", lines)
	return cs
}

func (waiting) LinesStandInTheOrderOfRank(s *setup) {
	s.rule("in ascending (Rank, ID), line after line")
	var queues = map[handoff.QueueID][]handoff.Conversation{}
	for i, rank := range []int64{5, 3, 5, 1 << 51, 0, 1, 5, 3<<50 + then.UnixMilli(), then.UnixMilli(), 3} {
		for _, queue := range []string{"q1", "q2", "Q1"} {
			c := inLine(queue, fmt.Sprintf("%s %d %s", []string{"é", "Z", "a"}[i%3], i, queue), rank)
			s.must(put(c))
			s.must(of(other, []storage.Op{put(c)})...)
			queues[c.Queue] = append(queues[c.Queue], c)
		}
	}
	for _, q := range queues {
		slices.SortFunc(q, func(a, b handoff.Conversation) int {
			return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
		})
	}
	q1, q2 := queues["q1"], queues["q2"]
	equal(s, "a line", s.line(storage.Line{Queue: "q1", Limit: 100}), q1)
	equal(s, "no line", s.line(), nil)
	equal(s, "the line of a queue that has none", s.line(storage.Line{Queue: "none", Limit: 10}), nil)
	equal(s, "three lines", ids(s.line(storage.Line{Queue: "q2", Limit: 3}, storage.Line{Queue: "none", Limit: 1}, storage.Line{Queue: "q1", Limit: 2})),
		ids(append(slices.Clone(q2[:3]), q1[:2]...)))
	for i, c := range q1 {
		after := storage.Line{Queue: "q1", AfterRank: c.Rank, AfterID: c.ID, Limit: 2}
		equal(s, fmt.Sprintf("a line after its number %d", i+1), ids(s.line(after, storage.Line{Queue: "q2", Limit: 1})),
			ids(append(slices.Clone(q1[i+1:min(i+3, len(q1))]), q2[0])))
	}
	equal(s, "a line after a place where nobody stands", ids(s.line(storage.Line{Queue: "q1", AfterRank: 4, AfterID: "0", Limit: 100})), ids(q1[4:]))
	s.rule("without an AfterID it starts at the head")
	equal(s, "a line after no one", ids(s.line(storage.Line{Queue: "q1", AfterRank: 4, Limit: 100})), ids(q1))
	var many []storage.Line
	for range storage.MaxLines - 1 {
		many = append(many, storage.Line{Queue: "none", Limit: 1})
	}
	equal(s, "the last of many lines", s.line(append(many, storage.Line{Queue: "q2", Limit: 100})...), q2)
}

func (waiting) OnlyThoseWhoWaitStandInLine(s *setup) {
	s.rule("for each line the conversations in handoff.StateWaiting of its queue")
	c := inLine("q1", "a", 5)
	s.must(put(c))
	for i, state := range []handoff.State{handoff.StateBot, handoff.StateAssigned, handoff.StateEnded} {
		not := inLine("q1", fmt.Sprint("not ", i), 1)
		if not.State = state; state == handoff.StateAssigned {
			not.Agent = "ana"
		}
		s.must(put(not))
	}
	stands := func(queue string, want ...handoff.ConversationID) {
		s.Helper()
		equal(s, "line of "+queue, ids(s.line(storage.Line{Queue: handoff.QueueID(queue), Limit: 10})), want)
	}
	stands("q1", "a")
	s.must(put(inLine("q1", "b", 4)))
	stands("q1", "b", "a")
	move := func(change func()) {
		s.Helper()
		expect := c.Version
		c.Version++
		change()
		s.must(storage.PutConversation{Conversation: c, Expect: expect})
	}
	move(func() { c.Rank = 3 })
	stands("q1", "a", "b")
	move(func() { c.Queue = "q2" })
	stands("q1", "b")
	stands("q2", "a")
	move(func() { c.State, c.Agent = handoff.StateAssigned, "ana" })
	stands("q2")
	move(func() { c.State, c.Agent, c.Queue = handoff.StateWaiting, "", "q1" })
	stands("q1", "a", "b")
	s.must(storage.AppendMessage{Message: said("a", "m", "hello"), Expect: c.Version})
	if l := s.line(storage.Line{Queue: "q1", Limit: 1}); len(l) != 1 || l[0].Messages != 1 {
		s.Errorf("the head of the line does not count the message that it got")
	}
	move(func() { c.State = handoff.StateEnded })
	stands("q1", "b")
}
