package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// Day is what is played: who came, and who was there to answer.
type Day struct {
	SLA    time.Duration // how long somebody may wait
	Sticky time.Duration // for how long after a conversation its agent goes first
	Orders map[handoff.QueueID]handoff.Order
	// Shifts are in the order of their beginning, Arrivals in that of their
	// time; both else in the order of the file.
	Shifts   []Shift
	Arrivals []Arrival
}

// What a day that does not say has.
const (
	defaultSLA    = 2 * time.Minute
	defaultSticky = 24 * time.Hour
)

// Bounds of what is taken for a day.
const (
	longest = 24 * time.Hour     // a shift, or a conversation
	farther = 7 * 24 * time.Hour // from one arrival to another
)

// Settings is the line of what holds for the whole day.
type Settings struct {
	Type   string   `json:"type"`
	SLA    Duration `json:"sla,omitzero"`
	Sticky Duration `json:"sticky,omitzero"`
}

// Queue is the line of a queue that is not all defaults.
type Queue struct {
	Type  string          `json:"type"`
	ID    handoff.QueueID `json:"id"`
	Order handoff.Order   `json:"order"`
}

// Shift is a time in which an agent takes conversations. What they hold at
// its end they bring to an end.
type Shift struct {
	Type     string            `json:"type"`
	Agent    handoff.AgentID   `json:"agent"`
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to"`
	Capacity int               `json:"capacity"`
	Queues   []handoff.QueueID `json:"queues"`
	Skills   []string          `json:"skills,omitempty"`
}

// Arrival is somebody who began to wait.
type Arrival struct {
	Type     string                 `json:"type"`
	ID       handoff.ConversationID `json:"id"`
	At       time.Time              `json:"at"`
	Queue    handoff.QueueID        `json:"queue"`
	Priority handoff.Priority       `json:"priority,omitzero"`
	Skills   []string               `json:"skills,omitempty"`
	Contact  handoff.ContactID      `json:"contact,omitempty"`
	Handling Duration               `json:"handling"` // from the assignment to the end
}

// Duration is written as 7m30s.
type Duration time.Duration

// MarshalText writes it as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what Go writes.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err == nil {
		*d = Duration(v)
	}
	return err
}

// LineError is what is wrong with a line, counted from 1.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// Read reads a day to its end. The error is a [LineError] where a line is
// wrong, by itself or beside those before it.
func Read(from io.Reader) (Day, error) {
	r := reader{
		day: Day{SLA: defaultSLA, Sticky: defaultSticky, Orders: map[handoff.QueueID]handoff.Order{}},
		ids: map[handoff.ConversationID]bool{}, used: map[handoff.QueueID]bool{}, orders: map[handoff.QueueID]int{},
	}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r.line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := r.read(lines.Bytes()); err != nil {
			return Day{}, &LineError{r.line, err}
		}
	}
	if err := lines.Err(); err != nil {
		return Day{}, &LineError{r.line + 1, err}
	}
	return r.finish()
}

type reader struct {
	day      Day
	line     int
	settled  bool
	ids      map[handoff.ConversationID]bool
	used     map[handoff.QueueID]bool
	orders   map[handoff.QueueID]int // where a queue's order is said
	shiftsAt []int                   // the lines of the shifts

	first, last time.Time // arrivals so far
}

func (r *reader) read(line []byte) error {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return plain(err)
	}
	switch kind.Type {
	case "settings":
		return take(line, r.settings)
	case "queue":
		return take(line, r.queue)
	case "shift":
		return take(line, r.shift)
	case "arrival":
		return take(line, r.arrival)
	}
	return fmt.Errorf("type %q is not settings, queue, shift or arrival", kind.Type)
}

// take gives a line to whoever knows its type, if it has no other fields.
func take[T any](line []byte, to func(T) error) error {
	var v T
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return plain(err)
	}
	return to(v)
}

func plain(err error) error { return errors.New(strings.TrimPrefix(err.Error(), "json: ")) }

func (r *reader) settings(s Settings) error {
	switch {
	case r.settled:
		return errors.New("there are settings already")
	case s.SLA < 0:
		return fmt.Errorf("sla %v is below 0", time.Duration(s.SLA))
	case s.Sticky < 0 || time.Duration(s.Sticky) > handoff.MaxSticky:
		return fmt.Errorf("sticky %v is not between 0 and %v", time.Duration(s.Sticky), handoff.MaxSticky)
	}
	r.settled = true
	r.day.SLA = cmp.Or(time.Duration(s.SLA), r.day.SLA)
	r.day.Sticky = cmp.Or(time.Duration(s.Sticky), r.day.Sticky)
	return nil
}

