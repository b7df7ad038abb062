package accounts_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/storage/memory"
)

// guess gives what came of a wrong password.
func guess(t *testing.T, a *accounts.Accounts, email string, ip netip.Addr) (limited bool, after time.Duration) {
	_, _, err := a.SignIn(bg, email, "wrong kettle", ip, "")
	var limit *accounts.LimitError
	if errors.As(err, &limit) {
		require.ErrorIs(t, err, accounts.ErrTooManyAttempts)
		return true, limit.RetryAfter
	}
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	return false, 0
}

func TestOfAHundredGuessesInFourProcessesTenAreLookedAt(t *testing.T) {
	t.Parallel()
	for _, who := range []string{email, "nobody@example.com"} {
		h := newHouse(t)
		var as []*accounts.Accounts
		var hs []*accounts.Hashes
		for range 4 {
			a, hashes := h.accounts(nil)
			as, hs = append(as, a), append(hs, hashes)
		}
		ana(t, as[0])
		hs[0].Made.Store(0)
		var wrong, limited atomic.Int64
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				_, _, err := as[i%4].SignIn(bg, who, fmt.Sprint("guess number ", i), office, "")
				switch {
				case errors.Is(err, accounts.ErrWrongCredentials):
					wrong.Add(1)
				case errors.Is(err, accounts.ErrTooManyAttempts):
					limited.Add(1)
				default:
					assert.NoError(t, err)
				}
			})
		}
		wg.Wait()
		var hashed int64
		for _, x := range hs {
			hashed += x.Made.Load()
		}
		require.EqualValues(t, 10, wrong.Load())
		require.EqualValues(t, 90, limited.Load())
		require.EqualValues(t, 10, hashed)
		_, _, err := as[0].SignIn(bg, who, password, office, "")
		require.ErrorIs(t, err, accounts.ErrTooManyAttempts, "the right one is not looked at either")
	}
}

func TestUnknownPeopleTakeTheSameWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, hashes := h.accounts(nil)
	p := ana(t, a)
	_, temporary := bob(t, a)
	h.pass(8 * 24 * time.Hour)
	work := func(email, password string) [2]int64 {
		made, memory := hashes.Made.Load(), hashes.Memory.Load()
		_, _, err := a.SignIn(bg, email, password, away, "")
		require.Equal(t, accounts.ErrWrongCredentials, err)
		return [2]int64{hashes.Made.Load() - made, hashes.Memory.Load() - memory}
	}
	known := work(email, "wrong kettle")
	require.Equal(t, [2]int64{1, 64}, known)
	require.Equal(t, known, work("nobody@example.com", "wrong kettle"))
	require.Equal(t, known, work("", ""))
	require.Equal(t, known, work(email, ""))
	require.Equal(t, known, work(email, string(make([]byte, 100_000))))
	require.Equal(t, known, work("bob@example.com", temporary), "expired")
	require.NoError(t, a.SetDisabled(bg, root, p.ID, true, everywhere))
	require.Equal(t, known, work(email, password), "disabled")
}

func TestLimitsAreTheSameForUnknownPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(&accounts.Options{Attempts: 3})
	ana(t, a)
	for range 5 {
		one, after := guess(t, a, email, office)
		other, afterOther := guess(t, a, "nobody@example.com", away)
		require.Equal(t, one, other)
		require.Equal(t, after, afterOther)
		h.pass(time.Second)
	}
}

func TestALimitEndsByItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(&accounts.Options{Attempts: 3})
	ana(t, a)
	for range 3 {
		limited, _ := guess(t, a, email, office)
		require.False(t, limited)
		h.pass(time.Minute)
	}
	for range 20 { // what is refused does not count
		limited, after := guess(t, a, email, office)
		require.True(t, limited)
		require.Equal(t, 12*time.Minute, after)
	}
	h.pass(12 * time.Minute)
	enter(t, a, email, password)
}

func TestSigningInForgivesThePersonsOwnMistakesAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(&accounts.Options{Attempts: 2})
	ana(t, a)
	for range 18 {
		limited, _ := guess(t, a, email, office)
		require.False(t, limited)
		enter(t, a, email, password)
	}
	// Eighteen wrong ones came from the office: 20 may.
	for i, want := range []bool{false, false, true} {
		limited, _ := guess(t, a, fmt.Sprintf("p%d@example.com", i), office)
		require.Equal(t, want, limited, i)
	}
	_, _, err := a.SignIn(bg, email, password, office, "")
	require.ErrorIs(t, err, accounts.ErrTooManyAttempts, "nor is that a way around")
}

func TestAWholeOfficeSignsInFromOneAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(&accounts.Options{Attempts: 2})
	ana(t, a)
	for range 100 {
		enter(t, a, email, password)
	}
	limited, _ := guess(t, a, email, office)
	require.False(t, limited)
}

