package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// What the router sees of a bot's lines, and what it leaves there: who wakes it
// for an agent who has room again knows by that whether anybody may want it.

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
	people, room, err := d.people(ctx, bot, r, offers, now)
	if err != nil {
		return s, err
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

// lines is what this process last found of each bot: in which queues somebody
// may wait whom the router could not give to anyone.
type lines struct {
	mu sync.Mutex
	of map[handoff.BotID]*remnant
}

// remnant is what the router leaves of one bot's lines.
type remnant struct {
	looks  int                      // that have begun
	known  bool                     // the last of them is over, and found all there is
	queues map[handoff.QueueID]bool // somebody waits there, or was not looked for
}

func newLines() *lines { return &lines{of: map[handoff.BotID]*remnant{}} }

// look begins a look at a bot's lines. From now on anybody may wait, until left
// tells in which queues the look has left somebody. A look that others have
// overtaken, or that ends without telling, tells nothing.
func (l *lines) look(bot handoff.BotID) (left func(map[handoff.QueueID]bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.of[bot]
	if r == nil {
		r = &remnant{}
		l.of[bot] = r
	}
	r.looks++
	r.known = false
	mine := r.looks
	return func(queues map[handoff.QueueID]bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if r.looks == mine {
			r.known, r.queues = true, queues
		}
	}
}

// mayWait reports whether somebody may wait in one of an agent's queues.
func (l *lines) mayWait(bot handoff.BotID, members []doc[handoff.Member]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.of[bot]
	return r == nil || !r.known || slices.ContainsFunc(members, func(m doc[handoff.Member]) bool { return r.queues[m.value.Queue] })
}

// makeRoom has a bot's lines looked at for an agent who has room again, if
// anybody may wait in their queues. Where processes do not hear of one another,
// somebody whom another put there may.
func (d *Desk) makeRoom(k agentKey, now time.Time) {
	if k.agent == "" {
		return
	}
	_, hears := storage.As[storage.Waker](d.store)
	if r, ok := d.rosters.known(k.bot, now); !hears || !ok || d.lines.mayWait(k.bot, r.members[k.agent]) {
		d.routing.mark(k.bot)
	}
}
