package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// BulkState is where a bulk action is.
type BulkState string

// The states.
const (
	BulkRunning   BulkState = "running"
	BulkFinished  BulkState = "finished"
	BulkCancelled BulkState = "cancelled"
	BulkStopped   BulkState = "stopped" // who began it is no agent any more
)

// Bulk is one action on many conversations, and how far it has come.
type Bulk struct {
	ID     handoff.BulkID     `json:"id"`
	By     handoff.Actor      `json:"by"` // who began it, and on whose behalf each is done
	Action handoff.BulkAction `json:"action"`
	State  BulkState          `json:"state"`
	Total  int                `json:"total"`
	Done   int                `json:"done"`
	// Skipped counts those that were left as they were, by why: the codes of
	// [BulkCodes].
	Skipped map[string]int `json:"skipped,omitempty"`
	Begun   time.Time      `json:"begun"`
	Ended   time.Time      `json:"ended,omitzero"`
}

// Left is how many are still to be done.
func (b Bulk) Left() int {
	left := b.Total - b.Done
	for _, n := range b.Skipped {
		left -= n
	}
	return left
}

// Why a conversation was left as it was, where no rule forbids the action.
const (
	bulkUnchanged = "unchanged" // it was so already
	bulkFailed    = "failed"    // each of several times
)

// bulkCodes tell refusals apart.
var bulkCodes = []struct {
	code string
	err  error
}{
	{"not_found", ErrNotFound}, {"forbidden", ErrForbidden}, {"ended", handoff.ErrEnded},
	{"not_available", ErrNotAvailable}, {"at_capacity", ErrAtCapacity}, {"invalid_state", handoff.ErrInvalidState},
	{"tags_required", ErrTagsRequired}, {"invalid", handoff.ErrInvalid}, {"busy", ErrBusy},
}

// BulkCodes lists the keys of Bulk.Skipped: "unchanged" is that it was so
// already, "failed" that it could not be done for another reason than a rule,
// several times, and the others are the errors of those names.
func BulkCodes() []string {
	codes := []string{bulkUnchanged, bulkFailed}
	for _, c := range bulkCodes {
		codes = append(codes, c.code)
	}
	return codes
}

// Bounds of bulk actions.
const (
	bulkPart  = 1000            // conversations of one record
	bulkTime  = 2 * time.Second // of one turn
	keepBulk  = 30 * 24 * time.Hour
	bulkCount = 1000 // how far CountBulk counts
	maxBulks  = 100  // of one list
	bulkTries = 5    // at a conversation where something fails
)

// bulkJob is a bulk action as it is kept. Next is the place of the next
// conversation, of the list that was made when it began.
type bulkJob struct {
	Bulk
	Next int `json:"next"`
	// Tries is how often the next one has failed.
	Tries int `json:"tries,omitempty"`
}

// CountBulk says how many conversations the criteria match now: those that a
// bulk action would be tried on. It counts up to 1000; with more there are, or
// may be, others. Sorting and limit of the criteria count too.
//
// Errors: handoff.ErrInvalid.
func (s *Seat) CountBulk(ctx context.Context, c filter.Criteria) (n int, more bool, err error) {
	return s.d.countBulk(ctx, s.who, c)
}

// StartBulk does one thing to every conversation that the criteria match now,
// up to their limit, on the agent's behalf: [Desk.Run] does to one after the
// other what the agent could do to it by that time, with the events of that,
// and leaves the others as they are. Which conversations these are is settled
// here: one that matches later is left out, and one that matches no more is
// tried all the same. It takes no permission of its own, since it allows
// nothing that one by one is not allowed.
//
// Errors: handoff.ErrInvalid.
func (s *Seat) StartBulk(ctx context.Context, c filter.Criteria, a handoff.BulkAction, key string) (Bulk, error) {
	return s.d.startBulk(ctx, s.who, c, a, key)
}

// Bulks lists the bulk actions of the last 30 days that the agent began, or
// with handoff.PermViewAll all, the latest first, up to 100.
func (s *Seat) Bulks(ctx context.Context) ([]Bulk, error) { return s.d.bulks(ctx, s.who) }

