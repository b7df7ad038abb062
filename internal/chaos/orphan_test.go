package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// orphan is a message that a worker was sending when it was killed.
type orphan struct {
	from, until time.Time     // the kill, and the next attempt
	attempt     int           // that which the kill ended, from 1
	away        time.Duration // for how long of that there was no database
	beside      []fault       // what else befell anybody in that time
}

// waited is for how long the message waited while it could have been sent.
func (o orphan) waited() time.Duration { return o.until.Sub(o.from) - o.away }

// String tells what the time does not: which attempt it was, since whoever
// tries in vain tries again after a pause, each longer than the one before; the
// database's absence; and who else was in trouble, who might have sent it.
func (o orphan) String() string {
	if o.attempt == 0 {
		return "there was none"
	}
	told := []string{fmt.Sprint("attempt ", o.attempt)}
	if o.away > 0 {
		told = append(told, fmt.Sprintf("and %v without a database", o.away.Round(time.Millisecond)))
	}
	for _, f := range o.beside {
		told = append(told, strings.TrimSpace(fmt.Sprint(f.harm, " ", f.whom)))
	}
	return strings.Join(told, "; ")
}

// orphans are the times for which a message waited because its sender was
// killed.
func (p *parcel) orphans(faults []fault) (all []orphan) {
	for i := range len(p.attempts) - 1 {
		a, next := p.attempts[i], p.attempts[i+1].at
		for _, f := range faults {
			if (f.harm == kill || f.harm == clock) && f.whom == a.worker && a.inHand(f.from) && f.from.Before(next) {
				all = append(all, orphan{from: f.from, until: next, attempt: i + 1}.among(faults))
				break // whoever is killed in that place later had it not
			}
		}
	}
	return all
}

// among completes an orphan by what else happened.
func (o orphan) among(faults []fault) orphan {
	for _, f := range faults {
		if !f.until.After(o.from) || !f.from.Before(o.until) || f.from.Equal(o.from) {
			continue
		}
		o.beside = append(o.beside, f)
		if f.harm == crash {
			from, until := f.from, f.until
			if from.Before(o.from) {
				from = o.from
			}
			if until.After(o.until) {
				until = o.until
			}
			o.away += until.Sub(from)
		}
	}
	return o
}

// orphan is the one that waited longest.
func (t *trial) orphan() (worst orphan) {
	t.provider.mu.Lock()
	defer t.provider.mu.Unlock()
	for _, p := range t.provider.parcels {
		for _, o := range p.orphans(t.nemesis.faults) {
			if o.waited() > worst.waited() {
				worst = o
			}
		}
	}
	return worst
}

func TestWhatAKilledWorkerHadInHandWaitsFromItsDeath(t *testing.T) {
	t.Parallel()
	at := func(seconds float64) time.Time {
		return time.Unix(1000, 0).Add(time.Duration(seconds * float64(time.Second)))
	}
	did := func(h harm, whom string, from, until float64) fault { return fault{h, whom, at(from), at(until)} }
	first, next := &attempt{worker: "a", at: at(1)}, &attempt{worker: "b", at: at(11)}
	for name, c := range map[string]struct {
		first  *attempt
		faults []fault
		waited time.Duration // 0: it was no orphan
		told   string
	}{
		"nobody is killed":    {first, []fault{did(freeze, "a", 2, 9), did(kill, "b", 2, 3)}, 0, ""},
		"killed":              {first, []fault{did(kill, "a", 2, 2.1)}, 9 * time.Second, "attempt 1"},
		"with a wrong clock":  {first, []fault{did(clock, "a", 2, 2.1)}, 9 * time.Second, "attempt 1"},
		"killed before":       {first, []fault{did(kill, "a", 0.5, 0.6)}, 0, ""},
		"killed afterwards":   {first, []fault{did(kill, "a", 12, 13)}, 0, ""},
		"killed again":        {first, []fault{did(kill, "a", 2, 2.1), did(kill, "a", 5, 5.1)}, 9 * time.Second, "attempt 1; router kill a"},
		"told to try later":   {&attempt{worker: "a", at: at(1), later: true}, []fault{did(kill, "a", 2, 2.1)}, 0, ""},
		"had given up":        {&attempt{worker: "a", at: at(1), left: at(1.5)}, []fault{did(kill, "a", 2, 2.1)}, 0, ""},
		"was still waiting":   {&attempt{worker: "a", at: at(1), left: at(2.01)}, []fault{did(kill, "a", 2, 2.1)}, 9 * time.Second, "attempt 1"},
		"others had trouble":  {first, []fault{did(kill, "a", 2, 2.1), did(hole, "b", 1, 8), did(cut, "c", 11, 11)}, 9 * time.Second, "attempt 1; black hole b"},
		"no database":         {first, []fault{did(kill, "a", 2, 2.1), did(crash, "", 3, 6)}, 6 * time.Second, "attempt 1; and 3s without a database; database crash"},
		"none at first":       {first, []fault{did(crash, "", 1.5, 3), did(kill, "a", 2, 2.1)}, 8 * time.Second, "attempt 1; and 1s without a database; database crash"},
		"none in the end":     {first, []fault{did(kill, "a", 2, 2.1), did(crash, "", 10, 12)}, 8 * time.Second, "attempt 1; and 1s without a database; database crash"},
		"none but afterwards": {first, []fault{did(kill, "a", 2, 2.1), did(crash, "", 11, 12)}, 9 * time.Second, "attempt 1"},
	} {
		t.Run(name, func(t *testing.T) {
			all := (&parcel{attempts: []*attempt{c.first, next}}).orphans(c.faults)
			if c.waited == 0 {
				require.Empty(t, all)
				return
			}
			require.Len(t, all, 1)
			require.Equal(t, c.waited, all[0].waited())
			require.Equal(t, c.told, all[0].String())
		})
	}
	require.Empty(t, (&parcel{}).orphans(nil), "nobody sent it")
}
