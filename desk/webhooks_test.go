package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/sqlite"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// receiver is what webhooks post to: a sender that keeps what it was given.
type receiver struct {
	mu    sync.Mutex
	posts []handoff.WebhookPost
	// answers says what to answer a post; nil is 200 to all.
	answers func(p handoff.WebhookPost, e handoff.Event) (int, error)
}

var errRefused = errors.New("refused")

func (r *receiver) CheckURL(url string) error {
	if strings.Contains(url, "127.0.0.1") {
		return errRefused
	}
	return nil
}

func (r *receiver) Post(_ context.Context, p handoff.WebhookPost) (handoff.WebhookAnswer, error) {
	var body struct{ Data handoff.Event }
	if err := json.Unmarshal(p.Body, &body); err != nil {
		return handoff.WebhookAnswer{}, err
	}
	r.mu.Lock()
	r.posts = append(r.posts, p)
	answers := r.answers
	r.mu.Unlock()
	if answers == nil {
		return handoff.WebhookAnswer{Status: 200}, nil
	}
	status, err := answers(p, body.Data)
	return handoff.WebhookAnswer{Status: status}, err
}

// told is what was posted to a path, as "conversation seq kind".
func (r *receiver) told(path string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, p := range r.posts {
		if strings.HasSuffix(p.URL, path) {
			all = append(all, posted(p))
		}
	}
	return all
}

func posted(p handoff.WebhookPost) string {
	var body struct {
		Type string
		Data handoff.Event
	}
	_ = json.Unmarshal(p.Body, &body)
	return fmt.Sprintf("%s %d %s", body.Data.Conversation, body.Data.Seq, body.Type)
}

func (r *receiver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts = nil
}

// hooked is an office whose bot has a webhook "crm" of messages and ends.
func hooked(t *testing.T, s storage.Store, clock *desktest.Clock) (*office, *receiver) {
	o, r := officeOn(t, s), &receiver{}
	o.clock = clock
	o.openWith(s, desk.Options{Webhooks: r})
	o.settle()
	secret, err := o.bot.PutWebhook(o.ctx, crm)
	o.ok(err)
	require.True(t, strings.HasPrefix(secret, "whsec_"))
	return o, r
}

var crm = handoff.Webhook{ID: "crm", URL: "https://crm.example/hook", Events: []handoff.EventKind{handoff.EventMessage, handoff.EventEnded}}

func onMemory(t *testing.T) (*office, *receiver) {
	clock := &desktest.Clock{}
	return hooked(t, memory.New(&memory.Options{Now: clock.Now}), clock)
}

// onStores runs a test on memory and on SQLite.
func onStores(t *testing.T, f func(t *testing.T, s storage.Store, clock *desktest.Clock)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		clock := &desktest.Clock{}
		f(t, memory.New(&memory.Options{Now: clock.Now}), clock)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		clock := &desktest.Clock{}
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), &sqlite.Options{Now: clock.Now})
		require.NoError(t, err)
		f(t, s, clock)
	})
}

func TestAWebhookIsToldWhatHappensFromNowOnInOrder(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		const number = "5511987650001" // no id holds it by chance
		o, r := hooked(t, s, clock)
		a := o.writes(number, "secret words")
		b := o.writes("552", "hi")
		o.writes(number, "again")
		o.ok(second(o.bot.End(o.ctx, a)))
		o.settle()
		told := r.told("/hook")
		require.Equal(t, []string{
			fmt.Sprint(a, " 3 message"), fmt.Sprint(a, " 4 message"), fmt.Sprint(a, " 5 ended"),
		}, of(told, a))
		require.Equal(t, []string{fmt.Sprint(b, " 3 message")}, of(told, b))
		for _, p := range r.posts {
			require.NotContains(t, string(p.Body), "secret words")
			require.NotContains(t, string(p.Body), number)
			require.Len(t, p.Secrets, 1)
			require.NotContains(t, p.ID, ".")
		}
		r.forget()
		o.settle()
		require.Empty(t, r.posts, "told once")
		states, err := o.bot.Webhooks(o.ctx)
		o.ok(err)
		require.Len(t, states[0].Recent, 4)
		require.Equal(t, desk.WebhookDelivered, states[0].Recent[0].Outcome)
		require.Zero(t, states[0].Waiting)
	})
}

func of(told []string, id handoff.ConversationID) []string {
	return slices.DeleteFunc(slices.Clone(told), func(s string) bool { return !strings.HasPrefix(s, string(id)) })
}

func TestAFailingConversationHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	bad := o.writes("551", "one")
	r.answers = func(_ handoff.WebhookPost, e handoff.Event) (int, error) {
		if e.Conversation == bad {
			return 500, nil
		}
		return 204, nil
	}
	good := o.writes("552", "two")
	o.writes("551", "three")
	o.settle()
	o.writes("552", "four")
	o.writes("551", "five")
	o.settle()
	require.Len(t, of(r.told(""), good), 2)
	require.Equal(t, []string{fmt.Sprint(bad, " 3 message")}, of(r.told(""), bad), "what follows in it waits")
	id := r.posts[slices.IndexFunc(r.posts, func(p handoff.WebhookPost) bool { return strings.HasPrefix(posted(p), string(bad)) })].ID
	r.answers = nil
	r.forget()
	o.clock.Advance(10 * time.Second)
	o.settle()
	require.Equal(t, []string{fmt.Sprint(bad, " 3 message"), fmt.Sprint(bad, " 4 message"), fmt.Sprint(bad, " 5 message")}, r.told(""))
	require.Equal(t, id, r.posts[0].ID, "the same id at every attempt")
}

func TestAnEventIsGivenUpAfterThreeDaysAndCanBeReplayed(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o, r := hooked(t, s, clock)
		poison := o.writes("551", "one")
		o.writes("551", "two")
		first := true
		r.answers = func(_ handoff.WebhookPost, e handoff.Event) (int, error) {
			if e.Conversation == poison && e.Seq == 3 && first {
				return 0, errors.New("connection refused")
			}
			return 200, nil
		}
		began := clock.Now()
		for range 200 {
			o.settle()
			o.writes("553", "others are told") // so that the webhook does not fail altogether
			if states, _ := o.bot.Webhooks(o.ctx); states[0].Dead > 0 {
				break
			}
			clock.Advance(30 * time.Minute)
		}
		o.settle()
		require.InDelta(t, 72, clock.Now().Sub(began).Hours(), 16)
		require.Equal(t, []string{fmt.Sprint(poison, " 3 message"), fmt.Sprint(poison, " 4 message")}, slices.Compact(of(r.told(""), poison)))
		dead, err := o.bot.DeadWebhookEvents(o.ctx, "crm")
		o.ok(err)
		require.Len(t, dead, 1)
		require.Equal(t, poison, dead[0].Conversation)
		id := dead[0].ID

		first = false
		r.forget()
		_, err = o.bot.ReplayWebhook(o.ctx, "crm", desk.WebhookReplay{Dead: "evt_none"})
		require.ErrorIs(t, err, desk.ErrNotFound)
		n, err := o.bot.ReplayWebhook(o.ctx, "crm", desk.WebhookReplay{Dead: id})
		o.ok(err)
		require.Equal(t, 1, n)
		o.settle()
		require.Equal(t, []string{fmt.Sprint(poison, " 3 message")}, r.told(""))
		require.Equal(t, id, r.posts[0].ID)
		dead, err = o.bot.DeadWebhookEvents(o.ctx, "crm")
		o.ok(err)
		require.Empty(t, dead)
	})
}

func TestEverythingFromATimeOnIsToldAgain(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o, r := hooked(t, s, clock)
		var since time.Time
		for i := range 20 {
			if i == 12 {
				since = clock.Now()
			}
			o.writes("551", "x")
			clock.Advance(time.Minute)
		}
		o.settle()
		want := slices.Clone(r.posts[12:])
		r.forget()
		_, err := o.bot.ReplayWebhook(o.ctx, "crm", desk.WebhookReplay{From: since})
		o.ok(err)
		o.settle()
		require.Len(t, r.posts, 8)
		for i := range want {
			require.Equal(t, want[i].ID, r.posts[i].ID)
		}
		r.forget()
		_, err = o.bot.ReplayWebhook(o.ctx, "crm", desk.WebhookReplay{From: since.Add(-time.Hour * 24 * 365)})
		o.ok(err)
		o.settle()
		require.Len(t, r.posts, 20, "all there is")
	})
}

