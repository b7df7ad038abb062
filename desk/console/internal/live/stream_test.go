package live_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// tampered is a store of which a test makes what it likes.
type tampered struct {
	storage.Store
	events        func() error      // in place of reading the feed, if an error
	hidden        handoff.EventKind // events that are not given
	conversations func()            // after a page of a list was read
	conversation  func()            // after the hub read a conversation for all
}

func (s *tampered) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	if s.events != nil {
		if err := s.events(); err != nil {
			return storage.Feed{}, err
		}
	}
	f, err := s.Store.Events(ctx, after, limit)
	f.Entries = slices.DeleteFunc(f.Entries, func(e storage.Entry) bool { return e.Event.Kind == s.hidden })
	return f, err
}

func (s *tampered) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	page, err := s.Store.Conversations(ctx, q)
	if s.conversations != nil {
		s.conversations()
	}
	return page, err
}

func (s *tampered) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	c, err := s.Store.Conversation(ctx, bot, id)
	if s.conversation != nil && ctx.Value(caller{}) == nil {
		s.conversation()
	}
	return c, err
}

// caller marks what is asked by the test itself.
type caller struct{}

func inTampered(t *testing.T, test func(o *office, s *tampered)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tampered{Store: memory.New(nil)}
		o := newOffice(t, context.WithValue(t.Context(), caller{}, true), s)
		defer o.close()
		test(o, s)
	})
}

var active = &filter.Criteria{}

func TestATransferTakesTheRowAndTellsThatItLeft(t *testing.T) {
	inOffice(t, func(o *office) {
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		o.agent("bruno", handoff.RoleAgent, "support")
		a, b := o.watch("ana", live.Viewer{Criteria: active}), o.watch("bruno", live.Viewer{Criteria: active})
		defer a.stream.Close()
		defer b.stream.Close()
		id := o.waits("551", "sales")
		o.settle()
		a.read()
		b.read()
		require.Equal(t, []handoff.ConversationID{id}, a.ids())
		require.Empty(t, b.ids())
		require.Empty(t, b.events)

		a.events = nil
		_, err := ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno"})
		o.ok(err)
		_, err = o.bot.SetPriority(o.ctx, id, handoff.High)
		o.ok(err)
		a.read()
		b.read()
		require.Empty(t, a.ids())
		require.Equal(t, []string{"-transferred"}, a.kinds(), "and nothing of what came after")
		require.Equal(t, []handoff.ConversationID{id}, b.ids())
		require.Contains(t, b.kinds(), "priority")
	})
}

func TestAChangeWhileAListIsReadIsNeitherLostNorShownTwice(t *testing.T) {
	inTampered(t, func(o *office, s *tampered) {
		o.agent("boss", handoff.RoleAdmin)
		for _, contact := range []string{"551", "552", "553"} {
			o.writes(contact)
		}
		during := 0
		s.conversations = func() {
			if during++; during == 1 {
				o.writes("551")
				o.writes("554")
				synctest.Wait() // the hub has read them before the page is here
			}
		}
		boss := o.watch("boss", live.Viewer{Criteria: active})
		defer boss.stream.Close()
		boss.read()
		require.Len(t, boss.rows, 4)
		require.Equal(t, o.listing(boss.seat, *active), boss.rows)
		require.Equal(t, 1, boss.listed)
	})
}

func TestAnotherTabOfTheAgentLearnsWhatWasReadAndNobodyElse(t *testing.T) {
	inOffice(t, func(o *office) {
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		o.agent("boss", handoff.RoleAdmin)
		id := o.waits("551", "sales")
		o.writes("551")
		o.settle()
		tab, boss := o.watch("ana", live.Viewer{Criteria: active}), o.watch("boss", live.Viewer{Criteria: active})
		defer tab.stream.Close()
		defer boss.stream.Close()
		tab.read()
		boss.read()
		require.EqualValues(t, 2, tab.rows[0]["unread"])
		o.ok(ana.MarkRead(o.ctx, id))
		o.hub.Read("acme", "ana", id, 2)
		tab.read()
		boss.read()
		require.EqualValues(t, 0, tab.rows[0]["unread"])
		require.EqualValues(t, 2, boss.rows[0]["unread"])
		o.writes("551")
		tab.read()
		require.EqualValues(t, 1, tab.rows[0]["unread"], "what was read stays read")
		require.Equal(t, 1, tab.listed)
	})
}

func TestWhoDoesNotReadKeepsNobodyWaitingAndComesBackWhole(t *testing.T) {
	inOffice(t, func(o *office) {
		o.hub.SetRing(64)
		o.agent("boss", handoff.RoleAdmin)
		slow, quick := o.watch("boss", live.Viewer{Criteria: active}), o.watch("boss", live.Viewer{Criteria: active})
		defer slow.stream.Close()
		defer quick.stream.Close()
		slow.read()
		for i := range 500 {
			o.writes(string(rune('a' + i%20)))
			if i%10 == 0 {
				quick.read()
			}
		}
		quick.read()
		require.Equal(t, o.feed(o.bot.Subscribe, "")[len(o.feed(o.bot.Subscribe, ""))-len(quick.events):], quick.events)
		slow.read()
		require.Equal(t, quick.events, slow.events)
		require.Equal(t, o.listing(slow.seat, *active), slow.rows)
		require.Equal(t, quick.rows, slow.rows)
	})
}

