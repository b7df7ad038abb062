package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	must "github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// looker counts the looks that reactions take.
type looker struct {
	mu    sync.Mutex
	looks map[handoff.ConversationID]int
	fail  map[handoff.ConversationID]func() error
}

func (l *looker) reaction(messages bool) reaction {
	return reaction{name: "looking", messages: messages, do: func(_ *Desk, _ context.Context, _ *draft, _ *settings, c handoff.Conversation) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if f := l.fail[c.ID]; f != nil {
			return f()
		}
		l.looks[c.ID]++
		return nil
	}}
}

func (l *looker) looked() map[handoff.ConversationID]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.looks
	l.looks = map[handoff.ConversationID]int{}
	return was
}

// following is a desk with a looker for its only reaction.
type following struct {
	*Desk
	*looker
	t   *testing.T
	bot *Bot
	now time.Time
	n   int
}

func newFollowing(t *testing.T, messages bool) *following {
	t.Helper()
	f := &following{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	f.looker = &looker{looks: map[handoff.ConversationID]int{}, fail: map[handoff.ConversationID]func() error{}}
	s := memory.New(&memory.Options{Now: func() time.Time { return f.now }})
	t.Cleanup(func() { s.Close() })
	f.open(s, messages)
	must.NoError(t, f.bot.Put(t.Context(), handoff.Bot{Name: "Acme"}))
	must.NoError(t, f.bot.PutQueue(t.Context(), handoff.Queue{ID: "sales", Name: "Sales"}))
	return f
}

func (f *following) open(s storage.Store, messages bool) {
	d, err := New(s, nil)
	must.NoError(f.t, err)
	d.follows = []reaction{f.reaction(messages)}
	f.Desk, f.bot = d, d.Bot("acme")
}

func (f *following) settle() {
	f.t.Helper()
	must.NoError(f.t, f.Settle(f.t.Context()))
}

// writes lets a contact write, and gives the conversation.
func (f *following) writes(contact string) handoff.ConversationID {
	f.t.Helper()
	f.n++
	r, err := f.bot.Receive(f.t.Context(), handoff.Inbound{
		Channel: "web", Account: "site", Addresses: []string{contact}, Provider: fmt.Sprint("m", f.n), Content: handoff.Text("Oi"),
	})
	must.NoError(f.t, err)
	return r.Conversation.ID
}

func TestFollowerLooksAtEachConversationThatWasTouchedOnce(t *testing.T) {
	t.Parallel()
	f := newFollowing(t, false)
	ana, ben := f.writes("ana"), f.writes("ben")
	f.settle()
	must.Equal(t, map[handoff.ConversationID]int{ana: 1, ben: 1}, f.looked())
	f.settle()
	must.Empty(t, f.looked(), "nothing happened since")

	_, err := f.bot.HandOff(t.Context(), ana, HandOff{Queue: "sales"}, "")
	must.NoError(t, err)
	_, err = f.bot.SetPriority(t.Context(), ana, handoff.High)
	must.NoError(t, err)
	f.settle()
	must.Equal(t, map[handoff.ConversationID]int{ana: 1}, f.looked())
}

func TestFollowerTellsMessagesOnlyToWhomTheyInterest(t *testing.T) {
	t.Parallel()
	for _, messages := range []bool{true, false} {
		f := newFollowing(t, messages)
		ana := f.writes("ana")
		f.settle()
		f.looked()
		f.writes("ana")
		f.settle()
		if messages {
			must.Equal(t, map[handoff.ConversationID]int{ana: 1}, f.looked())
		} else {
			must.Empty(t, f.looked())
		}
	}
}

func TestFollowerGoesOnWhereAnotherProcessStopped(t *testing.T) {
	t.Parallel()
	f := newFollowing(t, false)
	f.writes("ana")
	f.settle()
	f.looked()
	f.open(f.store, false)
	ben := f.writes("ben")
	f.settle()
	must.Equal(t, map[handoff.ConversationID]int{ben: 1}, f.looked())
}

func TestWhatFailsOrPanicsIsLookedAtAgainAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func() error{
		"fails": func() error { return errors.New("no") }, "panics": func() error { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFollowing(t, false)
			ana, ben := f.writes("ana"), f.writes("ben")
			f.fail[ana] = trouble
			f.settle()
			must.Equal(t, map[handoff.ConversationID]int{ben: 1}, f.looked())
			f.fail[ana] = nil
			f.settle()
			must.Empty(t, f.looked(), "its time has not come")
			f.now = f.now.Add(putOff)
			f.settle()
			must.Equal(t, map[handoff.ConversationID]int{ana: 1}, f.looked())
			f.now = f.now.Add(time.Hour)
			f.settle()
			must.Empty(t, f.looked(), "that was that")
		})
	}
}

