package desk_test

import (
	"context"
	"maps"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

// trips is a store that counts the round trips to a server which a handoff
// would take, by what they are for.
type trips struct {
	storage.Store
	mu sync.Mutex
	n  map[string]int
}

func (s *trips) count(what string) {
	s.mu.Lock()
	s.n[what]++
	s.mu.Unlock()
}

// taken gives the trips since it was last asked.
func (s *trips) taken() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := maps.Clone(s.n)
	clear(s.n)
	return n
}

func (s *trips) Commit(ctx context.Context, b storage.Batch) error {
	s.count("commit")
	return s.Store.Commit(ctx, b)
}

func (s *trips) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	s.count("conversation")
	return s.Store.Conversation(ctx, bot, id)
}

func (s *trips) Waiting(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	s.count("waiting")
	return s.Store.Waiting(ctx, bot, lines)
}

func (s *trips) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	s.count("lookup " + keys[0].Kind)
	return s.Store.Lookup(ctx, keys)
}

func (s *trips) Records(ctx context.Context, r storage.Range, limit int) ([]storage.Record, error) {
	s.count("records " + r.Kind)
	return s.Store.Records(ctx, r, limit)
}

// Each read is a round trip that a customer waits for.
func TestAHandoffReadsNothingTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 5, "sales")
	id := o.writes("551", "hello")
	o.settle()
	s := &trips{Store: o.store, n: map[string]int{}}
	o.open(s)
	ana, err := o.desk.Seat(o.ctx, "acme", "ana")
	o.ok(err)
	o.settle()

	s.taken()
	_, err = o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "")
	o.ok(err)
	require.Equal(t, map[string]int{"conversation": 1, "commit": 1}, s.taken(), "the router has read the queue")

	o.settle()
	assigning := s.taken()
	require.Equal(t, 2, assigning["waiting"], "the plan, and one of the next turn, which finds nobody")
	require.Zero(t, assigning["conversation"], "the router has seen it in its line, the follower its events")
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)

	_, err = o.bot.IsOpen(o.ctx, "sales") // reads the settings, which are kept for a while
	o.ok(err)
	s.taken()
	o.ok(ana.ReturnToBot(o.ctx, id))
	require.Equal(t, map[string]int{"conversation": 1, "commit": 1}, s.taken())
}
