package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// deed is what somebody does to the desk.
type deed string

const (
	received  deed = "received" // a contact's message
	said      deed = "said"     // by the bot
	handedOff deed = "handed off"
	withdrawn deed = "withdrawn"
	closed    deed = "closed" // by the platform
	took      deed = "took"
	replied   deed = "replied"
	noted     deed = "noted"
	passed    deed = "passed"   // to another agent
	requeued  deed = "requeued" // to a queue
	returned  deed = "returned" // to the bot
	ranked    deed = "ranked"   // its priority was set
	attended  deed = "attended" // connected, signed out, away or back
	managed   deed = "managed"  // capacity, membership
	receipted deed = "receipted"
)

// call is one call of the desk, as a worker tells of it: when it begins, and
// again with its end.
type call struct {
	N     int64                  `json:"n"` // within its process
	Deed  deed                   `json:"deed"`
	Conv  handoff.ConversationID `json:"conv,omitempty"`
	Agent handoff.AgentID        `json:"agent,omitempty"` // who does it
	To    string                 `json:"to,omitempty"`    // agent or queue
	Key   string                 `json:"key,omitempty"`
	// Text is what is written: no two calls write the same, but for those with
	// one key, or one provider's id.
	Text string            `json:"text,omitempty"`
	Msg  handoff.MessageID `json:"msg,omitempty"`
	// Duplicate: the message had been received before.
	Duplicate bool `json:"duplicate,omitempty"`
	// News is a receipt's.
	News handoff.Delivery `json:"news,omitempty"`

	End     bool   `json:"end,omitempty"`
	Refused bool   `json:"refused,omitempty"` // nothing was changed
	Unknown string `json:"unknown,omitempty"` // the error that does not tell

	From   int64  `json:"from"`             // ns
	Until  int64  `json:"until,omitempty"`  // of the end
	Worker string `json:"worker,omitempty"` // filled in by the parent
	Pid    int    `json:"-"`
}

// acknowledged: the call returned without an error.
func (c *call) acknowledged() bool { return c.End && !c.Refused && c.Unknown == "" }

// possible: the call was acknowledged, or nobody knows.
func (c *call) possible() bool { return !c.Refused }

// until is when the call had returned: never, if that was not told.
func (c *call) until() int64 {
	if c.acknowledged() {
		return c.Until
	}
	return math.MaxInt64
}

// teller writes a worker's calls to the parent. A line is shorter than what a
// pipe takes whole.
type teller struct {
	mu  sync.Mutex
	out io.Writer
	n   atomic.Int64
}

func newTeller(out io.Writer) *teller { return &teller{out: out} }

func (t *teller) tell(c call) {
	line, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.out.Write(append(line, '\n')) // the parent is gone: so will this be
}

// refusals change nothing, says the desk.
var refusals = []error{
	handoff.ErrInvalidState, handoff.ErrEnded, handoff.ErrInvalid, handoff.ErrNotBotOwned,
	desk.ErrNotFound, desk.ErrForbidden, desk.ErrNotAvailable, desk.ErrAtCapacity, desk.ErrBusy,
}

// refused says that an error is one of those. An unknown outcome may wrap
// what by itself were a refusal.
func refused(err error) bool {
	return !errors.Is(err, desk.ErrOutcomeUnknown) &&
		slices.ContainsFunc(refusals, func(r error) bool { return errors.Is(err, r) })
}

// patience is for how long a caller waits for one answer.
const patience = 20 * time.Second

// make makes a call and tells of it. f fills in what it gave.
func (t *teller) make(ctx context.Context, c call, f func(context.Context, *call) error) bool {
	c.N, c.From = t.n.Add(1), time.Now().UnixNano()
	t.tell(c)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := f(ctx, &c)
	c.End, c.Until = true, time.Now().UnixNano()
	if c.Refused = refused(err); err != nil && !c.Refused {
		c.Unknown = err.Error()
	}
	t.tell(c)
	if c.Unknown != "" { // whatever is down needs a moment
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return err == nil
}

// journal is what all workers told.
type journal struct {
	mu    sync.Mutex
	calls []*call
}

// listen reads what one process tells, until it ends.
func (j *journal) listen(worker string, pid int, r io.Reader, told *atomic.Int64) {
	begun := map[int64]*call{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c := &call{}
		if json.Unmarshal(lines.Bytes(), c) != nil {
			continue // the last line of one that was killed may be cut
		}
		told.Add(1)
		c.Worker, c.Pid = worker, pid
		if was := begun[c.N]; was != nil {
			j.mu.Lock()
			*was = *c
			j.mu.Unlock()
			delete(begun, c.N)
			continue
		}
		begun[c.N] = c
		j.mu.Lock()
		j.calls = append(j.calls, c)
		j.mu.Unlock()
	}
}
