package calendar_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
)

const documented = `{
	"id": "office",
	"name": "Office",
	"timeZone": "America/Sao_Paulo",
	"week": {
		"monday": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "18:00"}],
		"friday": [{"from": "22:00", "to": "06:00"}]
	},
	"holidays": "BR",
	"optional": ["corpus_christi"],
	"exceptions": [
		{"date": "2026-12-24", "name": "Christmas Eve", "hours": [{"from": "09:00", "to": "12:00"}]},
		{"date": "2026-12-31"}
	]
}`

func TestTheDocumentedJSONIsRead(t *testing.T) {
	t.Parallel()
	c, err := calendar.Parse([]byte(documented))
	require.NoError(t, err)
	require.Equal(t, calendar.Calendar{
		ID: "office", Name: "Office", TimeZone: "America/Sao_Paulo", Holidays: "BR", Optional: []string{"corpus_christi"},
		Week: calendar.Week{
			Monday: []calendar.Interval{{From: calendar.At(9, 0), To: calendar.At(12, 0)}, {From: calendar.At(13, 0), To: calendar.At(18, 0)}},
			Friday: []calendar.Interval{{From: calendar.At(22, 0), To: calendar.At(6, 0)}},
		},
		Exceptions: []calendar.Exception{
			{Date: calendar.Date{Year: 2026, Month: time.December, Day: 24}, Name: "Christmas Eve", Hours: []calendar.Interval{{From: calendar.At(9, 0), To: calendar.At(12, 0)}}},
			{Date: calendar.Date{Year: 2026, Month: time.December, Day: 31}},
		},
	}, c)
	again, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, documented, string(again))
}

func TestWhatIsNoCalendarIsRefused(t *testing.T) {
	t.Parallel()
	with := func(old, now string) string {
		require.Contains(t, documented, old)
		return strings.Replace(documented, old, now, 1)
	}
	for name, src := range map[string]string{
		"no JSON":             "monday to friday",
		"nothing":             "",
		"more than one":       documented + "{}",
		"unknown field":       with(`"name"`, `"nam"`),
		"unknown day":         with(`"monday"`, `"segunda"`),
		"no id":               with(`"id": "office",`, ``),
		"no name":             with(`"Office"`, `""`),
		"no time":             with(`"09:00"`, `"9:00"`),
		"a number":            with(`"09:00"`, `9`),
		"beyond the hour":     with(`"09:00"`, `"08:60"`),
		"beyond the day":      with(`"18:00"`, `"24:01"`),
		"begins at 24:00":     with(`{"from": "13:00", "to": "18:00"}`, `{"from": "24:00", "to": "01:00"}`),
		"a sign":              with(`"09:00"`, `"+9:00"`),
		"no length":           with(`"12:00"`, `"09:00"`),
		"overlap":             with(`"13:00"`, `"11:59"`),
		"behind a night":      with(`"to": "12:00"`, `"to": "08:00"`),
		"no such date":        with(`2026-12-24`, `2026-02-29`),
		"no date":             with(`2026-12-24`, `24/12/2026`),
		"a date twice":        with(`2026-12-24`, `2026-12-31`),
		"optional of nothing": with(`"holidays": "BR",`, ``),
		"too many intervals":  with(`{"from": "22:00", "to": "06:00"}`, many(calendar.MaxIntervals+1)),
		"too long":            with(`"Office"`, `"`+strings.Repeat("a", calendar.MaxJSON)+`"`),
		"a name too long":     with(`"Christmas Eve"`, `"`+strings.Repeat("a", handoff.MaxName+1)+`"`),
		"a zone too long":     with(`America/Sao_Paulo`, strings.Repeat("a", handoff.MaxID+1)),
		"an empty optional":   with(`"corpus_christi"`, `""`),
	} {
		_, err := calendar.Parse([]byte(src))
		require.ErrorIs(t, err, handoff.ErrInvalid, name)
	}
	_, err := calendar.Parse([]byte(with(`{"from": "22:00", "to": "06:00"}`, many(calendar.MaxIntervals))))
	require.NoError(t, err)
}

