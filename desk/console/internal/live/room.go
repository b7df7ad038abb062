package live

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

const (
	// batch is how many events are read and published at once.
	batch = 256
	// firstPause and lastPause bound the time between tries when the store
	// fails.
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
	// signalsPerSecond is how often an agent may signal in a bot, and
	// signalBurst how often at once.
	signalsPerSecond = 2
	signalBurst      = 10
)

// room is one bot's: it reads the feed for all who watch.
type room struct {
	hub  *Hub
	bot  handoff.BotID
	ring *ring

	ctx     context.Context
	close   context.CancelFunc
	viewers int         // guarded by the hub
	linger  *time.Timer // running while there are no viewers

	opening sync.Mutex
	opened  atomic.Bool

	names atomic.Pointer[names]

	mu       sync.Mutex // what follows, and writing to the ring
	at       storage.Cursor
	base     int64          // number of the first entry of the present feed
	floor    storage.Cursor // where the oldest of these begins
	subjects map[handoff.ConversationID]*subject
	limits   map[handoff.AgentID]*rate.Limiter
}

func newRoom(h *Hub, bot handoff.BotID) *room {
	r := &room{
		hub: h, bot: bot, ring: newRing(h.size),
		subjects: map[handoff.ConversationID]*subject{},
		limits:   map[handoff.AgentID]*rate.Limiter{},
	}
	r.ctx, r.close = context.WithCancel(h.ctx)
	r.linger = time.AfterFunc(linger, func() { h.expire(r) })
	return r
}

// open begins reading, from now, unless that was done.
func (r *room) open(ctx context.Context) error {
	r.opening.Lock()
	defer r.opening.Unlock()
	if r.opened.Load() {
		return nil
	}
	head, err := r.head(ctx)
	if err != nil {
		return err
	}
	if err := r.learnNames(ctx); err != nil {
		return err
	}
	r.at, r.floor = head, head
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if r.ctx.Err() != nil {
		return ErrClosed
	}
	r.opened.Store(true)
	r.hub.work.Go(r.run)
	return nil
}

func (r *room) head(ctx context.Context) (storage.Cursor, error) {
	text, err := r.hub.desk.Head(ctx)
	if err != nil {
		return storage.Cursor{}, err
	}
	return storage.ParseCursor(text)
}

