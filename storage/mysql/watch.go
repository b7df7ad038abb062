package mysql

import (
	"context"
	"database/sql"

	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// Watch calls wake when another process has added to the feed, within some
// 25 ms. The server cannot tell, so it is asked for the feed's head: what that
// has moved by, less what this store has moved it, was others.
func (s *Store) Watch(ctx context.Context, wake func()) error {
	return sqlstore.Watch(ctx, wake, s.others)
}

// others is by how much other processes have moved the feed's head since it
// was made. It may be too high for a moment after a commit of this store,
// never too low.
func (s *Store) others(ctx context.Context) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	own := s.added.Load()
	var head int64
	err := s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&head) }, `SELECT head FROM feed WHERE one = 1`)
	return head - own, err
}