func TestOneReactionThatFailsLeavesTheOthersTheirs(t *testing.T) {
	t.Parallel()
	f := newFollowing(t, false)
	writes := reaction{name: "writing", do: func(_ *Desk, _ context.Context, t *draft, _ *settings, c handoff.Conversation) error {
		return put(t, doc[string]{key: key(c.Bot, "test", c.ID), value: "x"}, time.Time{})
	}}
	half := reaction{name: "half", do: func(_ *Desk, _ context.Context, t *draft, _ *settings, c handoff.Conversation) error {
		_ = put(t, doc[string]{key: key(c.Bot, "half", c.ID), value: "x"}, time.Time{})
		return errors.New("no")
	}}
	f.follows = []reaction{half, writes}
	ana := f.writes("ana")
	f.settle()
	got, err := f.store.Lookup(t.Context(), []storage.Key{key("acme", "test", ana), key("acme", "half", ana)})
	must.NoError(t, err)
	must.NotZero(t, got[0].Version)
	must.Zero(t, got[1].Version, "nothing of what failed is kept")
}

func TestNothingIsReadForWhatNobodyUses(t *testing.T) {
	t.Parallel()
	f := newFollowing(t, false)
	f.follows[0].used = func(s *settings) bool { return s.bot.Language != "" }
	f.writes("ana")
	f.settle()
	must.Empty(t, f.looked())
	must.NoError(t, f.bot.Put(t.Context(), handoff.Bot{Name: "Acme", Language: "pt-BR"}))
	ana := f.writes("ana")
	_, err := f.bot.SetPriority(t.Context(), ana, handoff.High)
	must.NoError(t, err)
	f.settle()
	must.Equal(t, map[handoff.ConversationID]int{ana: 1}, f.looked())
}

func TestRecheckLooksAtAllThatIsOpenPageByPage(t *testing.T) {
	t.Parallel()
	f := newFollowing(t, false)
	want := map[handoff.ConversationID]int{}
	for i := range recheckPage + 7 {
		f.now = f.now.Add(time.Second)
		want[f.writes(fmt.Sprint("c", i))] = 1
	}
	ended := f.writes("gone")
	_, err := f.bot.End(t.Context(), ended)
	must.NoError(t, err)
	f.settle()
	f.looked()
	must.NoError(t, f.decide(t.Context(), func(d *draft) error { return f.recheck(t.Context(), d, "acme") }))
	for range 3 { // the next page is due a millisecond later
		f.now = f.now.Add(time.Millisecond)
		f.settle()
	}
	must.Equal(t, want, f.looked())
	f.now = f.now.Add(time.Hour)
	f.settle()
	must.Empty(t, f.looked())
}

func TestFollowerWhosePlaceIsGoneLooksAtAllThatIsOpen(t *testing.T) {
	t.Parallel()
	f := newFollowing(t, false)
	ana := f.writes("ana")
	f.settle()
	f.looked()
	must.NoError(t, f.decide(t.Context(), func(d *draft) error {
		at, err := get[place](t.Context(), f.Desk, houseKey(kindFollower, kindFollower))
		must.NoError(t, err)
		at.value.Cursor = "another.feed"
		return put(d, at, time.Time{})
	}))
	f.now = f.now.Add(time.Millisecond)
	f.settle()
	must.Positive(t, f.looked()[ana])
	f.settle()
	must.Empty(t, f.looked())
}

func TestOthersCommitsAreLookedAtTheLessOftenTheBusierTheStore(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		0:                    3 * time.Millisecond,
		time.Millisecond:     3 * time.Millisecond,
		4 * time.Millisecond: 12 * time.Millisecond,
		time.Second:          25 * time.Millisecond,
	} {
		must.Equal(t, want, pace(took), "after %v", took)
	}
}
