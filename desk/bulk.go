package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
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

// done is the job with one more conversation done.
func (j bulkJob) done() bulkJob {
	j.Next++
	j.Done++
	j.Tries = 0
	return j
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
	a, err := w(ctx)
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
	a, err := w(ctx)
	if err != nil {
		return Bulk{}, err
	}
	if _, err := d.theBot(ctx, a.bot); err != nil {
		return Bulk{}, err
	}
	q, err := d.resolve(ctx, a, c)
	if err != nil {
		return Bulk{}, err
	}
	var ids []handoff.ConversationID
	for more := true; more && len(ids) < q.Where.Limit; {
		var rows []handoff.Conversation
		q.Limit = min(q.Where.Limit-len(ids), storage.MaxPage)
		if rows, q.After, more, err = d.walk(ctx, q, 0); err != nil {
			return Bulk{}, err
		}
		for _, c := range rows {
			ids = append(ids, c.ID)
		}
	}
	var made Bulk
	err = d.decide(ctx, func(t *draft) error {
		a, err := w(ctx)
		if err != nil {
			return err
		}
		k, err := callKey(a.bot, callerKey, "bulk", a.by)
		if err != nil {
			return err
		}
		earlier, found, err := recall[handoff.BulkID](ctx, d, k)
		if err != nil {
			return err
		}
		if found {
			made, err = d.bulkOf(ctx, w, earlier)
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
	d.timing.ring()
	return made, nil
}

func bulkPartKey(bot handoff.BotID, id handoff.BulkID, part int) storage.Key {
	return child(bot, kindBulkPart, id, fmt.Sprintf("%04d", part))
}

func (d *Desk) bulks(ctx context.Context, w who) ([]Bulk, error) {
	a, err := w(ctx)
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
	a, err := w(ctx)
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
		a, err := w(ctx)
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

// bulkRun is one turn at a bulk action.
type bulkRun struct {
	d   *Desk
	who who
	job doc[bulkJob] // as stored, but for those skipped since
	// saved is the version of the job in the commit under way.
	saved int64
}

// errBulkMoved: the job was cancelled, or another process is at it.
var errBulkMoved = errors.New("desk: bulk action moved meanwhile")

// bulkDue does a part of a bulk action. How far it is moves in the commit of
// each change, so that nothing is done twice.
func (d *Desk) bulkDue(ctx context.Context, due storage.Timer) error {
	err := d.bulkTurn(ctx, due)
	if !errors.Is(err, errBulkMoved) && !errors.Is(err, storage.ErrConflict) {
		return err
	}
	// Whoever moved it may die: look again, by a timer in place of this one.
	return d.decide(ctx, func(t *draft) error {
		t.timer(due.Bot, timerBulk, due.ID, t.now.Add(putOff))
		return nil
	})
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
	if _, err := r.who(ctx); errors.Is(err, ErrNotFound) {
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
		if errors.Is(err, errBulkMoved) {
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
	case errors.Is(err, errBulkMoved), ctx.Err() != nil:
		return err
	case errors.Is(err, ErrOutcomeUnknown):
		return errBulkMoved // perhaps
	}
	for _, c := range bulkCodes {
		if errors.Is(err, c.err) {
			r.skip(c.code)
			return nil
		}
	}
	return err
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
func (r *bulkRun) with(ctx context.Context) (authority, error) {
	a, err := r.who(ctx)
	a.also = func(t *draft) error {
		now, err := get[bulkJob](ctx, r.d, r.job.key)
		if err != nil {
			return err
		}
		if now.version != r.job.version {
			return errBulkMoved
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
