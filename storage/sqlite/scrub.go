package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/handoffdesk/handoff/storage"
)

var _ storage.Scrubber = (*Store)(nil)

// Scrub implements storage.Scrubber. What is changed or removed is overwritten
// with zeros in its page at once (SQLite's secure_delete); the write-ahead log
// holds the page as it was until this empties it. ErrConflict: readers or
// another process are in the way just now.
func (s *Store) Scrub(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	db, err := sql.Open("sqlite", s.source)
	if err != nil {
		return fmt.Errorf("sqlite: scrub: %w", err)
	}
	defer db.Close()
	var busy, log, moved int
	if err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved); err != nil {
		return fmt.Errorf("sqlite: scrub: %w", err)
	}
	if busy != 0 {
		return fmt.Errorf("sqlite: scrub: %w: the log is in use", storage.ErrConflict)
	}
	return nil
}
