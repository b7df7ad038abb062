package sqlite

import (
	"context"
	"database/sql"
)

// Texts gives every statement that the store keeps prepared.
func (s *Store) Texts() []string {
	var texts []string
	s.selects.Range(func(text, _ any) bool {
		texts = append(texts, text.(string))
		return true
	})
	for text := range s.writer.stmts {
		texts = append(texts, text)
	}
	return texts
}

// Reads gives connections to look behind the store.
func (s *Store) Reads() *sql.DB { return s.reads }

// LookLess makes lists go through all their ways with a few rows.
func (s *Store) LookLess() { s.effort = effort{glance: 1, few: 8, stretch: 10} }

// Pragma sets something on the connection that writes. Nothing may be
// committed meanwhile.
func (s *Store) Pragma(text string) error {
	_, err := s.writer.conn.ExecContext(context.Background(), `PRAGMA `+text)
	return err
}

// Queued gives how many changes wait for a transaction.
func (s *Store) Queued() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return len(s.writer.queue)
}

// Others gives others.
func (s *Store) Others(ctx context.Context) (int64, error) { return s.others(ctx) }
