package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// bulkRun is one turn at a bulk action.
type bulkRun struct {
	d   *Desk
	who who
	job doc[bulkJob] // as stored, but for those skipped since
	// saved is the version of the job in the commit under way.
	saved int64
}

// bulkDue does a part of a bulk action. How far it is moves in the commit of
// each change, so that nothing is done twice.
func (d *Desk) bulkDue(ctx context.Context, due storage.Timer) error {
	err := d.bulkTurn(ctx, due)
	if errors.Is(err, storage.ErrConflict) {
		return errLost
	}
	return err
}

func (d *Desk) bulkTurn(ctx context.Context, due storage.Timer) error {
	job, err := get[bulkJob](ctx, d, key(due.Bot, kindBulk, due.ID))
	if err != nil || job.version == 0 || job.value.State != BulkRunning {
		return err
	}
	r := &bulkRun{d: d, job: job}
	r.who = d.Bot(due.Bot).who
	if by := job.value.By; by.By == handoff.ByAgent {
		r.who = (&Seat{d: d, bot: due.Bot, agent: by.Agent}).who
	}
	if _, err := r.who(ctx, nil); errors.Is(err, ErrNotFound) {
		return r.end(ctx, BulkStopped)
	} else if err != nil {
		return err
	}
	began := time.Now()
	var part doc[[]handoff.ConversationID]
	for r.job.value.Next < r.job.value.Total {
		at := r.job.value.Next
		if part.version == 0 || at%bulkPart == 0 {
			if part, err = get[[]handoff.ConversationID](ctx, d, bulkPartKey(due.Bot, job.value.ID, at/bulkPart)); err != nil {
				return fmt.Errorf("desk: part of bulk %s: %w", due.ID, err)
			}
		}
		if at%bulkPart >= len(part.value) {
			break
		}
		if ctx.Err() != nil || time.Since(began) > bulkTime {
			return r.pause(ctx)
		}
		err := r.one(ctx, part.value[at%bulkPart])
		if errors.Is(err, errLost) {
			return err
		}
		if err != nil && r.job.value.Tries+1 < bulkTries {
			r.job.value.Tries++
			return errors.Join(err, r.pause(ctx))
		}
		if err != nil {
			d.log.Error("desk: bulk action failed", "bot", due.Bot, "bulk", due.ID, "conversation", part.value[at%bulkPart], "error", err)
			r.skip(bulkFailed)
		}
	}
	return r.end(ctx, BulkFinished)
}

// one does the action to one conversation, or notes why not.
func (r *bulkRun) one(ctx context.Context, id handoff.ConversationID) error {
	r.saved = 0
	err := r.d.act(ctx, r.with, id, r.job.value.Action)
	switch {
	case err == nil && r.saved != 0:
		r.job.version = r.saved
		r.job.value = r.job.value.done()
		return nil
	case err == nil:
		r.skip(bulkUnchanged)
		return nil
	case errors.Is(err, errLost), ctx.Err() != nil:
		return err
	case errors.Is(err, ErrOutcomeUnknown):
		return errLost // perhaps
	}
	for _, c := range bulkCodes {
		if errors.Is(err, c.err) {
			r.skip(c.code)
			return nil
		}
	}
	return err
}

// done is the job with one more conversation done.
func (j bulkJob) done() bulkJob {
	j.Next++
	j.Done++
	j.Tries = 0
	return j
}

func (r *bulkRun) skip(code string) {
	r.job.value.Skipped = maps.Clone(r.job.value.Skipped)
	if r.job.value.Skipped == nil {
		r.job.value.Skipped = map[string]int{}
	}
	r.job.value.Skipped[code]++
	r.job.value.Next++
	r.job.value.Tries = 0
}

// with is on whose behalf a change is made, which counts it as done.
func (r *bulkRun) with(ctx context.Context, t *draft) (authority, error) {
	a, err := r.who(ctx, t)
	a.also = func(t *draft) error {
		now, err := get[bulkJob](ctx, r.d, r.job.key)
		if err != nil {
			return err
		}
		if now.version != r.job.version {
			return errLost
		}
		after := r.job
		after.value = after.value.done()
		r.saved, err = r.put(t, after)
		return err
	}
	return a, err
}

func (r *bulkRun) put(t *draft, job doc[bulkJob]) (version int64, err error) {
	if err := put(t, job, t.now.Add(keepBulk)); err != nil {
		return 0, err
	}
	return t.ops[len(t.ops)-1].(storage.PutRecord).Record.Version, nil
}

// pause keeps how far the action is and has it go on.
func (r *bulkRun) pause(ctx context.Context) error {
	now, err := r.d.Now(ctx)
	if err != nil {
		return err
	}
	t := &draft{now: now}
	if _, err := r.put(t, r.job); err != nil {
		return err
	}
	t.timer(r.job.key.Bot, timerBulk, r.job.key.ID, now.Add(time.Millisecond))
	return r.d.commit(ctx, t)
}

// end closes the action and drops its list.
func (r *bulkRun) end(ctx context.Context, as BulkState) error {
	now, err := r.d.Now(ctx)
	if err != nil {
		return err
	}
	parts, err := scan[[]handoff.ConversationID](ctx, r.d, storage.Range{Bot: r.job.key.Bot, Kind: kindBulkPart, Parent: r.job.key.ID})
	if err != nil {
		return err
	}
	t := &draft{now: now}
	r.job.value.State, r.job.value.Ended = as, now
	if _, err := r.put(t, r.job); err != nil {
		return err
	}
	for _, p := range parts {
		remove(t, p)
	}
	return r.d.commit(ctx, t)
}

// act does a bulk action to one conversation, as the single call would.
func (d *Desk) act(ctx context.Context, w who, id handoff.ConversationID, a handoff.BulkAction) error {
	var err error
	switch {
	case a.End:
		_, err = d.end(ctx, w, id)
	case a.Priority != nil:
		_, err = d.setPriority(ctx, w, id, *a.Priority)
	case len(a.AddTags)+len(a.RemoveTags) > 0:
		_, err = d.tag(ctx, w, id, a.AddTags, a.RemoveTags)
	default:
		_, err = d.transfer(ctx, w, id, Transfer{Queue: a.Queue, Agent: a.Agent, Override: a.Override})
	}
	return err
}
