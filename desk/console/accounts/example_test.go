package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/storage/memory"
)

func Example() {
	ctx := context.Background()
	store := memory.New(nil)
	defer store.Close()
	a, err := accounts.New(store, nil)
	if err != nil {
		panic(err)
	}

	// Who runs the program sees the code, and makes the first person.
	code, err := a.SetupCode(ctx)
	if err != nil {
		panic(err)
	}
	ana, err := a.FirstPerson(ctx, code, accounts.Invitation{
		Email: "ana@example.com", Name: "Ana", Seat: accounts.Seat{Bot: "shop", Agent: "ana"},
	}, "a kettle on the roof")
	if err != nil {
		panic(err)
	}

	// Ana invites Bob, and hands him the temporary password.
	ip := netip.MustParseAddr("203.0.113.7")
	_, temporary, err := a.Invite(ctx, accounts.By{ID: ana.ID, IP: ip}, accounts.Invitation{
		Email: "bob@example.com", Name: "Bob", Seat: accounts.Seat{Bot: "shop", Agent: "bob"},
	})
	if err != nil {
		panic(err)
	}
	token, _, err := a.SignIn(ctx, "Bob@example.com", temporary, ip, "Firefox")
	if err != nil {
		panic(err)
	}
	_, bob, err := a.Session(ctx, token)
	if err != nil {
		panic(err)
	}
	fmt.Println(bob.Name, bob.Seats[0].Agent, "must change:", bob.MustChange)

	// He chooses his own, which ends the session and begins another.
	next, err := a.ChangePassword(ctx, token, temporary, "twelve green bicycles")
	if err != nil {
		panic(err)
	}
	_, _, err = a.Session(ctx, token)
	fmt.Println("old token:", errors.Is(err, accounts.ErrNotSignedIn))
	_, bob, err = a.Session(ctx, next)
	fmt.Println("must change:", bob.MustChange, err)

	// Someone who manages another bot cannot take his seat over.
	_, err = a.Reset(ctx, accounts.By{ID: "eve", IP: ip}, bob.ID, func(s accounts.Seat) bool { return s.Bot == "bank" })
	fmt.Println("forbidden:", errors.Is(err, accounts.ErrForbidden))
	// Output:
	// Bob bob must change: true
	// old token: true
	// must change: false <nil>
	// forbidden: true
}
