package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// overseen is a store whose commits and reads of messages may be held up.
type overseen struct {
	storage.Store
	commit   func(storage.Batch) error
	messages func(storage.MessageQuery) error
	timeline func(handoff.ConversationID) error
}

func (s *overseen) Unwrap() storage.Store { return s.Store }

func (s *overseen) Commit(ctx context.Context, b storage.Batch) error {
	if s.commit != nil {
		if err := s.commit(b); err != nil {
			return err
		}
	}
	return s.Store.Commit(ctx, b)
}

func (s *overseen) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	if s.messages != nil {
		if err := s.messages(q); err != nil {
			return nil, err
		}
	}
	return s.Store.Messages(ctx, q)
}

func (s *overseen) Timeline(ctx context.Context, bot handoff.BotID, id handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	if s.timeline != nil {
		if err := s.timeline(id); err != nil {
			return nil, err
		}
	}
	return s.Store.Timeline(ctx, bot, id, after, limit)
}

// erases reports whether a batch erases messages.
func erases(b storage.Batch) bool {
	for _, op := range b.Ops {
		if _, ok := op.(storage.Erase); ok {
			return true
		}
	}
	return false
}

func TestWhoLostTheirTurnAtErasingErasesNothingMore(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(o *office, of handoff.ContactID) error{
		"a contact": func(o *office, of handoff.ContactID) error { return second(o.bot.EraseContact(o.ctx, of)) },
		"by age": func(o *office, _ handoff.ContactID) error {
			return o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", RetainDays: 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
				o := officeOn(t, s)
				o.clock = clock
				var ids []handoff.ConversationID
				for n := range 5 {
					id := o.writes("551", fmt.Sprint("message ", n))
					ids = append(ids, id)
					o.ok(second(o.bot.End(o.ctx, id)))
					clock.Advance(time.Second)
				}
				clock.Advance(25 * time.Hour)
				o.settle()
				o.ok(ask(o, o.conv(ids[0]).Contact))

				successor, err := desk.New(&overseen{Store: s, commit: func(b storage.Batch) error {
					if erases(b) {
						return errors.New("away") // once it has the turn
					}
					return nil
				}}, nil)
				o.ok(err)
				commits := 0
				o.open(&overseen{Store: s, commit: func(b storage.Batch) error {
					if !erases(b) {
						return nil
					}
					if commits++; commits == 2 { // seemingly dead for a minute
						clock.Advance(time.Minute)
						_ = successor.Settle(o.ctx)
					}
					return nil
				}})
				o.settle()
				require.Equal(t, 2, commits, "it goes on after it was taken for dead")
				left := 0
				for _, id := range ids {
					if o.conv(id).Preview.Text != "" {
						left++
					}
				}
				require.Equal(t, 4, left)
				o.open(s)
				clock.Advance(2 * time.Hour)
				o.settle()
				for _, id := range ids {
					require.Empty(t, o.conv(id).Address)
				}
			})
		})
	}
}

// scrubbed is a store whose files are in use when they are to be scrubbed
// for the first time, or as long as it fails.
type scrubbed struct {
	storage.Store
	tries int
	fails bool
}

func (s *scrubbed) Scrub(context.Context) error {
	if s.tries++; s.tries == 1 || s.fails {
		return storage.ErrConflict
	}
	return nil
}

func TestWhatIsErasedIsScrubbedInTheEnd(t *testing.T) {
	t.Parallel()
	for _, byAge := range []bool{false, true} {
		o := newOffice(t)
		id := o.writes("551", "x")
		contact := o.conv(id).Contact
		o.ok(second(o.bot.End(o.ctx, id)))
		o.clock.Advance(25 * time.Hour)
		o.settle()
		s := &scrubbed{Store: o.store}
		o.open(s)
		if byAge {
			o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", RetainDays: 1}))
		} else {
			o.ok(second(o.bot.EraseContact(o.ctx, contact)))
		}
		require.ErrorIs(t, o.desk.Settle(o.ctx), storage.ErrConflict)
		o.clock.Advance(2 * time.Hour)
		o.settle()
		require.GreaterOrEqual(t, s.tries, 2)
		if !byAge {
			e, err := o.bot.Erasure(o.ctx, contact)
			o.ok(err)
			require.Equal(t, desk.ErasureDone, e.State)
			require.Equal(t, 1, e.Conversations)
		}
	}
}

// A store whose files can never be scrubbed is asked ever less often, whatever
// is removed meanwhile.
func TestWhatCannotBeScrubbedIsTriedAfterEverLongerPauses(t *testing.T) {
	t.Parallel()
	for _, byAge := range []bool{false, true} {
		o := newOffice(t)
		id := o.writes("551", "x")
		contact := o.conv(id).Contact
		o.ok(second(o.bot.End(o.ctx, id)))
		o.clock.Advance(25 * time.Hour)
		o.settle()
		s := &scrubbed{Store: o.store, fails: true}
		o.open(s)
		if byAge {
			o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", RetainDays: 1}))
		} else {
			o.ok(second(o.bot.EraseContact(o.ctx, contact)))
		}
		for n := range 300 { // ten minutes of sweeps
			_ = o.desk.Settle(o.ctx)
			if n == 30 {
				other := o.conv(o.writes("552", "more to remove"))
				o.ok(second(o.bot.EraseContact(o.ctx, other.Contact)))
			}
			o.clock.Advance(2 * time.Second)
		}
		require.Equal(t, 6, s.tries, "after 0, 10, 30, 70, 150 and 310 seconds")
		s.fails = false
		o.later(time.Hour)
		require.Empty(t, o.records("scrub"))
		if !byAge {
			e, err := o.bot.Erasure(o.ctx, contact)
			o.ok(err)
			require.Equal(t, desk.ErasureDone, e.State)
		}
	}
}