// many gives so many intervals of a minute.
func many(n int) string {
	var out []string
	for i := range n {
		out = append(out, `{"from":"`+calendar.At(i, 0).String()+`","to":"`+calendar.At(i, 1).String()+`"}`)
	}
	return strings.Join(out, ",")
}

func TestACalendarHasBounds(t *testing.T) {
	t.Parallel()
	c := office()
	for i := range calendar.MaxExceptions {
		c.Exceptions = append(c.Exceptions, calendar.Exception{Date: calendar.Date{Year: 2026, Month: 1, Day: 1}.AddDays(i)})
	}
	require.NoError(t, c.Check())
	c.Exceptions = append(c.Exceptions, calendar.Exception{Date: calendar.Date{Year: 2020, Month: 1, Day: 1}})
	require.ErrorIs(t, c.Check(), handoff.ErrInvalid)
	c = office()
	c.Optional = make([]string, calendar.MaxOptional+1)
	for i := range c.Optional {
		c.Optional[i] = "x"
	}
	require.ErrorIs(t, c.Check(), handoff.ErrInvalid)
	c = office()
	c.Exceptions = []calendar.Exception{{Date: calendar.Date{Year: 2026, Month: 13, Day: 1}}}
	require.ErrorIs(t, c.Check(), handoff.ErrInvalid)
}

func TestACloneSharesNothing(t *testing.T) {
	t.Parallel()
	c, err := calendar.Parse([]byte(documented))
	require.NoError(t, err)
	clone := c.Clone()
	require.Equal(t, c, clone)
	clone.Week.Monday[0].From, clone.Optional[0], clone.Exceptions[0].Hours[0].From = 0, "x", 0
	clone.Exceptions[1].Name = "x"
	again, err := calendar.Parse([]byte(documented))
	require.NoError(t, err)
	require.Equal(t, again, c)
}

func TestClocksAndDatesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := calendar.Clock(rapid.IntRange(0, int(calendar.EndOfDay)).Draw(t, "clock"))
		text, err := c.MarshalText()
		require.NoError(t, err)
		var again calendar.Clock
		require.NoError(t, again.UnmarshalText(text))
		require.Equal(t, c, again)

		d := calendar.Date{Year: 1970, Month: 1, Day: 1}.AddDays(rapid.IntRange(-700_000, 2_000_000).Draw(t, "date"))
		text, err = d.MarshalText()
		require.NoError(t, err)
		var same calendar.Date
		require.NoError(t, same.UnmarshalText(text))
		require.Equal(t, d, same)
		require.Equal(t, d.AddDays(1).Weekday(), (d.Weekday()+1)%7)
	})
	_, err := calendar.Clock(-1).MarshalText()
	require.ErrorIs(t, err, handoff.ErrInvalid)
	_, err = calendar.Date{Year: 2026, Month: 2, Day: 30}.MarshalText()
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(documented))
	f.Add([]byte(`{"id":"a","name":"b","week":{"sunday":[{"from":"00:00","to":"24:00"}]}}`))
	f.Add([]byte(`{"id":"a","name":"b","week":{"monday":[]},"optional":[],"exceptions":[]}`))
	f.Add([]byte(`{"id":"a","name":"b","exceptions":[{"date":"9999-12-31","hours":[{"from":"23:59","to":"00:00"}]}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := calendar.Parse(src)
		if err != nil {
			require.ErrorIs(t, err, handoff.ErrInvalid)
			return
		}
		text, err := json.Marshal(c)
		require.NoError(t, err)
		again, err := calendar.Parse(text)
		require.NoError(t, err)
		require.Equal(t, c, again)
		c.Holidays, c.Optional = "", nil
		h, err := calendar.New(c, time.UTC, nil)
		require.NoError(t, err)
		at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
		if opens, ok := h.NextOpen(at); ok {
			require.True(t, h.IsOpen(opens))
		}
		if end, ok := h.Add(at, 100*time.Hour); ok {
			require.Equal(t, 100*time.Hour, h.Between(at, end))
		}
	})
}
