package desk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// beating is an office whose desk keeps so many agents connected, each with
// these devices, and does little else. A heartbeat is every 5 seconds from now
// and gives a lease 20; the leases of ten agents with one device are renewed
// together. releases ends what is connected, by agent and device.
func beating(t *testing.T, s storage.Store, agents int, devices ...string) (o *office, log *shared, releases map[string]func(context.Context) error) {
	t.Helper()
	log = &shared{}
	o, run, stop := running(t, s, desk.Options{Sweep: time.Hour, Logger: slog.New(slog.NewTextHandler(log, nil))})
	releases = map[string]func(context.Context) error{}
	for i := range agents {
		seat := o.agent(nth(i), 5, handoff.RoleAgent)
		for _, device := range devices {
			release, err := seat.Connect(o.ctx, device)
			o.ok(err)
			releases[fmt.Sprint(nth(i), " ", device)] = release
		}
	}
	o.settle()
	run()
	t.Cleanup(stop)
	synctest.Wait()
	return o, log, releases
}

func nth(i int) handoff.AgentID { return handoff.AgentID(fmt.Sprintf("agent%02d", i)) }

// beat lets the time of the next heartbeat come.
func beat() {
	time.Sleep(5 * time.Second)
	synctest.Wait()
}

// lasts says for how long each lease of a bot still lasts, by agent and device.
func (o *office) lasts(bot handoff.BotID) map[string]time.Duration {
	o.t.Helper()
	leases, err := o.store.Records(o.ctx, storage.Range{Bot: bot, Kind: "lease"}, storage.MaxPage)
	o.ok(err)
	now, err := o.store.Now(o.ctx)
	o.ok(err)
	lasts := map[string]time.Duration{}
	for _, r := range leases {
		lasts[r.Key.Parent+" "+r.Key.ID] = r.Expires.Sub(now)
	}
	return lasts
}

const renewed, unrenewed = 20 * time.Second, 15 * time.Second // what a lease lasts after a beat

// laptops is what lasts gives for the laptops of so many agents whose leases
// were just renewed, but for some of them.
func laptops(agents int, but map[int]time.Duration) map[string]time.Duration {
	all := map[string]time.Duration{}
	for i := range agents {
		lasts := renewed
		if d, differs := but[i]; differs {
			lasts = d
		}
		if lasts > 0 {
			all[string(nth(i))+" laptop"] = lasts
		}
	}
	return all
}

func TestLeasesAreRenewedTogether(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		agents  int
		devices []string
		commits int
	}{
		{agents: 100, devices: []string{"laptop"}, commits: 10},
		{agents: 8, devices: []string{"laptop", "phone"}, commits: 1},
		{agents: 1, devices: devices(desk.MaxDevices), commits: 2},
	} {
		t.Run(fmt.Sprint(of.agents, " agents with ", len(of.devices)), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &trips{Store: memory.New(nil), n: map[string]int{}}
				o, log, _ := beating(t, s, of.agents, of.devices...)
				versions := o.versions()
				for range 2 {
					s.taken()
					beat()
					require.Equal(t, map[string]int{"lookup lease": of.commits, "commit": of.commits}, s.taken())
					lasts := o.lasts("acme")
					require.Len(t, lasts, of.agents*len(of.devices))
					for device, d := range lasts {
						require.Equal(t, renewed, d, device)
					}
				}
				require.Equal(t, versions, o.versions(), "assignments rest on them")
				require.Empty(t, log.String())
			})
		})
	}
}

// versions are those of the leases.
func (o *office) versions() (versions []int64) {
	o.t.Helper()
	leases, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "lease"}, storage.MaxPage)
	o.ok(err)
	for _, r := range leases {
		versions = append(versions, r.Version)
	}
	return versions
}

func devices(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint("device", i))
	}
	return names
}

// meddler is a store that lets something happen before each call, of which it
// tells the records.
type meddler struct {
	storage.Store
	mu sync.Mutex
	do func(call string, keys []storage.Key) error
}

func (m *meddler) meddle(call string, keys []storage.Key) error {
	m.mu.Lock()
	do := m.do
	m.mu.Unlock()
	if do == nil {
		return nil
	}
	return do(call, keys)
}