func (r *reader) queue(q Queue) error {
	if err := (handoff.Queue{ID: q.ID, Name: string(q.ID), Order: q.Order}).Check(); err != nil {
		return err
	}
	if _, ok := r.orders[q.ID]; ok {
		return fmt.Errorf("queue %q is there already", q.ID)
	}
	r.orders[q.ID] = r.line
	r.day.Orders[q.ID] = q.Order
	return nil
}

func (r *reader) shift(s Shift) error {
	agent := handoff.Agent{ID: s.Agent, Name: string(s.Agent), Capacity: s.Capacity, Skills: s.Skills}
	if err := agent.Check(); err != nil {
		return err
	}
	switch length := s.To.Sub(s.From); {
	case s.From.IsZero() || s.To.IsZero():
		return errors.New("from or to is missing")
	case length <= 0 || length > longest:
		return fmt.Errorf("the shift ends %v after it begins, not up to %v", length, longest)
	case s.Capacity < 0:
		return errors.New("capacity is below 0")
	case len(s.Queues) == 0:
		return errors.New("queues are missing")
	}
	for i, q := range s.Queues {
		if err := handoff.CheckID("queue", q); err != nil {
			return err
		}
		if slices.Contains(s.Queues[:i], q) {
			return fmt.Errorf("queue %q is there twice", q)
		}
		r.used[q] = true
	}
	for i, o := range r.day.Shifts {
		if o.Agent == s.Agent && s.From.Before(o.To) && o.From.Before(s.To) {
			return fmt.Errorf("overlaps the shift of %s in line %d", s.Agent, r.shiftsAt[i])
		}
	}
	s.Capacity, s.Skills = agent.Limit(), handoff.SortedSet(s.Skills)
	r.day.Shifts = append(r.day.Shifts, s)
	r.shiftsAt = append(r.shiftsAt, r.line)
	return nil
}

func (r *reader) arrival(a Arrival) error {
	if err := handoff.CheckID("arrival", a.ID); err != nil {
		return err
	}
	if err := handoff.CheckID("queue", a.Queue); err != nil {
		return err
	}
	asked := handoff.Agent{ID: "a", Name: "a", Skills: a.Skills} // for its rule of skills
	if err := asked.Check(); err != nil {
		return err
	}
	switch handling := time.Duration(a.Handling); {
	case a.At.IsZero():
		return errors.New("at is missing")
	case r.ids[a.ID]:
		return fmt.Errorf("arrival %q is there already", a.ID)
	case handling <= 0 || handling > longest:
		return fmt.Errorf("handling %v is not above 0 and up to %v", handling, longest)
	}
	if r.first.IsZero() {
		r.first, r.last = a.At, a.At
	}
	if apart := max(r.last.Sub(a.At), a.At.Sub(r.first)); apart > farther {
		return fmt.Errorf("arrives %v apart from another one, more than %v", apart, farther)
	}
	if a.At.Before(r.first) {
		r.first = a.At
	}
	if a.At.After(r.last) {
		r.last = a.At
	}
	r.ids[a.ID], r.used[a.Queue] = true, true
	a.Skills = handoff.SortedSet(a.Skills)
	r.day.Arrivals = append(r.day.Arrivals, a)
	return nil
}

func (r *reader) finish() (Day, error) {
	for _, q := range slices.Sorted(maps.Keys(r.orders)) {
		if !r.used[q] {
			return Day{}, &LineError{r.orders[q], fmt.Errorf("nobody waits in queue %q or serves it", q)}
		}
	}
	if len(r.day.Arrivals) == 0 {
		return Day{}, &LineError{r.line + 1, errors.New("the day ends without an arrival")}
	}
	slices.SortStableFunc(r.day.Shifts, func(a, b Shift) int { return a.From.Compare(b.From) })
	slices.SortStableFunc(r.day.Arrivals, func(a, b Arrival) int { return a.At.Compare(b.At) })
	return r.day, nil
}

// Write writes a day as [Read] reads it.
func (d Day) Write(to io.Writer) error {
	w := bufio.NewWriter(to)
	enc := json.NewEncoder(w)
	if err := enc.Encode(Settings{"settings", Duration(d.SLA), Duration(d.Sticky)}); err != nil {
		return err
	}
	for _, q := range slices.Sorted(maps.Keys(d.Orders)) {
		if err := enc.Encode(Queue{"queue", q, d.Orders[q]}); err != nil {
			return err
		}
	}
	for _, s := range d.Shifts {
		s.Type = "shift"
		if err := enc.Encode(s); err != nil {
			return err
		}
	}
	for _, a := range d.Arrivals {
		a.Type = "arrival"
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
	return w.Flush()
}
