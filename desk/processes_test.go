package desk_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// Some seconds of work by several processes, one of which is killed every
// now and then. A slow machine takes longer until enough has happened, and
// none takes as long as tooLong.
const (
	unrest    = 5 * time.Second
	killEvery = 200 * time.Millisecond
	someKills = 6
	someTold  = 10 // what a process does at least before it is killed
	tooLong   = 2 * time.Minute
)

// It runs alone, so that it has the processor and its goroutines can be told
// from others'.
func TestProcessesThatAreKilledBreakNoPromise(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	path := filepath.Join(t.TempDir(), "desk.db")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	store, err := sqlite.Open(ctx, path, &sqlite.Options{Synchronous: sqlite.Normal})
	require.NoError(t, err)
	defer store.Close()
	house := &workforce{t: t, path: path}
	d, err := desk.New(store, hasty(house.channel(), &house.log))
	require.NoError(t, err)
	staff(t, d.Bot("acme"))

	w := blankWorld(t, ctx, store)
	w.desks, w.turn = [2]*desk.Desk{d, d}, 1
	var watchers sync.WaitGroup
	watch, unwatch := context.WithCancel(ctx)
	probes := 0
	watchers.Go(func() { probes = probe(watch, t, store) })
	watchers.Go(func() { w.followers[0].follow(watch, t, d) })

	kills := house.riot()
	drained := drain(ctx, t, d, store)
	unwatch()
	watchers.Wait()

	for _, e := range w.feed("") {
		if e.Event.Conversation != "" && e.Event.Seq == 1 {
			w.meet(e.Event.Conversation)
		}
	}
	w.check(step{op: "the last drop"})
	w.checkFollowers()
	holders(t, w.feed(""))
	acks := house.checkAcknowledged(w)
	require.NoError(t, store.Close())
	whole(t, path)
	require.NotContains(t, house.log.String(), "panic")
	require.NotContains(t, house.log.String(), "DATA RACE")
	t.Logf("%d kills, %d events of %d conversations, drained in %v, %d probes, acknowledged %v, %d errors logged",
		kills, len(w.followers[0].seen), len(w.convs), drained.Round(time.Millisecond), probes, acks, strings.Count(house.log.String(), "level=ERROR"))
	require.Greater(t, probes, kills)
}

// staff makes the bot, its queues, and agents who hold one conversation each.
func staff(t *testing.T, bot *desk.Bot) {
	ctx := t.Context()
	require.NoError(t, bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	for i, q := range lines {
		mode := []handoff.Mode{handoff.Automatic, handoff.Automatic, handoff.Manual}[i]
		require.NoError(t, bot.PutQueue(ctx, handoff.Queue{ID: q, Name: string(q), Mode: mode, OnLost: handoff.RequeueAll}))
	}
	for _, a := range everybody() {
		require.NoError(t, bot.PutAgent(ctx, handoff.Agent{ID: a, Name: string(a), Capacity: 1, Permissions: handoff.RoleAgent}))
		for _, q := range lines {
			if a == expert {
				continue
			}
			require.NoError(t, bot.PutMember(ctx, handoff.Member{Queue: q, Agent: a}))
		}
	}
}

// workforce are the worker processes, and what they told.
type workforce struct {
	t    *testing.T
	path string
	log  shared
	mu   sync.Mutex
	told [][]string
}

// shared is a buffer that many write to.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// worker is one process; its name is what the next in its place goes by.
type worker struct {
	cmd   *exec.Cmd
	stdin io.Closer
	read  chan struct{} // closed when all it told was read
	told  atomic.Int64  // how many lines
	until time.Time     // of one that was killed: when another takes its place
}

func (c *workforce) start(name string) *worker {
	self, err := os.Executable()
	require.NoError(c.t, err)
	p := &worker{cmd: exec.Command(self), read: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerPath+"="+c.path, workerName+"="+name)
	p.cmd.Stderr = &c.log
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(c.t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(c.t, err)
	require.NoError(c.t, p.cmd.Start())
	go func() {
		defer close(p.read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.hear(strings.Fields(lines.Text()))
			p.told.Add(1)
		}
	}()
	return p
}

func (c *workforce) hear(words []string) {
	c.mu.Lock()
	c.told = append(c.told, words)
	c.mu.Unlock()
}

// heardAll says whether calls of every kind were acknowledged.
func (c *workforce) heardAll() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range deeds {
		if !slices.ContainsFunc(c.told, func(a []string) bool { return a[0] == what }) {
			return false
		}
	}
	return true
}

// channel is the parent's own way to the contacts.
func (c *workforce) channel() desk.Channel {
	ch := told()
	ch.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		c.hear(strings.Fields(fmt.Sprintln("sent", out.Message.ID, out.Conversation, out.Message.Number, time.Now().UnixNano())))
		return desk.Sent{Provider: "out-" + out.Key}, nil
	}
	return ch
}

