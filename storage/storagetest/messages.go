package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// messages is how they are appended, updated and read.
type messages struct{}

func (messages) AMessageSurvivesWhole(s *setup) {
	s.rule("Store conversations, messages and events whole")
	m := filled[handoff.Message](s)
	c := chat(string(m.Conversation), 1)
	s.must(put(c), storage.AppendMessage{Message: m})
	m.Number = 1 // the store's, whatever the caller's
	equal(s, "a message with every field set", s.message(m.Conversation, m.ID), m)
	equal(s, "the same among the messages", s.messages(m.Conversation), []handoff.Message{m})
	equal(s, "its conversation", s.conversation(c.ID), c.WithMessage(m))
	got, err := s.store.MessageByProvider(s.ctx, bot, m.Account, m.Provider)
	s.ok(err, "MessageByProvider")
	equal(s, "the same by provider", got, m)

	bare := handoff.Message{Bot: bot, Conversation: c.ID, ID: "bare", Author: handoff.Actor{By: handoff.ByBot}, Content: handoff.Content{Kind: handoff.KindUnknown}}
	s.must(storage.AppendMessage{Message: bare, Expect: 1})
	bare.Number = 2
	equal(s, "a message with hardly a field set", s.message(c.ID, "bare"), bare)
}

func (messages) TextsAreKeptByteForByte(s *setup) {
	s.rule("Text in messages may hold any valid UTF-8 except NUL, four-byte characters included.")
	texts := []string{
		"", " ", "\n", "trailing  ", "é e\u0301", "😀👩\u200d👩\u200d👧\u200d👦🇧🇷", "\U0010ffff\ufffe\uffff", "עברית العربية \u202e", "\x01\x1f\x7f\u0085\u2028",
		`\u0000 \\ " ' ; -- %s <b>&`, strings.Repeat("x", 64<<10+1), strings.Repeat("😀", storage.MaxMessage/8/4),
	}
	s.must(put(chat("a", 1)))
	for i, text := range texts {
		m := said("a", fmt.Sprint("m", i), text)
		m.Raw = []byte(text)
		m.Fields = map[string]string{text: "value"}
		s.must(storage.AppendMessage{Message: m, Expect: 1})
		m.Number = int64(i + 1)
		got := s.message("a", m.ID)
		if len(got.Raw) == 0 && len(m.Raw) == 0 {
			got.Raw = m.Raw
		}
		equal(s, fmt.Sprintf("a message with the text %q", short(text)), got, m)
		equal(s, "the preview of the same", s.conversation("a").Preview, m.Preview())
	}
	big := said("a", "big", "")
	big.Raw = make([]byte, storage.MaxMessage/4)
	for i := range big.Raw {
		big.Raw[i] = byte(i * 7)
	}
	s.must(storage.AppendMessage{Message: big, Expect: 1})
	big.Number = int64(len(texts) + 1)
	equal(s, "a message with 1 MiB of every byte", s.message("a", "big"), big)
}

