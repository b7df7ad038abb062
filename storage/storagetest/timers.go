package storagetest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// timers is things to do at a time.
type timers struct{}

func (timers) AreGivenInTheOrderTheyAreDue(s *setup) {
	s.rule("Due gives up to limit timers of the given kinds, of all bots, whose At is not after until, in ascending (At, Bot, Kind, ID).")
	var set []storage.Timer
	for i, n := range []int{5, 1, 5, 9, 0, 5} {
		for _, b := range []handoff.BotID{"", bot, other, "Bot"} {
			for _, kind := range []string{"k1", "k2", "K1"} {
				set = append(set, storage.Timer{Bot: b, Kind: kind, ID: fmt.Sprintf("%s%d", []string{"é", "Z", "a"}[i%3], i), At: at(n)})
			}
		}
	}
	for _, t := range set {
		s.must(storage.SetTimer{Timer: t})
	}
	slices.SortFunc(set, func(a, b storage.Timer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Bot, b.Bot), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	for _, kinds := range [][]string{{"k1"}, {"k1", "k2"}, {"k2", "none", "K1", "k1"}, {"none"}, {"k1", "k1"}, nil} {
		for _, until := range []int{-1, 0, 4, 5, 6, 9, 1000} {
			for _, limit := range []int{1, 5, storage.MaxPage} {
				var want []storage.Timer
				for _, t := range set {
					if slices.Contains(kinds, t.Kind) && !t.At.After(at(until)) {
						want = append(want, t)
					}
				}
				got, err := s.store.Due(s.ctx, kinds, at(until), limit)
				s.ok(err, "Due(%q)", kinds)
				equal(s, fmt.Sprintf("Due(%q, until %d, limit %d)", kinds, until, limit), got, want[:min(limit, len(want))])
			}
		}
	}
}

func (timers) ThereIsOnePerBotKindAndID(s *setup) {
	s.rule("SetTimer sets a timer, in place of one with the same bot, kind and id.")
	s.must(storage.SetTimer{Timer: timer("1", 5)}, storage.SetTimer{Timer: timer("2", 5)})
	s.must(of(other, []storage.Op{storage.SetTimer{Timer: timer("1", 7)}})...)
	for _, n := range []int{9, 1, 1, 6} {
		s.must(storage.SetTimer{Timer: timer("1", n)})
		var mine []storage.Timer
		for _, t := range s.due("timer") {
			if t.Bot == bot && t.ID == "1" {
				mine = append(mine, t)
			}
		}
		equal(s, "the timer after it was set again", mine, []storage.Timer{timer("1", n)})
	}
	equal(s, "timers", len(s.due("timer")), 3)
}

func (timers) AreClearedOnlyAsTheyWereSeen(s *setup) {
	s.rule("ClearTimer removes a timer that is due exactly At; else ErrConflict.")
	s.must(storage.SetTimer{Timer: timer("1", 5)})
	for _, n := range []int{4, 6, 0} {
		s.refused(storage.ErrConflict, storage.ClearTimer{Timer: timer("1", n)})
	}
	for _, t := range []storage.Timer{timer("2", 5), {Bot: other, Kind: "timer", ID: "1", At: at(5)}, {Bot: bot, Kind: "Timer", ID: "1", At: at(5)}} {
		s.refused(storage.ErrConflict, storage.ClearTimer{Timer: t})
	}
	equal(s, "timers", s.due("timer"), []storage.Timer{timer("1", 5)})
	s.rule("Together with SetTimer on the same timer it claims it: of several that saw it due, one moves it.")
	s.must(storage.ClearTimer{Timer: timer("1", 5)}, storage.SetTimer{Timer: timer("1", 8)})
	s.refused(storage.ErrConflict, storage.ClearTimer{Timer: timer("1", 5)}, storage.SetTimer{Timer: timer("1", 9)})
	s.must(storage.SetTimer{Timer: timer("1", 8)}, storage.ClearTimer{Timer: timer("1", 8)}) // to the same time
	equal(s, "timers after claims", s.due("timer"), []storage.Timer{timer("1", 8)})
	s.must(storage.ClearTimer{Timer: timer("1", 8)})
	equal(s, "timers after a clear", s.due("timer"), nil)
	s.refused(storage.ErrConflict, storage.ClearTimer{Timer: timer("1", 8)})
}
