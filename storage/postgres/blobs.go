package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// PutBlob keeps data under its hash, beside what is committed.
func (s *Store) PutBlob(ctx context.Context, bot handoff.BotID, sha256 string, data []byte) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if len(data) > storage.MaxBlob {
		return fmt.Errorf("%w: a blob of %d bytes, more than %d", storage.ErrInvalid, len(data), storage.MaxBlob)
	}
	if data == nil {
		data = []byte{}
	}
	var batch pgx.Batch
	batch.Queue(`INSERT INTO blobs (bot, sha256, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, bot, sha256, data)
	return s.send(ctx, &batch)
}

// Blob gives the data kept under a hash, or storage.ErrNotFound.
func (s *Store) Blob(ctx context.Context, bot handoff.BotID, sha256 string) ([]byte, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	data, err := one(ctx, s, pgx.RowTo[[]byte], `SELECT data FROM blobs WHERE bot = $1 AND sha256 = $2`, bot, sha256)
	return data, about(err, "blob", sha256)
}

// DeleteBlob removes the data kept under a hash, if there is any.
func (s *Store) DeleteBlob(ctx context.Context, bot handoff.BotID, sha256 string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	var batch pgx.Batch
	batch.Queue(`DELETE FROM blobs WHERE bot = $1 AND sha256 = $2`, bot, sha256)
	return s.send(ctx, &batch)
}