// Bulk gives one of [Seat.Bulks]. Errors: handoff.ErrInvalid, ErrNotFound.
func (s *Seat) Bulk(ctx context.Context, id handoff.BulkID) (Bulk, error) {
	return s.d.bulkOf(ctx, s.who, id)
}

// CancelBulk ends a bulk action where it is: one the agent began, or with
// handoff.PermIntervene any they see. What was done stays done. One that is
// over already stays as it is. Errors as of [Seat.Bulk], ErrForbidden.
func (s *Seat) CancelBulk(ctx context.Context, id handoff.BulkID) (Bulk, error) {
	return s.d.cancelBulk(ctx, s.who, id)
}

// CountBulk is as [Seat.CountBulk], for all of the bot's conversations.
func (b *Bot) CountBulk(ctx context.Context, c filter.Criteria) (n int, more bool, err error) {
	return b.d.countBulk(ctx, b.who, c)
}

// StartBulk does one thing to many conversations on the platform's behalf. As
// [Seat.StartBulk] otherwise. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) StartBulk(ctx context.Context, c filter.Criteria, a handoff.BulkAction, key string) (Bulk, error) {
	return b.d.startBulk(ctx, b.who, c, a, key)
}

// Bulks lists the bulk actions of the last 30 days, the latest first, up to
// 100.
func (b *Bot) Bulks(ctx context.Context) ([]Bulk, error) { return b.d.bulks(ctx, b.who) }

// Bulk gives one of [Bot.Bulks]. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Bulk(ctx context.Context, id handoff.BulkID) (Bulk, error) {
	return b.d.bulkOf(ctx, b.who, id)
}

// CancelBulk ends a bulk action where it is. Errors: handoff.ErrInvalid,
// ErrNotFound.
func (b *Bot) CancelBulk(ctx context.Context, id handoff.BulkID) (Bulk, error) {
	return b.d.cancelBulk(ctx, b.who, id)
}

func (d *Desk) bulks(ctx context.Context, w who) ([]Bulk, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return nil, err
	}
	jobs, err := listed[bulkJob](ctx, d, a.bot, kindBulk)
	if err != nil {
		return nil, err
	}
	all := make([]Bulk, 0, len(jobs))
	for _, j := range jobs {
		if a.knows(j) {
			all = append(all, j.Bulk)
		}
	}
	slices.SortFunc(all, func(x, y Bulk) int { return cmp.Compare(y.ID, x.ID) })
	return all[:min(len(all), maxBulks)], nil
}

// knows reports whether the caller is told of a bulk action.
func (a authority) knows(j bulkJob) bool { return a.sees.All || j.By == a.by }

func (d *Desk) bulkOf(ctx context.Context, w who, id handoff.BulkID) (Bulk, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return Bulk{}, err
	}
	v, err := d.knownBulk(ctx, a, id)
	return v.value.Bulk, err
}

func (d *Desk) knownBulk(ctx context.Context, a authority, id handoff.BulkID) (doc[bulkJob], error) {
	v, err := named[bulkJob](ctx, d, a.bot, kindBulk, id)
	if err == nil && !a.knows(v.value) {
		return doc[bulkJob]{}, fmt.Errorf("%w: bulk %s", ErrNotFound, id)
	}
	return v, err
}

func (d *Desk) cancelBulk(ctx context.Context, w who, id handoff.BulkID) (Bulk, error) {
	var after Bulk
	err := d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		v, err := d.knownBulk(ctx, a, id)
		if err != nil {
			return err
		}
		if v.value.By != a.by && !a.may(handoff.PermIntervene) {
			return fmt.Errorf("%w: cancelling bulk %s", ErrForbidden, id)
		}
		if v.value.State == BulkRunning {
			v.value.State, v.value.Ended = BulkCancelled, t.now
			t.as(a)
			err = put(t, v, t.now.Add(keepBulk))
		}
		after = v.value.Bulk
		return err
	})
	return after, err
}