func (m *meddler) before(do func(call string, keys []storage.Key) error) {
	m.mu.Lock()
	m.do = do
	m.mu.Unlock()
}

func (m *meddler) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if err := m.meddle("Lookup", keys); err != nil {
		return nil, err
	}
	return m.Store.Lookup(ctx, keys)
}

func (m *meddler) Commit(ctx context.Context, b storage.Batch) error {
	var keys []storage.Key
	for _, op := range b.Ops {
		switch o := op.(type) {
		case storage.Check:
			keys = append(keys, o.Key)
		case storage.PutRecord:
			keys = append(keys, o.Record.Key)
		}
	}
	if err := m.meddle("Commit", keys); err != nil {
		return err
	}
	return m.Store.Commit(ctx, b)
}

// rewrite puts a record of the bot acme in place of the one that is there,
// under its version.
func (o *office) rewrite(k storage.Key, change func(*storage.Record)) {
	o.t.Helper()
	is, err := o.store.Lookup(o.ctx, []storage.Key{k})
	o.ok(err)
	now, err := o.store.Now(o.ctx)
	o.ok(err)
	put := storage.PutRecord{Record: is[0], Expect: is[0].Version}
	change(&put.Record)
	o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{put}}))
}

func laptop(a handoff.AgentID) storage.Key {
	return storage.Key{Bot: "acme", Kind: "lease", Parent: string(a), ID: "laptop"}
}

// runOut has a lease run out a second from now, where it was just made.
func (o *office) runOut(k storage.Key) {
	o.t.Helper()
	o.rewrite(k, func(r *storage.Record) { r.Expires = r.Expires.Add(-19 * time.Second) })
}

func TestAnAgentWhoseLeaseCannotBeRenewedCostsNoOther(t *testing.T) {
	t.Parallel()
	of := func(kind string, a handoff.AgentID) storage.Key {
		return storage.Key{Bot: "acme", Kind: kind, ID: string(a)}
	}
	whenever := func(call string, a handoff.AgentID, do func() error) func(string, []storage.Key) error {
		return func(now string, keys []storage.Key) error {
			if now == call && slices.Contains(keys, laptop(a)) {
				return do()
			}
			return nil
		}
	}
	broken := errors.New("the connection is lost")
	for name, c := range map[string]struct {
		trouble func(o *office, m *meddler, a handoff.AgentID)
		lasts   time.Duration
		logged  string // "": nothing
		event   handoff.EventKind
	}{
		"their record changes meanwhile": {func(o *office, m *meddler, a handoff.AgentID) {
			m.before(whenever("Commit", a, func() error {
				m.before(nil)
				return o.bot.PutAgent(o.ctx, handoff.Agent{ID: a, Name: "New name"})
			}))
		}, renewed, "", handoff.EventAgentChanged},
		"they are disabled meanwhile": {func(o *office, m *meddler, a handoff.AgentID) {
			m.before(whenever("Commit", a, func() error {
				m.before(nil)
				return o.bot.PutAgent(o.ctx, handoff.Agent{ID: a, Name: "Ana", Disabled: true})
			}))
		}, unrenewed, "", handoff.EventAgentChanged},
		"their lease has run out": {func(o *office, _ *meddler, a handoff.AgentID) {
			o.runOut(laptop(a))
		}, renewed, "", ""},
		"they were taken for gone": {func(o *office, _ *meddler, a handoff.AgentID) {
			o.rewrite(of("presence", a), func(r *storage.Record) { r.Data = []byte(`{"connected":false}`) })
		}, renewed, "", handoff.EventConnected},
		"their presence cannot be read": {func(o *office, _ *meddler, a handoff.AgentID) {
			o.rewrite(of("presence", a), func(r *storage.Record) { r.Data = []byte(`"none"`) })
		}, unrenewed, "record of kind presence", ""},
		"their lease cannot be read": {func(o *office, _ *meddler, a handoff.AgentID) {
			o.rewrite(laptop(a), func(r *storage.Record) { r.Data = []byte(`"none"`) })
		}, unrenewed, "record of kind lease", ""},
		"reading fails": {func(o *office, m *meddler, a handoff.AgentID) {
			m.before(whenever("Lookup", a, func() error { return broken }))
		}, unrenewed, broken.Error(), ""},
		"reading panics": {func(o *office, m *meddler, a handoff.AgentID) {
			m.before(whenever("Lookup", a, func() error { panic("it panics") }))
		}, unrenewed, "desk: panic", ""},
		"the commit is refused as malformed": {func(o *office, m *meddler, a handoff.AgentID) {
			m.before(whenever("Commit", a, func() error { return storage.ErrInvalid }))
		}, unrenewed, storage.ErrInvalid.Error(), ""},
		"the commit panics": {func(o *office, m *meddler, a handoff.AgentID) {
			m.before(whenever("Commit", a, func() error { panic("it panics") }))
		}, unrenewed, "desk: panic", ""},
	} {
		for _, who := range []int{0, 11} { // among the first, and beside another bot's
			t.Run(fmt.Sprint(name, " ", nth(who)), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					m := &meddler{Store: memory.New(nil)}
					o, log, _ := beating(t, m, 12, "laptop")
					beta := o.desk.Bot("beta")
					o.ok(beta.Put(o.ctx, handoff.Bot{Name: "Beta"}))
					o.ok(beta.PutAgent(o.ctx, handoff.Agent{ID: nth(0), Name: "Other"}))
					seat, err := o.desk.Seat(o.ctx, "beta", nth(0))
					o.ok(err)
					o.ok(second(seat.Connect(o.ctx, "laptop")))
					synctest.Wait()
					from := o.dump()
					c.trouble(o, m, nth(who))
					beat()
					m.before(nil)
					require.Equal(t, laptops(12, map[int]time.Duration{who: c.lasts}), o.lasts("acme"))
					require.Equal(t, laptops(1, nil), o.lasts("beta"))
					if c.logged == "" {
						require.Empty(t, log.String())
					} else {
						require.Contains(t, log.String(), c.logged)
					}
					var events []handoff.EventKind
					if c.event != "" {
						events = append(events, c.event)
					}
					require.Equal(t, events, o.since(from))
				})
			})
		}
	}
}

