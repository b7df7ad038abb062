package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// What the router sees of a bot's lines.

func waitingOf(c handoff.Conversation) routing.Waiting {
	return routing.Waiting{
		ID: c.ID, Queue: c.Queue, Rank: c.Rank, Skills: c.Skills, Preferred: c.Preferred,
		Priority: c.Priority, Since: c.WaitingSince,
	}
}

// depth is how far into the lines a snapshot looks: past the places in from,
// and from there a few more than there is room for.
type depth struct {
	from map[handoff.QueueID]storage.Line
	more int
}

// The first look into the lines goes firstMore past the free capacity.
const firstMore = 8

func shallow() depth { return depth{map[handoff.QueueID]storage.Line{}, firstMore} }

// deeper looks past those who were seen: nobody free has what they want. It
// reports whether anybody may be there.
func (at *depth) deeper(full []storage.Line) bool {
	for _, l := range full {
		at.from[l.Queue] = l
	}
	at.more = min(at.more*8, storage.MaxPage)
	return len(full) > 0
}

// sight is what a plan is made from: who is there, and of the lines as many as
// could be assigned.
type sight struct {
	routing.Snapshot
	lined map[handoff.ConversationID]handoff.Conversation // who waits, by id
	full  []storage.Line                                  // the lines that go on, each after the last one seen
	shut  []handoff.QueueID                               // nobody has room: their lines were not looked into
}

func (d *Desk) look(ctx context.Context, bot handoff.BotID, r *roster, offers standing, at depth, now time.Time) (s sight, err error) {
	census := d.outlooks.bot(bot).census()
	defer census.end()
	people, room, err := d.people(ctx, bot, r, offers, now)
	if err != nil {
		return s, err
	}
	if offers == nil && d.atOnce(bot) {
		census.keep(r, people, now)
	}
	s = sight{Snapshot: people, lined: map[handoff.ConversationID]handoff.Conversation{}}
	var lines []storage.Line
	for id, q := range r.queues {
		switch {
		case q.value.Mode == handoff.Manual:
		case room[id] == 0:
			s.shut = append(s.shut, id)
		default:
			l := at.from[id]
			l.Queue, l.Limit = id, min(room[id]+at.more, storage.MaxPage)
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(a, b storage.Line) int { return compareIDs(a.Queue, b.Queue) })
	for part := range slices.Chunk(lines, storage.MaxLines) {
		waiting, err := d.store.Waiting(ctx, bot, part)
		if err != nil {
			return s, fmt.Errorf("desk: lines of bot %s: %w", bot, err)
		}
		got := map[handoff.QueueID]int{}
		last := map[handoff.QueueID]handoff.Conversation{}
		for _, c := range waiting {
			got[c.Queue]++
			last[c.Queue] = c
			if w := waitingOf(c); offers.ask(c, r.queues[c.Queue].value, &w) {
				s.Waiting, s.lined[c.ID] = append(s.Waiting, w), c
			}
		}
		for _, l := range part {
			if c := last[l.Queue]; got[l.Queue] == l.Limit {
				s.full = append(s.full, storage.Line{Queue: l.Queue, AfterRank: c.Rank, AfterID: c.ID})
			}
		}
	}
	return s, nil
}

// leaves notes the queues in which somebody waits, or may, whom a plan gives to
// nobody.
func (s *sight) leaves(plan []routing.Assignment, left map[handoff.QueueID]bool) {
	planned := make(map[handoff.ConversationID]bool, len(plan))
	for _, as := range plan {
		planned[as.Conversation] = true
	}
	for id, c := range s.lined {
		if !planned[id] {
			left[c.Queue] = true
		}
	}
	for _, id := range s.shut {
		left[id] = true
	}
}
