package handoff

import "time"

// Mode says how a queue's conversations reach its agents. In every mode an
// available member may take a waiting one by hand.
type Mode string

// The modes of a queue.
const (
	Automatic Mode = "automatic" // the router assigns; the default
	Manual    Mode = "manual"    // agents pick
	Offer     Mode = "offer"     // the router asks agents, who accept or decline; see Offering
)

// Strategy says whom the router prefers among the eligible.
type Strategy string

// The strategies of a queue. Every tie ends at the lowest agent id.
const (
	// LeastLoaded prefers the lowest load relative to capacity, then who
	// serves fewer queues, then the longest time since the last assignment.
	// The default.
	LeastLoaded Strategy = "least_loaded"
	// RoundRobin prefers the longest time since the last assignment.
	RoundRobin Strategy = "round_robin"
	// LongestIdle prefers who holds nothing and has for longest, then
	// whoever has gone longest without an assignment.
	LongestIdle Strategy = "longest_idle"
)

// OnLost says what becomes of an agent's conversations in a queue when the
// agent's connection has been gone for longer than the grace period, or they
// sign out.
type OnLost string

// The answers to a lost agent.
const (
	KeepAll           OnLost = "keep"               // they stay; the default
	RequeueUnanswered OnLost = "requeue_unanswered" // those not yet answered since assignment go back
	RequeueAll        OnLost = "requeue_all"
)

// MaxSticky is the longest time for which a returning contact may prefer the
// agent they last spoke with.
const MaxSticky = 90 * 24 * time.Hour

// Queue is where conversations wait for its member agents. Zero fields mean
// the documented defaults.
type Queue struct {
	Bot      BotID    `json:"bot"`
	ID       QueueID  `json:"id"`
	Name     string   `json:"name"`
	Mode     Mode     `json:"mode,omitempty"`     // "" is Automatic
	Strategy Strategy `json:"strategy,omitempty"` // "" is LeastLoaded
	Order    Order    `json:"order,omitempty"`    // "" is OrderAged
	OnLost   OnLost   `json:"onLost,omitempty"`   // "" is KeepAll
	// Sticky prefers the agent who last held a conversation with the
	// contact, if that ended no longer ago than this and the agent is
	// eligible now. 0: no preference. At most MaxSticky.
	Sticky time.Duration `json:"sticky,omitempty"`
	// Survey is what contacts of the queue are asked when an agent ends the
	// conversation, in place of the bot's.
	Survey Survey `json:"survey,omitzero"`
	// Offering says how a queue of mode Offer asks its agents.
	Offering Offering `json:"offering,omitzero"`
	// RequireTags keeps an agent from returning a conversation of the queue
	// to the bot while it has no tag. The platform may end it all the same.
	RequireTags bool `json:"requireTags,omitempty"`
	// SLA is by when contacts of the queue are to be answered; "" is the
	// bot's.
	SLA SLAID `json:"sla,omitempty"`
	// NoAnswer is for agents who do not answer, Silence for contacts who do
	// not; a zero Silence is the bot's.
	NoAnswer NoAnswer `json:"noAnswer,omitzero"`
	Silence  Silence  `json:"silence,omitzero"`
	// OnSignOut is for agents who sign out, on the last of their devices.
	OnSignOut OnLost `json:"onSignOut,omitempty"` // "" is KeepAll

	// Calendar says when the queue is open; "" is always. Hours are looked at
	// when a bot hands off: who waits already is served by whoever works.
	Calendar CalendarID `json:"calendar,omitempty"`
	// WhenClosed says what becomes of a hand-off outside these hours.
	WhenClosed WhenClosed `json:"whenClosed,omitempty"` // "" is WhenClosedQueue
	// Overflow is the queue to which it passes on what it does not take, and
	// what has waited in it for OverflowAfter; the wait keeps its beginning.
	// "" is none, 0 is never. At most MaxOverflowAfter.
	Overflow      QueueID       `json:"overflow,omitempty"`
	OverflowAfter time.Duration `json:"overflowAfter,omitempty"`
	// WrapUp is for how long an agent's place stays taken after the end of a
	// conversation that they held. At most MaxWrapUp.
	WrapUp time.Duration `json:"wrapUp,omitempty"`
	// Draining queues get nothing new: a hand-off goes to Overflow, or is
	// refused where there is none, and nobody transfers to them. Who waits is
	// served.
	Draining bool `json:"draining,omitempty"`
}

// WithDefaults gives q with every empty field at its default, so that
// queues can be compared and shown.
func (q Queue) WithDefaults() Queue {
	if q.Mode == "" {
		q.Mode = Automatic
	}
	if q.Strategy == "" {
		q.Strategy = LeastLoaded
	}
	if q.Order == "" {
		q.Order = OrderAged
	}
	if q.OnLost == "" {
		q.OnLost = KeepAll
	}
	if q.OnSignOut == "" {
		q.OnSignOut = KeepAll
	}
	if q.WhenClosed == "" {
		q.WhenClosed = WhenClosedQueue
	}
	return q
}

// Check reports what is wrong with q, as an [ErrInvalid]; nil if nothing.
func (q Queue) Check() error {
	if err := CheckID("queue", q.ID); err != nil {
		return err
	}
	if err := CheckName("queue name", q.Name); err != nil {
		return err
	}
	if err := q.Survey.Check(); err != nil {
		return err
	}
	q = q.WithDefaults()
	switch {
	case q.Mode != Automatic && q.Mode != Manual && q.Mode != Offer:
		return invalid("queue mode", "is unknown")
	case q.Strategy != LeastLoaded && q.Strategy != RoundRobin && q.Strategy != LongestIdle:
		return invalid("queue strategy", "is unknown")
	case q.Order != OrderAged && q.Order != OrderStrict && q.Order != OrderDue:
		return invalid("queue order", "is unknown")
	case !q.OnLost.valid():
		return invalid("queue on-lost policy", "is unknown")
	case q.Sticky < 0 || q.Sticky > MaxSticky:
		return invalid("queue stickiness", "is not between 0 and %v", MaxSticky)
	}
	if err := q.checkHours(); err != nil {
		return err
	}
	if err := q.Offering.Check(); err != nil {
		return err
	}
	if q.SLA != "" {
		if err := CheckID("queue sla", q.SLA); err != nil {
			return err
		}
	}
	if err := q.NoAnswer.Check(q.ID); err != nil {
		return err
	}
	return q.Silence.Check()
}

// Member makes an agent serve a queue.
type Member struct {
	Bot   BotID   `json:"bot"`
	Queue QueueID `json:"queue"`
	Agent AgentID `json:"agent"`
	// Capacity is the most conversations of this queue the router lets the
	// agent hold, within the agent's own capacity; 0 sets no lower limit.
	Capacity int `json:"capacity,omitempty"`
}

// Check reports what is wrong with m, as an [ErrInvalid]; nil if nothing.
func (m Member) Check() error {
	if err := CheckID("queue", m.Queue); err != nil {
		return err
	}
	if err := CheckID("agent", m.Agent); err != nil {
		return err
	}
	if m.Capacity < 0 || m.Capacity > MaxCapacity {
		return invalid("member capacity", "is not between 0 and %d", MaxCapacity)
	}
	return nil
}

// Limit is the most conversations of the queue that agent a may hold.
func (m Member) Limit(a Agent) int {
	if m.Capacity > 0 {
		return min(m.Capacity, a.Limit())
	}
	return a.Limit()
}