func TestTheCursorMovesOverWhatIsNotForTheViewer(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("ana", handoff.RoleAgent, "sales")
		a := o.watch("ana", live.Viewer{})
		defer a.stream.Close()
		a.read()
		began := a.cursor
		o.writes("551")
		o.ok(o.desk.Bot("other").Put(o.ctx, handoff.Bot{Name: "Other"}))
		a.read()
		require.Equal(t, began, a.cursor, "silence")
		time.Sleep(15 * time.Second)
		a.read()
		head, err := o.desk.Head(o.ctx)
		o.ok(err)
		require.Equal(t, head, a.cursor)
		require.Empty(t, a.events)

		for range 300 {
			o.writes("551")
		}
		a.read()
		require.NotEqual(t, head, a.cursor, "after many it need not wait")
	})
}

func TestALivingStreamIsNeverSilentForLong(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("ana", handoff.RoleAgent, "sales")
		a := o.watch("ana", live.Viewer{Criteria: active})
		defer a.stream.Close()
		a.read()
		for range 3 {
			at := time.Now()
			frames, err := a.stream.Next(o.ctx)
			o.ok(err)
			require.Equal(t, []live.Frame{{}}, frames)
			require.LessOrEqual(t, time.Since(at), 15*time.Second)
		}
	})
}

func TestWhoIsSignedOutIsToldWithinASecondAndGivenNothingMore(t *testing.T) {
	for reason, err := range map[string]error{"signed_out": live.ErrSignedOut, "disabled": desk.ErrNotFound} {
		t.Run(reason, func(t *testing.T) {
			inOffice(t, func(o *office) {
				o.agent("boss", handoff.RoleAdmin)
				var out atomic.Bool
				s := o.watch("boss", live.Viewer{Criteria: active, Check: func(context.Context) error {
					if out.Load() {
						return err
					}
					return nil
				}})
				defer s.stream.Close()
				s.read()
				time.Sleep(time.Minute)
				s.read()
				require.Empty(t, s.bye)

				out.Store(true)
				at := time.Now()
				frames, err := s.stream.Next(o.ctx)
				o.ok(err)
				require.Equal(t, "bye", frames[0].Event)
				require.JSONEq(t, `{"reason":"`+reason+`"}`, string(frames[0].Data))
				require.LessOrEqual(t, time.Since(at), time.Second)
				o.writes("551")
				_, err = s.stream.Next(o.ctx)
				require.ErrorIs(t, err, io.EOF)
			})
		})
	}
}

func TestWhoIsDisabledIsGivenNothingMore(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("boss", handoff.RoleAdmin)
		s := o.watch("boss", live.Viewer{Criteria: active})
		defer s.stream.Close()
		s.read()
		o.writes("551")
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "boss", Name: "Boss", Disabled: true}))
		s.read()
		require.Equal(t, "disabled", s.bye)
		require.Empty(t, s.events, "not even what happened before")
		require.Empty(t, s.rows)
		_, err := o.hub.Watch(o.ctx, live.Viewer{Seat: s.seat, Bot: "acme", Agent: "boss"})
		require.ErrorIs(t, err, desk.ErrNotFound)
	})
}

func TestNothingIsGivenWhileItIsNotKnownWhetherTheViewerMayLook(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("boss", handoff.RoleAdmin)
		var broken atomic.Bool
		s := o.watch("boss", live.Viewer{Check: func(context.Context) error {
			if broken.Load() {
				return errors.New("directory is down")
			}
			return nil
		}})
		defer s.stream.Close()
		s.read()
		broken.Store(true)
		time.Sleep(time.Second)
		o.writes("551")
		s.read()
		time.Sleep(20 * time.Second)
		s.read()
		require.Empty(t, s.events)
		broken.Store(false)
		time.Sleep(time.Second)
		s.read()
		require.NotEmpty(t, s.events)
	})
}

// What took a right away counts within a second, even if its event is late.
func TestAViewThatJudgesIsNeverOlderThanASecond(t *testing.T) {
	inTampered(t, func(o *office, s *tampered) {
		o.agent("ana", handoff.RoleAgent, "sales")
		s.hidden = handoff.EventMemberChanged
		a := o.watch("ana", live.Viewer{})
		defer a.stream.Close()
		o.waits("551", "sales")
		a.read()
		require.Contains(t, a.kinds(), "handed_off")
		a.events = nil
		o.ok(o.bot.RemoveMember(o.ctx, "sales", "ana"))
		time.Sleep(time.Second)
		o.writes("551")
		a.read()
		require.Empty(t, a.events)
	})
}

