package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/handoffdesk/handoff/storage"
)

// Kinds of records, all of the house. They are part of the stored data: a
// kind is added, never changed in meaning. No id holds an e-mail address, an
// IP address or a secret: ids show up in errors.
const (
	kindSetup   = "accounts.setup"   // one; whether there is a person, or the code that makes the first
	kindPerson  = "accounts.person"  // person
	kindEmail   = "accounts.email"   // id hash of the folded address; the person's id
	kindSeat    = "accounts.seat"    // parent bot, id agent; the person's id
	kindSession = "accounts.session" // parent person, id hash of the token; session
	kindAttempt = "accounts.attempt" // id hash of what is counted; window
	kindKey     = "accounts.key"     // apiKey
	kindBotKey  = "accounts.botkey"  // parent bot, id of its API key
)

// doc is a decoded record. Version 0: it is absent, and value is zero.
type doc[T any] struct {
	key     storage.Key
	version int64
	value   T
}

func decode[T any](r storage.Record) (doc[T], error) {
	v := doc[T]{key: r.Key, version: r.Version}
	if r.Version == 0 {
		return v, nil
	}
	if err := json.Unmarshal(r.Data, &v.value); err != nil {
		return v, fmt.Errorf("accounts: record of kind %s: %w", r.Key.Kind, err)
	}
	return v, nil
}

// get reads one record.
func get[T any](ctx context.Context, a *Accounts, key storage.Key) (doc[T], error) {
	rs, err := a.store.Lookup(ctx, []storage.Key{key})
	if err != nil {
		return doc[T]{}, fmt.Errorf("accounts: reading %s: %w", key.Kind, err)
	}
	return decode[T](rs[0])
}

// scan reads every record of one parent.
func scan[T any](ctx context.Context, a *Accounts, kind, parent string) ([]doc[T], error) {
	var out []doc[T]
	r := storage.Range{Kind: kind, Parent: parent}
	for {
		page, err := a.store.Records(ctx, r, storage.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("accounts: listing %s: %w", kind, err)
		}
		for _, rec := range page {
			v, err := decode[T](rec)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		if len(page) < storage.MaxPage {
			return out, nil
		}
		r.After = page[len(page)-1].Key
	}
}

// draft is a decision under way: what is to be committed in one batch, and
// the time at which it was decided.
type draft struct {
	now time.Time
	ops []storage.Op
}

// put stores a record in place of the one that was read. A zero expires is
// never.
func put[T any](t *draft, v doc[T], expires time.Time) error {
	return write(t, v, rand.Int64()|1, expires)
}

// renew is put for what changes nothing that another decision rests on.
func renew[T any](t *draft, v doc[T], expires time.Time) error {
	return write(t, v, v.version, expires)
}

func write[T any](t *draft, v doc[T], version int64, expires time.Time) error {
	data, err := json.Marshal(v.value)
	if err != nil {
		return fmt.Errorf("accounts: record of kind %s: %w", v.key.Kind, err)
	}
	t.ops = append(t.ops, storage.PutRecord{
		Record: storage.Record{Key: v.key, Version: version, Data: data, Expires: expires},
		Expect: v.version,
	})
	return nil
}

// require asks that a record is still as it was read.
func require[T any](t *draft, v doc[T]) {
	t.ops = append(t.ops, storage.Check{Key: v.key, Version: v.version})
}

func remove[T any](t *draft, v doc[T]) {
	if v.version != 0 {
		t.ops = append(t.ops, storage.DeleteRecord{Key: v.key, Expect: v.version})
	}
}

// Bounds of the one retry loop.
const (
	maxTries    = 40               // decisions made anew after conflicts
	maxRepeats  = 4                // commits of one batch with an unknown outcome
	firstPause  = time.Millisecond // doubled each time, with jitter
	maxPause    = 200 * time.Millisecond
	maxDeciding = 10 * time.Second
)

// decide is the one loop of read, decide, commit: f reads what it needs, and
// writes or requires all it read; on a conflict it is called again. A draft
// that stays empty commits nothing.
func (a *Accounts) decide(ctx context.Context, f func(t *draft) error) error {
	var began time.Time
	for try := 0; ; try++ {
		now, err := a.now(ctx)
		if err != nil {
			return err
		}
		if try == 0 {
			began = now
		}
		t := &draft{now: now}
		err = f(t)
		if err == nil && len(t.ops) > 0 {
			err = a.commit(ctx, t)
		}
		if !errors.Is(err, storage.ErrConflict) {
			return err
		}
		if try+1 >= maxTries || now.Sub(began) > maxDeciding {
			return fmt.Errorf("%w: gave up after %d tries", ErrBusy, try+1)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// commit applies a draft, repeating a batch whose outcome is unknown: the
// store knows it by its id.
func (a *Accounts) commit(ctx context.Context, t *draft) error {
	b := storage.Batch{ID: storage.NewBatchID(t.now), Ops: t.ops}
	for repeat := 0; ; repeat++ {
		err := a.store.Commit(ctx, b)
		switch {
		case err == nil, errors.Is(err, storage.ErrConflict):
			return err
		case errors.Is(err, storage.ErrInvalid), errors.Is(err, storage.ErrUnsupported), errors.Is(err, storage.ErrClosed):
			return fmt.Errorf("accounts: storing: %w", err)
		case errors.Is(err, storage.ErrExpired), repeat+1 >= maxRepeats, ctx.Err() != nil:
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		if err := pause(ctx, repeat); err != nil {
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
	}
}

// note commits what is good to have and may as well be lost: when a session
// or key was last used.
func (a *Accounts) note(ctx context.Context, t *draft) {
	b := storage.Batch{ID: storage.NewBatchID(t.now), Ops: t.ops}
	if err := a.store.Commit(ctx, b); err != nil && !errors.Is(err, storage.ErrConflict) && ctx.Err() == nil {
		a.log.Warn("accounts: last use not noted", "error", err)
	}
}

func (a *Accounts) now(ctx context.Context) (time.Time, error) {
	now, err := a.store.Now(ctx)
	if err != nil {
		return now, fmt.Errorf("accounts: reading the clock: %w", err)
	}
	return now, nil
}

// pause waits a little longer each time, by chance, or until ctx is done.
func pause(ctx context.Context, try int) error {
	most := min(firstPause<<min(try, 10), maxPause)
	timer := time.NewTimer(time.Duration(1 + rand.Int64N(int64(most))))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
