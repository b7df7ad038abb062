package calendar

import (
	"slices"
	"time"
)

// Holiday is a day on which what follows a list of holidays is closed.
type Holiday struct {
	// ID tells what it is, the same every year, such as "good_friday".
	ID   string `json:"id"`
	Name string `json:"name"` // as it is called in its country
	Date Date   `json:"date,omitzero"`
	// Optional ones close only those calendars that name them.
	Optional bool `json:"optional,omitempty"`
}

// Provider is a list of holidays, such as those of a country, a state or a
// company. Its methods may be called from many goroutines; the same question
// has the same answer for as long as a process runs.
type Provider interface {
	// Holidays gives those of a year, in order of date.
	Holidays(year int) []Holiday
	// Optional gives those that are optional, without a date.
	Optional() []Holiday
}

// Brazil has the national holidays of Brazil, and as optional ones those that
// are days off by custom or by decision of a city: carnival and Corpus
// Christi. Years before 1980 are as if the laws of that year had been in
// force.
var Brazil Provider = brazil{}

// Providers gives the lists that come with the package, by name.
func Providers() map[string]Provider { return map[string]Provider{"BR": Brazil} }

type brazil struct{}

// rule says when a holiday is: on a fixed date, or if there is no month so many
// days after Easter Sunday.
type rule struct {
	id, name string
	month    time.Month
	day      int
	since    int // the first year
	optional bool
}

var brazilian = []rule{
	{id: "new_year", name: "Confraternização Universal", month: time.January, day: 1},
	{id: "carnival_monday", name: "Segunda-feira de Carnaval", day: -48, optional: true},
	{id: "carnival_tuesday", name: "Terça-feira de Carnaval", day: -47, optional: true},
	{id: "good_friday", name: "Paixão de Cristo", day: -2},
	{id: "tiradentes", name: "Tiradentes", month: time.April, day: 21},
	{id: "labour_day", name: "Dia Mundial do Trabalho", month: time.May, day: 1},
	{id: "corpus_christi", name: "Corpus Christi", day: 60, optional: true},
	{id: "independence", name: "Independência do Brasil", month: time.September, day: 7},
	{id: "aparecida", name: "Nossa Senhora Aparecida", month: time.October, day: 12},
	{id: "all_souls", name: "Finados", month: time.November, day: 2},
	{id: "republic", name: "Proclamação da República", month: time.November, day: 15},
	{id: "black_consciousness", name: "Dia Nacional de Zumbi e da Consciência Negra", month: time.November, day: 20, since: 2024},
	{id: "christmas", name: "Natal", month: time.December, day: 25},
}

func (brazil) Holidays(year int) []Holiday {
	all := make([]Holiday, 0, len(brazilian))
	for _, r := range brazilian {
		if year < r.since {
			continue
		}
		d := Date{year, r.month, r.day}
		if r.month == 0 {
			d = easter(year).AddDays(r.day)
		}
		all = append(all, Holiday{ID: r.id, Name: r.name, Date: d, Optional: r.optional})
	}
	slices.SortFunc(all, func(a, b Holiday) int { return a.Date.Compare(b.Date) })
	return all
}

func (brazil) Optional() []Holiday {
	var all []Holiday
	for _, r := range brazilian {
		if r.optional {
			all = append(all, Holiday{ID: r.id, Name: r.name, Optional: true})
		}
	}
	return all
}

// easter gives Easter Sunday of the Gregorian calendar, by the anonymous
// algorithm of 1876.
func easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return Date{year, time.Month(n / 31), n%31 + 1}
}

// Next gives up to n holidays of a list from a date on that close a calendar
// which names these optional ones, in order.
func Next(p Provider, optional []string, from Date, n int) []Holiday {
	var all []Holiday
	// A list may be empty, or nearly so: two years further there is no more.
	for year := from.Year; year <= from.Year+2 && len(all) < n; year++ {
		for _, h := range p.Holidays(year) {
			if h.Date.Compare(from) >= 0 && len(all) < n && (!h.Optional || slices.Contains(optional, h.ID)) {
				all = append(all, h)
			}
		}
	}
	return all
}
