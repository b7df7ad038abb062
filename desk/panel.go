package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// QueueStatus is one queue in the queue panel.
type QueueStatus struct {
	Queue handoff.Queue
	// Opening is whether it is open now.
	Opening Opening
	// Agents are the members, connected ones first, then by name.
	Agents []AgentStatus
	// Waiting is how many wait; with More, it is where counting stopped.
	Waiting int
	More    bool
	// Oldest is when the longest of those counted began to wait.
	Oldest time.Time
}

// AgentStatus is an agent in the queue panel.
type AgentStatus struct {
	ID           handoff.AgentID
	Name         string
	Connected    bool
	Availability handoff.Availability
	AwayReason   string
	Since        time.Time // of the availability
	Held         int       // conversations of all queues
	HeldHere     int       // of this queue
	Limit        int       // the most the router gives them in all
	// OffHours and Draining keep new conversations from them.
	OffHours, Draining bool
	// WrappingUp is how many of Held have ended, see handoff.Queue.WrapUp.
	WrappingUp int
}

// panelCount is where the panel stops counting those who wait.
const panelCount = 100

// QueuePanel shows the queues, all or one, and whose name matches the search
// (the beginning of any word, without regard to case and accents); "" shows
// all. It takes permission for reports or for managing queues.
//
// Errors: ErrForbidden, ErrNotFound for an unknown queue.
func (s *Seat) QueuePanel(ctx context.Context, one handoff.QueueID, search string) ([]QueueStatus, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	if !a.may(handoff.PermReports) && !a.may(handoff.PermManageQueues) {
		return nil, fmt.Errorf("%w: queue panel", ErrForbidden)
	}
	if one != "" {
		if _, err := named[handoff.Queue](ctx, s.d, s.bot, kindQueue, one); err != nil {
			return nil, err
		}
	}
	queues, err := listed[handoff.Queue](ctx, s.d, s.bot, kindQueue)
	if err != nil {
		return nil, err
	}
	queues = slices.DeleteFunc(queues, func(q handoff.Queue) bool {
		return one != "" && q.ID != one || !nameMatches(q.Name, search)
	})
	now, err := s.d.Now(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.d.rosterFor(ctx, s.bot, now)
	if err != nil {
		return nil, err
	}
	loads, err := s.d.loads(ctx, s.bot)
	if err != nil {
		return nil, err
	}
	set, err := s.d.settingsOf(ctx, s.bot)
	if err != nil {
		return nil, err
	}
	wrapping, err := s.d.wrappingUp(ctx, s.bot, set)
	if err != nil {
		return nil, err
	}
	out := make([]QueueStatus, 0, len(queues))
	for part := range slices.Chunk(queues, storage.MaxLines) {
		lines := make([]storage.Line, len(part))
		for i, q := range part {
			lines[i] = storage.Line{Queue: q.ID, Limit: panelCount}
		}
		waiting, err := s.d.store.Waiting(ctx, s.bot, lines)
		if err != nil {
			return nil, fmt.Errorf("desk: lines of bot %s: %w", s.bot, err)
		}
		for _, q := range part {
			st := QueueStatus{
				Queue: q.WithDefaults(), Agents: r.serving(q.ID, loads, now),
				Opening: openingOf(q, set.hours(q.Calendar), now),
			}
			for i, a := range st.Agents {
				st.Agents[i].WrappingUp = wrapping[a.ID]
			}
			for _, c := range waiting {
				if c.Queue != q.ID {
					continue
				}
				st.Waiting++
				if st.Oldest.IsZero() || c.WaitingSince.Before(st.Oldest) {
					st.Oldest = c.WaitingSince
				}
			}
			st.More = st.Waiting == panelCount
			out = append(out, st)
		}
	}
	return out, nil
}

// serving lists who serves a queue, connected ones first.
func (r *roster) serving(queue handoff.QueueID, loads map[loadKey]storage.AgentLoad, now time.Time) []AgentStatus {
	atWork := r.atWork(now)
	var out []AgentStatus
	for _, v := range r.agents {
		a := v.value
		if !slices.ContainsFunc(r.members[a.ID], func(m doc[handoff.Member]) bool { return m.value.Queue == queue }) {
			continue
		}
		st := r.status(a, loads)
		st.OffHours, st.Draining = !atWork[a.Calendar], a.Draining
		st.HeldHere = loads[loadKey{a.ID, queue}].Held
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b AgentStatus) int {
		if a.Connected != b.Connected {
			if a.Connected {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// status shows an agent; what depends on a queue, on the time and on wrap-ups
// is the caller's to fill in.
func (r *roster) status(a handoff.Agent, loads map[loadKey]storage.AgentLoad) AgentStatus {
	_, connected := r.leases[a.ID]
	return AgentStatus{
		ID: a.ID, Name: a.Name, Connected: connected,
		Availability: a.Availability, AwayReason: a.AwayReason, Since: a.Since,
		Held: loads[loadKey{a.ID, ""}].Held, Limit: a.Limit(),
	}
}

// nameMatches reports whether every word of the search begins a word of the
// name.
func nameMatches(name, search string) bool {
	terms := filter.Terms(name, "")
	for _, want := range filter.Terms(search, "") {
		if !slices.ContainsFunc(terms, func(t string) bool { return strings.HasPrefix(t, want) }) {
			return false
		}
	}
	return true
}
