package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

func TestSigningInGivesASessionWhoseTokenIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p := ana(t, a)
	token, s, err := a.SignIn(bg, email, password, office, "Firefox\xff")
	require.NoError(t, err)
	require.Regexp(t, "^[A-Za-z0-9_-]{64}$", token)
	require.Equal(t, accounts.Session{
		ID: s.ID, Person: p.ID, Device: "Firefox\uFFFD", IP: office, CreatedAt: h.now, LastUsedAt: h.now,
	}, s)
	got, who, err := a.Session(bg, token)
	require.NoError(t, err)
	require.Equal(t, s, got)
	require.Equal(t, p, who)
	for _, kind := range []string{"session", "person", "email", "attempt", "seat", "setup"} {
		data := kept(t, h.store, "accounts."+kind)
		require.NotEmpty(t, data)
		require.NotContains(t, data, token)
		require.NotContains(t, data, token[22:], "nor its random part")
		require.NotContains(t, data, password)
	}
	again, _, err := a.SignIn(bg, email, password, office, "")
	require.NoError(t, err)
	require.NotEqual(t, token[22:], again[22:])
}

func TestLongDeviceNamesAreCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	ana(t, a)
	_, s, err := a.SignIn(bg, email, password, office, "a"+strings.Repeat("é", 500))
	require.NoError(t, err)
	require.Equal(t, "a"+strings.Repeat("é", 127), s.Device)
}

func TestOtherTokensAreOfNoSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	ana(t, a)
	token := enter(t, a, email, password)
	flipped := []byte(token)
	flipped[40] ^= 1
	for _, bad := range []string{
		"", "x", token[1:], token + "A", token + "\n", token[:32] + "\r\n" + token[32:], string(flipped), strings.ToLower(token), strings.Repeat("A", 64), strings.Repeat("A", 1<<20),
	} {
		_, _, err := a.Session(bg, bad)
		require.ErrorIs(t, err, accounts.ErrNotSignedIn)
		require.NoError(t, a.SignOut(bg, bad))
		require.ErrorIs(t, a.SignOutOthers(bg, bad), accounts.ErrNotSignedIn)
		_, err = a.ChangePassword(bg, bad, password, "new kettle on the roof")
		require.ErrorIs(t, err, accounts.ErrNotSignedIn)
	}
	require.True(t, signedIn(t, a, token))
}

func TestSessionEndsUnusedOrOld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(&accounts.Options{Idle: time.Hour, Absolute: 24 * time.Hour})
	ana(t, a)
	unused := enter(t, a, email, password)
	h.pass(time.Hour - time.Millisecond)
	require.True(t, signedIn(t, a, unused), "which is a use")
	h.pass(time.Hour)
	require.False(t, signedIn(t, a, unused))

	old := enter(t, a, email, password)
	for range 24*2 - 1 {
		h.pass(30 * time.Minute)
		require.True(t, signedIn(t, a, old))
	}
	h.pass(30*time.Minute - time.Millisecond)
	require.True(t, signedIn(t, a, old))
	h.pass(time.Millisecond)
	require.False(t, signedIn(t, a, old))
}

func TestShorterLimitsHoldForOlderSessions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	ana(t, a)
	token := enter(t, a, email, password)
	strict, _ := h.accounts(&accounts.Options{Idle: time.Hour, Absolute: time.Hour})
	h.pass(time.Hour)
	require.False(t, signedIn(t, strict, token))
}

// counting counts what a store is asked.
type counting struct {
	storage.Store
	lookups, commits int
	before           func(n int)       // the n-th commit
	fail             func(n int) error // of the n-th commit, after it was applied
}

func (c *counting) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	c.lookups++
	return c.Store.Lookup(ctx, keys)
}

func (c *counting) Commit(ctx context.Context, b storage.Batch) error {
	c.commits++
	if c.before != nil {
		c.before(c.commits)
	}
	err := c.Store.Commit(ctx, b)
	if err == nil && c.fail != nil {
		err = c.fail(c.commits)
	}
	return err
}

func TestCheckingASessionWritesAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &counting{Store: h.store}
	a, _, err := accounts.NewCheap(store, nil)
	require.NoError(t, err)
	ana(t, a)
	token := enter(t, a, email, password)
	began := h.now
	store.lookups, store.commits = 0, 0
	for range 600 {
		h.pass(time.Second)
		require.True(t, signedIn(t, a, token))
	}
	require.Equal(t, 600, store.lookups)
	require.Equal(t, 10, store.commits)
	s, _, err := a.Session(bg, token)
	require.NoError(t, err)
	require.Equal(t, began.Add(10*time.Minute), s.LastUsedAt)
}

func TestAFailureToNoteTheUseDoesNotEndASession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &counting{Store: h.store}
	a, _, err := accounts.NewCheap(store, nil)
	require.NoError(t, err)
	ana(t, a)
	token := enter(t, a, email, password)
	store.fail = func(int) error { return errors.New("read only") }
	h.pass(time.Hour)
	require.True(t, signedIn(t, a, token))
}

func TestACommitOfUnknownOutcomeIsRepeatedNotDoneTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &counting{Store: h.store}
	a, _, err := accounts.NewCheap(store, nil)
	require.NoError(t, err)
	store.fail = func(n int) error {
		if n%2 == 1 {
			return errors.New("connection lost")
		}
		return nil
	}
	ana(t, a)
	token := enter(t, a, email, password)
	require.True(t, signedIn(t, a, token))
	require.Equal(t, 1, strings.Count(kept(t, h.store, "accounts.session"), "\n"))
	store.fail = func(int) error { return errors.New("connection lost") }
	require.ErrorIs(t, a.SignOut(bg, token), accounts.ErrOutcomeUnknown)
	require.NoError(t, a.SignOut(bg, token))
	require.False(t, signedIn(t, a, token))
}

// contested is a store in which somebody is always faster.
type contested struct{ storage.Store }

func (contested) Commit(context.Context, storage.Batch) error { return storage.ErrConflict }

func TestEndlessConflictsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _, err := accounts.NewCheap(contested{h.store}, nil)
	require.NoError(t, err)
	_, err = a.SetupCode(bg)
	require.ErrorIs(t, err, accounts.ErrBusy)
}

func TestSessionsListsTheDevicesThatAreSignedIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p := ana(t, a)
	_, desktop, err := a.SignIn(bg, email, password, office, "Firefox")
	require.NoError(t, err)
	h.pass(time.Hour)
	token, phone, err := a.SignIn(bg, email, password, away, "Safari")
	require.NoError(t, err)
	list, err := a.Sessions(bg, p.ID)
	require.NoError(t, err)
	require.Equal(t, []accounts.Session{phone, desktop}, list)
	require.NoError(t, a.SignOut(bg, token))
	list, err = a.Sessions(bg, p.ID)
	require.NoError(t, err)
	require.Equal(t, []accounts.Session{desktop}, list)
	h.pass(11 * time.Hour)
	list, err = a.Sessions(bg, p.ID)
	require.NoError(t, err)
	require.NotNil(t, list)
	require.Empty(t, list)
	_, err = a.Sessions(bg, "none")
	require.ErrorIs(t, err, accounts.ErrNotFound)
}

func TestSigningOutEndsThatSessionInEveryProcess(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	b, _ := h.accounts(nil)
	ana(t, a)
	one, other := enter(t, a, email, password), enter(t, b, email, password)
	require.True(t, signedIn(t, b, one))
	require.NoError(t, a.SignOut(bg, one))
	require.NoError(t, b.SignOut(bg, one))
	require.False(t, signedIn(t, b, one))
	require.True(t, signedIn(t, a, other))
}

func TestSigningOutOthersKeepsThisOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p := ana(t, a)
	_, temporary := bob(t, a)
	bobs := enter(t, a, "bob@example.com", temporary)
	one, two, three := enter(t, a, email, password), enter(t, a, email, password), enter(t, a, email, password)
	require.NoError(t, a.SignOutOthers(bg, two))
	require.False(t, signedIn(t, a, one))
	require.True(t, signedIn(t, a, two))
	require.False(t, signedIn(t, a, three))
	require.True(t, signedIn(t, a, bobs))
	list, err := a.Sessions(bg, p.ID)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestChangingThePasswordEndsEverySessionAndGivesANewOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p := ana(t, a)
	one, two := enter(t, a, email, password), enter(t, a, email, password)
	for reason, new := range map[string]string{
		"is the old one":                             password,
		"is shorter than 8 characters":               "short",
		"is the person's own name or e-mail address": "Lima1234",
	} {
		_, err := a.ChangePassword(bg, one, password, new)
		require.Equal(t, &handoff.FieldError{Field: "password", Reason: reason}, err)
	}
	_, err := a.ChangePassword(bg, one, "wrong kettle", "new kettle on the roof")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	require.True(t, signedIn(t, a, two), "nothing has happened yet")

	h.pass(time.Hour)
	token, err := a.ChangePassword(bg, one, password, "new kettle on the roof")
	require.NoError(t, err)
	require.False(t, signedIn(t, a, one))
	require.False(t, signedIn(t, a, two))
	list, err := a.Sessions(bg, p.ID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	s, _, err := a.Session(bg, token)
	require.NoError(t, err)
	require.Equal(t, accounts.Session{
		ID: list[0].ID, Person: p.ID, Device: "Firefox", IP: office, CreatedAt: h.now, LastUsedAt: h.now,
	}, s)
	_, _, err = a.SignIn(bg, email, password, office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	enter(t, a, email, "new kettle on the roof")
}

func TestOfManyChangesOfThePasswordAtOnceOneIsMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	ana(t, a)
	token := enter(t, a, email, password)
	var mu sync.Mutex
	var won []int
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := a.ChangePassword(bg, token, password, fmt.Sprintf("new kettle %d on the roof", i))
			if err != nil {
				assert.True(t, errors.Is(err, accounts.ErrNotSignedIn) || errors.Is(err, accounts.ErrWrongCredentials), err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			won = append(won, i)
		})
	}
	wg.Wait()
	require.Len(t, won, 1)
	enter(t, a, email, fmt.Sprintf("new kettle %d on the roof", won[0]))
}

func TestNoSessionOutlivesAResetThatItRacesWith(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, hashes := h.accounts(nil)
	p := ana(t, a)
	made := hashes.Made.Load()
	hashes.Hold = make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _, err := a.SignIn(bg, email, password, office, "")
		assert.ErrorIs(t, err, accounts.ErrWrongCredentials)
	})
	require.Eventually(t, func() bool { return hashes.Made.Load() == made+1 }, waitFor, tick)
	b, _ := h.accounts(nil)
	_, err := b.Reset(bg, root, p.ID, everywhere) // while the old password is being checked
	require.NoError(t, err)
	close(hashes.Hold)
	wg.Wait()
	list, err := a.Sessions(bg, p.ID)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestAResetBetweenDecidingAndStoringASessionMakesNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &counting{Store: h.store}
	a, _, err := accounts.NewCheap(store, nil)
	require.NoError(t, err)
	b, _ := h.accounts(nil)
	p := ana(t, a)
	store.commits = 0
	store.before = func(n int) {
		if n == 2 { // the first counts the attempt
			_, err := b.Reset(bg, root, p.ID, everywhere)
			require.NoError(t, err)
		}
	}
	_, _, err = a.SignIn(bg, email, password, office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	require.Empty(t, kept(t, h.store, "accounts.session"))
}

