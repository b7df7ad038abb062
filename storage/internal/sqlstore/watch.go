package sqlstore

import (
	"context"
	"time"
)

// look is how often a store that cannot be told asks whether others have
// committed something.
const look = 25 * time.Millisecond

// Watch calls wake when others say more than before, until ctx is done or
// others fails. others counts what other processes have committed since some
// time; it may be too high for a moment, never too low.
func Watch(ctx context.Context, wake func(), others func(context.Context) (int64, error)) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	seen, err := others(ctx)
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		var now int64
		if now, err = others(ctx); err == nil && now > seen {
			wake()
		}
		seen = now
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}