// ended is an office where one contact has three conversations, which have
// ended.
func ended(o *office) (contact handoff.ContactID, ids []handoff.ConversationID) {
	for n := range 3 {
		id := o.writes("551", fmt.Sprint("message ", n))
		ids = append(ids, id)
		contact = o.conv(id).Contact
		o.ok(second(o.bot.End(o.ctx, id)))
	}
	return contact, ids
}

func TestAConversationThatCannotBeErasedHoldsUpNoOtherOfTheContact(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"fails":  func() error { return errors.New("unreadable") },
		"panics": func() error { panic("unreadable") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			contact, ids := ended(o)
			slices.Sort(ids) // as they are taken up
			tries := 0
			within := o.store
			o.open(&overseen{Store: within, messages: func(q storage.MessageQuery) error {
				if q.Conversation != ids[1] {
					return nil
				}
				tries++
				return fail()
			}})
			told := func() desk.Erasure {
				e, err := o.bot.Erasure(o.ctx, contact)
				o.ok(err)
				return e
			}
			o.ok(second(o.bot.EraseContact(o.ctx, contact)))
			o.settle()
			require.Empty(t, o.conv(ids[0]).Address)
			require.NotEmpty(t, o.conv(ids[1]).Address)
			require.Empty(t, o.conv(ids[2]).Address)
			require.Equal(t, desk.ErasureRunning, told().State)
			require.Equal(t, []int{2, 1}, []int{told().Conversations, told().Left})
			for range 300 { // ten minutes of sweeps
				o.clock.Advance(2 * time.Second)
				o.settle()
			}
			require.Equal(t, 6, tries, "after 0, 10, 30, 70, 150 and 310 seconds")
			o.open(within)
			o.clock.Advance(time.Hour)
			o.settle()
			require.Empty(t, o.conv(ids[1]).Address)
			require.Equal(t, desk.ErasureDone, told().State)
			require.Equal(t, []int{3, 0}, []int{told().Conversations, told().Left})
		})
	}
}

func TestAConversationWhoseErasureHangsHoldsUpNoOtherOfTheContact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hangs atomic.Pointer[handoff.ConversationID]
		o, run, stop := running(t, &stuck{memory.New(nil), func(id handoff.ConversationID) bool {
			hung := hangs.Load()
			return hung != nil && *hung == id
		}}, desk.Options{})
		defer stop()
		contact, ids := ended(o)
		slices.Sort(ids) // as they are taken up
		o.ok(second(o.bot.EraseContact(o.ctx, contact)))
		hangs.Store(&ids[0])
		run()
		time.Sleep(time.Minute)
		require.Empty(t, o.conv(ids[1]).Address)
		require.Empty(t, o.conv(ids[2]).Address)
		hangs.Store(nil)
		time.Sleep(5 * time.Minute)
		e, err := o.bot.Erasure(o.ctx, contact)
		o.ok(err)
		require.Equal(t, desk.ErasureDone, e.State)
	})
}

func TestAConversationThatCannotBeErasedByAgeHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var ids []handoff.ConversationID
	for n := range 3 {
		id := o.writes(fmt.Sprint("55", n), "x")
		ids = append(ids, id)
		o.ok(second(o.bot.End(o.ctx, id)))
	}
	o.clock.Advance(25 * time.Hour)
	o.settle()
	o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", RetainDays: 1}))
	within := o.store
	o.open(&overseen{Store: within, messages: func(q storage.MessageQuery) error {
		if q.Conversation == ids[1] {
			return errors.New("unreadable")
		}
		return nil
	}})
	o.settle()
	require.Empty(t, o.conv(ids[0]).Address)
	require.NotEmpty(t, o.conv(ids[1]).Address)
	require.Empty(t, o.conv(ids[2]).Address)
	o.open(within)
	o.clock.Advance(2 * time.Hour)
	o.settle()
	require.Empty(t, o.conv(ids[1]).Address, "it is tried again")
}

func TestAConversationThatCannotBeCountedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		var ids []handoff.ConversationID
		for n := range 5 {
			ids = append(ids, o.attended(ana, fmt.Sprint("55", n)))
			o.clock.Advance(time.Hour)
		}
		o.settle()
		o.forgetFacts()
		within, broken := o.store, true
		o.open(&overseen{Store: within, timeline: func(id handoff.ConversationID) error {
			if broken && id == ids[2] {
				return errors.New("unreadable")
			}
			return nil
		}})
		o.ok(second(o.bot.Report(o.ctx, o.always())))
		o.settle()
		r := o.report(o.always())
		require.True(t, r.Complete)
		require.EqualValues(t, 4, r.Total.Stints)
		broken = false
		o.clock.Advance(time.Minute)
		o.settle()
		require.EqualValues(t, 5, o.report(o.always()).Total.Stints, "it is tried again")
	})
}
