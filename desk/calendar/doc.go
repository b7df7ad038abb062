// Package calendar tells when something is open: a team's week with its
// exceptions and holidays, in a time zone, and how much business time lies
// between two moments.
//
// # Terms
//
// A [Calendar] is what people write: for each day of the week any number of
// [Interval], exceptions for single dates, and the name of the list of
// holidays that close it. [Hours] is a calendar put to work, in a zone and
// with its [Provider] of holidays. A [Date] and a [Clock] are what a calendar
// and a clock on the wall show.
//
// # The life of a day
//
// A date has the intervals of its exception, if there is one; else none, if it
// is a holiday; else those of its day of the week. An interval whose end is not
// after its beginning goes on into the next day. It belongs to the date on
// which it begins: a night shift before a holiday runs to its end, and a
// closed date takes away the shift that would begin in its evening. Intervals
// of two dates may overlap; that time counts once.
//
// An interval runs from the first moment at which the clock on the wall shows
// its beginning, or later, to the first at which it shows its end, or later.
// So where daylight saving skips an hour, what lies in it is gone; where it
// repeats one, an interval that ended in the first of the two does not begin
// again in the second, and one that goes on across them is an hour longer.
//
// # Guarantees
//
//   - Adding business time and measuring it are each other's inverse:
//     Between(a, Add(a, d)) is d.
//   - Every call ends: none looks further than [Horizon]. What is never open
//     within it says so.
//   - Nothing here reads a clock, a file or an environment, and nothing is
//     kept but the holidays of years that were asked about. Hours may be used
//     by many goroutines at once.
//
// # As JSON
//
// [Parse] is strict: an unknown field or day, a time that is none, intervals
// out of order are errors that are handoff.ErrInvalid.
//
//	{
//	  "id": "office",
//	  "name": "Office",
//	  "timeZone": "America/Sao_Paulo",
//	  "week": {
//	    "monday": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "18:00"}],
//	    "friday": [{"from": "22:00", "to": "06:00"}]
//	  },
//	  "holidays": "BR",
//	  "optional": ["corpus_christi"],
//	  "exceptions": [
//	    {"date": "2026-12-24", "name": "Christmas Eve", "hours": [{"from": "09:00", "to": "12:00"}]},
//	    {"date": "2026-12-31"}
//	  ]
//	}
package calendar
