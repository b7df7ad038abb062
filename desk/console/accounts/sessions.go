package accounts

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Session is a device on which a person is signed in. Its token is never
// kept, and cannot be found from the id.
type Session struct {
	ID         string     `json:"id"`
	Person     string     `json:"person"`
	Device     string     `json:"device"` // what the device says it is
	IP         netip.Addr `json:"ip"`     // where it signed in
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt time.Time  `json:"lastUsedAt"` // to within a minute
}

// session is a Session as kept.
type session struct {
	Session
	Generation int64 `json:"generation"` // of the person
}

// noteUse is how often at most a session's use is stored.
const noteUse = time.Minute

// SignIn makes a session for whoever has the e-mail address, if the password
// is theirs. Its token is the secret that proves it from then on: 64 letters,
// digits, hyphens and underscores, with 256 random bits. Every call makes
// another one. ip is where the request comes from, the zero Addr if unknown;
// an IPv6 address counts with its whole /64. Of device at most
// handoff.MaxName bytes are kept.
//
// It takes one hash of about 46 MiB and 50 ms, of which at most two are made
// at once, and takes as much for an address that nobody has.
//
// Errors: ErrWrongCredentials, ErrTooManyAttempts (a LimitError), ErrBusy,
// ErrOutcomeUnknown.
func (a *Accounts) SignIn(ctx context.Context, email, password string, ip netip.Addr, device string) (token string, s Session, err error) {
	at := newAttempt(email, ip)
	if err := a.take(ctx, at); err != nil {
		a.log.Warn("accounts: sign-in refused", "ip", ip, "error", err)
		return "", Session{}, err
	}
	_, v, err := a.byEmail(ctx, email)
	if err != nil {
		return "", Session{}, err
	}
	right, err := a.hasher.check(ctx, v.value.Hash, password)
	if err != nil {
		return "", Session{}, fmt.Errorf("accounts: checking a password: %w", err)
	}
	if !right {
		a.log.Warn("accounts: sign-in failed", "ip", ip, "person", v.value.ID)
		return "", Session{}, ErrWrongCredentials
	}
	checked, renewed := v.value.Hash, ""
	if a.hasher.outdated(checked) {
		if renewed, err = a.hasher.make(ctx, password); err != nil {
			return "", Session{}, fmt.Errorf("accounts: hashing a password: %w", err)
		}
	}
	err = a.decide(ctx, func(t *draft) error {
		p, err := a.person(ctx, v.value.ID)
		if err != nil {
			return err
		}
		// Another sign-in may have renewed the hash meanwhile; whatever changes
		// the password raises the generation.
		changed := p.value.Hash != checked && p.value.Generation != v.value.Generation
		if changed || p.value.Disabled || p.value.MustChange && !t.now.Before(p.value.Until) {
			return ErrWrongCredentials
		}
		if renewed != "" && p.value.Hash == checked {
			p.value.Hash = renewed
			err = put(t, p, time.Time{})
		} else {
			require(t, p)
		}
		if err != nil {
			return err
		}
		token, s, err = a.begin(t, p.value, ip, device)
		if err != nil {
			return err
		}
		return a.giveBack(ctx, t, at)
	})
	if err != nil {
		a.log.Warn("accounts: sign-in failed", "ip", ip, "person", v.value.ID, "error", err)
		return "", Session{}, err
	}
	a.log.Info("accounts: signed in", "ip", ip, "person", s.Person)
	return token, s, nil
}

// begin makes a session of a person as they are after the draft.
func (a *Accounts) begin(t *draft, p person, ip netip.Addr, device string) (string, Session, error) {
	token, key, err := newToken(p.ID)
	if err != nil {
		return "", Session{}, err
	}
	s := Session{ID: key.ID, Person: p.ID, Device: cut(device, handoff.MaxName), IP: ip, CreatedAt: t.now, LastUsedAt: t.now}
	v := doc[session]{key: key, value: session{Session: s, Generation: p.Generation}}
	return token, s, put(t, v, a.expires(s))
}

