package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	storeFlag   = flag.String("chaos.store", "all", "which store: sqlite, postgres, mariadb, or all that are here")
	forFlag     = flag.Duration("chaos.for", 5*time.Second, "how long each trial rages")
	seedFlag    = flag.Uint64("chaos.seed", 0, "what chance is drawn from; 0 draws one")
	workersFlag = flag.Int("chaos.workers", 4, "how many processes work")
)

// The test binary is also the workers.
func TestMain(m *testing.M) {
	if orders := os.Getenv(workerOrders); orders != "" {
		if err := work(orders); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// seed gives the seed of a trial, and prints it.
func seed(t *testing.T) uint64 {
	s := *seedFlag
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("again: -chaos.seed=%d", s)
	return s
}

// long says that a trial is more than a look.
func long() bool { return *forFlag >= 30*time.Second }

// usual is a trial as the flags have it.
func usual(t *testing.T) plan {
	p := plan{
		house: house{Workers: *workersFlag, Customers: 40, Callers: 3, Pace: 30 * time.Millisecond, Desk: hurried},
		seed:  seed(t), most: *forFlag, drain: time.Minute,
		every: 250 * time.Millisecond, short: 300 * time.Millisecond, long: time.Second,
	}
	if long() {
		p.every, p.short, p.long = time.Second, 2*time.Second, 8*time.Second
		p.house.Pace = 20 * time.Millisecond
	}
	return p
}

func TestChaos(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			if *storeFlag != "all" && *storeFlag != kind {
				t.Skip("another store was asked for")
			}
			r := try(t, newSite(t, kind), usual(t))
			t.Log(r.table())
			require.Empty(t, r.law.violations())
		})
	}
}

// Capacity 1, and somebody killed every 200 ms.
func TestFourProcessesOnOneFile(t *testing.T) {
	if *storeFlag != "all" && *storeFlag != onSQLite {
		t.Skip("another store was asked for")
	}
	p := usual(t)
	p.house.Workers, p.house.Single, p.every = 4, true, 200*time.Millisecond
	p.weights = map[harm]int{kill: 1}
	p.most = min(p.most, 20*time.Second)
	r := try(t, newSite(t, onSQLite), p)
	t.Log(r.table())
	require.Empty(t, r.law.violations())
}

// How soon things go on, with the desk's own times. It takes some minutes.
func TestRecovery(t *testing.T) {
	if !long() {
		t.Skip("takes minutes: ask for it with -chaos.for=60s")
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			if *storeFlag != "all" && *storeFlag != kind {
				t.Skip("another store was asked for")
			}
			p := usual(t)
			p.house.Desk = haste{Lease: 20 * time.Second, Heartbeat: 5 * time.Second, Grace: time.Minute, Sweep: 2 * time.Second, SendTimeout: 30 * time.Second}
			p.drill, p.most, p.drain = true, 5*time.Minute, 5*time.Minute
			r := try(t, newSite(t, kind), p)
			t.Log(r.table())
			require.Empty(t, r.law.violations())
		})
	}
}

// quick are the bugs that show within seconds however busy the machine is.
var quick = map[string]bool{
	"": true, "versions are not compared": true, "capacity is not compared": true, "what is held is not counted down": true,
	"events are published before the change": true, "the last event is forgotten": true,
	"the feed gives places before the commit": true,
}

// Each plant has a minute, and most need a second or two.
func TestPlantedBugsAreCaught(t *testing.T) {
	if racing {
		t.Skip("it takes haste, and the race detector leaves none")
	}
	names := []string{""}
	for name := range plants {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		title := name
		if name == "" {
			title = "none"
		}
		t.Run(title, func(t *testing.T) {
			if !quick[name] && !long() {
				t.Skip("this one may take a while to show: -chaos.for=60s")
			}
			p := usual(t)
			p.plant = name
			p.house = house{Workers: 3, Customers: 5, Callers: 4, Pace: 5 * time.Millisecond, Desk: hurried}
			p.house.Desk.Sweep = 500 * time.Millisecond // what a router knows of others may be that old
			p.every, p.short, p.long, p.drain = 250*time.Millisecond, 300*time.Millisecond, time.Second, 10*time.Second
			p.most = 3 * time.Second
			began := time.Now()
			var found []string
			for len(found) == 0 && time.Since(began) < time.Minute {
				r := try(t, newSite(t, onSQLite), p)
				if found = r.law.violations(); name == "" {
					t.Log(r.table())
					require.Empty(t, found)
					return
				}
				p.seed++
				p.most *= 2
			}
			require.NotEmpty(t, found, "nothing was noticed")
			t.Logf("after %v: %.500s", time.Since(began).Round(time.Millisecond), found[0])
		})
	}
}
