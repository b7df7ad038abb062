package memory

import (
	"bytes"
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

type blobKey struct {
	bot    handoff.BotID
	sha256 string
}

// PutBlob implements storage.Blobs.
func (s *Store) PutBlob(ctx context.Context, bot handoff.BotID, sha256 string, data []byte) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if len(data) > storage.MaxBlob {
		return fmt.Errorf("%w: a blob of %d bytes, more than %d", storage.ErrInvalid, len(data), storage.MaxBlob)
	}
	kept := bytes.Clone(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(ctx); err != nil {
		return err
	}
	if key := (blobKey{bot, sha256}); s.blobs[key] == nil {
		s.blobs[key] = kept
	}
	return nil
}

// Blob implements storage.Blobs.
func (s *Store) Blob(ctx context.Context, bot handoff.BotID, sha256 string) ([]byte, error) {
	s.mu.RLock()
	err := s.open(ctx)
	kept, ok := s.blobs[blobKey{bot, sha256}]
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: blob %s", storage.ErrNotFound, sha256)
	}
	return bytes.Clone(kept), nil
}

// DeleteBlob implements storage.Blobs.
func (s *Store) DeleteBlob(ctx context.Context, bot handoff.BotID, sha256 string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(ctx); err != nil {
		return err
	}
	delete(s.blobs, blobKey{bot, sha256})
	return nil
}
