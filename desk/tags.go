package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// mayTag makes sure that the caller may make the change of tags that was
// decided, by the catalogue as it is when that is committed.
func (d *Desk) mayTag(ctx context.Context, t *draft, a authority, before, after []string) error {
	added := without(after, before)
	changed := append(slices.Clone(added), without(before, after)...)
	keys := []storage.Key{houseKey(kindBot, string(a.bot))}
	for _, word := range changed {
		if handoff.CheckID(kindTag, word) == nil {
			keys = append(keys, key(a.bot, kindTag, word))
		}
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return fmt.Errorf("desk: tags of bot %s: %w", a.bot, err)
	}
	bot, err := decode[handoff.Bot](recs[0])
	if err != nil {
		return fmt.Errorf("desk: bot %s: %w", a.bot, err)
	}
	t.checkOnce(bot.key, bot.version)
	known := map[string]bool{}
	for _, r := range recs[1:] {
		tag, err := decode[handoff.Tag](r)
		if err != nil {
			return fmt.Errorf("desk: tag %s: %w", r.Key.ID, err)
		}
		t.checkOnce(tag.key, tag.version)
		if tag.version == 0 {
			continue
		}
		known[r.Key.ID] = true
		if err := tag.value.MaySet(a.by, slices.Contains(added, r.Key.ID)); err != nil {
			return err
		}
	}
	if a.platform() || !bot.value.ClosedTags {
		return nil
	}
	for _, word := range added {
		if !known[word] {
			return &handoff.FieldError{Field: "tags", Reason: "hold one that is not of the catalogue"}
		}
	}
	return nil
}

// without gives the words of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(w string) bool { return slices.Contains(b, w) })
}

// checkTagged refuses what has no tag and waits for one in its queue.
func (d *Desk) checkTagged(ctx context.Context, t *draft, c handoff.Conversation) error {
	if len(c.Tags) > 0 {
		return nil
	}
	q, err := d.queueFor(ctx, t, c)
	if err != nil || q.key == (storage.Key{}) {
		return err
	}
	if q.value.RequireTags {
		return fmt.Errorf("%w: conversation %s", ErrTagsRequired, c.ID)
	}
	require(t, q)
	return nil
}

func (d *Desk) putTag(ctx context.Context, w who, bot handoff.BotID, tag handoff.Tag) error {
	if err := tag.Check(); err != nil {
		return err
	}
	return putSetting(ctx, d, w, bot, handoff.PermManageSettings, kindTag, string(tag.ID), tag)
}

func (d *Desk) removeTag(ctx context.Context, w who, bot handoff.BotID, id handoff.TagID) error {
	return removeSetting(ctx, d, w, bot, handoff.PermManageSettings, kindTag, string(id))
}

// PutTag puts a tag into the catalogue, or changes it there. It takes
// handoff.PermManageSettings. Errors: handoff.ErrInvalid, ErrForbidden.
func (s *Seat) PutTag(ctx context.Context, tag handoff.Tag) error {
	return s.d.putTag(ctx, s.who, s.bot, tag)
}

// RemoveTag takes a tag out of the catalogue; the conversations that carry
// it keep the word. It takes handoff.PermManageSettings. Errors: ErrNotFound,
// ErrForbidden.
func (s *Seat) RemoveTag(ctx context.Context, id handoff.TagID) error {
	return s.d.removeTag(ctx, s.who, s.bot, id)
}

// Tags lists the catalogue of tags, by id, archived ones too.
func (s *Seat) Tags(ctx context.Context) ([]handoff.Tag, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	return listed[handoff.Tag](ctx, s.d, s.bot, kindTag)
}

// PutTag puts a tag into the catalogue, or changes it there. Errors as of
// [Bot.PutAgent].
func (b *Bot) PutTag(ctx context.Context, tag handoff.Tag) error {
	return b.d.putTag(ctx, b.who, b.id, tag)
}

// RemoveTag takes a tag out of the catalogue; the conversations that carry
// it keep the word. Errors: handoff.ErrInvalid, ErrNotFound, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) RemoveTag(ctx context.Context, id handoff.TagID) error {
	return b.d.removeTag(ctx, b.who, b.id, id)
}

// Tags lists the catalogue of tags, by id, archived ones too.
func (b *Bot) Tags(ctx context.Context) ([]handoff.Tag, error) {
	return listed[handoff.Tag](ctx, b.d, b.id, kindTag)
}
