package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// MaxAttachment is the largest attachment that can be uploaded, in bytes.
const MaxAttachment = 16 << 20

// keepUpload is for how long an upload may be sent.
const keepUpload = 24 * time.Hour

// upload notes that somebody has the bytes of a hash, because they gave them.
// It holds the file until it expires.
type upload struct {
	Size int64 `json:"size"`
}

// Attach keeps a file and gives the media that names it; its Type and Name
// are the caller's to fill in. Within 24 hours the agent may send it, as
// often as they like; a file that is in no message and no canned reply by then
// is removed. The same bytes again are kept once.
//
// Errors: handoff.ErrInvalid if data is empty or above MaxAttachment,
// ErrStorageFull, ErrBusy, ErrOutcomeUnknown.
func (s *Seat) Attach(ctx context.Context, data []byte) (handoff.Media, error) {
	return s.d.attach(ctx, s.who, data)
}

// Attach keeps a file and gives the media that names it, for what the bot
// sends and records and for what a contact sent in an Inbound. As
// [Seat.Attach] otherwise; ErrNotFound for an unknown bot. What a contact wrote
// is received although their file could not be kept: give [Bot.Receive] the
// media as the channel named it, and agents see that the file is not there.
func (b *Bot) Attach(ctx context.Context, data []byte) (handoff.Media, error) {
	if _, err := b.d.theBot(ctx, b.id); err != nil {
		return handoff.Media{}, err
	}
	return b.d.attach(ctx, b.who, data)
}

func (d *Desk) attach(ctx context.Context, w who, data []byte) (handoff.Media, error) {
	if len(data) == 0 || len(data) > MaxAttachment {
		return handoff.Media{}, &handoff.FieldError{Field: "attachment", Reason: fmt.Sprintf("is empty or larger than %d bytes", MaxAttachment)}
	}
	a, err := w(ctx, nil)
	if err != nil {
		return handoff.Media{}, err
	}
	media := storedMedia(data)
	// First that it is wanted: the same bytes may be about to be removed.
	err = d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		if err := d.addFile(ctx, t, a.bot, media, d.o.MaxStored, keepUpload); err != nil {
			return err
		}
		t.as(a)
		return d.lend(ctx, t, a, []handoff.Media{media})
	})
	if err != nil {
		return handoff.Media{}, err
	}
	if err := d.putBlob(ctx, a.bot, media.SHA256, data); err != nil {
		return handoff.Media{}, fmt.Errorf("desk: keeping an attachment: %w", err)
	}
	return media, nil
}

// lend lets the caller send stored media, as if they had uploaded them now.
func (d *Desk) lend(ctx context.Context, t *draft, a authority, media []handoff.Media) error {
	lent := map[string]bool{}
	for _, m := range media {
		if lent[m.SHA256] {
			continue
		}
		lent[m.SHA256] = true
		v, err := get[upload](ctx, d, uploadKey(a, m.SHA256))
		if err != nil {
			return fmt.Errorf("desk: upload: %w", err)
		}
		v.value.Size = m.Size
		if err := put(t, v, t.now.Add(keepUpload)); err != nil {
			return err
		}
	}
	return nil
}

// storedMedia names data that the store keeps.
func storedMedia(data []byte) handoff.Media {
	sum := sha256.Sum256(data)
	return handoff.Media{SHA256: hex.EncodeToString(sum[:]), Stored: true, Size: int64(len(data))}
}

// uploadKey is the platform's upload, or an agent's.
func uploadKey(a authority, hash string) storage.Key {
	return child(a.bot, kindHeld, hash, "upload\x1f"+a.by.Agent)
}

// checkUploads refuses content that names a copy in the store which the
// caller has not uploaded: whoever knew the hash of what somebody else sent
// could read it as their own attachment. The draft rests on the upload, so that
// the file is still there when it is committed.
func (d *Desk) checkUploads(ctx context.Context, t *draft, a authority, c handoff.Content) error {
	if c.Overflow != nil && c.Overflow.Stored {
		return &handoff.FieldError{Field: "overflow", Reason: "names a stored copy"}
	}
	if c.Media == nil || !c.Media.Stored {
		return nil
	}
	if err := handoff.CheckID("media hash", c.Media.SHA256); err != nil {
		return err
	}
	v, err := get[upload](ctx, d, uploadKey(a, c.Media.SHA256))
	if err != nil {
		return fmt.Errorf("desk: upload: %w", err)
	}
	if v.version == 0 || v.value.Size != c.Media.Size {
		return &handoff.FieldError{Field: "media", Reason: "names a stored copy that the caller has not uploaded"}
	}
	t.checkOnce(v.key, v.version)
	return nil
}