func TestAWebhookThatAlwaysFailsIsDisabledAndGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	r.answers = func(handoff.WebhookPost, handoff.Event) (int, error) { return 503, nil }
	id := o.writes("551", "one")
	for range 24 * 6 {
		o.settle()
		o.clock.Advance(time.Hour)
		o.writes("552", "more")
	}
	states, err := o.bot.Webhooks(o.ctx)
	o.ok(err)
	require.True(t, states[0].Disabled)
	var told []handoff.Event
	for item, err := range o.bot.Subscribe(o.ctx, "") {
		o.ok(err)
		if e := item.Event; e.Setting == "webhook" && e.Reason == handoff.ReasonWebhookFailing {
			told = append(told, e)
			break
		}
	}
	require.Equal(t, "crm", told[0].Item)

	r.forget()
	r.answers = nil
	o.clock.Advance(time.Hour)
	o.settle()
	require.Empty(t, r.posts)
	last := o.writes("554", "while it was disabled")
	o.ok(second(o.bot.PutWebhook(o.ctx, crm)))
	o.clock.Advance(24 * time.Hour)
	o.settle()
	require.Len(t, of(r.told(""), last), 1)
	dead, err := o.bot.DeadWebhookEvents(o.ctx, "crm")
	o.ok(err)
	n, err := o.bot.ReplayWebhook(o.ctx, "crm", desk.WebhookReplay{Every: true})
	o.ok(err)
	require.Equal(t, len(dead), n)
	o.settle()
	require.Len(t, of(r.told(""), id), 1)
	require.Len(t, r.posts, 24*6+2, "nothing lost, nothing twice")
}

func TestAWebhookThatSaysItIsGoneIsDisabled(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	r.answers = func(handoff.WebhookPost, handoff.Event) (int, error) { return http.StatusGone, nil }
	o.writes("551", "one")
	o.settle()
	states, err := o.bot.Webhooks(o.ctx)
	o.ok(err)
	require.True(t, states[0].Disabled)
	require.Equal(t, 1, states[0].Waiting, "what it was not told is kept")
}

func TestAFeedTrimmedUnderAWebhookIsToldAsAReset(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	off := crm
	off.Disabled = true
	o.ok(second(o.bot.PutWebhook(o.ctx, off)))
	o.writes("551", "lost")
	o.clock.Advance(31 * 24 * time.Hour)
	kept := o.writes("552", "kept")
	now, err := o.store.Now(o.ctx)
	o.ok(err)
	o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{storage.Trim{Before: now.Add(-time.Hour)}}}))
	o.ok(second(o.bot.PutWebhook(o.ctx, crm)))
	o.settle()
	require.Contains(t, r.told(""), " 0 reset")
	require.Len(t, of(r.told(""), kept), 1)
	r.forget()
	o.settle()
	require.Empty(t, r.posts, "it is told once")
}

func TestAFullPlaceReadsOnOnlyWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	r.answers = func(handoff.WebhookPost, handoff.Event) (int, error) { return 500, nil }
	id := o.writes("551", "x")
	for range 1200 {
		o.writes("551", "x")
	}
	o.settle()
	states, err := o.bot.Webhooks(o.ctx)
	o.ok(err)
	require.Equal(t, 1000, states[0].Waiting)
	r.answers = nil
	r.forget()
	o.clock.Advance(time.Hour)
	o.settle()
	told := of(r.told(""), id)
	require.Len(t, told, 1201)
	for i, s := range told {
		require.Equal(t, fmt.Sprint(id, " ", i+3, " message"), s)
	}
}

func TestASecretIsReplacedInTwoSteps(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	o.writes("551", "one")
	o.settle()
	old := r.posts[0].Secrets[0]
	secret, err := o.bot.RotateWebhook(o.ctx, "crm")
	o.ok(err)
	o.writes("551", "two")
	o.settle()
	require.Equal(t, []string{secret, old}, r.posts[1].Secrets)
	o.clock.Advance(24 * time.Hour)
	o.writes("551", "three")
	o.settle()
	require.Equal(t, []string{secret}, r.posts[2].Secrets)
	states, err := o.bot.Webhooks(o.ctx)
	o.ok(err)
	shown, err := json.Marshal(states)
	o.ok(err)
	require.NotContains(t, string(shown), "whsec_")
}

func TestATestIsToldOnceAndLeavesNothing(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	r.answers = func(handoff.WebhookPost, handoff.Event) (int, error) { return 404, nil }
	o.ok(o.bot.TestWebhook(o.ctx, "crm"))
	o.settle()
	o.clock.Advance(24 * time.Hour)
	o.settle()
	require.Equal(t, []string{" 0 test"}, r.told(""))
	states, err := o.bot.Webhooks(o.ctx)
	o.ok(err)
	require.Zero(t, states[0].Waiting+states[0].Dead)
	require.Equal(t, 404, states[0].Recent[0].Status)
}