// The sessions of one person under any course of events, against a model
// that knows only which of them should be alive.
func TestSessionsAreAliveExactlyWhileTheyShould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		store := memory.New(&memory.Options{Now: func() time.Time { return now }})
		defer store.Close()
		const idle, absolute = time.Hour, 5 * time.Hour
		a, _, err := accounts.NewCheap(store, &accounts.Options{Idle: idle, Absolute: absolute})
		require.NoError(t, err)
		p, current, err := a.Invite(bg, root, accounts.Invitation{Email: email, Name: "Ana", Seat: seat})
		require.NoError(t, err)

		type entry struct{ began, noted time.Time }
		alive := map[string]entry{}
		var tokens []string
		add := func(token string) {
			tokens = append(tokens, token)
			alive[token] = entry{now, now}
		}
		some := func() string { return rapid.SampledFrom(tokens).Draw(t, "token") }
		changes := 0
		t.Repeat(map[string]func(*rapid.T){
			"sign in": func(t *rapid.T) {
				token, _, err := a.SignIn(bg, email, current, office, "")
				require.NoError(t, err)
				add(token)
			},
			"pass": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
			},
			"sign out": func(t *rapid.T) {
				if len(tokens) == 0 {
					t.Skip()
				}
				token := some()
				require.NoError(t, a.SignOut(bg, token))
				delete(alive, token)
			},
			"sign out others": func(t *rapid.T) {
				if len(tokens) == 0 {
					t.Skip()
				}
				token := some()
				keep, ok := alive[token]
				if ok {
					require.NoError(t, a.SignOutOthers(bg, token))
					clear(alive)
					alive[token] = keep
				} else {
					require.ErrorIs(t, a.SignOutOthers(bg, token), accounts.ErrNotSignedIn)
				}
			},
			"change password": func(t *rapid.T) {
				if len(tokens) == 0 {
					t.Skip()
				}
				token := some()
				changes++
				next := fmt.Sprintf("kettle %d on the roof", changes)
				made, err := a.ChangePassword(bg, token, current, next)
				if _, ok := alive[token]; !ok {
					require.ErrorIs(t, err, accounts.ErrNotSignedIn)
					return
				}
				require.NoError(t, err)
				current = next
				clear(alive)
				add(made)
			},
			"reset": func(t *rapid.T) {
				var err error
				current, err = a.Reset(bg, root, p.ID, everywhere)
				require.NoError(t, err)
				clear(alive)
			},
			"disable and enable": func(t *rapid.T) {
				require.NoError(t, a.SetDisabled(bg, root, p.ID, true, everywhere))
				require.NoError(t, a.SetDisabled(bg, root, p.ID, false, everywhere))
				clear(alive)
			},
			"lose the seat": func(t *rapid.T) {
				require.NoError(t, a.RemoveSeat(bg, root, seat))
				var err error
				_, current, err = a.Invite(bg, root, accounts.Invitation{Email: email, Name: "Ana", Seat: seat})
				require.NoError(t, err)
				clear(alive)
			},
			"": func(t *rapid.T) {
				for token, e := range alive {
					if !now.Before(e.noted.Add(idle)) || !now.Before(e.began.Add(absolute)) {
						delete(alive, token)
					}
				}
				list, err := a.Sessions(bg, p.ID)
				require.NoError(t, err)
				require.Len(t, list, len(alive))
				for _, token := range tokens {
					_, _, err := a.Session(bg, token)
					e, ok := alive[token]
					if !ok {
						require.ErrorIs(t, err, accounts.ErrNotSignedIn)
						continue
					}
					require.NoError(t, err)
					alive[token] = entry{e.began, now}
				}
			},
		})
	})
}

