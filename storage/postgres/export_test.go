package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Settings are those of every connection.
var Settings = settings

// Pool gives connections to look behind the store.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// LookLess makes lists go through all their ways with a few rows.
func (s *Store) LookLess() { s.effort = effort{glance: 2, few: 8, stretch: 10} }

// Most is how many conversations a statement of a list looks at at most, and
// sorts at most.
func (s *Store) Most() (looks, sorts int) { return s.effort.stretch, s.effort.few }

// Impatient makes reads wait less long for an answer.
func (s *Store) Impatient(silence time.Duration) { s.silence = silence }

// Trace has the statements from now on told of. Nothing may run meanwhile.
func (s *Store) Trace(ctx context.Context, t pgx.QueryTracer) error {
	config := s.pool.Config()
	config.ConnConfig.Tracer = t
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err == nil {
		s.pool.Close()
		s.pool = pool
	}
	return err
}