func TestNobodyIsLockedOutWhereTheyAreKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(&accounts.Options{Attempts: 2})
	ana(t, a)
	enter(t, a, email, password)
	from := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }
	var looked int
	for i := range 50 {
		if limited, _ := guess(t, a, email, from(i)); !limited {
			looked++
		}
	}
	require.Equal(t, 20, looked, "from all addresses together")
	_, _, err := a.SignIn(bg, email, password, from(1000), "")
	require.ErrorIs(t, err, accounts.ErrTooManyAttempts)
	enter(t, a, email, password)
	h.pass(29 * 24 * time.Hour)
	for i := range 50 {
		guess(t, a, email, from(i))
	}
	enter(t, a, email, password)
	h.pass(31 * 24 * time.Hour)
	for i := range 50 {
		guess(t, a, email, from(i))
	}
	_, _, err = a.SignIn(bg, email, password, office, "")
	require.ErrorIs(t, err, accounts.ErrTooManyAttempts, "not seen there for a month")
	h.pass(15 * time.Minute)
	enter(t, a, email, password)
}

func TestOneNetworkIsOneAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"203.0.113.7", "203.0.113.8", false},
		{"203.0.113.7", "::ffff:203.0.113.7", true},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"fe80::1%eth0", "fe80::1", true},
	} {
		h := newHouse(t)
		a, _ := h.accounts(&accounts.Options{Attempts: 1})
		guess(t, a, email, netip.MustParseAddr(c.one))
		limited, _ := guess(t, a, email, netip.MustParseAddr(c.other))
		require.Equal(t, c.same, limited, c)
	}
	h := newHouse(t)
	a, _ := h.accounts(&accounts.Options{Attempts: 1})
	guess(t, a, email, netip.Addr{})
	limited, _ := guess(t, a, email, netip.Addr{})
	require.True(t, limited, "the unknown address is one too")
}

func TestGuessesWithATokenCountToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, hashes := h.accounts(&accounts.Options{Attempts: 3})
	ana(t, a)
	token := enter(t, a, email, password)
	made := hashes.Made.Load()
	for range 3 {
		_, err := a.ChangePassword(bg, token, "wrong kettle", "new kettle on the roof")
		require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	}
	_, err := a.ChangePassword(bg, token, password, "new kettle on the roof")
	require.ErrorIs(t, err, accounts.ErrTooManyAttempts)
	require.EqualValues(t, made+3, hashes.Made.Load())
}

// In any course of guesses, of those for one person from one address no more
// than the limit are looked at in one window, and after a window's time
// something is again.
func TestNoCourseOfGuessesGetsPastTheLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		store := memory.New(&memory.Options{Now: func() time.Time { return now }})
		defer store.Close()
		most := rapid.IntRange(1, 3).Draw(t, "most")
		a, _, err := accounts.NewCheap(store, &accounts.Options{Attempts: most})
		require.NoError(t, err)
		type pair struct{ who, ip int }
		looked := map[pair][]time.Time{}
		byIP, byWho := map[int][]time.Time{}, map[int][]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "seconds")) * time.Second)
			p := pair{rapid.IntRange(0, 2).Draw(t, "who"), rapid.IntRange(0, 2).Draw(t, "ip")}
			_, _, err := a.SignIn(bg, fmt.Sprintf("p%d@example.com", p.who), "wrong kettle", netip.AddrFrom4([4]byte{10, 0, 0, byte(p.ip)}), "")
			var limit *accounts.LimitError
			if errors.As(err, &limit) {
				require.Positive(t, limit.RetryAfter)
				require.LessOrEqual(t, limit.RetryAfter, 15*time.Minute)
				recent := func(at []time.Time) bool { return len(at) > 0 && now.Sub(at[len(at)-1]) < 15*time.Minute }
				require.True(t, recent(looked[p]) || recent(byIP[p.ip]) || recent(byWho[p.who]), "refused for something recent")
				continue
			}
			require.ErrorIs(t, err, accounts.ErrWrongCredentials)
			looked[p], byIP[p.ip], byWho[p.who] = append(looked[p], now), append(byIP[p.ip], now), append(byWho[p.who], now)
		}
		// Windows begin with an attempt: going through the times that way
		// finds none with more than the limit.
		within := func(at []time.Time, most int) {
			for len(at) > 0 {
				n := 0
				for n < len(at) && at[n].Before(at[0].Add(15*time.Minute)) {
					n++
				}
				require.LessOrEqual(t, n, most)
				at = at[n:]
			}
		}
		for _, at := range looked {
			within(at, most)
		}
		for _, at := range byIP {
			within(at, 10*most)
		}
		for _, at := range byWho {
			within(at, 10*most)
		}
	})
}
