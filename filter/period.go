package filter

import "time"

// window is the part of time in which the last message of a conversation
// must be: from <= t < to, a zero bound being none. Sliding periods have no
// end, so that what arrives after now is in them too.
func (c Criteria) window(now time.Time, zone *time.Location) (from, to time.Time) {
	switch c.Period {
	case Today:
		return Day(now, zone)
	case LastHour, Last24Hours:
		from = now.Add(-c.Period.slide())
	case Custom:
		from, to = c.From, c.To
	}
	return ceilMilli(from), ceilMilli(to)
}

// slide is how far back a sliding period reaches, 0 for the others.
func (p Period) slide() time.Duration {
	switch p {
	case LastHour:
		return time.Hour
	case Last24Hours:
		return 24 * time.Hour
	}
	return 0
}

// ceilMilli gives the first whole millisecond not before t, in UTC. The times
// of conversations are whole milliseconds, so as a bound it means the same,
// also to stores that keep no more.
func ceilMilli(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	down := t.UTC().Truncate(time.Millisecond)
	if down.Before(t) {
		return down.Add(time.Millisecond)
	}
	return down
}

// Day is the civil day of zone in which now is: from <= now < to, in UTC. It
// may last 23 or 25 hours, and begin at another time than midnight, where
// clocks change.
func Day(now time.Time, zone *time.Location) (from, to time.Time) {
	y, m, d := now.In(zone).Date()
	from, to = dayStart(y, m, d, zone), dayStart(y, m, d+1, zone)
	if !now.Before(to) {
		// Clocks set back over midnight show the end of the day again: the
		// new day has begun and goes on.
		from, to = to, dayStart(y, m, d+2, zone)
	}
	return from, to
}

// dayStart is the first instant at which clocks in zone show the day or a
// later one. Midnight may be skipped or come twice where clocks change, and
// time.Date does not say which it takes; so it is looked for in every stretch
// of one offset around.
func dayStart(y int, m time.Month, d int, zone *time.Location) time.Time {
	utc := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	for at := utc.Add(-48 * time.Hour); ; {
		_, offset := at.In(zone).Zone()
		begin, end := at.In(zone).ZoneBounds()
		midnight := utc.Add(-time.Duration(offset) * time.Second)
		if midnight.Before(begin) {
			midnight = begin
		}
		if end.IsZero() || midnight.Before(end) {
			return midnight.UTC()
		}
		at = end
	}
}
