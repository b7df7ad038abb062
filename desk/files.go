package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// A stored file is there as long as somebody holds it: a message, a canned
// reply, or for a while whoever uploaded it. Each holder has a record under
// the file's hash. The file has one too, by which it counts towards what the
// bot may store. Whoever ceases to hold a file has it looked at, and what
// nobody holds is removed.

// file is a stored file.
type file struct {
	Size int64 `json:"size"`
	// Going: it is being removed. Whoever wants it waits until it is gone, and
	// stores it anew.
	Going bool `json:"going,omitempty"`
	// Noted: whoever holds it is noted, although it may not be known yet who
	// holds the bot's other files, see [Desk.isNew].
	Noted bool `json:"noted,omitempty"`
}

// addFile drafts that a file is stored, whose bytes are put afterwards, and
// that somebody looks after a while whether it is unused. It is refused if the
// bot stored more than most bytes with it; one that is there already never is.
func (d *Desk) addFile(ctx context.Context, t *draft, bot handoff.BotID, m handoff.Media, most int64, unused time.Duration) error {
	v, err := get[file](ctx, d, key(bot, kindFile, m.SHA256))
	if err != nil {
		return fmt.Errorf("desk: file %s: %w", m.SHA256, err)
	}
	if v.value.Going {
		return storage.ErrConflict // until it is gone
	}
	if v.version == 0 {
		used, err := d.stored(ctx, bot)
		if err != nil {
			return err
		}
		if used > most-m.Size {
			return fmt.Errorf("%w: %d bytes to store beside %d, at most %d", ErrStorageFull, m.Size, used, most)
		}
		if v.value.Noted, err = d.isNew(ctx, bot, m.SHA256); err != nil {
			return err
		}
		if v.value.Size = m.Size; m.Size > 0 {
			if err := d.countFile(ctx, t, bot, m.SHA256, m.Size); err != nil {
				return err
			}
		}
	}
	t.timer(bot, timerBlob, m.SHA256, t.now.Add(unused))
	return put(t, v, time.Time{}) // written anew also where it is: it is not removed meanwhile
}

// storedParts are the digits by which the bytes that a bot stores are counted,
// so that uploads which come together do not get into each other's way.
const storedParts = "0123456789abcdef"

// stored is how many bytes of files a bot stores.
func (d *Desk) stored(ctx context.Context, bot handoff.BotID) (sum int64, err error) {
	keys := make([]storage.Key, len(storedParts))
	for i := range keys {
		keys[i] = key(bot, kindStored, storedParts[i:i+1])
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return 0, fmt.Errorf("desk: what bot %s stores: %w", bot, err)
	}
	for _, r := range recs {
		part, err := decode[int64](r)
		if err != nil {
			return 0, err
		}
		sum += part.value
	}
	return sum, nil
}

// countFile drafts that a bot stores so many bytes more.
func (d *Desk) countFile(ctx context.Context, t *draft, bot handoff.BotID, hash string, bytes int64) error {
	v, err := get[int64](ctx, d, key(bot, kindStored, hash[:1]))
	if err != nil {
		return fmt.Errorf("desk: what bot %s stores: %w", bot, err)
	}
	v.value += bytes
	return put(t, v, time.Time{})
}

// storedIn lists the stored files of a message.
func storedIn(m handoff.Message) []handoff.Media {
	var all []handoff.Media
	for _, media := range []*handoff.Media{m.Media, m.Overflow} {
		if media != nil && media.Stored && (len(all) == 0 || all[0].SHA256 != media.SHA256) {
			all = append(all, *media)
		}
	}
	return all
}

// heldKey is the record that says that a message holds a file.
func heldKey(bot handoff.BotID, hash string, id handoff.MessageID) storage.Key {
	return child(bot, kindHeld, hash, id)
}

// cannedHeldKey is the record that says that a canned reply does.
func cannedHeldKey(canned storage.Key, hash string) storage.Key {
	return child(canned.Bot, kindHeld, hash, "canned\x1f"+canned.Parent+"\x1f"+canned.ID)
}

// textHeldKey is the record that holds the whole of a long text until its
// message does.
func textHeldKey(bot handoff.BotID, hash string) storage.Key {
	return child(bot, kindHeld, hash, "text")
}

// holds notes which files a new message holds. Somebody holds them until it is
// committed: see checkUploads.
func (t *draft) holds(m handoff.Message) {
	for _, media := range storedIn(m) {
		t.ops = append(t.ops, storage.PutRecord{Record: holder(heldKey(m.Bot, media.SHA256, m.ID))})
	}
}