func TestTheLogHoldsWhoAndWhereAndNoSecret(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	j := &journal{}
	a, _ := h.accounts(&accounts.Options{Logger: j.logger(), Attempts: 2})
	p := ana(t, a)
	bobP, temporary := bob(t, a)
	secrets := []string{email, "ana@", "Ana", "bob@", "Bob", password, temporary, "wrong kettle"}
	token := enter(t, a, email, password)
	guess(t, a, email, away)
	guess(t, a, email, away)
	guess(t, a, email, away)
	require.NoError(t, a.SignOutOthers(bg, token))
	token2, err := a.ChangePassword(bg, token, password, "new kettle on the roof")
	require.NoError(t, err)
	require.NoError(t, a.SignOut(bg, token2))
	again, err := a.Reset(bg, root, bobP.ID, everywhere)
	require.NoError(t, err)
	_, err = a.Reset(bg, root, bobP.ID, only("none"))
	require.Error(t, err)
	require.NoError(t, a.SetDisabled(bg, root, bobP.ID, true, everywhere))
	require.NoError(t, a.RemoveSeat(bg, root, bobSeat))
	k, secret, err := a.CreateKey(bg, root, "shop", "platform")
	require.NoError(t, err)
	require.NoError(t, a.DeleteKey(bg, root, "shop", k.ID))
	secrets = append(secrets, token, token2, again, secret, "new kettle on the roof")
	log := j.String()
	for _, s := range secrets {
		require.NotContains(t, log, s)
	}
	var told []string
	for line := range strings.Lines(log) {
		_, rest, _ := strings.Cut(line, "accounts: ")
		what, _, _ := strings.Cut(rest, `"`)
		told = append(told, what)
	}
	require.Equal(t, []string{
		"setup code made", "set up", "invited", "signed in", "sign-in failed", "sign-in failed", "sign-in refused",
		"others signed out", "password changed", "signed out", "reset", "not reset", "disabled", "seat removed",
		"key made", "key deleted",
	}, slices.DeleteFunc(told, func(s string) bool { return s == "" }))
	require.Contains(t, log, `msg="accounts: signed in" ip=203.0.113.7 person=`+p.ID)
	require.Contains(t, log, `msg="accounts: sign-in failed" ip=198.51.100.9 person=`+p.ID)
	require.Contains(t, log, `by=root ip=203.0.113.7 person=`+bobP.ID)
}

func TestTheStoresFailuresAreTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p := ana(t, a)
	token := enter(t, a, email, password)
	k, secret, err := a.CreateKey(bg, root, "shop", "platform")
	require.NoError(t, err)
	require.NoError(t, h.store.Close())
	in := accounts.Invitation{Email: email, Name: "Ana", Seat: bobSeat}
	for name, f := range map[string]func() error{
		"Needed":         func() error { _, err := a.Needed(bg); return err },
		"SetupCode":      func() error { _, err := a.SetupCode(bg); return err },
		"CheckSetup":     func() error { return a.CheckSetup(bg, "x") },
		"FirstPerson":    func() error { _, err := a.FirstPerson(bg, "x", in, password); return err },
		"Invite":         func() error { _, _, err := a.Invite(bg, root, in); return err },
		"Reset":          func() error { _, err := a.Reset(bg, root, p.ID, everywhere); return err },
		"SetDisabled":    func() error { return a.SetDisabled(bg, root, p.ID, true, everywhere) },
		"RemoveSeat":     func() error { return a.RemoveSeat(bg, root, seat) },
		"Holder":         func() error { _, err := a.Holder(bg, seat); return err },
		"Person":         func() error { _, err := a.Person(bg, p.ID); return err },
		"SignIn":         func() error { _, _, err := a.SignIn(bg, email, password, office, ""); return err },
		"Session":        func() error { _, _, err := a.Session(bg, token); return err },
		"Sessions":       func() error { _, err := a.Sessions(bg, p.ID); return err },
		"SignOut":        func() error { return a.SignOut(bg, token) },
		"SignOutOthers":  func() error { return a.SignOutOthers(bg, token) },
		"ChangePassword": func() error { _, err := a.ChangePassword(bg, token, password, "new kettle on it"); return err },
		"CreateKey":      func() error { _, _, err := a.CreateKey(bg, root, "shop", "x"); return err },
		"Keys":           func() error { _, err := a.Keys(bg, "shop"); return err },
		"Key":            func() error { _, err := a.Key(bg, secret); return err },
		"DeleteKey":      func() error { return a.DeleteKey(bg, root, "shop", k.ID) },
	} {
		err := f()
		require.ErrorIs(t, err, storage.ErrClosed, name)
		require.NotContains(t, err.Error(), "ana@", name)
	}
}

func TestOptionsOutOfBoundsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, o := range []accounts.Options{
		{Idle: -1}, {Absolute: -1}, {Attempts: -1}, {Idle: 2 * time.Hour, Absolute: time.Hour}, {Absolute: time.Hour},
	} {
		_, err := accounts.New(h.store, &o)
		require.ErrorIs(t, err, handoff.ErrInvalid)
	}
	_, err := accounts.New(nil, nil)
	require.ErrorIs(t, err, handoff.ErrInvalid)
}
