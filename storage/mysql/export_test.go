package mysql

import (
	"context"
	"database/sql"
)

// Reads gives connections to look behind the store.
func (s *Store) Reads() *sql.DB { return s.reads }

// Writes gives the connections that commit.
func (s *Store) Writes() *sql.DB { return s.writes }

// LookLess makes lists go through all their ways with a few rows.
func (s *Store) LookLess() { s.effort = effort{glance: 1, few: 8, stretch: 10} }

// Others gives others.
func (s *Store) Others(ctx context.Context) (int64, error) { return s.others(ctx) }
