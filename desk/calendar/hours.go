package calendar

import (
	"slices"
	"sync"
	"time"
)

// Horizon is how far any question looks: ten years. What is not open within
// it counts as never open, what does not close as always open, and business
// time beyond it is not counted.
const Horizon = 10 * 366 * 24 * time.Hour

// Hours is a calendar put to work. It never changes and may be used by many
// goroutines at once. A nil Hours is always open.
type Hours struct {
	zone       *time.Location
	week       [7][]Interval
	exceptions map[Date][]Interval
	provider   Provider
	optional   []string
	years      sync.Map // of int: the dates that are holidays, as map[Date]bool
}

// New puts a calendar to work, in a zone and with the holidays that it names;
// nil holidays are none. It keeps nothing of c. The error is as of
// [Calendar.Check], or that an optional holiday of c is not known.
func New(c Calendar, zone *time.Location, holidays Provider) (*Hours, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if zone == nil {
		return nil, invalid("calendar time zone", "is missing")
	}
	c = c.Clone()
	h := &Hours{
		zone: zone, week: c.Week.days(), exceptions: make(map[Date][]Interval, len(c.Exceptions)),
		provider: holidays, optional: c.Optional,
	}
	for _, e := range c.Exceptions {
		h.exceptions[e.Date] = e.Hours
	}
	for _, id := range c.Optional {
		if holidays == nil || !slices.ContainsFunc(holidays.Optional(), func(o Holiday) bool { return o.ID == id }) {
			return nil, invalid("calendar optional holiday", "is not one of the list")
		}
	}
	return h, nil
}

// IsOpen reports whether it is open at a moment.
func (h *Hours) IsOpen(at time.Time) bool {
	if h == nil {
		return true
	}
	for range h.pieces(at, at.Add(time.Nanosecond)) {
		return true
	}
	return false
}

// NextOpen gives the first moment from at on at which it is open: at itself
// if it is open then. False: never.
func (h *Hours) NextOpen(at time.Time) (time.Time, bool) {
	if h == nil {
		return at, true
	}
	for p := range h.pieces(at, at.Add(Horizon)) {
		return p.from, true
	}
	return time.Time{}, false
}

// NextClose gives the first moment from at on at which it is closed: at itself
// if it is closed then. False: never.
func (h *Hours) NextClose(at time.Time) (time.Time, bool) {
	if h == nil {
		return time.Time{}, false
	}
	closes := at
	for p := range h.pieces(at, at.Add(Horizon)) {
		if p.from.After(closes) {
			break
		}
		closes = p.to
	}
	return closes, closes.Before(at.Add(Horizon))
}

// Add gives the first moment by which d of business time has passed since at:
// at itself if d is not above 0. False: so much does not pass within
// [Horizon].
func (h *Hours) Add(at time.Time, d time.Duration) (time.Time, bool) {
	switch {
	case d <= 0:
		return at, true
	case h == nil:
		return at.Add(d), d <= Horizon
	}
	for p := range h.pieces(at, at.Add(Horizon)) {
		open := p.to.Sub(p.from)
		if d <= open {
			return p.from.Add(d), true
		}
		d -= open
	}
	return time.Time{}, false
}

// Between gives the business time from a to b, below 0 if b is before a. What
// lies more than [Horizon] after the earlier of the two is not counted.
func (h *Hours) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -h.Between(b, a)
	}
	if most := a.Add(Horizon); b.After(most) {
		b = most
	}
	if h == nil {
		return b.Sub(a)
	}
	var open time.Duration
	for p := range h.pieces(a, b) {
		open += p.to.Sub(p.from)
	}
	return open
}

// piece is a stretch of time in which it is open.
type piece struct{ from, to time.Time }

// pieces gives what is open from at on and before until, in order, without
// overlap. Two pieces may touch. Times are in the location of at.
func (h *Hours) pieces(at, until time.Time) func(yield func(piece) bool) {
	return func(yield func(piece) bool) {
		done := at // up to where all that is open was given
		// An interval may have begun the day before; and where the clocks go
		// back at midnight, the next day has begun once already.
		day := DateOf(at.In(h.zone)).wall().AddDate(0, 0, -1)
		for end := shows(until.In(h.zone)).AddDate(0, 0, 1); day.Before(end); day = day.AddDate(0, 0, 1) {
			for _, i := range h.on(day) {
				from := strikes(day.Add(time.Duration(i.From)*time.Minute), h.zone)
				if !from.Before(until) {
					return
				}
				to := i.To
				if i.overnight() {
					to += EndOfDay
				}
				p := piece{from, strikes(day.Add(time.Duration(to)*time.Minute), h.zone)}
				if p.from.Before(done) {
					p.from = done
				}
				if p.to.After(until) {
					p.to = until
				}
				if !p.to.After(p.from) {
					continue // over by then, counted before, or skipped by the clocks
				}
				done = p.to
				if !yield(piece{p.from.In(at.Location()), p.to.In(at.Location())}) {
					return
				}
			}
		}
	}
}

// on gives the intervals that begin on a day.
func (h *Hours) on(day time.Time) []Interval {
	date := DateOf(day)
	if hours, ok := h.exceptions[date]; ok {
		return hours
	}
	hours := h.week[day.Weekday()]
	if len(hours) == 0 || h.isHoliday(date) {
		return nil
	}
	return hours
}

func (h *Hours) isHoliday(d Date) bool {
	if h.provider == nil {
		return false
	}
	known, ok := h.years.Load(d.Year)
	if !ok {
		dates := map[Date]bool{}
		for _, day := range h.provider.Holidays(d.Year) {
			if !day.Optional || slices.Contains(h.optional, day.ID) {
				dates[day.Date] = true
			}
		}
		known, _ = h.years.LoadOrStore(d.Year, dates)
	}
	return known.(map[Date]bool)[d]
}
