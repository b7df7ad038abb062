package accounts_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/accounts"
)

var bobSeat = accounts.Seat{Bot: "shop", Agent: "bob"}

// bob invites one and gives the temporary password.
func bob(t *testing.T, a *accounts.Accounts) (accounts.Person, string) {
	p, temporary, err := a.Invite(bg, root, accounts.Invitation{Email: "bob@example.com", Name: "Bob", Seat: bobSeat})
	require.NoError(t, err)
	require.NotEmpty(t, temporary)
	return p, temporary
}

func TestInvitationGivesATemporaryPasswordThatMustBeChanged(t *testing.T) {
	t.Parallel()
	onStores(t, func(t *testing.T, h *house) {
		a, _ := h.accounts(nil)
		p, temporary := bob(t, a)
		require.Equal(t, accounts.Person{
			ID: p.ID, Email: "bob@example.com", Name: "Bob", Seats: []accounts.Seat{bobSeat}, MustChange: true,
		}, p)
		token := enter(t, a, "bob@example.com", temporary)
		_, who, err := a.Session(bg, token)
		require.NoError(t, err)
		require.Equal(t, p, who)
		token, err = a.ChangePassword(bg, token, temporary, password)
		require.NoError(t, err)
		_, who, err = a.Session(bg, token)
		require.NoError(t, err)
		require.False(t, who.MustChange)
		h.pass(8 * 24 * time.Hour)
		enter(t, a, "bob@example.com", password)
		_, _, err = a.SignIn(bg, "bob@example.com", temporary, office, "")
		require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	})
}

func TestTemporaryPasswordExpiresAfterSevenDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	_, temporary := bob(t, a)
	h.pass(7*24*time.Hour - time.Millisecond)
	enter(t, a, "bob@example.com", temporary)
	h.pass(time.Millisecond)
	_, _, err := a.SignIn(bg, "bob@example.com", temporary, office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
}

func TestInvitingAPersonAgainOnlyAddsTheSeat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p := ana(t, a)
	token := enter(t, a, email, password)
	second := accounts.Seat{Bot: "bank", Agent: "al"}
	for range 2 { // the second time it is theirs already
		got, temporary, err := a.Invite(bg, root, accounts.Invitation{Email: "ANA@example.COM", Name: "Somebody", Seat: second})
		require.NoError(t, err)
		require.Empty(t, temporary)
		p.Seats = []accounts.Seat{seat, second}
		require.Equal(t, p, got)
	}
	_, who, err := a.Session(bg, token)
	require.NoError(t, err, "a seat more ends no session")
	require.Equal(t, p, who)
	enter(t, a, "Ana@Example.com", password)
}

func TestEmailIsOnePersonsWhateverItsCase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	var wg sync.WaitGroup
	var made sync.Map
	spellings := []string{"joão@example.com", "JOÃO@example.com", "joa\u0303o@Example.com"}
	for i := range 30 {
		wg.Go(func() {
			at := accounts.Seat{Bot: "shop", Agent: handoff.AgentID(fmt.Sprint("a", i))}
			p, temporary, err := a.Invite(bg, root, accounts.Invitation{Email: spellings[i%3], Name: "João", Seat: at})
			assert.NoError(t, err)
			if temporary != "" {
				_, twice := made.LoadOrStore(p.ID, temporary)
				assert.False(t, twice)
			}
		})
	}
	wg.Wait()
	n := 0
	made.Range(func(id, temporary any) bool {
		n++
		p, err := a.Person(bg, id.(string))
		require.NoError(t, err)
		require.Len(t, p.Seats, 30)
		enter(t, a, spellings[1], temporary.(string))
		return true
	})
	require.Equal(t, 1, n, "one call made the person")
	require.Equal(t, 1, strings.Count(kept(t, h.store, "accounts.person"), "\n"))
}

func TestSeatGoesFromOnePersonToAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	first := ana(t, a)
	token := enter(t, a, email, password)
	p, temporary, err := a.Invite(bg, root, accounts.Invitation{Email: "bob@example.com", Name: "Bob", Seat: seat})
	require.NoError(t, err)
	require.NotEmpty(t, temporary)
	require.False(t, signedIn(t, a, token))
	holder, err := a.Holder(bg, seat)
	require.NoError(t, err)
	require.Equal(t, p, holder)
	first, err = a.Person(bg, first.ID)
	require.NoError(t, err)
	require.Empty(t, first.Seats)
}