// withholding is a store that does not answer, from some time on, when some
// record is read.
type withholding struct {
	storage.Store
	key    storage.Key
	begins atomic.Bool
}

func (s *withholding) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if s.begins.Load() && slices.Contains(keys, s.key) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Store.Lookup(ctx, keys)
}

func TestALeaseThatHangsCostsNoOther(t *testing.T) {
	t.Parallel()
	for _, who := range []int{3, 11, 24} { // of the first, the second, and the last that are renewed together
		t.Run(string(nth(who)), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &withholding{Store: memory.New(nil), key: laptop(nth(who))}
				o, log, _ := beating(t, s, 25, "laptop")
				s.begins.Store(true)
				for range 90 {
					time.Sleep(time.Second)
					synctest.Wait()
					last := o.lasts("acme")
					delete(last, string(nth(who))+" laptop")
					require.Len(t, last, 24)
				}
				require.Contains(t, log.String(), "agent "+string(nth(who)))
				require.Contains(t, log.String(), context.DeadlineExceeded.Error())
			})
		})
	}
}

func TestWhoseLeaseHadRunOutIsGivenWhatWaitsAsItIsMadeAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _, _ := beating(t, memory.New(nil), 3, "laptop")
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: nth(1)}))
		o.ok(o.seat(nth(1)).SetAvailability(o.ctx, handoff.Available, ""))
		o.runOut(laptop(nth(1)))
		time.Sleep(2 * time.Second)
		id := o.waits("551", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		time.Sleep(4 * time.Second) // past the heartbeat, and long before the sweep
		synctest.Wait()
		require.Equal(t, nth(1), o.conv(id).Agent)
	})
}