// riot lets the workers work and kills one again and again; in its place
// another starts at once, or when its agents count as lost. In the end all
// are asked to stop, and must do so in order.
func (c *workforce) riot() (kills int) {
	var all [workers]*worker
	for i := range all {
		all[i] = c.start(fmt.Sprint("worker", i))
	}
	tick := time.NewTicker(killEvery)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < unrest || kills < someKills || !c.heardAll(); <-tick.C {
		require.Less(c.t, time.Since(began), tooLong, "the workers do too little: %s", &c.log)
		for i, p := range all {
			if !p.until.IsZero() && time.Now().After(p.until) {
				all[i] = c.start(fmt.Sprint("worker", i))
			}
		}
		p := all[rand.N(workers)]
		if !p.until.IsZero() || p.told.Load() < someTold {
			continue
		}
		require.NoError(c.t, p.cmd.Process.Kill())
		<-p.read
		require.Error(c.t, p.cmd.Wait(), "a worker ended before it was killed: %s", &c.log)
		kills++
		p.until = time.Now()
		if rand.N(3) == 0 {
			p.until = p.until.Add(2 * time.Second)
		}
	}
	for _, p := range all {
		if p.until.IsZero() {
			require.NoError(c.t, p.stdin.Close())
		}
	}
	for _, p := range all {
		if p.until.IsZero() {
			<-p.read
			require.NoError(c.t, p.cmd.Wait(), "a worker did not end well: %s", &c.log)
		}
	}
	return kills
}

// probe looks again and again whether anybody holds more than they may.
func probe(ctx context.Context, t *testing.T, s storage.Store) (n int) {
	assigned := storage.Query{Bot: "acme", Limit: storage.MaxPage, Where: filter.Where{
		Viewer: filter.Viewer{All: true}, States: []handoff.State{handoff.StateAssigned},
	}}
	for ; breath(ctx, 20*time.Millisecond); n++ {
		loads, err := s.Loads(ctx, "acme")
		if err != nil {
			break
		}
		for _, l := range loads {
			if l.Held > 1 {
				t.Errorf("the load of %s in %q is %d", l.Agent, l.Queue, l.Held)
			}
		}
		page, err := s.Conversations(ctx, assigned)
		if err != nil {
			break
		}
		holds := map[handoff.AgentID]handoff.ConversationID{}
		for _, c := range page.Rows {
			if other := holds[c.Agent]; other != "" {
				t.Errorf("%s holds %s and %s", c.Agent, other, c.ID)
			}
			holds[c.Agent] = c.ID
		}
	}
	if ctx.Err() == nil {
		t.Error("the store could not be read")
	}
	return n
}

// follow subscribes, goes away by chance, and resumes where it was.
func (f *follower) follow(ctx context.Context, t *testing.T, d *desk.Desk) {
	for ctx.Err() == nil {
		for item, err := range d.Bot("acme").Subscribe(ctx, f.cursor) {
			if err != nil {
				t.Errorf("subscription: %v", err)
				return
			}
			f.cursor = item.Cursor
			if item.Event.Kind != "" {
				f.seen = append(f.seen, item.Event)
			}
			if rand.N(50) == 0 {
				break
			}
		}
	}
}

// drain has everybody at work until nobody waits, no one is served and
// nothing is left to be sent.
func drain(ctx context.Context, t *testing.T, d *desk.Desk, s storage.Store) time.Duration {
	began := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-done)
	}()
	var seats []*desk.Seat
	for _, id := range everybody() {
		seat, err := d.Seat(ctx, "acme", id)
		require.NoError(t, err)
		_, err = seat.Connect(ctx, "desk")
		require.NoError(t, err)
		require.NoError(t, seat.SetAvailability(ctx, handoff.Available, ""))
		seats = append(seats, seat)
	}
	human := storage.Query{Bot: "acme", Limit: storage.MaxPage, Where: filter.Where{
		Viewer: filter.Viewer{All: true}, States: []handoff.State{handoff.StateWaiting, handoff.StateAssigned},
	}}
	for breath(ctx, 20*time.Millisecond) {
		for _, seat := range seats {
			page, err := seat.Conversations(ctx, filter.Criteria{}, "")
			require.NoError(t, err)
			for _, r := range page.Rows {
				if r.State == handoff.StateAssigned {
					require.NoError(t, expected(ctx, seat.ReturnToBot(ctx, r.ID)))
				} else if r.Queue == "vip" {
					require.NoError(t, expected(ctx, second(seat.Take(ctx, r.ID, desk.TakeOptions{}))))
				}
			}
		}
		page, err := s.Conversations(ctx, human)
		require.NoError(t, err)
		sends, err := s.Due(ctx, []string{"send"}, time.Now().UTC().Add(time.Hour).Truncate(time.Millisecond), storage.MaxPage)
		require.NoError(t, err)
		if len(page.Rows)+len(sends) == 0 && !page.More {
			break
		}
		require.Less(t, time.Since(began), tooLong, "%d still with people, %d still sending", len(page.Rows), len(sends))
	}
	return time.Since(began)
}
