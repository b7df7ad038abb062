package desk

import (
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
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

// bot gives what is known of one.
func (o *outlooks) bot(id handoff.BotID) *outlook {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.of[id]
	if b == nil {
		b = &outlook{came: map[handoff.QueueID]int{}, censuses: map[*census]bool{}, ongoing: map[*change]bool{}}
		o.of[id] = b
	}
	return b
}

// outlook is what is known of one bot's lines and people.
type outlook struct {
	mu    sync.Mutex
	looks int  // at the lines, that have begun
	known bool // the last of them that is over found all there is
	// left are the queues in which that one left somebody whom it could give to
	// nobody, or did not look; came those to which somebody has come since, by
	// the number of looks that had begun.
	left map[handoff.QueueID]bool
	came map[handoff.QueueID]int

	people   *picture         // nil if it is not known what everybody holds
	censuses map[*census]bool // of that, under way
	ongoing  map[*change]bool // of that, by this process
}

// look begins a look at a bot's lines. The caller ends it, and before that
// tells in which queues it has left somebody, if it knows. A look that another
// has overtaken tells nothing; after one that ends without telling, anybody may
// wait.
func (o *outlook) look() (tell func(left map[handoff.QueueID]bool), end func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.looks++
	mine, told := o.looks, false
	tell = func(left map[handoff.QueueID]bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		told = true
		if o.looks != mine {
			return
		}
		o.known, o.left = true, left
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
			o.known = false
		}
	}
	return tell, end
}

// queueLine is a bot's queue.
type queueLine struct {
	bot   handoff.BotID
	queue handoff.QueueID
}

// comes notes that somebody waits in a queue from now on.
func (o *outlook) comes(to handoff.QueueID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.came[to] = o.looks
}

// mayWait reports whether somebody may wait in one of some queues.
func (o *outlook) mayWait(in []doc[handoff.Member]) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(in, func(m doc[handoff.Member]) bool { return o.waitsIn(m.value.Queue) })
}

func (o *outlook) waitsIn(queue handoff.QueueID) bool {
	_, came := o.came[queue]
	return !o.known || o.left[queue] || came
}

// unsure notes that there may be changes that this process does not know: of
// what people hold, and perhaps of the lines.
func (o *outlook) unsure(lines bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.people = nil
	o.known = o.known && !lines
}

// makeRoom has a bot's lines looked at for an agent who has room again, if
// anybody may wait in their queues. Where processes do not hear of one another,
// somebody whom another put there may.
func (d *Desk) makeRoom(k agentKey, now time.Time) {
	if k.agent == "" {
		return
	}
	if r, ok := d.rosters.known(k.bot, now); !d.hears() || !ok || d.outlooks.bot(k.bot).mayWait(r.members[k.agent]) {
		d.routing.mark(k.bot)
	}
}

// hears reports whether processes hear of one another's commits.
func (d *Desk) hears() bool {
	_, ok := storage.As[storage.Waker](d.store)
	return ok
}
