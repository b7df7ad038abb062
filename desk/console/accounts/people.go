package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/mail"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Seat is the place of an agent of a bot. At most one person has it.
type Seat struct {
	Bot   handoff.BotID   `json:"bot"`
	Agent handoff.AgentID `json:"agent"`
}

// MaxSeats is how many seats one person may have.
const MaxSeats = 100

// keepTemporary is for how long a temporary password lets its person in.
const keepTemporary = 7 * 24 * time.Hour

// Person is somebody who signs in.
type Person struct {
	ID    string `json:"id"`
	Email string `json:"email"` // as it was written; unique whatever its case
	Name  string `json:"name"`
	Seats []Seat `json:"seats"` // in the order in which they were given
	// MustChange says that the password is a temporary one: what the person
	// may do until they have changed it is for the caller to say.
	MustChange bool `json:"mustChange,omitempty"`
	Disabled   bool `json:"disabled,omitempty"` // cannot sign in
}

// person is a Person as kept.
type person struct {
	Person
	Hash  string    `json:"hash"`           // of the password
	Until time.Time `json:"until,omitzero"` // when a temporary password ends
	// Generation is what sessions must be of: raising it ends them all.
	Generation int64 `json:"generation"`
}

// Invitation says who is to get a seat.
type Invitation struct {
	Email string
	Name  string // used if the person is new
	Seat  Seat
}

// Invite gives a seat to the person with an e-mail address; whoever had the
// seat loses it, and is signed out. A person who is new, or had no seat left,
// gets a temporary password of 100 random bits, which lets them in for 7 days
// and must be changed; hand it to them, it cannot be read again. Having been
// disabled without a seat ends with it. Anybody else keeps the password they
// have, and temporaryPassword is "". A person who has the seat already keeps
// it, and nothing happens.
//
// Nothing proves here that the address is the person's: whoever invites them
// first hands them their password, and so could keep it. Let only those
// invite whom all bots trust with that.
//
// Errors: FieldError, ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) Invite(ctx context.Context, by By, in Invitation) (p Person, temporaryPassword string, err error) {
	if err := checkPerson(in.Email, in.Name); err != nil {
		return Person{}, "", err
	}
	if err := in.Seat.check(); err != nil {
		return Person{}, "", err
	}
	temporary := temporary{hasher: a.hasher}
	fresh := false
	err = a.decide(ctx, func(t *draft) error {
		email, v, err := a.byEmail(ctx, in.Email)
		if err != nil {
			return err
		}
		seat, err := get[string](ctx, a, seatKey(in.Seat))
		if err != nil {
			return err
		}
		fresh = false
		if slices.Contains(v.value.Seats, in.Seat) {
			p = v.value.Person
			return nil
		}
		if len(v.value.Seats) >= MaxSeats {
			return &handoff.FieldError{Field: "seats", Reason: fmt.Sprintf("are %d already", MaxSeats)}
		}
		if fresh = len(v.value.Seats) == 0; fresh {
			if err := temporary.become(ctx, t, &v.value); err != nil {
				return err
			}
			v.value.Disabled = false
		}
		if v.version == 0 {
			setup, err := get[setup](ctx, a, setupKey)
			if err != nil {
				return err
			}
			if err := create(t, setup, email, &v, in.Email, in.Name); err != nil {
				return err
			}
		}
		if seat.version != 0 {
			if err := a.vacate(ctx, t, in.Seat, seat.value); err != nil {
				return err
			}
		}
		v.value.Seats = append(v.value.Seats, in.Seat)
		seat.value = v.value.ID
		p = v.value.Person
		if err := put(t, seat, time.Time{}); err != nil {
			return err
		}
		return put(t, v, time.Time{})
	})
	if err != nil {
		return Person{}, "", err
	}
	a.log.Info("accounts: invited", "by", by.ID, "ip", by.IP, "person", p.ID, "bot", in.Seat.Bot, "agent", in.Seat.Agent)
	if !fresh {
		return p, "", nil
	}
	return p, temporary.password, nil
}

// create makes v a new person, and ends the setup if it has not been. The
// person's other fields and the record itself are the caller's to fill and
// put.
func create(t *draft, setup doc[setup], email doc[string], v *doc[person], address, name string) error {
	v.key = personKey(storage.NewBatchID(t.now))
	v.value.ID, v.value.Email, v.value.Name = v.key.ID, address, name
	email.value = v.value.ID
	if err := put(t, email, time.Time{}); err != nil {
		return err
	}
	if setup.value.Done {
		return nil // for good
	}
	setup.value = doneSetup
	return put(t, setup, time.Time{})
}

// vacate takes a seat from the person who has it.
func (a *Accounts) vacate(ctx context.Context, t *draft, s Seat, id string) error {
	v, err := get[person](ctx, a, personKey(id))
	if err != nil {
		return err
	}
	v.value.Seats = slices.DeleteFunc(v.value.Seats, func(x Seat) bool { return x == s })
	v.value.Generation++
	return put(t, v, time.Time{})
}

// Reset gives a person a new temporary password, as Invite does, and ends
// all their sessions. It takes somebody who manages every seat that the person
// has: manages says of which seats that is so, and must not block. Nobody
// learns the password they had.
//
// Errors: ErrNotFound, ErrForbidden, ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) Reset(ctx context.Context, by By, id string, manages func(Seat) bool) (temporaryPassword string, err error) {
	temporary := temporary{hasher: a.hasher}
	err = a.manage(ctx, by, "reset", id, manages, func(t *draft, p *person) error {
		return temporary.become(ctx, t, p)
	})
	if err != nil {
		return "", err
	}
	return temporary.password, nil
}

