package storagetest

import (
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// timelines is the events of one conversation.
type timelines struct{}

func (timelines) AnEventSurvivesWhole(s *setup) {
	s.rule("Store conversations, messages and events whole")
	e := filled[handoff.Event](s)
	e.Seq = 0
	s.must(put(chat(string(e.Conversation), 1)), happens(e, handoff.Event{Kind: "bare", Bot: bot, Conversation: e.Conversation}))
	e.Seq = 1
	want := []handoff.Event{e, {Kind: "bare", Bot: bot, Conversation: e.Conversation, Seq: 2}}
	equal(s, "the timeline of an event with every field set and one with hardly any", s.timeline(e.Conversation), want)
	var got []handoff.Event
	for _, entry := range s.tail(storage.Cursor{}) {
		got = append(got, entry.Event)
	}
	equal(s, "the feed of the same", got, want)
}

func (timelines) SeqCountsFromOneWithoutAGap(s *setup) {
	s.rule("The store gives each of the latter its Seq, one more than the conversation's, which moves along.")
	s.must(put(chat("a", 1)), put(chat("b", 1)))
	for i, err := range together(48, func(i int) error {
		return s.commit(happens(event("a", i), event("b", i), event("", i), event("a", 100+i)), happens(event("a", 200+i)))
	}) {
		s.fails(err, nil, "append %d of events: nothing speaks against it", i+1)
	}
	for c, n := range map[handoff.ConversationID]int{"a": 3 * 48, "b": 48} {
		es := s.timeline(c)
		equal(s, "events of a conversation", len(es), n)
		for i, e := range es {
			equal(s, "seq", e.Seq, int64(i+1))
			equal(s, "conversation of an event of the timeline", e.Conversation, c)
			if c == "a" && i%3 != e.Tickets/100 {
				s.Fatalf("event %d of the timeline is not in the order of its batch", i+1)
			}
		}
		equal(s, "seq of the conversation", s.conversation(c).Seq, int64(n))
		equal(s, "version of the conversation", s.conversation(c).Version, 1)
	}
	for _, e := range s.tail(storage.Cursor{}) {
		if (e.Event.Seq == 0) != (e.Event.Conversation == "") {
			s.Fatalf("an event of conversation %q has the seq %d in the feed", e.Event.Conversation, e.Event.Seq)
		}
	}
}

func (timelines) EventsNeedTheirConversation(s *setup) {
	s.rule("ErrConflict if there is no such conversation, after this batch.")
	s.must(of(other, []storage.Op{put(chat("a", 1))})...)
	s.refused(storage.ErrConflict, happens(event("a", 1)))
	s.refused(storage.ErrConflict, happens(event("", 1), event("a", 1)))
	equal(s, "feed after conflicts", len(s.tail(storage.Cursor{})), 0)
	s.must(happens(event("a", 1)), put(chat("a", 1)))
	equal(s, "timeline", len(s.timeline("a")), 1)
}

func (timelines) AreReadInPages(s *setup) {
	s.rule("Timeline gives up to limit events of one conversation with a Seq greater than after, in the order of Seq.")
	const n = 25
	s.must(put(chat("a", 1)), put(chat("b", 1)))
	for i := range n {
		s.must(happens(event("a", i), event("b", i)))
	}
	whole := s.timeline("a")
	for _, limit := range []int{1, 7, n, storage.MaxPage} {
		for _, after := range []int{0, 1, 7, n - 1, n, n + 1, 1 << 40} {
			got, err := s.store.Timeline(s.ctx, bot, "a", int64(after), limit)
			s.ok(err, "Timeline(after %d, limit %d)", after, limit)
			want := whole[min(after, n):min(after+limit, n)]
			equal(s, fmt.Sprintf("Timeline(after %d, limit %d)", after, limit), got, want)
		}
	}
	for _, q := range []struct {
		bot handoff.BotID
		id  handoff.ConversationID
	}{{bot, "none"}, {other, "a"}} {
		got, err := s.store.Timeline(s.ctx, q.bot, q.id, 0, 10)
		s.fails(err, nil, "Timeline(%q, %q)", q.bot, q.id)
		equal(s, "timeline of an unknown conversation", got, nil)
	}
}
