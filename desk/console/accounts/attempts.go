package accounts

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/handoffdesk/handoff/storage"
)

const (
	attemptWindow = 15 * time.Minute
	// wide is how many times Options.Attempts may be made from one IP
	// address, and for one person from addresses where they are not known.
	wide = 10
	// keepKnown is for how long after signing in from an IP address a person
	// is known there: what others do elsewhere does not keep them out.
	keepKnown = 30 * 24 * time.Hour
)

// window counts attempts for attemptWindow from the first one on.
type window struct {
	Since time.Time `json:"since"`
	Count int       `json:"count"`
	Known time.Time `json:"known,omitzero"` // until when a person is known at an address
}

// end is when the count is forgotten.
func (w window) end() time.Time { return w.Since.Add(attemptWindow) }

// attempt is somebody's to prove who they are. It is counted before the
// password is looked at, so that no number of processes looks at more than
// the limit, and given back if the password is right.
type attempt struct {
	pair, ip, account storage.Key
	// When the windows began in which it was counted; zero: it was not.
	ipSince, accountSince time.Time
}

// newAttempt counts alike whether somebody has the e-mail address or not.
func newAttempt(email string, ip netip.Addr) *attempt {
	account, place := digest(fold(email)), network(ip)
	key := func(what string) storage.Key { return storage.Key{Kind: kindAttempt, ID: digest(what)} }
	return &attempt{
		pair: key("pair " + account + " " + place), ip: key("ip " + place), account: key("account " + account),
	}
}

// network is what one customer of a provider has: an IPv4 address or a /64.
func network(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	if p, err := ip.Prefix(64); err == nil && ip.Is6() {
		return p.String()
	}
	return ip.String()
}

// counts are the three windows of an attempt, as they are now.
type counts struct{ pair, ip, account doc[window] }

func (a *Accounts) counts(ctx context.Context, now time.Time, at *attempt) (c counts, err error) {
	rs, err := a.store.Lookup(ctx, []storage.Key{at.pair, at.ip, at.account})
	if err != nil {
		return c, fmt.Errorf("accounts: reading attempts: %w", err)
	}
	for i, w := range []*doc[window]{&c.pair, &c.ip, &c.account} {
		if *w, err = decode[window](rs[i]); err != nil {
			return c, err
		}
		if w.version == 0 || !now.Before(w.value.end()) {
			w.value = window{Since: now, Known: w.value.Known}
		}
	}
	return c, nil
}

// known reports whether the person is known at the address.
func (c counts) known(now time.Time) bool { return now.Before(c.pair.value.Known) }

// take counts the attempt, or refuses it with a LimitError and counts
// nothing.
func (a *Accounts) take(ctx context.Context, at *attempt) error {
	return a.decide(ctx, func(t *draft) error {
		c, err := a.counts(ctx, t.now, at)
		if err != nil {
			return err
		}
		var until time.Time
		limit := func(w window, most int) {
			if w.Count >= most && w.end().After(until) {
				until = w.end()
			}
		}
		limit(c.pair.value, a.o.Attempts)
		limit(c.ip.value, wide*a.o.Attempts)
		if !c.known(t.now) {
			limit(c.account.value, wide*a.o.Attempts)
		}
		if !until.IsZero() {
			return &LimitError{RetryAfter: until.Sub(t.now)}
		}
		c.pair.value.Count++
		c.ip.value.Count++
		at.ipSince, at.accountSince = c.ip.value.Since, time.Time{}
		if !c.known(t.now) {
			c.account.value.Count++
			at.accountSince = c.account.value.Since
			if err := putWindow(t, c.account); err != nil {
				return err
			}
		}
		if err := putWindow(t, c.ip); err != nil {
			return err
		}
		return putWindow(t, c.pair)
	})
}

// giveBack says, in the draft that follows from it, that the attempt was
// good: the person is known at the address, and their earlier mistakes there
// are forgotten. What others did counts on.
func (a *Accounts) giveBack(ctx context.Context, t *draft, at *attempt) error {
	c, err := a.counts(ctx, t.now, at)
	if err != nil {
		return err
	}
	c.pair.value = window{Since: t.now, Known: t.now.Add(keepKnown)}
	if err := putWindow(t, c.pair); err != nil {
		return err
	}
	for _, w := range []struct {
		doc[window]
		since time.Time
	}{{c.ip, at.ipSince}, {c.account, at.accountSince}} {
		if w.value.Since.Equal(w.since) && w.value.Count > 0 {
			w.value.Count--
			if err := putWindow(t, w.doc); err != nil {
				return err
			}
		}
	}
	return nil
}

func putWindow(t *draft, w doc[window]) error {
	expires := w.value.end()
	if w.value.Known.After(expires) {
		expires = w.value.Known
	}
	return put(t, w, expires)
}
