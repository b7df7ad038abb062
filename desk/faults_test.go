package desk_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// What befalls the nth call of the store and, where it lasts, those after it.
var troubles = []struct {
	name string
	at   storagetest.Outcome
	then storagetest.Outcome // for the next lasts calls
	// lasts is how many more calls are troubled. Where it is not 0 a new
	// process makes the repetition.
	lasts int
}{
	{name: "fails", at: storagetest.Outcome{Fault: storagetest.ErrBefore}},
	{name: "is done and the answer lost", at: storagetest.Outcome{Fault: storagetest.ErrAfter}},
	{name: "conflicts", at: storagetest.Outcome{Fault: storagetest.Conflict}},
	{name: "takes long", at: storagetest.Outcome{Delay: 3 * time.Second}},
	{name: "takes too long", at: storagetest.Outcome{Delay: time.Hour}},
	{name: "hangs", at: storagetest.Outcome{Fault: storagetest.Hang}},
	{name: "panics", at: storagetest.Outcome{Fault: storagetest.Panic}},
	{
		name: "fails, as all after it", lasts: 1 << 30,
		at: storagetest.Outcome{Fault: storagetest.ErrBefore}, then: storagetest.Outcome{Fault: storagetest.ErrBefore},
	},
	{
		name: "is done and all after it fail", lasts: 1 << 30,
		at: storagetest.Outcome{Fault: storagetest.ErrAfter}, then: storagetest.Outcome{Fault: storagetest.ErrBefore},
	},
	{
		name: "conflicts for long", lasts: 500,
		at: storagetest.Outcome{Fault: storagetest.Conflict}, then: storagetest.Outcome{Fault: storagetest.Conflict},
	},
}

// patience is for how long the caller of a troubled call waits.
const patience = 15 * time.Second

// scenario is one call, and what has to be there before it.
type scenario struct {
	name string
	// given makes what the call needs, and gives the call, which is made
	// again just so: with the same key or provider's id.
	given func(o *office) func(ctx context.Context) error
	// again is what the call says that finds itself done already; nil for
	// one that has a key or finds nothing to do.
	again error
	// steps: the call is many commits, so one that failed may have made some.
	steps bool
	// rest passes before the call is made again: what a process that went
	// away had in hand is left to it for a while.
	rest time.Duration
	// holds, if not nil, is what must hold in the end. Without it the end is
	// that of a run without trouble, in every stored detail but the times.
	holds func(o *office)
}

func TestACallInTroubleIsDoneOnceWhenItIsMadeAgain(t *testing.T) {
	t.Parallel()
	every := 1
	if testing.Short() {
		every = len(troubles) // each call meets one of the troubles
	}
	var sites, runs atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d scenarios, %d call sites, %d runs with trouble", len(scenarios), sites.Load(), runs.Load())
	})
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			clean := &faultRun{trouble: -1}
			synctest.Test(t, func(t *testing.T) { clean.play(t, s) })
			require.NotZero(t, clean.calls)
			sites.Add(int64(clean.calls))
			for i := range troubles {
				for n := 1 + i%every; ; n += every {
					r := &faultRun{trouble: i, nth: n, clean: clean}
					synctest.Test(t, func(t *testing.T) { r.play(t, s) })
					if t.Failed() {
						return
					}
					if r.calls < n {
						break // every call has had its turn
					}
					if r.struck {
						runs.Add(1)
					}
				}
			}
		})
	}
}

// faultRun is one run of a scenario, with trouble at its nth call.
type faultRun struct {
	trouble, nth int
	clean        *faultRun // the run without trouble; nil in that run itself

	on         bool
	calls      int
	struck     bool
	start, end string // what is stored before the call, and at last
}

func (r *faultRun) plan(c storagetest.Call) storagetest.Outcome {
	if !r.on {
		return storagetest.Outcome{}
	}
	r.calls++
	if r.trouble < 0 || r.calls < r.nth {
		return storagetest.Outcome{}
	}
	tr := troubles[r.trouble]
	out := tr.at
	if r.calls > r.nth {
		if out = tr.then; r.calls > r.nth+tr.lasts {
			return storagetest.Outcome{}
		}
	}
	if out.Fault != storagetest.Conflict || c.Method == "Commit" {
		r.struck = true
	}
	return out
}

