package sla_test

import (
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/sla"
)

// BenchmarkApply is one message of a long conversation, in business hours.
func BenchmarkApply(b *testing.B) {
	hours := openHours(b)
	agreement := handoff.SLA{
		First: minutes(10), Next: handoff.Target{Within: 30 * time.Minute, Warn: 5 * time.Minute},
		Duration: minutes(600), Pause: true, BusinessHours: true,
	}
	book := func(handoff.QueueID) sla.Terms { return sla.Terms{SLA: agreement, Hours: hours} }
	s := start(0).writes(0).handOff(0, "q").assign(1, "ana").reply(2)
	track, _ := sla.Clocks(book, s.events, at(2))
	message := s.writes(70).events[len(s.events)-1]
	b.ReportAllocs()
	for b.Loop() {
		track.Apply(book, message)
	}
}
