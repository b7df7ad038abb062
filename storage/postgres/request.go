package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// RequestHandOff writes a request into the host's own transaction, on the
// database of the desk: it is there exactly if tx commits. The same request
// twice is one, the first. The search_path of tx must lead to the desk's
// tables. Commits of transactions that do this wait for each other for a
// moment, as all that notify do. After an error other than
// storage.ErrInvalid it can only be rolled back.
func RequestHandOff(ctx context.Context, tx pgx.Tx, r storage.Request) error {
	// It is held to what a batch of it would be.
	b := storage.Batch{ID: storage.NewBatchID(time.Unix(0, 0)), Ops: r.Ops()}
	if err := b.Check(); err != nil {
		return fmt.Errorf("postgres: request: %w", err)
	}
	var batch pgx.Batch
	batch.Queue(`WITH written AS (
		INSERT INTO records AS r (bot, kind, parent, id, version, expires, data) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (bot, kind, parent, id) DO UPDATE SET version = $5, expires = $6, data = $7 WHERE r.expires <= `+clock+` RETURNING 1)
		INSERT INTO timers (bot, kind, id, at) SELECT $8::text, $9::text, $10::text, $11::bigint FROM written ON CONFLICT DO NOTHING`,
		r.Record.Key.Bot, r.Record.Key.Kind, r.Record.Key.Parent, r.Record.Key.ID, r.Record.Version, expiry(r.Record),
		append([]byte{}, r.Record.Data...), r.Timer.Bot, r.Timer.Kind, r.Timer.ID, sqlstore.Millis(r.Timer.At))
	batch.Queue(notify, "")
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("postgres: request: %w", fault(err))
	}
	return nil
}
