package accounts

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Sentinels. Unless its text says otherwise, whatever returns one of them
// changed nothing but the count of attempts. Bad input is a
// *handoff.FieldError.
var (
	// ErrNotFound: there is no such person, seat or key.
	ErrNotFound = errors.New("accounts: not found")
	// ErrForbidden: the person also has a seat that the caller does not
	// manage, or has no seat at all.
	ErrForbidden = errors.New("accounts: not permitted")
	// ErrNotSignedIn: the token is of no session, or of one that has expired
	// or was ended.
	ErrNotSignedIn = errors.New("accounts: not signed in")
	// ErrWrongCredentials: the e-mail or the password is wrong, the
	// temporary password has expired, or the person is disabled. It never
	// says which.
	ErrWrongCredentials = errors.New("accounts: wrong e-mail or password")
	// ErrTooManyAttempts: too many passwords were tried. The error is a
	// *[LimitError].
	ErrTooManyAttempts = errors.New("accounts: too many attempts")
	// ErrWrongCode: the setup code is wrong, was replaced or has expired.
	ErrWrongCode = errors.New("accounts: wrong setup code")
	// ErrSetUp: there is a person already.
	ErrSetUp = errors.New("accounts: set up already")
	// ErrWrongKey: the secret is of no API key, or of one that was deleted.
	ErrWrongKey = errors.New("accounts: wrong key")
	// ErrBusy: others changed the same thing too often; try again.
	ErrBusy = errors.New("accounts: too many conflicts")
	// ErrOutcomeUnknown: the store failed in a way that does not tell whether
	// the change was made.
	ErrOutcomeUnknown = errors.New("accounts: outcome unknown")
)

// LimitError is an [ErrTooManyAttempts] that says when to come back.
type LimitError struct {
	RetryAfter time.Duration // more than 0
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%v: try again in %s", ErrTooManyAttempts, e.RetryAfter)
}

// Is makes every LimitError an [ErrTooManyAttempts].
func (e *LimitError) Is(target error) bool { return target == ErrTooManyAttempts }

// Options of Accounts. The zero value, and nil, mean the defaults.
type Options struct {
	// Idle is how long a session lives without being used, to within a
	// minute, and Absolute how long it lives at all. An open stream of the
	// console is use. Defaults 12 hours and 7
	// days; Idle is not longer than Absolute.
	Idle, Absolute time.Duration
	// Attempts is how many wrong passwords may be tried in 15 minutes for one
	// e-mail address from one IP address. Ten times as many may be tried from
	// one IP address for all people together, and for one person from all the
	// addresses they have not signed in from within 30 days. What is being
	// looked at counts until it proves right. Default 10.
	Attempts int
	// Logger gets the security events: who did what from which IP address,
	// with ids of people, never an e-mail address, name, password or token.
	// Nil logs nowhere.
	Logger *slog.Logger
}

func (o *Options) withDefaults() (Options, error) {
	var p Options
	if o != nil {
		p = *o
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		std   time.Duration
	}{{"Idle", &p.Idle, 12 * time.Hour}, {"Absolute", &p.Absolute, 7 * 24 * time.Hour}} {
		if *d.value < 0 {
			return p, &handoff.FieldError{Field: "accounts option " + d.name, Reason: "is negative"}
		}
		if *d.value == 0 {
			*d.value = d.std
		}
		// Times are kept in whole milliseconds.
		*d.value = max(d.value.Truncate(time.Millisecond), time.Millisecond)
	}
	if p.Idle > p.Absolute {
		return p, &handoff.FieldError{Field: "accounts option Idle", Reason: "is longer than Absolute"}
	}
	if p.Attempts < 0 {
		return p, &handoff.FieldError{Field: "accounts option Attempts", Reason: "is negative"}
	}
	if p.Attempts == 0 {
		p.Attempts = 10
	}
	if p.Logger == nil {
		p.Logger = slog.New(slog.DiscardHandler)
	}
	return p, nil
}

// Accounts is the service. Its methods may be called from many goroutines,
// and several processes may each have one on the same data.
type Accounts struct {
	store  storage.Store
	o      Options
	log    *slog.Logger
	hasher *hasher
}

// New makes the accounts kept in a store. It starts nothing; the caller keeps
// and closes the store.
func New(store storage.Store, o *Options) (*Accounts, error) {
	if store == nil {
		return nil, &handoff.FieldError{Field: "store", Reason: "is nil"}
	}
	p, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Accounts{store: store, o: p, log: p.Logger, hasher: newHasher(standard)}, nil
}

// By is who asks for a change, for the log of security events.
type By struct {
	ID string     // of a person or an API key
	IP netip.Addr // where they are; the zero Addr is unknown
}