// run reads the feed until the room is closed, again and again if that fails.
func (r *room) run() {
	pause := firstPause
	for r.ctx.Err() == nil {
		from := r.at
		err := r.follow()
		if errors.Is(err, desk.ErrReset) {
			err = r.reset()
		}
		if r.ctx.Err() != nil {
			return
		}
		if err != nil {
			r.hub.log.Warn("live: reading the feed", "bot", r.bot, "error", err)
		}
		if r.at != from {
			pause = firstPause
		}
		sleep(r.ctx, pause)
		pause = min(2*pause, lastPause)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// reset begins anew at the present head of the feed.
func (r *room) reset() error {
	head, err := r.head(r.ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(&entry{reset: true, at: head, id: head.String()})
	r.at, r.floor, r.base = head, head, r.ring.head.Load()
	return nil
}

// follow subscribes to the feed from where the room is, and publishes what
// has come meanwhile, batch by batch.
func (r *room) follow() error {
	ctx, cancel := context.WithCancel(r.ctx)
	items := make(chan desk.Item, batch)
	var ended error
	go func() {
		defer close(items)
		for item, err := range r.hub.desk.Bot(r.bot).Subscribe(ctx, r.at.String()) {
			if err != nil {
				ended = err
				return
			}
			select {
			case items <- item:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range items {
		}
	}()
	for item := range items {
		now := []desk.Item{item}
		for len(items) > 0 && len(now) < batch {
			now = append(now, <-items)
		}
		if err := r.take(ctx, now); err != nil {
			return err
		}
	}
	return ended
}

// take publishes items of the feed.
func (r *room) take(ctx context.Context, items []desk.Item) error {
	var es []*entry
	var at storage.Cursor
	var err error
	renamed := false
	for _, item := range items {
		if at, err = storage.ParseCursor(item.Cursor); err != nil {
			return err
		}
		if item.Event.Kind != "" {
			es = append(es, eventEntry(at, item.Event))
		}
		renamed = renamed || item.Event.Kind == handoff.EventAgentChanged || item.Event.Kind == handoff.EventQueueChanged
	}
	if err := r.readSubjects(ctx, es); err != nil {
		return err
	}
	if renamed {
		if err := r.learnNames(ctx); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range es {
		if e.subject != nil {
			e.subject = r.subject(e.subject.latest.Load(), e.subject.id)
		}
	}
	r.at = at
	if len(es) > 0 {
		r.put(es...)
	}
	return nil
}

// readSubjects reads the conversations of events, each once.
func (r *room) readSubjects(ctx context.Context, es []*entry) error {
	clock, err := r.hub.desk.Now(ctx)
	if err != nil {
		return err
	}
	now := map[handoff.ConversationID]*subject{}
	for _, e := range es {
		id := e.event.Conversation
		if id == "" {
			continue
		}
		if now[id] == nil {
			read, err := r.hub.read(ctx, r.bot, id, clock)
			if err != nil {
				return err
			}
			now[id] = &subject{id: id}
			now[id].learn(read)
		}
		e.subject = now[id]
	}
	return nil
}

// subject gives the one subject of a conversation, which knows of n then.
// The caller holds r.mu.
func (r *room) subject(n *snapshot, id handoff.ConversationID) *subject {
	s := r.subjects[id]
	if s == nil {
		s = &subject{id: id}
		r.subjects[id] = s
	}
	s.learn(n)
	return s
}

// put publishes entries. The caller holds r.mu.
func (r *room) put(es ...*entry) {
	for _, e := range es {
		if e.subject != nil {
			e.subject.refs++
		}
	}
	r.ring.put(es, func(old *entry) {
		if old.number >= r.base {
			r.floor = old.at
		}
		r.drop(old.subject)
	})
}

// drop forgets a subject that no entry is about any more.
func (r *room) drop(s *subject) {
	if s == nil {
		return
	}
	if s.refs--; s.refs == 0 {
		delete(r.subjects, s.id)
	}
}

// publish tells of what is not in the feed.
func (r *room) publish(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opened.Load() {
		e.at, e.id = r.at, r.at.String()
		r.put(e)
	}
}

// about gives a conversation as it is now, to be released. What the ring
// tells of is known; the rest is read.
func (r *room) about(ctx context.Context, id handoff.ConversationID) (*subject, error) {
	r.mu.Lock()
	s := r.subjects[id]
	if s != nil {
		s.refs++
	}
	r.mu.Unlock()
	if s != nil {
		return s, nil
	}
	read, err := r.hub.read(ctx, r.bot, id, time.Time{})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s = r.subject(read, id)
	s.refs++
	return s, nil
}

func (r *room) release(s *subject) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(s)
}

// admits reports whether an agent may signal now.
func (r *room) admits(a handoff.AgentID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.limits[a]
	if l == nil {
		l = rate.NewLimiter(signalsPerSecond, signalBurst)
		r.limits[a] = l
	}
	return l.Allow()
}

// present is the place of what comes next, in the ring and in the feed.
func (r *room) present() (number int64, at storage.Cursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ring.head.Load(), r.at
}

// find gives the number of the first entry after a place in the feed, if the
// ring has all that follows it. A place that the room has not come to yet is
// believed only if the store knew it; what follows it comes after all
// entries, and before it some that the viewer has.
func (r *room) find(at storage.Cursor, known bool) (number int64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	head := r.ring.head.Load()
	if at.Epoch != r.at.Epoch || at.Pos < r.floor.Pos {
		return 0, false
	}
	if at.Pos > r.at.Pos {
		return head, known
	}
	oldest := max(r.base, r.ring.oldest())
	n := sort.Search(int(head-oldest), func(i int) bool { return r.ring.at(oldest+int64(i)).at.Pos > at.Pos })
	return oldest + int64(n), true
}

// names are those of a bot's agents and queues. The edition grows when one
// that rows may show is another.
type names struct {
	agents  map[handoff.AgentID]string
	queues  map[handoff.QueueID]string
	edition int64
}

func (r *room) learnNames(ctx context.Context) error {
	bot := r.hub.desk.Bot(r.bot)
	agents, err := bot.Agents(ctx)
	if err != nil {
		return fmt.Errorf("live: names of agents: %w", err)
	}
	queues, err := bot.Queues(ctx)
	if err != nil {
		return fmt.Errorf("live: names of queues: %w", err)
	}
	n := &names{agents: map[handoff.AgentID]string{}, queues: map[handoff.QueueID]string{}}
	for _, a := range agents {
		n.agents[a.ID] = a.Name
	}
	for _, q := range queues {
		n.queues[q.ID] = q.Name
	}
	if old := r.names.Load(); old != nil {
		n.edition = old.edition
		if renamed(old.agents, n.agents) || renamed(old.queues, n.queues) {
			n.edition++
		}
	}
	r.names.Store(n)
	return nil
}

// renamed reports whether a name of old is another in now. One that is gone
// stays as "", which is what rows show, and may come back.
func renamed[K comparable](old, now map[K]string) (renamed bool) {
	for id, name := range old {
		renamed = renamed || now[id] != name
		if _, there := now[id]; !there {
			now[id] = ""
		}
	}
	return renamed
}
