package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// Sentinels.
var (
	// ErrClosed: the hub was closed.
	ErrClosed = errors.New("live: closed")
	// ErrSignedOut is for [Viewer].Check to say that the session is over.
	ErrSignedOut = errors.New("live: signed out")
	// ErrTooMany: the agent signals too often; this one was not told.
	ErrTooMany = errors.New("live: too many signals")
)

const (
	// ringSize is how many entries of a bot are kept for all its viewers.
	ringSize = 8192
	// linger is for how long a bot is still read after its last viewer left:
	// a page that is loaded again comes back to a ring that has everything.
	linger = 10 * time.Second
)

// Hub tells what happens to all viewers of this process. It may be used by
// many goroutines. Make one with [New], and close it.
type Hub struct {
	desk  *desk.Desk
	log   *slog.Logger
	size  int          // of a ring
	tick  atomic.Int64 // orders readings of the store in this process
	ctx   context.Context
	close context.CancelFunc
	work  sync.WaitGroup

	mu    sync.Mutex
	rooms map[handoff.BotID]*room
}

// New makes a hub for the viewers of d's bots. It reads nothing until
// somebody watches. The log gets ids and errors; nil logs nowhere.
func New(d *desk.Desk, log *slog.Logger) *Hub {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{desk: d, log: log, size: ringSize, rooms: map[handoff.BotID]*room{}}
	h.ctx, h.close = context.WithCancel(context.Background())
	return h
}

// Close ends all streams, whose Next then gives io.EOF, and waits until
// nothing is read any more. Closing again does nothing.
func (h *Hub) Close() {
	h.mu.Lock()
	h.close()
	for _, r := range h.rooms {
		r.linger.Stop()
	}
	h.mu.Unlock()
	h.work.Wait()
}

// Viewer says who watches, and what.
type Viewer struct {
	// Seat is that of Agent in Bot.
	Seat  *desk.Seat
	Bot   handoff.BotID
	Agent handoff.AgentID
	// Criteria are those of the live list; nil is no list.
	Criteria *filter.Criteria
	// After is the cursor to resume from; "" is now. One that is no place in
	// the feed gives a reset frame.
	After string
	// Check is called about every second while Next is, and before anything
	// is given after a longer while. [ErrSignedOut] and desk.ErrNotFound (the
	// agent is disabled) end the stream with a bye frame. After any other
	// error nothing is given until it is asked again and gives nil.
	Check func(context.Context) error
}

// Watch begins a stream, to be closed by the caller. The context is for the
// call alone.
//
// Errors: handoff.ErrInvalid for bad criteria, desk.ErrNotFound if the agent
// is gone, ErrClosed, and those of the store.
func (h *Hub) Watch(ctx context.Context, v Viewer) (*Stream, error) {
	r, err := h.join(ctx, v.Bot)
	if err != nil {
		return nil, err
	}
	s, err := newStream(ctx, r, v)
	if err != nil {
		h.leave(r)
		return nil, err
	}
	return s, nil
}

// Read tells the agent's viewers that the agent has read a conversation: up
// to as many of the contact's messages as its Received says. Call it after
// desk.Seat.MarkRead.
func (h *Hub) Read(bot handoff.BotID, agent handoff.AgentID, conversation handoff.ConversationID, received int64) {
	if r := h.watched(bot); r != nil {
		r.publish(&entry{read: &reading{agent: agent, Conversation: conversation, Received: received}})
	}
}

// Signal tells the other agents who see a conversation that the seat's agent
// looks at it or types. Each may signal a few times per second.
//
// Errors: handoff.ErrInvalid, desk.ErrNotFound for a conversation that the
// agent does not see, ErrTooMany.
func (h *Hub) Signal(ctx context.Context, seat *desk.Seat, conversation handoff.ConversationID, looking, typing bool) error {
	if err := handoff.CheckID("conversation", conversation); err != nil {
		return err
	}
	view, err := seat.View(ctx)
	if err != nil {
		return err
	}
	agent := view.Agent()
	r := h.watched(agent.Bot)
	if r == nil { // nobody is there to be told
		c, err := h.read(ctx, agent.Bot, conversation, time.Time{})
		return visible(view, conversation, c, err)
	}
	if !r.admits(agent.ID) {
		return fmt.Errorf("%w: agent %s", ErrTooMany, agent.ID)
	}
	about, err := r.about(ctx, conversation)
	if err != nil {
		return err
	}
	defer r.release(about)
	if err := visible(view, conversation, about.latest.Load(), nil); err != nil {
		return err
	}
	r.publish(&entry{subject: about, signal: &signal{
		Conversation: conversation, Agent: agent.ID, Name: agent.Name, Looking: looking, Typing: typing,
	}})
	return nil
}

func visible(view desk.View, id handoff.ConversationID, s *snapshot, err error) error {
	if err == nil && (s.conversation.ID == "" || !view.Sees(s.conversation)) { // without an id there is none
		err = fmt.Errorf("%w: conversation %s", desk.ErrNotFound, id)
	}
	return err
}

// read reads a conversation as it is now. The clock is the store's of about
// now, or zero if that does not matter.
func (h *Hub) read(ctx context.Context, bot handoff.BotID, id handoff.ConversationID, clock time.Time) (*snapshot, error) {
	s := &snapshot{clock: clock, tick: h.tick.Add(1)}
	var err error
	s.conversation, err = h.desk.Store().Conversation(ctx, bot, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("live: conversation %s: %w", id, err)
	}
	dues, err := h.desk.Bot(bot).Dues(ctx, id)
	if errors.Is(err, desk.ErrNotFound) {
		return s, nil // the bot was never put: nothing is agreed
	}
	if err != nil {
		return nil, err
	}
	if due, ok := dues[id]; ok {
		s.due = &due
	}
	return s, nil
}

// watched is the room of a bot that somebody watches, or nil.
func (h *Hub) watched(bot handoff.BotID) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[bot]
}

// join counts one more viewer in the bot's room, which the first opens.
func (h *Hub) join(ctx context.Context, bot handoff.BotID) (*room, error) {
	h.mu.Lock()
	if h.ctx.Err() != nil {
		h.mu.Unlock()
		return nil, ErrClosed
	}
	r := h.rooms[bot]
	if r == nil {
		r = newRoom(h, bot)
		h.rooms[bot] = r
	}
	r.viewers++
	r.linger.Stop()
	h.mu.Unlock()
	if err := r.open(ctx); err != nil {
		h.leave(r)
		return nil, err
	}
	return r, nil
}

// leave counts a viewer out. A room without any is closed after a while.
func (h *Hub) leave(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.viewers--; r.viewers == 0 && h.ctx.Err() == nil {
		r.linger.Reset(linger)
	}
}

// expire closes a room that nobody came back to.
func (h *Hub) expire(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.viewers == 0 && h.rooms[r.bot] == r {
		delete(h.rooms, r.bot)
		r.close()
	}
}