var errPanicked = errors.New("panicked")

func guarded(f func(context.Context) error, ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanicked, p)
		}
	}()
	return f(ctx)
}

func (r *faultRun) play(t *testing.T, s scenario) {
	what := s.name
	if r.trouble >= 0 {
		what = fmt.Sprintf("%s: call %d %s", s.name, r.nth, troubles[r.trouble].name)
	}
	within := memory.New(nil)
	o := officeOn(t, storagetest.Faulty(within, r.plan))
	o.wa.T.Idempotent = true
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{Provider: "out-" + out.Key}, nil
	}
	o.reopen()
	call := s.given(o)
	tick()
	if r.clean == nil {
		r.start = o.stored(within)
	}
	ctx, cancel := context.WithTimeout(o.ctx, patience)
	r.on = true
	began := time.Now()
	err := guarded(call, ctx)
	took := time.Since(began)
	r.on = false
	cancel()
	require.LessOrEqual(t, took, patience+time.Second, "%s: the call outlived its context", what)
	if !r.struck {
		require.NoError(t, err, what)
	}
	mayBeDone := err == nil || s.steps || errors.Is(err, desk.ErrOutcomeUnknown) || errors.Is(err, errPanicked)
	if err != nil {
		require.True(t, isAny(err, storagetest.ErrFault, context.DeadlineExceeded, desk.ErrBusy, desk.ErrOutcomeUnknown, errPanicked),
			"%s: %v is not among the errors of a call in trouble", what, err)
	}
	if !mayBeDone {
		require.Equal(t, r.clean.start, o.stored(within), "%s: it gave %v and yet changed something", what, err)
	}

	if r.trouble >= 0 && troubles[r.trouble].lasts > 0 {
		o.reopen()
	}
	for range 3 {
		time.Sleep(s.rest)
		err := guarded(call, o.ctx)
		if mayBeDone && s.again != nil && errors.Is(err, s.again) {
			continue
		}
		require.NoError(t, err, "%s: made again", what)
		mayBeDone = true
	}
	o.settle()
	w := audited(o, within)
	w.check(step{op: what})
	w.checkFollowers()
	switch {
	case s.holds != nil:
		s.holds(o)
	case r.clean == nil:
		r.end = timeless(w.dump())
	default:
		require.Equal(t, r.clean.end, timeless(w.dump()), what)
	}
}

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// reopen puts a new desk on the store, as a process that starts anew. It
// leaves devices connected for an hour, since nothing keeps them so.
func (o *office) reopen() { o.openWith(o.store, desk.Options{Lease: time.Hour}) }

// tick lets a moment pass, so that ids order as time does.
func tick() { time.Sleep(time.Millisecond) }

// audited is a world that holds the invariants against an office's store.
func audited(o *office, within storage.Store) *world {
	w := blankWorld(o.t, o.ctx, within)
	w.desks = [2]*desk.Desk{o.desk, o.desk}
	for _, e := range w.feed("") {
		if e.Event.Conversation != "" {
			w.meet(e.Event.Conversation)
		}
	}
	return w
}

// stored is all that is stored, bookkeeping too, without its times.
func (o *office) stored(within storage.Store) string {
	w := audited(o, within)
	all := w.dump()
	for _, kind := range []string{"key", "lease", "outbox"} {
		recs, err := within.Records(o.ctx, storage.Range{Bot: "acme", Kind: kind}, storage.MaxPage)
		o.ok(err)
		all += fmt.Sprintln(kind, len(recs))
	}
	return timeless(all) + fmt.Sprint(len(w.feed("")))
}

var times = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)|"rank":-?\d+`)

// timeless is a dump without its times.
func timeless(dump string) string { return times.ReplaceAllString(dump, "T") }
