package sqlite

import (
	"bytes"
	"context"
	"fmt"

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
	data = append([]byte{}, data...)
	return s.writer.submit(ctx, maxWork, func(t *tx) error {
		t.exec(`INSERT INTO blobs (bot, sha256, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, bot, sha256, data)
		return nil
	})
}

// Blob gives the data kept under a hash, or storage.ErrNotFound.
func (s *Store) Blob(ctx context.Context, bot handoff.BotID, sha256 string) ([]byte, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	data, err := one(ctx, s, func(data []byte) ([]byte, error) { return bytes.Clone(data), nil },
		`SELECT data FROM blobs WHERE bot = ? AND sha256 = ?`, bot, sha256)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", sha256, err)
	}
	return data, nil
}

// DeleteBlob removes the data kept under a hash, if there is any.
func (s *Store) DeleteBlob(ctx context.Context, bot handoff.BotID, sha256 string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.writer.submit(ctx, 1, func(t *tx) error {
		t.exec(`DELETE FROM blobs WHERE bot = ? AND sha256 = ?`, bot, sha256)
		return nil
	})
}