func TestResetTakesWhoManagesEverySeat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, hashes := h.accounts(nil)
	p := ana(t, a)
	_, _, err := a.Invite(bg, root, accounts.Invitation{Email: email, Name: "Ana", Seat: accounts.Seat{Bot: "bank", Agent: "al"}})
	require.NoError(t, err)
	token := enter(t, a, email, password)
	made := hashes.Made.Load()
	for _, bot := range []handoff.BotID{"shop", "bank", "none"} {
		_, err := a.Reset(bg, root, p.ID, only(bot))
		require.ErrorIs(t, err, accounts.ErrForbidden, bot)
		require.ErrorIs(t, a.SetDisabled(bg, root, p.ID, true, only(bot)), accounts.ErrForbidden, bot)
	}
	require.Equal(t, made, hashes.Made.Load())
	require.True(t, signedIn(t, a, token))

	temporary, err := a.Reset(bg, root, p.ID, everywhere)
	require.NoError(t, err)
	require.False(t, signedIn(t, a, token))
	_, _, err = a.SignIn(bg, email, password, office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	token = enter(t, a, email, temporary)
	_, who, err := a.Session(bg, token)
	require.NoError(t, err)
	require.True(t, who.MustChange)
	_, err = a.Reset(bg, root, "none", everywhere)
	require.ErrorIs(t, err, accounts.ErrNotFound)
}

func TestWhoHasNoSeatLeftIsResetByNobodyAndInvitedAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p, temporary := bob(t, a)
	token, err := a.ChangePassword(bg, enter(t, a, p.Email, temporary), temporary, password)
	require.NoError(t, err)
	require.NoError(t, a.RemoveSeat(bg, root, bobSeat))
	require.False(t, signedIn(t, a, token))
	require.ErrorIs(t, a.RemoveSeat(bg, root, bobSeat), accounts.ErrNotFound)
	_, err = a.Holder(bg, bobSeat)
	require.ErrorIs(t, err, accounts.ErrNotFound)
	_, err = a.Reset(bg, root, p.ID, everywhere)
	require.ErrorIs(t, err, accounts.ErrForbidden)

	again, temporary, err := a.Invite(bg, root, accounts.Invitation{
		Email: p.Email, Name: "Robert", Seat: accounts.Seat{Bot: "bank", Agent: "bob"},
	})
	require.NoError(t, err)
	require.Equal(t, p.ID, again.ID)
	_, _, err = a.SignIn(bg, p.Email, password, office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials, "what they chose for another bot is gone")
	enter(t, a, p.Email, temporary)
}

func TestDisabledPersonIsOutEverywhereAndComesBackWithTheirPassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	p := ana(t, a)
	token := enter(t, a, email, password)
	require.NoError(t, a.SetDisabled(bg, root, p.ID, true, only("shop")))
	require.False(t, signedIn(t, a, token))
	_, _, err := a.SignIn(bg, email, password, office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	list, err := a.Sessions(bg, p.ID)
	require.NoError(t, err)
	require.Empty(t, list)
	require.NoError(t, a.SetDisabled(bg, root, p.ID, false, only("shop")))
	require.False(t, signedIn(t, a, token), "what ended stays so")
	enter(t, a, email, password)
}

func TestAPersonHasAtMostAHundredSeats(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	invite := func(i int) error {
		at := accounts.Seat{Bot: "shop", Agent: handoff.AgentID(fmt.Sprint("a", i))}
		_, _, err := a.Invite(bg, root, accounts.Invitation{Email: email, Name: "Ana", Seat: at})
		return err
	}
	for i := range accounts.MaxSeats {
		require.NoError(t, invite(i))
	}
	require.ErrorIs(t, invite(accounts.MaxSeats), handoff.ErrInvalid)
	require.NoError(t, invite(0), "which is theirs already")
}

func TestOnlyPlainAddressesAreEmails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	for _, bad := range []string{
		"", "ana", "ana@", "@example.com", "Ana <ana@example.com>", "ana@example.com, bob@example.com", " ana@example.com",
		"ana@example.com\r\nBcc: x@y", strings.Repeat("a", 300) + "@example.com", `"ana b"@example.com`,
	} {
		_, _, err := a.Invite(bg, root, accounts.Invitation{Email: bad, Name: "Ana", Seat: seat})
		require.ErrorIs(t, err, handoff.ErrInvalid, bad)
	}
}
