package desk

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// What the router finds it leaves to who comes after it: whoever makes room
// knows by that whether anybody may want it, and whoever hands off, who would
// be given the conversation. It is what this process has found and done; that
// another one did something is heard a moment later.

// outlooks is what this process knows of each bot.
type outlooks struct {
	mu sync.Mutex
	of map[handoff.BotID]*outlook
}

func newOutlooks() *outlooks { return &outlooks{of: map[handoff.BotID]*outlook{}} }

// doubt notes of every bot that somebody may wait of whom this process does not
// know.
func (o *outlooks) doubt() {
	o.mu.Lock()
	all := slices.Collect(maps.Values(o.of))
	o.mu.Unlock()
	for _, b := range all {
		b.doubtLines()
	}
}

// bot gives what is known of one.
func (o *outlooks) bot(id handoff.BotID) *outlook {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.of[id]
	if b == nil {
		b = newOutlook()
		o.of[id] = b
	}
	return b
}

// outlook is what is known of one bot's lines and people.
type outlook struct {
	mu    sync.Mutex
	looks int // at the lines, that have begun
	doubt int // so many had when another process did something there
	// clear are the queues in which the last look left nobody, unless somebody
	// came since; nil if it could not tell. came are those to which somebody
	// has come, by how many looks had begun, and coming those to which somebody
	// may come at any moment, by how many.
	clear  map[handoff.QueueID]bool
	came   map[handoff.QueueID]int
	coming map[handoff.QueueID]int

	people   *picture         // what everybody holds; nil before the first census
	censuses map[*census]bool // of that, under way
	ongoing  map[*change]bool // of that, by this process

	planner routing.Planner
	some    []routing.Agent // its memory
}

func newOutlook() *outlook {
	return &outlook{
		came: map[handoff.QueueID]int{}, coming: map[handoff.QueueID]int{},
		censuses: map[*census]bool{}, ongoing: map[*change]bool{},
	}
}

// look begins a look at a bot's lines. The caller ends it, and before that
// tells in which queues nobody is left, if it knows. A look that another has
// overtaken tells nothing, nor does one during which another process did
// something; after one that ends without telling, anybody may wait.
func (o *outlook) look() (tell func(clear map[handoff.QueueID]bool), end func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.looks++
	mine, told := o.looks, false
	tell = func(clear map[handoff.QueueID]bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		told = true
		if o.looks != mine || o.doubt >= mine {
			return
		}
		o.clear = clear
		for queue, begun := range o.came {
			if begun < mine {
				delete(o.came, queue)
			}
		}
	}
	end = func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !told && o.looks == mine {
			o.clear = nil
		}
	}
	return tell, end
}

// queueLine is a bot's queue.
type queueLine struct {
	bot   handoff.BotID
	queue handoff.QueueID
}

// comes notes that somebody may wait in a queue at any moment, until it is over:
// then they do, or do not, or nobody knows.
func (o *outlook) comes(to handoff.QueueID) (over func(made, known bool)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.coming[to]++
	return func(made, known bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.coming[to]--; o.coming[to] == 0 {
			delete(o.coming, to)
		}
		if made {
			o.came[to] = o.looks
		}
		if !known {
			o.doubtAll()
		}
	}
}

// doubtLines notes that somebody may wait of whom this process does not know.
func (o *outlook) doubtLines() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doubtAll()
}

func (o *outlook) doubtAll() { o.clear, o.doubt = nil, o.looks }

// mayWaitFor reports whether somebody may wait whom the router could give to an
// agent.
func (o *outlook) mayWaitFor(r *roster, agent handoff.AgentID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.waitsFor(r, agent)
}

func (o *outlook) waitsFor(r *roster, agent handoff.AgentID) bool {
	return slices.ContainsFunc(r.members[agent], func(m doc[handoff.Member]) bool {
		return r.queues[m.value.Queue].value.Mode != handoff.Manual && o.waitsIn(m.value.Queue)
	})
}

func (o *outlook) waitsIn(queue handoff.QueueID) bool {
	_, came := o.came[queue]
	return !o.clear[queue] || came || o.coming[queue] > 0
}

// makeRoom has a bot's lines looked at for an agent who has room again, if
// anybody may wait in their queues. Where processes do not hear of one another,
// somebody whom another put there may.
func (d *Desk) makeRoom(k agentKey, now time.Time) {
	if k.agent == "" {
		return
	}
	if r, ok := d.rosters.known(k.bot, now); !d.hears() || !ok || d.outlooks.bot(k.bot).mayWaitFor(r, k.agent) {
		d.routing.mark(k.bot)
	}
}

// hears reports whether processes hear of one another's commits.
func (d *Desk) hears() bool {
	_, ok := storage.As[storage.Waker](d.store)
	return ok
}