// holder is a record that holds a file for good.
func holder(k storage.Key) storage.Record {
	return storage.Record{Key: k, Version: newVersion(), Data: []byte("{}")}
}

// exchange drafts that a canned reply holds other files than before.
func (d *Desk) exchange(ctx context.Context, t *draft, canned storage.Key, before, after []handoff.Media) error {
	had, has := hashes(before), hashes(after)
	for _, hash := range has {
		if !slices.Contains(had, hash) {
			t.ops = append(t.ops, storage.PutRecord{Record: holder(cannedHeldKey(canned, hash))})
		}
	}
	var let []storage.Key
	for _, hash := range had {
		if !slices.Contains(has, hash) {
			let = append(let, cannedHeldKey(canned, hash))
		}
	}
	return d.letGo(ctx, t, canned.Bot, let)
}

func hashes(files []handoff.Media) []string {
	all := make([]string, len(files))
	for i, m := range files {
		all[i] = m.SHA256
	}
	return handoff.SortedSet(all)
}

// letGo drafts that holders hold their files no more, and that these are
// looked at.
func (d *Desk) letGo(ctx context.Context, t *draft, bot handoff.BotID, held []storage.Key) error {
	if len(held) == 0 {
		return nil
	}
	if err := d.disturb(ctx, t, bot); err != nil {
		return err
	}
	recs, err := d.store.Lookup(ctx, held)
	if err != nil {
		return fmt.Errorf("desk: who holds files: %w", err)
	}
	looked := map[string]bool{}
	for _, r := range recs {
		if r.Version != 0 {
			t.ops = append(t.ops, storage.DeleteRecord{Key: r.Key, Expect: r.Version})
		}
		if !looked[r.Key.Parent] {
			looked[r.Key.Parent] = true
			t.timer(bot, timerBlob, r.Key.Parent, t.now)
		}
	}
	return nil
}

// fileDue removes a file that nobody holds. First it is marked, which shuts
// out whoever wants it again; so it may be begun anew wherever it ended.
func (d *Desk) fileDue(ctx context.Context, due storage.Timer) error {
	// It ends before another process may begin: the file may be stored anew as
	// soon as that one is done, and must not be removed then.
	ctx, cancel := context.WithTimeout(ctx, putOff/2)
	defer cancel()
	if known, err := d.holdersFound(ctx, due); err != nil || !known {
		return err
	}
	bot, hash, going := due.Bot, due.ID, false
	err := d.decide(ctx, func(t *draft) error {
		always, until, err := d.heldBy(ctx, bot, hash)
		if err != nil || always {
			return err
		}
		if !until.IsZero() {
			t.timer(bot, timerBlob, hash, until)
			return nil
		}
		v, err := get[file](ctx, d, key(bot, kindFile, hash))
		if going = err == nil; !going || v.value.Going {
			return err
		}
		v.value.Going = true
		return put(t, v, time.Time{})
	})
	if err != nil || !going {
		return err
	}
	if err := d.deleteBlob(ctx, bot, hash); err != nil {
		return fmt.Errorf("desk: removing file %s: %w", hash, err)
	}
	return d.decide(ctx, func(t *draft) error {
		v, err := get[file](ctx, d, key(bot, kindFile, hash))
		if err != nil || !v.value.Going {
			return err
		}
		remove(t, v)
		t.timer(bot, timerScrub, string(bot), t.now)
		if v.value.Size == 0 {
			return nil
		}
		return d.countFile(ctx, t, bot, hash, -v.value.Size)
	})
}

// heldBy reports whether a message or canned reply holds a file, or else until
// when somebody else does.
func (d *Desk) heldBy(ctx context.Context, bot handoff.BotID, hash string) (always bool, until time.Time, err error) {
	r := storage.Range{Bot: bot, Kind: kindHeld, Parent: hash}
	for {
		page, err := d.store.Records(ctx, r, pageSize)
		if err != nil {
			return false, until, fmt.Errorf("desk: who holds file %s: %w", hash, err)
		}
		for _, held := range page {
			if held.Expires.IsZero() {
				return true, until, nil
			}
			if held.Expires.After(until) {
				until = held.Expires
			}
		}
		if len(page) < pageSize {
			return false, until, nil
		}
		r.After = page[len(page)-1].Key
	}
}
