package desk

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/sla"
	"github.com/handoffdesk/handoff/storage"
)

// clocks are those of a conversation as of one of its events, so that only
// what came since has to be read. Nothing in it counts more than the events:
// under other terms it is made anew from the first.
type clocks struct {
	Terms string    `json:"terms"` // see readSLAs
	Seq   int64     `json:"seq"`   // the last event that is in Track
	Track sla.Track `json:"track"`
	Told  []said    `json:"told,omitempty"`
	Shown *Due      `json:"shown,omitempty"` // what lists were told to show
}

// said is what was told of an episode that is not over. Under whichever terms
// it is looked at, nothing is said twice.
type said struct {
	Clock  handoff.SLAClock `json:"clock"`
	Seq    int64            `json:"seq"`
	Soon   bool             `json:"soon,omitempty"`
	Missed bool             `json:"missed,omitempty"`
}

// keepClocks is for how long the clocks of a conversation that ended are kept.
const keepClocks = 30 * 24 * time.Hour

// unread is how many events may go by of which the record says nothing,
// because they moved no clock.
const unread = 100

// fold lets clocks take in the events since, and gives what came of those
// that they had never met.
func (d *Desk) fold(ctx context.Context, s *settings, c handoff.Conversation, to *clocks) (results []sla.Result, err error) {
	met := to.Seq
	if to.Terms != s.terms {
		to.Terms, to.Seq, to.Track = s.terms, 0, sla.Track{}
	}
	for {
		events, err := d.store.Timeline(ctx, c.Bot, c.ID, to.Seq, storage.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("desk: timeline of conversation %s: %w", c.ID, err)
		}
		for _, e := range events {
			var some []sla.Result
			to.Track, some = to.Track.Apply(s.book, e)
			if to.Seq = e.Seq; e.Seq > met {
				results = append(results, some...)
			}
		}
		if len(events) < storage.MaxPage {
			return results, nil
		}
	}
}

// reckon brings the clocks of a conversation up to date and tells what has
// come of them.
func (d *Desk) reckon(ctx context.Context, t *draft, s *settings, c handoff.Conversation) error {
	v, err := get[clocks](ctx, d, key(c.Bot, kindClocks, c.ID))
	if err != nil {
		return fmt.Errorf("desk: clocks of conversation %s: %w", c.ID, err)
	}
	if v.version == 0 && (c.WaitingSince.IsZero() && c.HumanAt.IsZero() || c.Ended() && t.now.Sub(c.EndedAt) >= keepClocks) {
		return nil // no person was asked for yet, or all was told long ago
	}
	was, now := v.value, &v.value
	now.Told = slices.Clone(was.Told)
	results, err := d.fold(ctx, s, c, now)
	if err != nil {
		return err
	}
	track, late := now.Track.Until(t.now)
	for _, r := range append(results, late...) {
		kind, about := handoff.EventSLAMet, new(said)
		if !r.Met {
			kind, about = handoff.EventSLAMissed, now.about(r.Clock, r.Seq)
		}
		if !about.Missed {
			about.Missed = true
			t.tell(kind, c, r.Clock, r.Due, r.Agent, r.Queue)
		}
	}
	for _, clock := range track.Clocks {
		if clock.Missed || clock.Soon.IsZero() || t.now.Before(clock.Soon) {
			continue
		}
		if about := now.about(clock.Clock, clock.Seq); !about.Soon {
			about.Soon = true
			t.tell(handoff.EventSLADueSoon, c, clock.Clock, clock.Deadline, track.Agent, track.Queue)
		}
	}
	now.Told = slices.DeleteFunc(now.Told, func(s said) bool { // the episode is over
		return !slices.ContainsFunc(track.Clocks, func(c sla.Clock) bool { return c.Clock == s.Clock && c.Seq == s.Seq })
	})
	if now.Shown = due(track, t.now); !reflect.DeepEqual(now.Shown, was.Shown) && len(t.events) == 0 {
		e := clockEvent(t, handoff.EventSLAClock, c)
		if now.Shown != nil {
			e.Clock, e.DueAt = now.Shown.Clock, now.Shown.At
		}
		t.note(e)
	}
	t.wakeAt(c, timerClocks, track.Next(t.now))
	if err := d.rankByDue(ctx, t, s, c, track); err != nil {
		return err
	}
	if len(t.events) == 0 && now.Seq-was.Seq < unread && now.stands(was) {
		return nil
	}
	var expires time.Time
	if c.Ended() {
		expires = t.now.Add(keepClocks)
	}
	return put(t, v, expires)
}