func TestARemovedWebhookLeavesNothingToALaterOneOfItsName(t *testing.T) {
	t.Parallel()
	o, r := onMemory(t)
	r.answers = func(handoff.WebhookPost, handoff.Event) (int, error) { return 500, nil }
	o.writes("551", "one")
	o.settle()
	o.ok(o.bot.RemoveWebhook(o.ctx, "crm"))
	require.ErrorIs(t, o.bot.RemoveWebhook(o.ctx, "crm"), desk.ErrNotFound)
	r.answers = nil
	r.forget()
	o.ok(second(o.bot.PutWebhook(o.ctx, crm)))
	o.clock.Advance(time.Hour)
	o.settle()
	require.Empty(t, r.posts)
}

func TestAnAddressThatTheSenderRefusesIsNotTaken(t *testing.T) {
	t.Parallel()
	o, _ := onMemory(t)
	inner := crm
	inner.ID, inner.URL = "inner", "https://127.0.0.1/"
	_, err := o.bot.PutWebhook(o.ctx, inner)
	require.ErrorIs(t, err, handoff.ErrInvalid)
	for _, r := range []desk.WebhookReplay{{}, {Every: true, Dead: "x"}} {
		_, err := o.bot.ReplayWebhook(o.ctx, "crm", r)
		require.ErrorIs(t, err, handoff.ErrInvalid)
	}
	for i := range desk.MaxWebhooks - 1 {
		more := crm
		more.ID = handoff.WebhookID(fmt.Sprint("more", i))
		o.ok(second(o.bot.PutWebhook(o.ctx, more)))
	}
	more := crm
	more.ID = "too-much"
	_, err = o.bot.PutWebhook(o.ctx, more)
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

// A process that dies at any call of the store leaves nothing untold, and what
// it tells again has the same id and keeps its order.
func TestAProcessThatDiesWhileTellingLosesNothing(t *testing.T) {
	t.Parallel()
	for _, fault := range []storagetest.Fault{storagetest.ErrBefore, storagetest.ErrAfter} {
		for nth := 1; ; nth++ {
			calls, on := 0, false
			clock := &desktest.Clock{}
			within := memory.New(&memory.Options{Now: clock.Now})
			faulty := storagetest.Faulty(within, func(storagetest.Call) storagetest.Outcome {
				if !on {
					return storagetest.Outcome{}
				}
				if calls++; calls == nth {
					return storagetest.Outcome{Fault: fault}
				} else if calls > nth { // dead
					return storagetest.Outcome{Fault: storagetest.ErrBefore}
				}
				return storagetest.Outcome{}
			})
			o, r := hooked(t, faulty, clock)
			a, b := o.writes("551", "one"), o.writes("552", "two")
			failed := false
			r.answers = func(_ handoff.WebhookPost, e handoff.Event) (int, error) {
				if e.Conversation == b && !failed {
					failed = true
					return 500, nil
				}
				return 200, nil
			}
			o.writes("551", "three")
			o.writes("552", "four")
			on = true
			err := o.desk.Settle(o.ctx)
			on = false
			if calls < nth {
				o.ok(err)
				break
			}
			clock.Advance(2 * time.Minute) // a claim runs out
			o.openWith(within, desk.Options{Webhooks: r})
			o.settle()
			clock.Advance(10 * time.Second)
			o.settle()
			ids := map[string]string{}
			for _, p := range r.posts {
				what := posted(p)
				require.Contains(t, []string{"", p.ID}, ids[what], "call %d", nth)
				ids[what] = p.ID
			}
			require.Len(t, ids, 4, "call %d", nth)
			for _, id := range []handoff.ConversationID{a, b} {
				told := of(r.told(""), id)
				first, last := slices.Index(told, fmt.Sprint(id, " 3 message")), slices.Index(told, fmt.Sprint(id, " 4 message"))
				require.Less(t, first, last, "call %d: %v", nth, told)
			}
		}
	}
}

func TestASlowWebhookHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	o, r := officeOn(t, memory.New(nil)), &receiver{}
	o.openWith(o.store, desk.Options{Webhooks: r, Sweep: 50 * time.Millisecond})
	slow, quick := crm, crm
	slow.ID, slow.URL = "slow", "https://slow.example/slow"
	quick.ID, quick.URL = "quick", "https://quick.example/quick"
	o.ok(second(o.bot.PutWebhook(o.ctx, slow)))
	o.ok(second(o.bot.PutWebhook(o.ctx, quick)))
	release, told := make(chan struct{}), make(chan struct{}, 100)
	r.answers = func(p handoff.WebhookPost, _ handoff.Event) (int, error) {
		if strings.HasSuffix(p.URL, "/slow") {
			<-release
		} else {
			told <- struct{}{}
		}
		return 200, nil
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- o.desk.Run(ctx) }()
	for range 3 {
		o.writes("551", "x")
		<-told
	}
	stop()
	close(release)
	o.ok(<-ended)
}
