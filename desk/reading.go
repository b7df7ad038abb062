package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// MessageQuery asks for messages with After < Number, and Number < Before
// unless Before is 0. Without Newest the first ones in ascending order, with
// it the last ones in descending order. Limit 0 is 100, at most 1000.
type MessageQuery struct {
	After, Before int64
	Newest        bool
	Limit         int
}

func (q MessageQuery) storage(bot handoff.BotID, id handoff.ConversationID) (storage.MessageQuery, error) {
	if q.Limit == 0 {
		q.Limit = pageSize
	}
	if q.After < 0 || q.Before < 0 || q.Limit < 1 || q.Limit > storage.MaxPage {
		return storage.MessageQuery{}, &handoff.FieldError{Field: "message query", Reason: "has a negative number or a bad limit"}
	}
	return storage.MessageQuery{
		Bot: bot, Conversation: id, After: q.After, Before: q.Before, Newest: q.Newest, Limit: q.Limit,
	}, nil
}

// messages reads messages of a conversation that the caller may see. Notes
// are for agents only.
func (d *Desk) messages(ctx context.Context, w who, id handoff.ConversationID, q MessageQuery) ([]handoff.Message, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return nil, err
	}
	if _, err := d.conversation(ctx, a, id); err != nil {
		return nil, err
	}
	return d.messagesOf(ctx, a, id, q)
}

func (d *Desk) messagesOf(ctx context.Context, a authority, id handoff.ConversationID, q MessageQuery) ([]handoff.Message, error) {
	sq, err := q.storage(a.bot, id)
	if err != nil {
		return nil, err
	}
	out := []handoff.Message{}
	for {
		ms, err := d.store.Messages(ctx, sq)
		if err != nil {
			return nil, fmt.Errorf("desk: messages of conversation %s: %w", id, err)
		}
		for _, m := range ms {
			if a.platform() && m.Private {
				continue
			}
			if out = append(out, m); len(out) == sq.Limit {
				return out, nil
			}
		}
		if len(ms) < sq.Limit {
			return out, nil
		}
		// Notes were left out: go on after them.
		if last := ms[len(ms)-1].Number; sq.Newest {
			sq.Before = last
		} else {
			sq.After = last
		}
	}
}

// HistoryMessages reads messages of an earlier conversation of the contact
// whose present conversation the agent may see.
func (s *Seat) HistoryMessages(ctx context.Context, present, earlier handoff.ConversationID, q MessageQuery) ([]handoff.Message, error) {
	a, err := s.remembers(ctx, present, earlier)
	if err != nil {
		return nil, err
	}
	return s.d.messagesOf(ctx, a, earlier, q)
}

// HistoryAttachment gives a stored attachment of such an earlier
// conversation. As [Seat.Attachment] otherwise.
func (s *Seat) HistoryAttachment(ctx context.Context, present, earlier handoff.ConversationID, m handoff.MessageID) (handoff.Media, []byte, error) {
	if err := handoff.CheckID("message", m); err != nil {
		return handoff.Media{}, nil, err
	}
	if _, err := s.remembers(ctx, present, earlier); err != nil {
		return handoff.Media{}, nil, err
	}
	return s.d.attachmentOf(ctx, s.bot, earlier, m)
}

// remembers makes sure that the agent may see an earlier conversation for the
// sake of the present one.
func (s *Seat) remembers(ctx context.Context, present, earlier handoff.ConversationID) (authority, error) {
	if err := handoff.CheckID("conversation", earlier); err != nil {
		return authority{}, err
	}
	a, err := s.who(ctx, nil)
	if err != nil {
		return a, err
	}
	c, err := s.d.conversation(ctx, a, present)
	if err != nil {
		return a, err
	}
	others, err := s.d.historyOf(ctx, c)
	if err != nil {
		return a, err
	}
	if !slices.ContainsFunc(others, func(o handoff.Conversation) bool { return o.ID == earlier }) {
		return a, fmt.Errorf("%w: conversation %s", ErrNotFound, earlier)
	}
	return a, nil
}

// timeline reads events of a conversation that the caller may see, in the
// order of Seq: up to 1000 with a Seq greater than after.
func (d *Desk) timeline(ctx context.Context, w who, id handoff.ConversationID, after int64) ([]handoff.Event, error) {
	if after < 0 {
		return nil, &handoff.FieldError{Field: "after", Reason: "is negative"}
	}
	a, err := w(ctx, nil)
	if err != nil {
		return nil, err
	}
	if _, err := d.conversation(ctx, a, id); err != nil {
		return nil, err
	}
	events, err := d.store.Timeline(ctx, a.bot, id, after, storage.MaxPage)
	if err != nil {
		return nil, fmt.Errorf("desk: timeline of conversation %s: %w", id, err)
	}
	return events, nil
}

// attachment gives what a message of a visible conversation has stored.
func (d *Desk) attachment(ctx context.Context, w who, id handoff.ConversationID, mid handoff.MessageID) (handoff.Media, []byte, error) {
	if err := handoff.CheckID("message", mid); err != nil {
		return handoff.Media{}, nil, err
	}
	a, err := w(ctx, nil)
	if err != nil {
		return handoff.Media{}, nil, err
	}
	if _, err := d.conversation(ctx, a, id); err != nil {
		return handoff.Media{}, nil, err
	}
	return d.attachmentOf(ctx, a.bot, id, mid)
}

func (d *Desk) attachmentOf(ctx context.Context, bot handoff.BotID, id handoff.ConversationID, mid handoff.MessageID) (handoff.Media, []byte, error) {
	m, err := d.store.Message(ctx, bot, id, mid)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return handoff.Media{}, nil, fmt.Errorf("desk: message %s: %w", mid, err)
	}
	for _, media := range []*handoff.Media{m.Media, m.Overflow} {
		if media != nil && media.Stored {
			data, err := d.blob(ctx, bot, media.SHA256)
			return *media, data, err
		}
	}
	return handoff.Media{}, nil, fmt.Errorf("%w: attachment of message %s", ErrNotFound, mid)
}

// canReply says whether a free message would go now.
func (d *Desk) canReply(ctx context.Context, w who, id handoff.ConversationID) (ok bool, until time.Time, err error) {
	a, err := w(ctx, nil)
	if err != nil {
		return false, time.Time{}, err
	}
	c, err := d.conversation(ctx, a, id)
	if err != nil {
		return false, time.Time{}, err
	}
	channel, known := d.o.Channels[c.Channel]
	if !known {
		return false, time.Time{}, fmt.Errorf("%w: %s", ErrNoChannel, c.Channel)
	}
	now, err := d.Now(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	ok, until = channel.Traits().Window.CanReply(c.LastReceivedAt, now)
	if !ok || c.Ended() {
		return false, time.Time{}, nil
	}
	return true, until, nil
}
