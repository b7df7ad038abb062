package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// histories is that every store gives the same answers: those of package
// memory, which is the reference.
type histories struct{}

func (histories) OfManyRandomBatchesEndAsInMemory(s *setup) {
	s.rule("Then run the conformance suite, which tests every sentence of this page")
	seed := rand.Uint64()
	s.Logf("seed %d", seed)
	h := &history{setup: s, Rand: rand.New(rand.NewPCG(seed, 0))}
	now := s.now
	h.reference = s.on(memory.New(&memory.Options{Now: func() time.Time { return now }}))
	defer h.reference.store.Close()
	s.furnish()
	h.reference.furnish()
	for i := range historyLength {
		h.step(i)
	}
	equal(s, fmt.Sprintf("what is there after %d random batches, and in memory", historyLength), h.decoded(), h.reference.decoded())
}

// historyLength is how many batches are committed.
const historyLength = 150

// history is a random sequence of batches on a few rows, committed to the
// store and to the reference.
type history struct {
	*setup
	*rand.Rand
	reference *setup
	earlier   []storage.Batch
}

// step commits a batch to both, and asks for the same verdict. It gives the
// store no chance to be right by accident: most batches are of operations
// that fit what is there, and one in ten has been committed before.
func (h *history) step(n int) {
	h.Helper()
	b := h.batch(h.ops()...)
	if len(h.earlier) > 0 && h.IntN(10) == 0 {
		b = h.earlier[h.IntN(len(h.earlier))]
	}
	want := h.reference.store.Commit(h.ctx, b)
	if errors.Is(want, storage.ErrInvalid) {
		return // operations that contradict each other
	}
	got := h.store.Commit(h.ctx, b)
	if !errors.Is(got, storage.ErrConflict) && got != nil || (got == nil) != (want == nil) {
		h.Fatalf("batch %d, %+v: got error %v, and in memory %v", n, b.Ops, got, want)
	}
	h.earlier = append(h.earlier, b)
}

func (h *history) ops() []storage.Op {
	ops := make([]storage.Op, 1+h.IntN(4))
	for i := range ops {
		ops[i] = h.op()
	}
	return ops
}

// version is that of a conversation or record now, or seldom another.
func (h *history) version(now int64) int64 {
	if h.IntN(8) == 0 {
		return now + 1
	}
	return now
}

func (h *history) op() storage.Op {
	id := []string{"a", "b", "new"}[h.IntN(3)]
	c, _ := h.reference.store.Conversation(h.ctx, bot, handoff.ConversationID(id)) // the zero one if there is none
	r := key(fmt.Sprint(1 + h.IntN(5)))
	stored := int64(0)
	for _, found := range h.reference.records(bot) {
		if found.Key == r {
			stored = found.Version
		}
	}
	provider := []string{"", "p2", "p3", "p9"}[h.IntN(4)]
	message := fmt.Sprint("m", 1+h.IntN(6))
	switch h.IntN(11) {
	case 0, 1:
		return h.put(c, id)
	case 2:
		return storage.AppendMessage{Message: sent(id, message, provider, handoff.Queued), Expect: max(h.version(c.Version), 1)}
	case 3:
		to := []handoff.Delivery{handoff.Queued, handoff.Sent, handoff.Failed}[h.IntN(3)]
		return storage.UpdateMessage{Bot: bot, Conversation: handoff.ConversationID(id), ID: handoff.MessageID(message),
			From: handoff.Queued, To: to, Account: "account", Provider: provider, Failure: "why"}
	case 4:
		return happens(event(id, h.IntN(9)), event("", h.IntN(9)))
	case 5:
		return storage.Load{Bot: bot, Agent: "ana", Queue: handoff.QueueID([]string{"", "queue"}[h.IntN(2)]),
			Delta: h.IntN(3) - 1, Max: 3, At: at(h.IntN(9))}
	case 6:
		return storage.Check{Key: r, Version: h.version(stored)}
	case 7:
		return storage.PutRecord{Record: record(r, h.Int64N(9)+1), Expect: h.version(stored)}
	case 8:
		return storage.DeleteRecord{Key: r, Expect: max(h.version(stored), 1)}
	case 9:
		if h.IntN(4) == 0 {
			return storage.Erase{Bot: bot, Conversation: handoff.ConversationID(id), From: 1, To: int64(1 + h.IntN(3))}
		}
		return storage.ClearTimer{Timer: timer(fmt.Sprint(h.IntN(3)), h.IntN(3))}
	default:
		return storage.SetTimer{Timer: timer(fmt.Sprint(h.IntN(3)), h.IntN(3))}
	}
}

// put is the next state of a conversation, or one that is new.
func (h *history) put(c handoff.Conversation, id string) storage.PutConversation {
	expect := h.version(c.Version)
	next := chat(id, expect+1)
	next.State = states[h.IntN(len(states))]
	next.Rank, next.Priority = h.Int64N(9), handoff.Priority(h.IntN(4))
	switch next.State {
	case handoff.StateWaiting:
		next.Queue = "queue"
	case handoff.StateAssigned:
		next.Agent, next.LastAgent = "ana", "ana"
	}
	return storage.PutConversation{Conversation: next, Expect: expect}
}
