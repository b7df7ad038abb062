package handoff

import "time"

// WhenClosed says what becomes of a hand-off to a queue outside its hours.
type WhenClosed string

// The answers to a hand-off to a closed queue.
const (
	WhenClosedQueue    WhenClosed = "queue"    // it waits all the same; the default
	WhenClosedRefuse   WhenClosed = "refuse"   // the bot stays in control and is told when it opens
	WhenClosedOverflow WhenClosed = "overflow" // it goes to the queue named in Queue.Overflow
)

// Closure says why a queue takes no hand-off as it would otherwise; "" is
// that it does.
type Closure string

// The closures.
const (
	ClosedHours    Closure = "hours"    // outside its hours
	ClosedDraining Closure = "draining" // it is to get nothing new
)

// Bounds of a queue's times.
const (
	// MaxOverflowAfter is the longest wait after which a queue may pass a
	// conversation on.
	MaxOverflowAfter = 24 * time.Hour
	// MaxWrapUp is the longest time for which an agent's place may stay taken
	// after the end of a conversation.
	MaxWrapUp = time.Hour
	// MaxOverflows is how many queues one after the other may pass a
	// conversation on.
	MaxOverflows = 8
)

// checkHours reports what is wrong with how a queue opens, closes and passes
// on. Whether the queues together go round in a circle is for whoever has
// them all to say.
func (q Queue) checkHours() error {
	if q.Calendar != "" {
		if err := CheckID("queue calendar", q.Calendar); err != nil {
			return err
		}
	}
	if q.Overflow != "" {
		if err := CheckID("queue overflow", q.Overflow); err != nil {
			return err
		}
	}
	if err := checkSpan("queue overflow time", q.OverflowAfter, MaxOverflowAfter); err != nil {
		return err
	}
	if err := checkSpan("queue wrap-up time", q.WrapUp, MaxWrapUp); err != nil {
		return err
	}
	switch {
	case q.WhenClosed != WhenClosedQueue && q.WhenClosed != WhenClosedRefuse && q.WhenClosed != WhenClosedOverflow:
		return invalid("queue closed policy", "is unknown")
	case q.Overflow == q.ID:
		return invalid("queue overflow", "is the queue itself")
	case q.Overflow == "" && (q.WhenClosed == WhenClosedOverflow || q.OverflowAfter > 0):
		return invalid("queue overflow", "is missing")
	case !q.OnSignOut.valid():
		return invalid("queue sign-out policy", "is unknown")
	}
	return nil
}

func (p OnLost) valid() bool {
	return p == KeepAll || p == RequeueUnanswered || p == RequeueAll
}

// Overflow passes a conversation that has waited for too long on to another
// queue. The wait keeps its beginning.
func (c Conversation) Overflow(do Act, to Queue) (Conversation, []Event, error) {
	if err := c.in("pass on", StateWaiting); err != nil {
		return c, nil, err
	}
	if err := CheckID("queue", to.ID); err != nil {
		return c, nil, err
	}
	if to.ID == c.Queue {
		return c, nil, invalid("queue", "is the one it waits in")
	}
	return c.wait(c.change(EventTransferred, do), to, ReasonOverflow)
}
