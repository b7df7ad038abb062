package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoffdesk/handoff/storage"
)

// Opener opens a handle on one database. Each call opens another one, as
// another process would. A store that lives in memory may give the same
// handle again. Run closes what it opened.
type Opener func() storage.Store

// Run checks a store. fresh makes a new, empty database for the test t,
// registers its removal with t.Cleanup, and gives what opens it. It is called
// from many goroutines at once, once for each subtest.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	for _, theme := range themes {
		v := reflect.ValueOf(theme)
		t.Run(v.Type().Name(), func(t *testing.T) {
			t.Parallel()
			for i := range v.NumMethod() {
				promise := v.Method(i).Interface().(func(*setup))
				t.Run(v.Type().Method(i).Name, func(t *testing.T) {
					t.Parallel()
					s := newSetup(t, fresh(t))
					defer s.recovered()
					promise(s)
				})
			}
		})
	}
}

// themes are the parts of the contract. Every exported method of a theme is
// a promise, and its name a subtest's.
var themes = []any{
	commits{}, conversations{}, messages{}, erasing{}, timelines{}, feed{}, lists{}, waiting{},
	loads{}, records{}, timers{}, histories{}, arguments{}, handles{}, contexts{}, closing{}, blobs{},
}

// setup is what a promise is tested with: a database of its own.
type setup struct {
	*testing.T
	open  Opener
	store storage.Store // the first handle
	ctx   context.Context
	now   time.Time // the store's, when the test began
	doc   string    // the sentence of the contract that is being tested
	shown *atomic.Int32
}

// enough is how many failures of one test are shown: what is wrong once is
// often wrong everywhere.
const enough = 10

// patience ends a test whose store answers no more, and names it.
const patience = 5 * time.Minute

func newSetup(t *testing.T, open Opener) *setup {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := &setup{T: t, ctx: ctx, shown: new(atomic.Int32)}
	s.open = func() storage.Store {
		h := open()
		t.Cleanup(func() {
			if err := h.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		return h
	}
	s.store = s.open()
	s.rule("Now is the store's clock, in UTC and whole milliseconds")
	now, err := s.store.Now(ctx)
	if err != nil {
		s.Fatalf("Now: %v", err)
	}
	if now.Location() != time.UTC || !now.Equal(now.Truncate(time.Millisecond)) || now.Year() < 1970 {
		s.Fatalf("Now is %v: not in UTC and whole milliseconds since 1970", now)
	}
	s.now = now.Round(0)
	return s
}

// recovered makes a panic of the store, or over what it gave too little of, a
// failure of this test alone.
func (s *setup) recovered() {
	if r := recover(); r != nil {
		s.Errorf("the store panicked, or gave less than what the test then looks at: %v\n%s", r, debug.Stack())
	}
}

// on is s with another handle in the place of the first.
func (s *setup) on(h storage.Store) *setup {
	other := *s
	other.store = h
	return &other
}

// rule names the sentence of the contract that the following is about.
func (s *setup) rule(sentence string) { s.doc = sentence }

// Errorf fails the test and goes on.
func (s *setup) Errorf(format string, args ...any) {
	s.Helper()
	if s.shown.Add(1) > enough {
		s.Fail()
		return
	}
	s.T.Errorf(format+"\n\tThe contract says: %q", append(args, s.doc)...)
}

// Fatalf fails the test and ends it.
func (s *setup) Fatalf(format string, args ...any) {
	s.Helper()
	s.T.Fatalf(format+"\n\tThe contract says: %q", append(args, s.doc)...)
}

// fails asks that err is the wanted one: nil, or a sentinel it wraps.
func (s *setup) fails(err, want error, format string, args ...any) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf(format+": got error %v, want %v", append(args, err, want)...)
	}
}

// ok ends the test if err is not nil.
func (s *setup) ok(err error, format string, args ...any) {
	s.Helper()
	if err != nil {
		s.Fatalf(format+": %v", append(args, err)...)
	}
}

// batch makes a batch decided now.
func (s *setup) batch(ops ...storage.Op) storage.Batch {
	return storage.Batch{ID: storage.NewBatchID(s.now), Ops: ops}
}

func (s *setup) commit(ops ...storage.Op) error {
	return s.store.Commit(s.ctx, s.batch(ops...))
}

// must commits what nothing speaks against.
func (s *setup) must(ops ...storage.Op) {
	s.Helper()
	if err := s.commit(ops...); err != nil {
		s.Fatalf("Commit(%s): got error %v, want nil: nothing speaks against it", names(ops), err)
	}
}

// refused commits what must fail with want.
func (s *setup) refused(want error, ops ...storage.Op) {
	s.Helper()
	s.fails(s.commit(ops...), want, "Commit(%s)", names(ops))
}

// names lists the types of operations, for messages.
func names(ops []storage.Op) string {
	var b strings.Builder
	for i, op := range ops {
		if i == 5 {
			fmt.Fprintf(&b, ", and %d more", len(ops)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimPrefix(fmt.Sprintf("%T", op), "storage."))
	}
	return b.String()
}

func isConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }

// together runs n calls at once and gives their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// winners asks that each of the errors is nil or a conflict, and that want
// of them are nil.
func (s *setup) winners(errs []error, want int, what string) {
	s.Helper()
	n := 0
	for i, err := range errs {
		if err == nil {
			n++
		} else {
			s.fails(err, storage.ErrConflict, "%s, number %d", what, i+1)
		}
	}
	if n != want {
		s.Errorf("%s: %d of %d were applied, want %d", what, n, len(errs), want)
	}
}