func TestWhileTheFeedFailsThereIsSilenceAndThenAllOfIt(t *testing.T) {
	inTampered(t, func(o *office, s *tampered) {
		o.agent("boss", handoff.RoleAdmin)
		b := o.watch("boss", live.Viewer{Criteria: active})
		defer b.stream.Close()
		b.read()
		var failing atomic.Bool
		failing.Store(true)
		s.events = func() error {
			if failing.Load() {
				return errors.New("connection refused")
			}
			return nil
		}
		from := b.cursor
		for range 5 {
			o.writes("551")
			time.Sleep(time.Second)
		}
		b.read()
		require.Empty(t, b.events)
		require.Zero(t, b.resets)
		failing.Store(false)
		time.Sleep(3 * time.Second)
		b.read()
		require.Equal(t, o.feed(o.bot.Subscribe, from), b.events)
		require.Len(t, b.rows, 1)
		require.Equal(t, 1, b.listed)
	})
}

func TestAFeedThatIsAnotherOneResetsEverybodyOnce(t *testing.T) {
	inTampered(t, func(o *office, s *tampered) {
		o.agent("boss", handoff.RoleAdmin)
		b, c := o.watch("boss", live.Viewer{Criteria: active}), o.watch("boss", live.Viewer{})
		defer b.stream.Close()
		defer c.stream.Close()
		b.read()
		c.read()
		var lost atomic.Int32
		s.events = func() error {
			if lost.Add(1) == 1 {
				return storage.ErrReset
			}
			return nil
		}
		o.writes("551")
		time.Sleep(time.Second)
		b.read()
		c.read()
		require.Equal(t, 1, b.resets)
		require.Equal(t, 1, c.resets)
		require.Equal(t, 2, b.listed)
		require.Len(t, b.rows, 1)
		b.events = []given{}
		from := b.cursor
		o.writes("552")
		b.read()
		require.Equal(t, o.feed(o.bot.Subscribe, from), b.events)
		require.Equal(t, 1, b.resets)
	})
}

func TestACursorThatIsNoPlaceInTheFeedResets(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("boss", handoff.RoleAdmin)
		o.writes("551")
		head, err := o.desk.Head(o.ctx)
		o.ok(err)
		for _, after := range []string{"nonsense", "other.5", head + "z", strings.Repeat("x", 300)} {
			b := o.watch("boss", live.Viewer{After: after})
			b.read()
			require.Equal(t, 1, b.resets, after)
			require.Equal(t, head, b.cursor)
			require.Empty(t, b.events)
			o.writes("551")
			b.read()
			require.Equal(t, []string{"message"}, b.kinds())
			b.stream.Close()
			head = b.cursor
		}
	})
}

func TestBadCriteriaAreRefusedAtOnce(t *testing.T) {
	inOffice(t, func(o *office) {
		seat := o.agent("ana", handoff.RoleAgent, "sales")
		for _, c := range []filter.Criteria{{Limit: -1}, {Agents: []handoff.AgentID{"bruno"}}} {
			_, err := o.hub.Watch(o.ctx, live.Viewer{Seat: seat, Bot: "acme", Agent: "ana", Criteria: &c})
			require.ErrorIs(t, err, handoff.ErrInvalid)
		}
	})
}

func TestABotIsReadOnlyWhileSomebodyWatches(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("ana", handoff.RoleAgent, "sales")
		require.Zero(t, o.hub.Rooms())
		first, second := o.watch("ana", live.Viewer{}), o.watch("ana", live.Viewer{})
		first.read()
		require.Equal(t, 1, o.hub.Rooms())
		first.stream.Close()
		first.stream.Close()
		time.Sleep(time.Minute)
		require.Equal(t, 1, o.hub.Rooms(), "one is still there")
		second.stream.Close()
		third := o.watch("ana", live.Viewer{})
		time.Sleep(time.Minute)
		require.Equal(t, 1, o.hub.Rooms(), "somebody came back")
		third.stream.Close()
		time.Sleep(time.Minute)
		require.Zero(t, o.hub.Rooms())
	})
}

func TestClosingEndsEveryStream(t *testing.T) {
	inOffice(t, func(o *office) {
		seat := o.agent("ana", handoff.RoleAgent, "sales")
		a := o.watch("ana", live.Viewer{})
		defer a.stream.Close()
		a.read()
		ended := make(chan error)
		go func() {
			_, err := a.stream.Next(o.ctx)
			ended <- err
		}()
		synctest.Wait()
		o.hub.Close()
		require.ErrorIs(t, <-ended, io.EOF)
		_, err := o.hub.Watch(o.ctx, live.Viewer{Seat: seat, Bot: "acme", Agent: "ana"})
		require.ErrorIs(t, err, live.ErrClosed)
	})
}
