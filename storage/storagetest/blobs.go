package storagetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// blobs is the optional interface for attachments.
type blobs struct{}

func (blobs) AreKeptByTheirHash(s *setup) {
	s.rule("PutBlob keeps data, at most MaxBlob bytes, under its SHA-256 in lower case hex. Putting it again does nothing.")
	store, ok := storage.As[storage.Blobs](s.store)
	if !ok {
		s.Log("the store has no Blobs: the desk keeps attachments as records")
		return
	}
	absent := func(b handoff.BotID, key string) {
		s.Helper()
		_, err := store.Blob(s.ctx, b, key)
		s.fails(err, storage.ErrNotFound, "Blob of %q", b)
	}
	big := bytes.Repeat([]byte("0123456\x00\xff"), 1<<20)
	for _, data := range [][]byte{{}, {0}, []byte("hello"), big} {
		key := hashed(data)
		absent(bot, key)
		given := bytes.Clone(data)
		for range 2 {
			s.ok(store.PutBlob(s.ctx, bot, key, given), "PutBlob")
		}
		clear(given)
		for range 2 {
			got, err := store.Blob(s.ctx, bot, key)
			s.ok(err, "Blob")
			if !bytes.Equal(got, data) {
				s.Errorf("a blob of %d bytes came back as %d bytes, or as other ones", len(data), len(got))
			}
			clear(got) // the caller's own
		}
		absent(other, key)
		s.ok(store.DeleteBlob(s.ctx, other, key), "DeleteBlob of what is absent")
		_, err := store.Blob(s.ctx, bot, key)
		s.fails(err, nil, "Blob after another bot deleted its own")
		s.ok(store.DeleteBlob(s.ctx, bot, key), "DeleteBlob")
		absent(bot, key)
	}
}

func (blobs) TakeTheLargest(s *setup) {
	s.rule("An adapter takes everything up to them")
	store, ok := storage.As[storage.Blobs](s.store)
	if !ok {
		s.Log("the store has no Blobs: the desk keeps attachments as records")
		return
	}
	data := bytes.Repeat([]byte("0123\x00\xff\r\n"), storage.MaxBlob/8)
	s.ok(store.PutBlob(s.ctx, bot, hashed(data), data), "PutBlob of %d bytes", len(data))
	got, err := store.Blob(s.ctx, bot, hashed(data))
	s.ok(err, "Blob of %d bytes", len(data))
	if !bytes.Equal(got, data) {
		s.Errorf("a blob of %d bytes came back as %d bytes, or as other ones", len(data), len(got))
	}
}

func hashed(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
