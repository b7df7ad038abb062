package desk_test

import (
	"context"
	"errors"
	"time"

	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
)

// timedStore is a store on a server, opened anew whenever the clock has moved:
// the server's clock is set before, and what the store remembers of it is gone.
type timedStore struct {
	storage.Store
	clock *desktest.Clock
	open  func(now time.Time) (storage.Store, error)
}

// move lets the server have the clock's time. Nobody uses the store meanwhile.
func (s *timedStore) move() error {
	var closed error
	if s.Store != nil {
		closed = s.Store.Close()
	}
	var err error
	s.Store, err = s.open(s.clock.Now())
	return errors.Join(closed, err)
}

// Now is exactly the clock's time; the server's own goes by the same, and
// judges what has expired and what is too old.
func (s *timedStore) Now(context.Context) (time.Time, error) { return s.clock.Now(), nil }
