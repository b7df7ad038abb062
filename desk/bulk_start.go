package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// resolve is what criteria ask for on behalf of a caller, now.
func (d *Desk) resolve(ctx context.Context, a authority, c filter.Criteria) (storage.Query, error) {
	zone, err := d.zone(ctx, a)
	if err != nil {
		return storage.Query{}, err
	}
	now, err := d.Now(ctx)
	if err != nil {
		return storage.Query{}, err
	}
	w, err := c.Resolve(a.sees, now, zone)
	return storage.Query{Bot: a.bot, Where: w}, err
}

func (d *Desk) countBulk(ctx context.Context, w who, c filter.Criteria) (n int, more bool, err error) {
	a, err := w(ctx, nil)
	if err != nil {
		return 0, false, err
	}
	q, err := d.resolve(ctx, a, c)
	if err != nil {
		return 0, false, err
	}
	q.Limit = min(q.Where.Limit, bulkCount)
	rows, _, more, err := d.walk(ctx, q, pageWork)
	return len(rows), more && len(rows) < q.Where.Limit, err
}

func (d *Desk) startBulk(ctx context.Context, w who, c filter.Criteria, action handoff.BulkAction, callerKey string) (Bulk, error) {
	if err := action.Check(); err != nil {
		return Bulk{}, err
	}
	var made Bulk
	// begun finds what an earlier call with the key began.
	begun := func(a authority) (k storage.Key, found bool, err error) {
		if k, err = callKey(a.bot, callerKey, "bulk", a.by); err != nil {
			return k, false, err
		}
		earlier, found, err := recall[handoff.BulkID](ctx, d, k)
		if err == nil && found {
			made, err = d.bulkOf(ctx, w, earlier)
		}
		return k, found, err
	}
	a, err := w(ctx, nil)
	if err != nil {
		return Bulk{}, err
	}
	if _, err := d.theBot(ctx, a.bot); err != nil {
		return Bulk{}, err
	}
	if _, found, err := begun(a); err != nil || found {
		return made, err
	}
	ids, err := d.matching(ctx, a, c)
	if err != nil {
		return Bulk{}, err
	}
	err = d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		k, found, err := begun(a)
		if err != nil || found {
			return err
		}
		t.as(a)
		made = Bulk{
			ID: handoff.BulkID(newID(t.now)), By: a.by, Action: action,
			State: BulkRunning, Total: len(ids), Begun: t.now,
		}
		if len(ids) == 0 {
			made.State, made.Ended = BulkFinished, t.now
		} else {
			t.timer(a.bot, timerBulk, string(made.ID), t.now)
		}
		n := 0
		for part := range slices.Chunk(ids, bulkPart) {
			if err := put(t, doc[[]handoff.ConversationID]{key: bulkPartKey(a.bot, made.ID, n), value: part}, t.now.Add(keepBulk)); err != nil {
				return err
			}
			n++
		}
		if err := put(t, doc[bulkJob]{key: key(a.bot, kindBulk, made.ID), value: bulkJob{Bulk: made}}, t.now.Add(keepBulk)); err != nil {
			return err
		}
		return keep(t, k, made.ID)
	})
	if err != nil {
		return Bulk{}, err
	}
	return made, nil
}

// matching lists the conversations that criteria match now.
func (d *Desk) matching(ctx context.Context, a authority, c filter.Criteria) ([]handoff.ConversationID, error) {
	q, err := d.resolve(ctx, a, c)
	if err != nil {
		return nil, err
	}
	var ids []handoff.ConversationID
	for more := true; more && len(ids) < q.Where.Limit; {
		var rows []handoff.Conversation
		q.Limit = min(q.Where.Limit-len(ids), storage.MaxPage)
		if rows, q.After, more, err = d.walk(ctx, q, 0); err != nil {
			return nil, err
		}
		for _, c := range rows {
			ids = append(ids, c.ID)
		}
	}
	return ids, nil
}

func bulkPartKey(bot handoff.BotID, id handoff.BulkID, part int) storage.Key {
	return child(bot, kindBulkPart, id, fmt.Sprintf("%04d", part))
}
