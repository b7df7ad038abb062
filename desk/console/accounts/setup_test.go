package accounts_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/accounts"
)

func TestSetupMakesTheFirstPersonOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	needed, err := a.Needed(bg)
	require.NoError(t, err)
	require.True(t, needed)
	in := accounts.Invitation{Email: email, Name: "Ana Lima", Seat: seat}
	_, err = a.FirstPerson(bg, "", in, password)
	require.ErrorIs(t, err, accounts.ErrWrongCode, "before there is a code")

	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	require.NotContains(t, kept(t, h.store, "accounts.setup"), code)
	require.ErrorIs(t, a.CheckSetup(bg, code+"x"), accounts.ErrWrongCode)
	require.NoError(t, a.CheckSetup(bg, " "+code+"\n"), "as it was copied")
	p, err := a.FirstPerson(bg, code, in, password)
	require.NoError(t, err)
	require.Equal(t, accounts.Person{ID: p.ID, Email: email, Name: "Ana Lima", Seats: []accounts.Seat{seat}}, p)

	needed, err = a.Needed(bg)
	require.NoError(t, err)
	require.False(t, needed)
	require.ErrorIs(t, a.CheckSetup(bg, code), accounts.ErrSetUp)
	_, err = a.FirstPerson(bg, code, in, password)
	require.ErrorIs(t, err, accounts.ErrSetUp)
	_, err = a.SetupCode(bg)
	require.ErrorIs(t, err, accounts.ErrSetUp)
	enter(t, a, email, password)
	holder, err := a.Holder(bg, seat)
	require.NoError(t, err)
	require.Equal(t, p, holder)
}

func TestSetupCodeIsReplacedAndExpires(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	old, err := a.SetupCode(bg)
	require.NoError(t, err)
	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	require.ErrorIs(t, a.CheckSetup(bg, old), accounts.ErrWrongCode)
	h.pass(24*time.Hour - time.Millisecond)
	require.NoError(t, a.CheckSetup(bg, code))
	h.pass(time.Millisecond)
	require.ErrorIs(t, a.CheckSetup(bg, code), accounts.ErrWrongCode)
	_, err = a.FirstPerson(bg, code, accounts.Invitation{Email: email, Name: "Ana", Seat: seat}, password)
	require.ErrorIs(t, err, accounts.ErrWrongCode)
}

func TestOfAHundredCallsWithTheCodeOneMakesAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	b, _ := h.accounts(nil)
	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			at := accounts.Seat{Bot: "shop", Agent: handoff.AgentID(fmt.Sprint("a", i))}
			in := accounts.Invitation{Email: fmt.Sprintf("p%d@example.com", i), Name: "P", Seat: at}
			_, err := []*accounts.Accounts{a, b}[i%2].FirstPerson(bg, code, in, password)
			if err == nil {
				won.Add(1)
				return
			}
			assert.ErrorIs(t, err, accounts.ErrSetUp)
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
	require.Equal(t, 1, strings.Count(kept(t, h.store, "accounts.person"), "\n"))
	require.Equal(t, 1, strings.Count(kept(t, h.store, "accounts.email"), "\n"))
	require.Equal(t, 1, strings.Count(kept(t, h.store, "accounts.seat"), "\n"))
}

func TestCodesThatAreReplacedWhileUsedStillMakeOnePerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			code, err := a.SetupCode(bg)
			if err != nil {
				assert.ErrorIs(t, err, accounts.ErrSetUp)
				return
			}
			at := accounts.Seat{Bot: "shop", Agent: handoff.AgentID(fmt.Sprint("a", i))}
			in := accounts.Invitation{Email: fmt.Sprintf("p%d@example.com", i), Name: "P", Seat: at}
			if _, err := a.FirstPerson(bg, code, in, password); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, won.Load(), int64(1))
	needed, err := a.Needed(bg)
	require.NoError(t, err)
	require.Equal(t, won.Load() == 0, needed)
}

func TestAnInvitationEndsTheSetup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	_, _, err = a.Invite(bg, root, accounts.Invitation{Email: email, Name: "Ana", Seat: seat})
	require.NoError(t, err)
	require.ErrorIs(t, a.CheckSetup(bg, code), accounts.ErrSetUp)
}

func TestFirstPersonRefusesBadInputAndKeepsTheCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	good := accounts.Invitation{Email: email, Name: "Ana", Seat: seat}
	for field, c := range map[string]struct {
		spoil    func(*accounts.Invitation)
		password string
	}{
		"email":    {func(in *accounts.Invitation) { in.Email = "Ana <ana@example.com>" }, password},
		"name":     {func(in *accounts.Invitation) { in.Name = "" }, password},
		"bot":      {func(in *accounts.Invitation) { in.Seat.Bot = "" }, password},
		"agent":    {func(in *accounts.Invitation) { in.Seat.Agent = "a\x00" }, password},
		"password": {func(*accounts.Invitation) {}, "short"},
	} {
		in := good
		c.spoil(&in)
		_, err := a.FirstPerson(bg, code, in, c.password)
		var wrong *handoff.FieldError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
	}
	_, err = a.FirstPerson(bg, code, good, password)
	require.NoError(t, err)
}
