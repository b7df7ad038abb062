package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// Step is what a report by time goes by.
type Step string

// The steps, of the query's zone.
const (
	ByDay  Step = "day" // the default: civil days, of 23, 24 or 25 hours
	ByHour Step = "hour"
)

// Limits on the time one report spans.
const (
	MaxDays  = 3 * 366 * 24 * time.Hour // by day
	MaxHours = 62 * 24 * time.Hour      // by hour
)

// Query says what a report is of: the facts with From <= At < To, of these
// queues, agents and channels; none named is all of them, with those that
// have none. So a report of some agents has no figures of what belongs to no
// agent, such as conversations started.
type Query struct {
	From, To time.Time
	Zone     *time.Location // nil is UTC
	By       Step           // "" is ByDay
	Queues   []handoff.QueueID
	Agents   []handoff.AgentID
	Channels []handoff.Channel
}

// Check reports what is wrong with q, as a handoff.ErrInvalid; nil if
// nothing.
func (q Query) Check() error {
	q = q.withDefaults()
	most := MaxDays
	switch q.By {
	case ByDay:
	case ByHour:
		most = MaxHours
	default:
		return &handoff.FieldError{Field: "report step", Reason: "is unknown"}
	}
	switch {
	case q.From.IsZero() || q.To.IsZero():
		return &handoff.FieldError{Field: "report period", Reason: "lacks a bound"}
	case !q.From.Before(q.To):
		return &handoff.FieldError{Field: "report period", Reason: "ends before it begins"}
	case q.To.Sub(q.From) > most:
		return &handoff.FieldError{Field: "report period", Reason: "is too long for its step"}
	case q.From.Year() < 1970 || q.To.Year() > 9998:
		return &handoff.FieldError{Field: "report period", Reason: "is out of this world"}
	}
	return nil
}

func (q Query) withDefaults() Query {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	if q.By == "" {
		q.By = ByDay
	}
	return q
}

// Match reports whether the query asks for f.
func (q Query) Match(f Fact) bool {
	return !f.At.Before(q.From) && f.At.Before(q.To) &&
		in(q.Queues, f.Queue) && in(q.Agents, f.Agent) && in(q.Channels, f.Channel)
}

func in[T comparable](some []T, v T) bool { return len(some) == 0 || slices.Contains(some, v) }

// steps are the beginnings of the steps from From to To, the first of them
// From itself, and To.
func (q Query) steps() []time.Time {
	all := []time.Time{q.From.UTC()}
	for at := q.From; ; {
		if q.By == ByHour {
			at = nextHour(at, q.Zone)
		} else {
			_, at = filter.Day(at, q.Zone)
		}
		if !at.Before(q.To) {
			return append(all, q.To.UTC())
		}
		all = append(all, at.UTC())
	}
}

// nextHour is when clocks in zone next show a full hour, or are changed.
func nextHour(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	_, offset := local.Zone()
	shown := t.Unix() + int64(offset)
	next := time.Unix(t.Unix()+3600-(shown%3600+3600)%3600, 0)
	if _, changed := local.ZoneBounds(); !changed.IsZero() && changed.Before(next) {
		return changed
	}
	return next
}

// Sheet adds up the facts that a query asks for. It has one owner.
type Sheet struct {
	query  Query
	starts []time.Time // of the steps; the last one is the end
	total  Figures
	times  []Figures
	hours  [24]Figures
	agents map[handoff.AgentID]*Figures
	queues map[handoff.QueueID]*Figures
}

// NewSheet begins an empty sheet. Errors: handoff.ErrInvalid.
func NewSheet(q Query) (*Sheet, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	q = q.withDefaults()
	s := &Sheet{
		query: q, starts: q.steps(),
		agents: map[handoff.AgentID]*Figures{}, queues: map[handoff.QueueID]*Figures{},
	}
	s.times = make([]Figures, len(s.starts)-1)
	return s, nil
}

// Add counts a fact, if the query asks for it.
func (s *Sheet) Add(f Fact) {
	if !s.query.Match(f) {
		return
	}
	s.total.Add(f)
	step, begins := slices.BinarySearchFunc(s.starts, f.At, time.Time.Compare)
	if !begins {
		step--
	}
	s.times[step].Add(f)
	s.hours[f.At.In(s.query.Zone).Hour()].Add(f)
	if f.Agent != "" {
		of(s.agents, f.Agent).Add(f)
	}
	if f.Queue != "" {
		of(s.queues, f.Queue).Add(f)
	}
}

func of[K comparable](m map[K]*Figures, k K) *Figures {
	if m[k] == nil {
		m[k] = &Figures{}
	}
	return m[k]
}

// Merge adds what o has, which must be of the same query.
func (s *Sheet) Merge(o *Sheet) {
	s.total.Merge(o.total)
	for i := range s.times {
		s.times[i].Merge(o.times[i])
	}
	for i := range s.hours {
		s.hours[i].Merge(o.hours[i])
	}
	for id, g := range o.agents {
		of(s.agents, id).Merge(*g)
	}
	for id, g := range o.queues {
		of(s.queues, id).Merge(*g)
	}
}

// Report is what a sheet has: all that the query asks for, and the same by
// time, by hour of the day, by agent and by queue.
type Report struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Zone string    `json:"zone"`
	By   Step      `json:"by"`

	Total Values `json:"total"`
	// Times has every step, the first and last maybe cut short by the period.
	Times []TimeRow `json:"times"`
	// Hours has the 24 hours that clocks of the zone show, all days together.
	Hours []HourRow `json:"hours"`
	// Agents and Queues have those to whom any fact belongs, by id.
	Agents []AgentRow `json:"agents"`
	Queues []QueueRow `json:"queues"`
}

// TimeRow is one step of time: From <= t < To.
type TimeRow struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Values
}

// HourRow is one hour of the day, 0 to 23.
type HourRow struct {
	Hour int `json:"hour"`
	Values
}

// AgentRow is one agent.
type AgentRow struct {
	Agent handoff.AgentID `json:"agent"`
	Values
}

// QueueRow is one queue.
type QueueRow struct {
	Queue handoff.QueueID `json:"queue"`
	Values
}

// Report shows what was added so far.
func (s *Sheet) Report() Report {
	r := Report{
		From: s.query.From.UTC(), To: s.query.To.UTC(), Zone: s.query.Zone.String(), By: s.query.By,
		Total:  s.total.Values(),
		Times:  make([]TimeRow, len(s.times)),
		Hours:  make([]HourRow, len(s.hours)),
		Agents: make([]AgentRow, 0, len(s.agents)),
		Queues: make([]QueueRow, 0, len(s.queues)),
	}
	for i := range s.times {
		r.Times[i] = TimeRow{s.starts[i], s.starts[i+1], s.times[i].Values()}
	}
	for i := range s.hours {
		r.Hours[i] = HourRow{i, s.hours[i].Values()}
	}
	for _, id := range sorted(s.agents) {
		r.Agents = append(r.Agents, AgentRow{id, s.agents[id].Values()})
	}
	for _, id := range sorted(s.queues) {
		r.Queues = append(r.Queues, QueueRow{id, s.queues[id].Values()})
	}
	return r
}

func sorted[K cmp.Ordered](m map[K]*Figures) []K { return slices.Sorted(maps.Keys(m)) }
