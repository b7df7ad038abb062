package calendar_test

import (
	"testing"
	"time"

	"github.com/handoffdesk/handoff/desk/calendar"
)

func BenchmarkHours(b *testing.B) {
	h, loc := hoursOf(b, office(), "America/Sao_Paulo")
	at := time.Date(2026, 11, 19, 17, 0, 0, 0, loc)
	never, _ := hoursOf(b, calendar.Calendar{ID: "never", Name: "Never"}, "America/Sao_Paulo")
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"IsOpen", func() { h.IsOpen(at) }},
		{"NextOpen", func() { h.NextOpen(at.Add(2 * time.Hour)) }},
		{"NextClose", func() { h.NextClose(at) }},
		{"Add=2h", func() { h.Add(at, 2*time.Hour) }},
		{"Between=1week", func() { h.Between(at, at.AddDate(0, 0, 7)) }},
		{"Between=1year", func() { h.Between(at, at.AddDate(1, 0, 0)) }},
		{"NextOpen=never", func() { never.NextOpen(at) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.do()
			}
		})
	}
}
