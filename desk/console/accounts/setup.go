package accounts

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/handoffdesk/handoff/storage"
)

// keepCode is for how long a setup code can be used.
const keepCode = 24 * time.Hour

// setup is the one record that says whether there is a person. Until then it
// may hold a code.
type setup struct {
	Done  bool      `json:"done"`
	Code  string    `json:"code,omitempty"` // its digest
	Until time.Time `json:"until,omitzero"`
}

var (
	setupKey  = storage.Key{Kind: kindSetup, ID: "setup"}
	doneSetup = setup{Done: true}
)

// opens reports whether code makes the first person now.
func (s setup) opens(code string, now time.Time) error {
	switch {
	case s.Done:
		return ErrSetUp
	case s.Code == "", !now.Before(s.Until),
		subtle.ConstantTimeCompare([]byte(digest(strings.TrimSpace(code))), []byte(s.Code)) == 0:
		return ErrWrongCode
	}
	return nil
}

// Needed reports whether there is no person yet.
func (a *Accounts) Needed(ctx context.Context) (bool, error) {
	v, err := get[setup](ctx, a, setupKey)
	return err == nil && !v.value.Done, err
}

// SetupCode makes the code with which the first person is made: 100 random
// bits, good for 24 hours and one use. It takes the place of the code that
// was made before. Show it to nobody but who runs the program.
//
// Errors: ErrSetUp, ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) SetupCode(ctx context.Context) (string, error) {
	code := readable()
	err := a.decide(ctx, func(t *draft) error {
		v, err := get[setup](ctx, a, setupKey)
		if err != nil {
			return err
		}
		if v.value.Done {
			return ErrSetUp
		}
		v.value = setup{Code: digest(code), Until: t.now.Add(keepCode)}
		return put(t, v, time.Time{})
	})
	if err != nil {
		return "", err
	}
	a.log.Info("accounts: setup code made")
	return code, nil
}

// CheckSetup reports whether a code would make the first person now: nil, or
// the error. It uses nothing up.
//
// Errors: ErrWrongCode, ErrSetUp.
func (a *Accounts) CheckSetup(ctx context.Context, code string) error {
	now, err := a.now(ctx)
	if err != nil {
		return err
	}
	v, err := get[setup](ctx, a, setupKey)
	if err != nil {
		return err
	}
	return v.value.opens(code, now)
}

// FirstPerson makes the first person, with a seat and the password they
// chose. Of any number of calls at once one does.
//
// Errors: FieldError, ErrWrongCode, ErrSetUp, ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) FirstPerson(ctx context.Context, code string, in Invitation, password string) (Person, error) {
	if err := checkPerson(in.Email, in.Name); err != nil {
		return Person{}, err
	}
	if err := in.Seat.check(); err != nil {
		return Person{}, err
	}
	if err := checkPassword(password, in.Email, in.Name); err != nil {
		return Person{}, err
	}
	var p person
	err := a.decide(ctx, func(t *draft) error {
		v, err := get[setup](ctx, a, setupKey)
		if err != nil {
			return err
		}
		if err := v.value.opens(code, t.now); err != nil {
			return err
		}
		if p.Hash == "" {
			if p.Hash, err = a.hasher.make(ctx, password); err != nil {
				return err
			}
		}
		p.Seats = []Seat{in.Seat}
		first := doc[person]{value: p}
		seat := doc[string]{key: seatKey(in.Seat)}
		email := doc[string]{key: emailKey(in.Email)}
		if err := create(t, v, email, &first, in.Email, in.Name); err != nil {
			return err
		}
		p.Person = first.value.Person
		seat.value = p.ID
		if err := put(t, seat, time.Time{}); err != nil {
			return err
		}
		return put(t, first, time.Time{})
	})
	if err != nil {
		a.log.Warn("accounts: not set up", "error", err)
		return Person{}, err
	}
	a.log.Info("accounts: set up", "person", p.ID, "bot", in.Seat.Bot, "agent", in.Seat.Agent)
	return p.Person, nil
}