// A process of a version that does not note devices may have written last.
func TestADeviceThatIsNotNotedIsNotedWithTheNextHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _, _ := beating(t, memory.New(nil), 3, "laptop", "phone")
		k := storage.Key{Bot: "acme", Kind: "presence", ID: string(nth(1))}
		noted := func() storage.Record {
			records, err := o.store.Lookup(o.ctx, []storage.Key{k})
			o.ok(err)
			return records[0]
		}
		was := noted()
		require.Contains(t, string(was.Data), `"devices":["laptop","phone"]`)
		now, err := o.store.Now(o.ctx)
		o.ok(err)
		o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{
			storage.PutRecord{Record: storage.Record{Key: k, Version: 1, Data: []byte(`{"connected":true}`)}, Expect: was.Version},
		}}))
		beat()
		time.Sleep(time.Second) // the two are in each other's way, and one tries again
		synctest.Wait()
		require.Contains(t, string(noted().Data), `"laptop"`)
		require.Contains(t, string(noted().Data), `"phone"`)
	})
}

func TestAnAgentWhoIsGoneAndBackIsNotKeptConnected(t *testing.T) {
	t.Parallel()
	for name, goes := range map[string]func(o *office){
		"disabled": func(o *office) {
			o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: nth(1), Name: "Ana", Disabled: true}))
		},
		"removed": func(o *office) {
			is, err := o.store.Lookup(o.ctx, []storage.Key{{Bot: "acme", Kind: "agent", ID: string(nth(1))}})
			o.ok(err)
			now, err := o.store.Now(o.ctx)
			o.ok(err)
			o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{
				storage.DeleteRecord{Key: is[0].Key, Expect: is[0].Version},
			}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o, log, _ := beating(t, memory.New(nil), 3, "laptop")
				goes(o)
				beat()
				require.Equal(t, laptops(3, map[int]time.Duration{1: unrenewed}), o.lasts("acme"))
				o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: nth(1), Name: "Ana"}))
				beat()
				require.Equal(t, laptops(3, map[int]time.Duration{1: 10 * time.Second}), o.lasts("acme"))
				require.Empty(t, log.String())
			})
		})
	}
}

func TestWhatIsReleasedAmongOthersIsNotRenewed(t *testing.T) {
	t.Parallel()
	for _, who := range []int{1, 11} { // of those that are being renewed, and of those that are next
		t.Run(string(nth(who)), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &between{Store: memory.New(nil)}
				o, log, releases := beating(t, b, 12, "laptop")
				from := o.dump()
				b.before(puts("lease"), func() error { return releases[string(nth(who))+" laptop"](o.ctx) })
				for range 2 {
					beat()
					require.Equal(t, laptops(12, map[int]time.Duration{who: 0}), o.lasts("acme"))
				}
				require.Equal(t, []handoff.EventKind{handoff.EventDisconnected}, o.since(from))
				require.Empty(t, log.String())
			})
		})
	}
}

func TestWhatIsLostWhileOthersAreRenewedIsNotRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &between{Store: memory.New(nil)}
		o, _, _ := beating(t, b, 12, "laptop")
		b.before(puts("lease"), func() error { o.seat(nth(11)).Lose("laptop"); return nil })
		beat()
		require.Equal(t, laptops(12, map[int]time.Duration{11: unrenewed}), o.lasts("acme"))
	})
}

// A device of the same name is the same device, wherever it connected last.
func TestReleaseEndsALeaseThatAnotherProcessMadeAnew(t *testing.T) {
	t.Parallel()
	for name, during := range map[string]bool{"after it was renewed": false, "while it is renewed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &between{Store: memory.New(nil)}
				o, _, releases := beating(t, b, 3, "laptop")
				release := func() error { return releases[string(nth(1))+" laptop"](o.ctx) }
				twin := *o
				twin.open(o.store)
				again, err := twin.seat(nth(1)).Connect(o.ctx, "laptop")
				o.ok(err)
				o.ok(again(o.ctx))
				o.ok(second(twin.seat(nth(1)).Connect(o.ctx, "laptop")))
				if during {
					b.before(puts("lease"), release)
				}
				beat()
				if !during {
					require.Equal(t, laptops(3, nil), o.lasts("acme"))
					o.ok(release())
				}
				require.Equal(t, laptops(3, map[int]time.Duration{1: 0}), o.lasts("acme"))
			})
		})
	}
}
