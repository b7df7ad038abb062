package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// Reports are made from facts, which are found in the timelines as they grow:
// a reaction of the follower reads what is new of a conversation, keeps the
// facts of each hour together under that hour, and how far it has read. All go
// into one commit, so that a fact is there once however often this is done.

// mostFacts and mostRead bound what one look at a conversation keeps and reads:
// a longer one is looked at again.
const (
	mostFacts = 300
	mostRead  = 5 * storage.MaxPage
)

// mostKept is how many facts are in one record: reports read them by the page.
const mostKept = 20

// found are facts that one look at a conversation found in one hour.
type found []report.Fact

// UnmarshalJSON also takes a fact by itself, as each was kept at first.
func (f *found) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte("{")) {
		return json.Unmarshal(data, (*[]report.Fact)(f))
	}
	*f = make(found, 1)
	return json.Unmarshal(data, &(*f)[0])
}

// findFacts keeps what a conversation's timeline says and was not kept yet.
func (d *Desk) findFacts(ctx context.Context, t *draft, _ *settings, c handoff.Conversation) error {
	v, err := get[report.Tally](ctx, d, key(c.Bot, kindTally, c.ID))
	if err != nil {
		return err
	}
	return d.count(ctx, t, v, touch{conversationKey: conversationKey{c.Bot, c.ID}, seq: c.Seq})
}

// count keeps the facts in what a tally has not read yet. It reads the
// timeline where the events at hand do not go on from there.
func (d *Desk) count(ctx context.Context, t *draft, v doc[report.Tally], at touch) error {
	if v.value.Seq >= at.seq {
		return nil
	}
	var facts []report.Fact
	read, more := 0, true
	for more && read < mostRead && len(facts) < mostFacts {
		events := at.events
		if more = len(events) == 0 || events[0].Seq > v.value.Seq+1; more {
			var err error
			if events, err = d.store.Timeline(ctx, at.bot, at.id, v.value.Seq, storage.MaxPage); err != nil {
				return fmt.Errorf("desk: timeline of conversation %s: %w", at.id, err)
			}
			more = len(events) == storage.MaxPage
		}
		for _, e := range events {
			if len(facts) >= mostFacts {
				more = true
				break
			}
			var found []report.Fact
			v.value, found = v.value.Next(e)
			facts = append(facts, found...)
			read++
		}
	}
	if len(facts) == 0 && read < storage.MaxPage {
		return nil // little to read again
	}
	for len(facts) > 0 {
		hour := report.Hour(facts[0].At)
		n := slices.IndexFunc(facts, func(f report.Fact) bool { return report.Hour(f.At) != hour })
		if n < 0 {
			n = len(facts)
		}
		n = min(n, mostKept)
		k := child(at.bot, kindFact, hour, facts[0].ID())
		if err := put(t, doc[found]{key: k, value: facts[:n]}, time.Time{}); err != nil {
			return err
		}
		facts = facts[n:]
	}
	if more {
		t.timer(at.bot, timerReact, string(at.id), t.now.Add(time.Millisecond))
	}
	return put(t, v, time.Time{})
}

// mostTogether is how many operations are committed at once for more than one
// conversation: others wait meanwhile.
const mostTogether = 32

// findAllFacts does what findFacts does for each of several conversations,
// with few reads and commits, and says for which of them that went well.
func (d *Desk) findAllFacts(ctx context.Context, all []touch) (done []bool, err error) {
	done = make([]bool, len(all))
	keys := make([]storage.Key, len(all))
	for i, at := range all {
		keys[i] = key(at.bot, kindTally, at.id)
	}
	tallies, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return done, fmt.Errorf("desk: tallies: %w", err)
	}
	now, err := d.Now(ctx)
	if err != nil {
		return done, err
	}
	parts := make([]*draft, len(all))
	var g errgroup.Group
	g.SetLimit(reactAtOnce)
	for i, at := range all {
		g.Go(func() error {
			return d.contained("counting", at.bot, func() error {
				v, err := decode[report.Tally](tallies[i])
				if t := (&draft{now: now}); err == nil && d.count(ctx, t, v, at) == nil {
					parts[i] = t
				}
				return nil // who fails is looked at alone, and told of then
			})
		})
	}
	_ = g.Wait() // panics were logged
	for from, to := 0, 0; from < len(all); from = to {
		t := &draft{now: now}
		for ; to < len(all) && (to == from || parts[to] == nil || len(t.ops)+len(parts[to].ops) <= mostTogether); to++ {
			if parts[to] != nil {
				t.ops = append(t.ops, parts[to].ops...)
			}
		}
		if len(t.ops) > 0 {
			began := time.Now()
			err := d.commit(ctx, t)
			d.rest(ctx, time.Since(began))
			if errors.Is(err, storage.ErrConflict) {
				continue // each decides anew
			}
			if err != nil {
				return done, err
			}
		}
		for i := from; i < to; i++ {
			done[i] = parts[i] != nil
		}
	}
	return done, nil
}