// SetDisabled says whether a person is kept from signing in; either way all
// their sessions end. Who may is as in Reset.
//
// Errors: ErrNotFound, ErrForbidden, ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) SetDisabled(ctx context.Context, by By, id string, disabled bool, manages func(Seat) bool) error {
	what := "enabled"
	if disabled {
		what = "disabled"
	}
	return a.manage(ctx, by, what, id, manages, func(_ *draft, p *person) error {
		p.Disabled = disabled
		p.Generation++
		return nil
	})
}

// manage changes a person in the name of somebody who manages all of them.
func (a *Accounts) manage(ctx context.Context, by By, what, id string, manages func(Seat) bool, change func(*draft, *person) error) error {
	err := a.decide(ctx, func(t *draft) error {
		v, err := a.person(ctx, id)
		if err != nil {
			return err
		}
		elsewhere := slices.ContainsFunc(v.value.Seats, func(s Seat) bool { return !manages(s) })
		if elsewhere || len(v.value.Seats) == 0 {
			return fmt.Errorf("%w: person %s", ErrForbidden, id)
		}
		if err := change(t, &v.value); err != nil {
			return err
		}
		return put(t, v, time.Time{})
	})
	if err != nil {
		a.log.Warn("accounts: not "+what, "by", by.ID, "ip", by.IP, "person", id, "error", err)
		return err
	}
	a.log.Info("accounts: "+what, "by", by.ID, "ip", by.IP, "person", id)
	return nil
}

// RemoveSeat takes a seat from the person who has it, and ends all their
// sessions. The person stays, if only to be invited again.
//
// Errors: ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) RemoveSeat(ctx context.Context, by By, s Seat) error {
	var id string
	err := a.decide(ctx, func(t *draft) error {
		seat, err := get[string](ctx, a, seatKey(s))
		if err != nil {
			return err
		}
		if seat.version == 0 {
			return fmt.Errorf("%w: no person has the seat", ErrNotFound)
		}
		id = seat.value
		remove(t, seat)
		return a.vacate(ctx, t, s, id)
	})
	if err != nil {
		return err
	}
	a.log.Info("accounts: seat removed", "by", by.ID, "ip", by.IP, "person", id, "bot", s.Bot, "agent", s.Agent)
	return nil
}

// Holder gives the person who has a seat.
//
// Errors: ErrNotFound.
func (a *Accounts) Holder(ctx context.Context, s Seat) (Person, error) {
	seat, err := get[string](ctx, a, seatKey(s))
	if err != nil {
		return Person{}, err
	}
	if seat.version == 0 {
		return Person{}, fmt.Errorf("%w: no person has the seat", ErrNotFound)
	}
	return a.Person(ctx, seat.value)
}

// Person gives a person by id.
//
// Errors: ErrNotFound.
func (a *Accounts) Person(ctx context.Context, id string) (Person, error) {
	v, err := a.person(ctx, id)
	return v.value.Person, err
}

func (a *Accounts) person(ctx context.Context, id string) (doc[person], error) {
	v, err := get[person](ctx, a, personKey(id))
	if err == nil && v.version == 0 {
		err = fmt.Errorf("%w: person %s", ErrNotFound, id)
	}
	return v, err
}

// byEmail reads the person with an e-mail address. It takes as many reads
// if there is none.
func (a *Accounts) byEmail(ctx context.Context, address string) (email doc[string], v doc[person], err error) {
	if email, err = get[string](ctx, a, emailKey(address)); err != nil {
		return email, v, err
	}
	id := email.value
	if id == "" {
		id = "nobody"
	}
	v, err = get[person](ctx, a, personKey(id))
	return email, v, err
}

// temporary is a temporary password, made when it is first needed.
type temporary struct {
	hasher         *hasher
	password, hash string
}

// become makes it the password of a person.
func (o *temporary) become(ctx context.Context, t *draft, p *person) error {
	if o.password == "" {
		password := readable()
		hash, err := o.hasher.make(ctx, password)
		if err != nil {
			return err
		}
		o.password, o.hash = password, hash
	}
	p.Hash, p.MustChange, p.Until = o.hash, true, t.now.Add(keepTemporary)
	p.Generation++
	return nil
}

// checkPerson asks for an e-mail address and a name that may be somebody's.
func checkPerson(email, name string) error {
	if err := handoff.CheckName("email", email); err != nil {
		return err
	}
	if at, err := mail.ParseAddress(email); err != nil || at.Address != email {
		return &handoff.FieldError{Field: "email", Reason: "is not an e-mail address"}
	}
	return handoff.CheckName("name", name)
}

func (s Seat) check() error {
	if err := handoff.CheckID("bot", s.Bot); err != nil {
		return err
	}
	return handoff.CheckID("agent", s.Agent)
}

func personKey(id string) storage.Key { return storage.Key{Kind: kindPerson, ID: id} }

func seatKey(s Seat) storage.Key {
	return storage.Key{Kind: kindSeat, Parent: string(s.Bot), ID: string(s.Agent)}
}

func emailKey(address string) storage.Key {
	return storage.Key{Kind: kindEmail, ID: digest(fold(address))}
}

// digest is how secrets and personal data are kept where only their
// equality counts.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