// about gives what was said of an episode, to be changed.
func (c *clocks) about(clock handoff.SLAClock, seq int64) *said {
	i := slices.IndexFunc(c.Told, func(s said) bool { return s.Clock == clock && s.Seq == seq })
	if i < 0 {
		i = len(c.Told)
		c.Told = append(c.Told, said{Clock: clock, Seq: seq})
	}
	return &c.Told[i]
}

// stands reports whether nothing but time has passed since another state.
func (c *clocks) stands(since clocks) bool {
	now := *c
	now.Seq, now.Track.At = since.Seq, since.Track.At
	return reflect.DeepEqual(now, since)
}

// tell notes what came of a clock, and who had the conversation.
func (t *draft) tell(kind handoff.EventKind, c handoff.Conversation, clock handoff.SLAClock, due time.Time, agent handoff.AgentID, queue handoff.QueueID) {
	e := clockEvent(t, kind, c)
	e.Clock, e.DueAt, e.Agent, e.Queue = clock, due, agent, queue
	t.note(e)
}

// rankByDue gives a conversation its place in a queue that goes by deadlines.
func (d *Desk) rankByDue(ctx context.Context, t *draft, s *settings, c handoff.Conversation, track sla.Track) error {
	if c.State != handoff.StateWaiting || s.queues[c.Queue].Order != handoff.OrderDue {
		return nil
	}
	due := deadline(track)
	if _, events, err := c.Rerank(handoff.Act{}, s.queues[c.Queue], due); err != nil || len(events) == 0 {
		return err
	}
	q, err := d.queueOf(ctx, c)
	if err != nil || q.value.Order != handoff.OrderDue {
		return err
	}
	return t.rerank(c, q, due)
}

// deadline is that of the clock that presses most; zero if none runs.
func deadline(track sla.Track) time.Time {
	c, _ := track.Due()
	return c.Deadline
}

// deadlines are those of conversations that wait in q, if it goes by them.
func (d *Desk) deadlines(ctx context.Context, q handoff.Queue, waiting []handoff.Conversation) (map[handoff.ConversationID]time.Time, error) {
	due := map[handoff.ConversationID]time.Time{}
	if q.Order != handoff.OrderDue {
		return due, nil
	}
	for part := range slices.Chunk(waiting, storage.MaxLookup) {
		keys := make([]storage.Key, len(part))
		for i, c := range part {
			keys[i] = key(q.Bot, kindClocks, c.ID)
		}
		recs, err := d.store.Lookup(ctx, keys)
		if err != nil {
			return nil, fmt.Errorf("desk: clocks of queue %s: %w", q.ID, err)
		}
		for i, r := range recs {
			v, err := decode[clocks](r)
			if err != nil {
				return nil, fmt.Errorf("desk: clocks of conversation %s: %w", part[i].ID, err)
			}
			due[part[i].ID] = deadline(v.value.Track)
		}
	}
	return due, nil
}

// rerank moves a conversation to the place that it has in its queue now.
func (t *draft) rerank(c handoff.Conversation, q doc[handoff.Queue], due time.Time) error {
	after, events, err := c.Rerank(t.act(handoff.Actor{By: handoff.BySystem}), q.value, due)
	if err != nil || len(events) == 0 {
		return err
	}
	require(t, q)
	t.move(c, after, events, noLimits)
	return nil
}