// rest leaves the store to others for as long as it took, when Run does what
// nobody waits for. What was away for a time is not left for as long: other
// reactions come after.
func (d *Desk) rest(ctx context.Context, took time.Duration) {
	if d.running.Load() {
		wait(ctx, nil, min(took, gather))
	}
}

// history is how far the conversations were counted that a bot has from
// before there were facts: the newest first.
type history struct {
	After filter.Position `json:"after"`
	Done  bool            `json:"done,omitempty"`
}

// historyPage is how many conversations are counted before the place among
// them is kept.
const historyPage = 200

// countHistory begins to count a bot's conversations from before, or, with
// again, all of them: those that are counted already cost one read.
func (d *Desk) countHistory(ctx context.Context, bot handoff.BotID, again bool) (done bool, _ error) {
	err := d.decide(ctx, func(t *draft) error {
		v, err := get[history](ctx, d, key(bot, kindHistory, bot))
		if err != nil {
			return fmt.Errorf("desk: history of bot %s: %w", bot, err)
		}
		if done = v.value.Done; v.version != 0 && !again {
			return nil
		}
		done, v.value = false, history{}
		t.timer(bot, timerHistory, string(bot), t.now)
		return put(t, v, time.Time{})
	})
	return done, err
}

// historyDue counts a page of a bot's conversations, and sets its timer for
// the next. One that fails is logged and looked at again later, by itself.
func (d *Desk) historyDue(ctx context.Context, due storage.Timer) error {
	v, err := get[history](ctx, d, key(due.Bot, kindHistory, due.ID))
	if err != nil || v.version == 0 || v.value.Done {
		return err
	}
	rows, next, more, err := d.walk(ctx, storage.Query{
		Bot: due.Bot, Where: where(anyState...), After: v.value.After, Limit: historyPage,
	}, 0)
	if err != nil {
		return fmt.Errorf("desk: history of bot %s: %w", due.Bot, err)
	}
	var g errgroup.Group
	g.SetLimit(reactAtOnce)
	for _, c := range rows {
		g.Go(func() error {
			err := d.contained("counting history", c.Bot, func() error {
				return d.decide(ctx, func(t *draft) error { return d.findFacts(ctx, t, nil, c) })
			})
			if err == nil || ctx.Err() != nil {
				return err
			}
			d.log.Error("desk: a conversation cannot be counted", "bot", c.Bot, "conversation", c.ID, "error", err)
			return d.decide(ctx, func(t *draft) error {
				t.timer(c.Bot, timerReact, string(c.ID), t.now.Add(putOff))
				return nil
			})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return d.decide(ctx, func(t *draft) error {
		now, err := get[history](ctx, d, v.key)
		if err != nil || now.version != v.version {
			return err // somebody else was here, or it began anew
		}
		if v.value.After, v.value.Done = next, !more; more {
			t.timer(due.Bot, timerHistory, due.ID, t.now.Add(time.Millisecond))
		}
		return put(t, v, time.Time{})
	})
}

// facts gives the facts that a query asks for, hour after hour. An error is
// the last it gives.
func (d *Desk) facts(ctx context.Context, bot handoff.BotID, q report.Query) iter.Seq2[report.Fact, error] {
	return func(yield func(report.Fact, error) bool) {
		last := report.Hour(q.To.Add(-time.Nanosecond))
		// The last key there can be of the hour before the first: no id has a ~.
		after := child(bot, kindFact, report.Hour(q.From.Add(-time.Hour)), "~")
		for {
			page, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindFact, After: after}, storage.MaxPage)
			if err != nil {
				yield(report.Fact{}, fmt.Errorf("desk: facts of bot %s: %w", bot, err))
				return
			}
			for _, r := range page {
				if r.Key.Parent > last {
					return
				}
				v, err := decode[found](r)
				if err != nil {
					d.log.Error("desk: unreadable record", "bot", bot, "kind", kindFact, "id", r.Key.ID)
					continue
				}
				for _, f := range v.value {
					if q.Match(f) && !yield(f, nil) {
						return
					}
				}
			}
			if len(page) < storage.MaxPage {
				return
			}
			after = page[len(page)-1].Key
		}
	}
}