// expires is when a session that was just used ends by itself.
func (a *Accounts) expires(s Session) time.Time {
	idle, absolute := s.LastUsedAt.Add(a.o.Idle), s.CreatedAt.Add(a.o.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// Session gives the session of a token, and its person. It is one read of
// the clock and one of two records, and once a minute a write. A session
// that was ended anywhere is ended in the next call.
//
// Errors: ErrNotSignedIn.
func (a *Accounts) Session(ctx context.Context, token string) (Session, Person, error) {
	now, err := a.now(ctx)
	if err != nil {
		return Session{}, Person{}, err
	}
	s, p, err := a.session(ctx, now, token)
	if err != nil {
		return Session{}, Person{}, err
	}
	if now.Sub(s.value.LastUsedAt) >= min(noteUse, a.o.Idle/2) {
		s.value.LastUsedAt = now
		t := &draft{now: now}
		if err := renew(t, s, a.expires(s.value.Session)); err != nil {
			return Session{}, Person{}, err
		}
		a.note(ctx, t)
	}
	return s.value.Session, p.value.Person, nil
}

// session reads a token's session and person, or gives ErrNotSignedIn.
func (a *Accounts) session(ctx context.Context, now time.Time, token string) (s doc[session], p doc[person], err error) {
	key, err := parseToken(token)
	if err != nil {
		return s, p, err
	}
	rs, err := a.store.Lookup(ctx, []storage.Key{key, personKey(key.Parent)})
	if err != nil {
		return s, p, fmt.Errorf("accounts: reading a session: %w", err)
	}
	if s, err = decode[session](rs[0]); err != nil {
		return s, p, err
	}
	if p, err = decode[person](rs[1]); err != nil {
		return s, p, err
	}
	if s.version == 0 || !a.alive(s.value, p.value, now) {
		return s, p, ErrNotSignedIn
	}
	return s, p, nil
}

// alive reports whether a session that is kept still counts. Its limits are
// those of now: shorter ones hold for older sessions too.
func (a *Accounts) alive(s session, p person, now time.Time) bool {
	return s.Generation == p.Generation && !p.Disabled && now.Before(a.expires(s.Session))
}

// Sessions lists the devices on which a person is signed in, the last used
// first.
//
// Errors: ErrNotFound.
func (a *Accounts) Sessions(ctx context.Context, person string) ([]Session, error) {
	now, err := a.now(ctx)
	if err != nil {
		return nil, err
	}
	p, err := a.person(ctx, person)
	if err != nil {
		return nil, err
	}
	kept, err := scan[session](ctx, a, kindSession, person)
	if err != nil {
		return nil, err
	}
	all := []Session{}
	for _, s := range kept {
		if a.alive(s.value, p.value, now) {
			all = append(all, s.value.Session)
		}
	}
	slices.SortFunc(all, func(s, t Session) int {
		return cmp.Or(t.LastUsedAt.Compare(s.LastUsedAt), cmp.Compare(s.ID, t.ID))
	})
	return all, nil
}

// SignOut ends the session of a token. One that is ended already, or never
// was, stays so.
//
// Errors: ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) SignOut(ctx context.Context, token string) error {
	key, err := parseToken(token)
	if err != nil {
		return nil
	}
	ended := false
	err = a.decide(ctx, func(t *draft) error {
		s, err := get[session](ctx, a, key)
		ended = s.version != 0
		remove(t, s)
		return err
	})
	if err == nil && ended {
		a.log.Info("accounts: signed out", "person", key.Parent)
	}
	return err
}

// SignOutOthers ends all sessions of a token's person but that one.
//
// Errors: ErrNotSignedIn, ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) SignOutOthers(ctx context.Context, token string) error {
	var id string
	err := a.decide(ctx, func(t *draft) error {
		s, p, err := a.session(ctx, t.now, token)
		if err != nil {
			return err
		}
		id = p.value.ID
		p.value.Generation++
		s.value.Generation = p.value.Generation
		if err := put(t, p, time.Time{}); err != nil {
			return err
		}
		return put(t, s, a.expires(s.value.Session))
	})
	if err == nil {
		a.log.Info("accounts: others signed out", "person", id)
	}
	return err
}

// ChangePassword puts a new password in place of the old one. It ends all
// sessions of the token's person, that of the token too, and gives the token
// of a new one on the same device. Wrong old passwords count as attempts to
// sign in from where the session did.
//
// Errors: FieldError, ErrNotSignedIn, ErrWrongCredentials,
// ErrTooManyAttempts (a LimitError), ErrBusy, ErrOutcomeUnknown.
func (a *Accounts) ChangePassword(ctx context.Context, token, old, new string) (newToken string, err error) {
	now, err := a.now(ctx)
	if err != nil {
		return "", err
	}
	s, p, err := a.session(ctx, now, token)
	if err != nil {
		return "", err
	}
	if err := checkPassword(new, p.value.Email, p.value.Name); err != nil {
		return "", err
	}
	if normal(new) == normal(old) {
		return "", &handoff.FieldError{Field: "password", Reason: "is the old one"}
	}
	at := newAttempt(p.value.Email, s.value.IP)
	if err := a.take(ctx, at); err != nil {
		a.log.Warn("accounts: change of password refused", "person", p.value.ID, "ip", s.value.IP, "error", err)
		return "", err
	}
	right, err := a.hasher.check(ctx, p.value.Hash, old)
	if err != nil {
		return "", fmt.Errorf("accounts: checking a password: %w", err)
	}
	if !right {
		a.log.Warn("accounts: change of password failed", "person", p.value.ID, "ip", s.value.IP)
		return "", ErrWrongCredentials
	}
	hash, err := a.hasher.make(ctx, new)
	if err != nil {
		return "", fmt.Errorf("accounts: hashing a password: %w", err)
	}
	err = a.decide(ctx, func(t *draft) error {
		s, p, err := a.session(ctx, t.now, token) // no more if the password was changed
		if err != nil {
			return err
		}
		p.value.Hash, p.value.MustChange, p.value.Until = hash, false, time.Time{}
		p.value.Generation++
		if err := put(t, p, time.Time{}); err != nil {
			return err
		}
		remove(t, s)
		if newToken, _, err = a.begin(t, p.value, s.value.IP, s.value.Device); err != nil {
			return err
		}
		return a.giveBack(ctx, t, at)
	})
	if err != nil {
		return "", err
	}
	a.log.Info("accounts: password changed", "person", p.value.ID, "ip", s.value.IP)
	return newToken, nil
}

// newToken makes a token: the person's id, so that session and person are
// found at once, and 256 random bits. Of these only the digest is kept.
func newToken(person string) (string, storage.Key, error) {
	id, err := uuid.Parse(person)
	if err != nil {
		return "", storage.Key{}, fmt.Errorf("accounts: person's id: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(append(id[:], random(32)...))
	return token, sessionKey(person, token), nil
}

// parseToken gives the key of a token's session, or ErrNotSignedIn.
func parseToken(token string) (storage.Key, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 48 {
		return storage.Key{}, ErrNotSignedIn
	}
	return sessionKey(uuid.UUID(raw[:16]).String(), token), nil
}

func sessionKey(person, token string) storage.Key {
	return storage.Key{Kind: kindSession, Parent: person, ID: digest(token)}
}

// cut makes any text valid and at most n bytes long.
func cut(s string, n int) string {
	s = handoff.CleanText(s)
	return strings.ToValidUTF8(s[:min(n, len(s))], "")
}