func (messages) TimesAreKeptInMilliseconds(s *setup) {
	s.rule("Times are UTC in whole milliseconds and come back so; the zero time comes back as the zero time.")
	for i, t := range []time.Time{
		{}, time.Unix(0, 0).UTC(), at(1), at(999), time.Date(2024, 2, 29, 23, 59, 59, 999e6, time.UTC),
		time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	} {
		id := fmt.Sprint(i)
		c, m, e := chat(id, 1), said(id, "m", "x"), event(id, 1)
		c.StartedAt, c.WaitingSince, c.EndedAt, m.At, m.SentAt, e.At = t, t, t, t, t, t
		s.must(put(c), storage.AppendMessage{Message: m}, happens(e),
			storage.Load{Bot: bot, Agent: handoff.AgentID(id), Delta: 1, Max: 1, At: t},
			storage.SetTimer{Timer: storage.Timer{Bot: bot, Kind: "timer", ID: id, At: later(t, at(1))}})
		got := s.conversation(c.ID)
		equal(s, fmt.Sprintf("times of a conversation at %v", t), []time.Time{got.StartedAt, got.WaitingSince, got.EndedAt, got.LastMessageAt}, []time.Time{t, t, t, t})
		equal(s, "time of a message", s.message(c.ID, "m").At, t)
		equal(s, "time of an event", s.timeline(c.ID)[0].At, t)
		equal(s, "time of a load", s.loads()[i].Last, t)
	}
	for _, d := range s.due("timer") {
		if d.At.Location() != time.UTC {
			s.Errorf("a timer is due at %v, want UTC", d.At)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (messages) AppendingNumbersAndCounts(s *setup) {
	s.rule("The message's Number is one more than the conversation's Messages, and the conversation becomes WithMessage(Message).")
	want := chat("a", 1)
	s.must(put(want), put(chat("b", 1)))
	for i, by := range []handoff.By{handoff.ByContact, handoff.ByBot, handoff.ByAgent, handoff.BySystem, handoff.ByContact, handoff.ByAgent} {
		for _, private := range []bool{false, true} {
			m := said("a", fmt.Sprint(i, private), fmt.Sprint("text ", i))
			m.Author, m.Private, m.At = handoff.Actor{By: by}, private, at(10-i) // clocks run as they like
			m.Number = 77                                                        // not the caller's to say
			s.must(storage.AppendMessage{Message: m, Expect: 1})
			want = want.WithMessage(m)
			equal(s, fmt.Sprintf("conversation after a message by the %s", by), s.conversation("a"), want)
			equal(s, "number of the message", s.message("a", m.ID).Number, want.Messages)
		}
	}
	equal(s, "the conversation beside it", s.conversation("b"), chat("b", 1))
	s.must( // several in a batch
		storage.AppendMessage{Message: said("a", "x", "x"), Expect: 1}, storage.AppendMessage{Message: said("b", "x", "x"), Expect: 1},
		storage.AppendMessage{Message: said("a", "y", "y"), Expect: 1}, storage.AppendMessage{Message: said("b", "a", "a"), Expect: 1})
	n := want.Messages
	equal(s, "numbers within a batch", []int64{s.message("a", "x").Number, s.message("a", "y").Number, s.message("b", "x").Number, s.message("b", "a").Number},
		[]int64{n + 1, n + 2, 1, 2})
}

func (messages) NumbersHaveNoGapWhoeverWrites(s *setup) {
	s.rule("The message's Number is one more than the conversation's Messages")
	s.must(put(chat("a", 1)))
	for i, err := range together(64, func(i int) error {
		return s.commit(storage.AppendMessage{Message: said("a", fmt.Sprint(i), "x"), Expect: 1})
	}) {
		s.fails(err, nil, "append %d: the version does not move, so nothing speaks against it", i+1)
	}
	ms := s.messages("a")
	equal(s, "messages after 64 appends at once", len(ms), 64)
	for i, m := range ms {
		equal(s, "number", m.Number, int64(i+1))
	}
	c := s.conversation("a")
	equal(s, "version, messages and received", []int64{c.Version, c.Messages, c.Received}, []int64{1, 64, 64})
}

func (messages) AnAppendHasItsVersion(s *setup) {
	s.rule("AppendMessage stores a new message of a conversation that is at version Expect (0: the batch also puts it as new).")
	s.must(put(chat("a", 3)))
	for _, expect := range []int64{1, 2, 4} {
		s.refused(storage.ErrConflict, storage.AppendMessage{Message: said("a", "m", "x"), Expect: expect})
	}
	s.refused(storage.ErrInvalid, storage.AppendMessage{Message: said("a", "m", "x")})
	s.refused(storage.ErrInvalid, storage.AppendMessage{Message: said("none", "m", "x")})
	s.refused(storage.ErrConflict, storage.AppendMessage{Message: said("none", "m", "x"), Expect: 3})
	equal(s, "messages after stale appends", s.messages("a"), nil)
	s.must(storage.AppendMessage{Message: said("a", "m", "x"), Expect: 3})
}

func (messages) AMessageIDIsNewInItsConversation(s *setup) {
	s.rule("Its ID must be new in the conversation and, unless Provider is empty, (Account, Provider) in the bot; else ErrConflict.")
	s.must(put(chat("a", 1)), put(chat("b", 1)), storage.AppendMessage{Message: said("a", "m", "first")})
	s.refused(storage.ErrConflict, storage.AppendMessage{Message: said("a", "m", "second"), Expect: 1})
	s.must(storage.AppendMessage{Message: said("b", "m", "other"), Expect: 1})
	equal(s, "the first message", s.message("a", "m").Text, "first")
	s.winners(together(16, func(i int) error {
		return s.commit(storage.AppendMessage{Message: said("a", "twin", fmt.Sprint(i)), Expect: 1})
	}), 1, "16 appends of one message id")
	equal(s, "messages", s.conversation("a").Messages, 2)
}

func (messages) AProviderIDIsNewInItsBot(s *setup) {
	s.rule("Its ID must be new in the conversation and, unless Provider is empty, (Account, Provider) in the bot; else ErrConflict.")
	s.must(put(chat("a", 1)), put(chat("b", 1)))
	s.must(of(other, []storage.Op{put(chat("a", 1))})...)
	add := func(c, id, account, provider string) storage.AppendMessage {
		m := sent(c, id, provider, handoff.Sent)
		m.Account = handoff.AccountID(account)
		return storage.AppendMessage{Message: m, Expect: 1}
	}
	longest := strings.Repeat("é", handoff.MaxAddress/2)
	s.must(add("a", "m0", longest, longest))
	s.refused(storage.ErrConflict, add("b", "m0", longest, longest))
	s.must(add("a", "m1", "one", "p"))
	s.refused(storage.ErrConflict, add("a", "m2", "one", "p"))
	s.refused(storage.ErrConflict, add("b", "m2", "one", "p"))
	s.must(add("b", "m2", "two", "p"))
	s.must(add("b", "m3", "one", "P"), add("b", "m4", "one", ""), add("b", "m5", "one", ""), add("a", "m4", "one", ""))
	s.must(of(other, []storage.Op{add("a", "m1", "one", "p")})...)
	for _, want := range []struct {
		bot      handoff.BotID
		account  handoff.AccountID
		provider string
		c        handoff.ConversationID
		id       handoff.MessageID
	}{{bot, "one", "p", "a", "m1"}, {bot, "two", "p", "b", "m2"}, {bot, "one", "P", "b", "m3"}, {bot, handoff.AccountID(longest), longest, "a", "m0"}, {other, "one", "p", "a", "m1"}} {
		m, err := s.store.MessageByProvider(s.ctx, want.bot, want.account, want.provider)
		s.ok(err, "MessageByProvider(%q, %q, %q)", want.bot, want.account, want.provider)
		if m.Bot != want.bot || m.Conversation != want.c || m.ID != want.id {
			s.Errorf("MessageByProvider(%q, %q, %q) gives %s of %s of %s, want %s of %s", want.bot, want.account, want.provider, m.ID, m.Conversation, m.Bot, want.id, want.c)
		}
	}
	for _, none := range [][2]string{{"one", "none"}, {"none", "p"}, {"one", ""}, {"", "p"}} {
		_, err := s.store.MessageByProvider(s.ctx, bot, handoff.AccountID(none[0]), none[1])
		s.fails(err, storage.ErrNotFound, "MessageByProvider(%q, %q)", none[0], none[1])
	}
	// A batch that brings one twice is no better.
	for what, second := range map[string]storage.Op{
		"two appends":             add("b", "m6", "one", "new"),
		"an append and an update": storage.UpdateMessage{Bot: bot, Conversation: "b", ID: "m4", From: handoff.Sent, To: handoff.Read, Account: "one", Provider: "new"},
	} {
		if err := s.commit(add("a", "m6", "one", "new"), second); !isConflict(err) && !errors.Is(err, storage.ErrInvalid) {
			s.Errorf("Commit(%s with the same provider id): got error %v, want %v or %v", what, err, storage.ErrConflict, storage.ErrInvalid)
		}
	}
	s.winners(together(16, func(i int) error {
		return s.commit(add([]string{"a", "b"}[i%2], fmt.Sprint("twin ", i), "one", "twin"))
	}), 1, "16 appends with one provider id")
}

func (messages) UpdatesCompareAndSet(s *setup) {
	s.rule("UpdateMessage moves the delivery of a message whose delivery is From to To; else, or if there is no such message, ErrConflict.")
	states := []handoff.Delivery{"", handoff.Queued, handoff.Sent, handoff.Failed, handoff.Delivered, handoff.Read}
	s.must(put(chat("a", 1)))
	want := map[handoff.MessageID]handoff.Message{}
	for i, is := range states {
		for j, from := range states {
			m := sent("a", fmt.Sprint(i, j), "", is)
			m.Failure = "before"
			s.must(storage.AppendMessage{Message: m, Expect: 1})
			stored := s.message("a", m.ID)
			up := storage.UpdateMessage{Bot: bot, Conversation: "a", ID: m.ID, From: from, To: states[(j+i)%len(states)], Failure: "after"}
			if is == from {
				s.must(up)
				stored.Delivery = up.To
				if up.To == handoff.Failed {
					stored.Failure = "after"
				}
			} else {
				s.refused(storage.ErrConflict, up)
			}
			want[m.ID] = stored
		}
	}
	c := s.conversation("a")
	for id, m := range want {
		equal(s, "message "+string(id)+" after its update", s.message("a", id), m)
	}
	equal(s, "messages and version of the conversation", []int64{c.Messages, c.Version}, []int64{int64(len(want)), 1})
	for _, id := range []handoff.ConversationID{"a", "none"} {
		s.refused(storage.ErrConflict, storage.UpdateMessage{Bot: bot, Conversation: id, ID: "none", To: handoff.Read})
	}
	s.must(storage.AppendMessage{Message: sent("a", "twin", "", handoff.Queued), Expect: 1})
	s.winners(together(16, func(i int) error {
		return s.commit(storage.UpdateMessage{Bot: bot, Conversation: "a", ID: "twin", From: handoff.Queued, To: handoff.Sent})
	}), 1, "16 updates of one message")
}

func (messages) AnUpdateKeepsTheProviderID(s *setup) {
	s.rule("A Provider that is not empty becomes the message's together with Account, in place of any it had, and must be nobody else's on the account; without it Account means nothing.")
	s.must(put(chat("a", 1)), put(chat("b", 1)),
		storage.AppendMessage{Message: sent("a", "m", "", handoff.Queued)}, storage.AppendMessage{Message: sent("b", "m", "taken", handoff.Queued)})
	up := func(from, to handoff.Delivery, provider string) storage.UpdateMessage {
		return storage.UpdateMessage{Bot: bot, Conversation: "a", ID: "m", From: from, To: to, Account: "account", Provider: provider}
	}
	provider := func(p string, want error) {
		s.Helper()
		m, err := s.store.MessageByProvider(s.ctx, bot, "account", p)
		s.fails(err, want, "MessageByProvider(%q)", p)
		if want == nil {
			equal(s, "conversation of the message with provider id "+p, m.Conversation, "a")
		}
	}
	s.refused(storage.ErrConflict, up(handoff.Queued, handoff.Sent, "taken"))
	provider("p1", storage.ErrNotFound)
	s.must(up(handoff.Queued, handoff.Sent, "p1"))
	provider("p1", nil)
	s.must(up(handoff.Sent, handoff.Delivered, "p1")) // its own
	none := up(handoff.Delivered, handoff.Read, "")
	none.Account = "elsewhere"
	s.must(none) // both stay
	provider("p1", nil)
	stays := s.message("a", "m")
	equal(s, "account and provider id after an update without one", []string{string(stays.Account), stays.Provider}, []string{"account", "p1"})
	s.refused(storage.ErrConflict, storage.AppendMessage{Message: sent("b", "m2", "p1", handoff.Queued), Expect: 1})
	s.must(up(handoff.Read, handoff.Sent, "p2")) // another
	provider("p2", nil)
	provider("p1", storage.ErrNotFound)
	s.must(storage.AppendMessage{Message: sent("b", "m2", "p1", handoff.Queued), Expect: 1})
	elsewhere := up(handoff.Sent, handoff.Read, "taken")
	elsewhere.Account = "elsewhere"
	s.must(elsewhere)
	m := s.message("a", "m")
	equal(s, "account and provider id", []string{string(m.Account), m.Provider}, []string{"elsewhere", "taken"})
}
