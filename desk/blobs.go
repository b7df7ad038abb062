package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// blobPart is how much of a blob one record holds; encoding grows it by a
// third.
const blobPart = storage.MaxData / 2

// putBlob keeps data under its hash, in the store's blobs or else as records.
func (d *Desk) putBlob(ctx context.Context, bot handoff.BotID, hash string, data []byte) error {
	if blobs, ok := storage.As[storage.Blobs](d.store); ok {
		return blobs.PutBlob(ctx, bot, hash, data)
	}
	for part := 0; part == 0 || part*blobPart < len(data); part++ {
		piece := data[part*blobPart : min((part+1)*blobPart, len(data))]
		err := d.decide(ctx, func(t *draft) error {
			v, err := get[[]byte](ctx, d, blobKey(bot, hash, part))
			if err != nil || v.version != 0 {
				return err // what is there under the hash is the same
			}
			v.value = piece
			return put(t, v, time.Time{})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// blob gives what putBlob kept.
func (d *Desk) blob(ctx context.Context, bot handoff.BotID, hash string) ([]byte, error) {
	if blobs, ok := storage.As[storage.Blobs](d.store); ok {
		data, err := blobs.Blob(ctx, bot, hash)
		if errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("%w: attachment %s", ErrNotFound, hash)
		}
		return data, err
	}
	var data bytes.Buffer
	for part := 0; ; part++ {
		v, err := get[[]byte](ctx, d, blobKey(bot, hash, part))
		if err != nil {
			return nil, err
		}
		if v.version == 0 {
			if part == 0 {
				return nil, fmt.Errorf("%w: attachment %s", ErrNotFound, hash)
			}
			return data.Bytes(), nil
		}
		data.Write(v.value)
		if len(v.value) < blobPart {
			return data.Bytes(), nil
		}
	}
}

// deleteBlob removes what putBlob kept, its first part last, without which
// the others are not read.
func (d *Desk) deleteBlob(ctx context.Context, bot handoff.BotID, hash string) error {
	if blobs, ok := storage.As[storage.Blobs](d.store); ok {
		return blobs.DeleteBlob(ctx, bot, hash)
	}
	parts, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindBlob, Parent: hash}, storage.MaxPage)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(parts) {
		now, err := d.Now(ctx)
		if err != nil {
			return err
		}
		t := &draft{now: now, ops: []storage.Op{storage.DeleteRecord{Key: r.Key, Expect: r.Version}}}
		if err := ignoreConflict(d.commit(ctx, t)); err != nil {
			return err
		}
	}
	return nil
}

func blobKey(bot handoff.BotID, hash string, part int) storage.Key {
	return child(bot, kindBlob, hash, fmt.Sprintf("%06d", part))
}
