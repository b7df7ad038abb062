package live

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// BenchmarkFanOut delivers batches of events to many subscribers: by the ring
// with its one wake-up, and by a channel for each of them. An operation is
// one batch to all; deliveries/s is what counts.
func BenchmarkFanOut(b *testing.B) {
	for _, subscribers := range []int{1000, 10_000} {
		for _, size := range []int{1, 16} {
			at := fmt.Sprintf("%d/batch=%d", subscribers, size)
			b.Run("ring/"+at, func(b *testing.B) { fanOutRing(b, subscribers, size) })
			b.Run("channels/"+at, func(b *testing.B) { fanOutChannels(b, subscribers, size) })
		}
	}
}

func someEntries(n int) []*entry {
	es := make([]*entry, n)
	for i := range es {
		es[i] = eventEntry(storage.Cursor{Epoch: "e", Pos: int64(i)}, handoff.Event{Kind: handoff.EventMessage, Bot: "acme"})
	}
	return es
}

func fanOutRing(b *testing.B, subscribers, size int) {
	r := newRing(ringSize)
	var delivered atomic.Int64
	var done sync.WaitGroup
	last := int64(b.N) * int64(size)
	for range subscribers {
		done.Go(func() {
			buf := make([]*entry, 0, chunk)
			for next := int64(0); next < last; {
				wake := r.wake()
				es, ok := r.from(buf, next, chunk)
				if !ok {
					panic("the benchmark is to be of who keeps up")
				}
				if len(es) == 0 {
					<-wake
					continue
				}
				next += int64(len(es))
				delivered.Add(int64(len(es)))
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		r.put(someEntries(size), func(*entry) {})
		for delivered.Load() < int64(i+1)*int64(size)*int64(subscribers)-int64(subscribers)*chunk {
			runtime.Gosched() // nobody is a buffer behind
		}
	}
	done.Wait()
	b.ReportMetric(float64(delivered.Load())/b.Elapsed().Seconds(), "deliveries/s")
}

func fanOutChannels(b *testing.B, subscribers, size int) {
	var delivered atomic.Int64
	var done sync.WaitGroup
	chans := make([]chan *entry, subscribers)
	for i := range chans {
		chans[i] = make(chan *entry, chunk)
		done.Go(func() {
			for range chans[i] {
				delivered.Add(1)
			}
		})
	}
	b.ResetTimer()
	for range b.N {
		for _, e := range someEntries(size) {
			for _, c := range chans {
				c <- e
			}
		}
	}
	for _, c := range chans {
		close(c)
	}
	done.Wait()
	b.ReportMetric(float64(delivered.Load())/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkStreams is the whole way: each viewer's own view judges each
// event, of conversations that all see, and frames come of it.
func BenchmarkStreams(b *testing.B) {
	for _, viewers := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(viewers), func(b *testing.B) {
			const size = 64
			hub, seat, ids := crowd(b)
			var delivered atomic.Int64
			var done sync.WaitGroup
			for range viewers {
				s, err := hub.Watch(b.Context(), Viewer{Seat: seat, Bot: "acme", Agent: "boss"})
				if err != nil {
					b.Fatal(err)
				}
				done.Go(func() {
					for {
						frames, err := s.Next(context.Background())
						if err == io.EOF {
							return
						}
						for _, f := range frames {
							if f.Event == "event" {
								delivered.Add(1)
							}
						}
					}
				})
			}
			r := hub.watched("acme")
			pos := r.at.Pos
			b.ResetTimer()
			for i := range b.N {
				es := make([]*entry, size)
				for j := range es {
					pos++
					es[j] = eventEntry(storage.Cursor{Epoch: r.at.Epoch, Pos: pos}, handoff.Event{
						Kind: handoff.EventMessage, Bot: "acme", Conversation: ids[j%len(ids)],
					})
				}
				if err := r.readSubjects(b.Context(), es); err != nil {
					b.Fatal(err)
				}
				r.mu.Lock()
				r.put(es...)
				r.mu.Unlock()
				for delivered.Load() < int64(i+1)*size*int64(viewers) {
					time.Sleep(20 * time.Microsecond)
				}
			}
			b.ReportMetric(float64(delivered.Load())/b.Elapsed().Seconds(), "deliveries/s")
			b.StopTimer()
			hub.Close()
			done.Wait()
		})
	}
}

// BenchmarkIdleViewer is what one more viewer costs who waits, with the
// goroutine that waits for them.
func BenchmarkIdleViewer(b *testing.B) {
	hub, seat, _ := crowd(b)
	var done sync.WaitGroup
	before := inUse()
	for range b.N {
		s, err := hub.Watch(b.Context(), Viewer{Seat: seat, Bot: "acme", Agent: "boss"})
		if err != nil {
			b.Fatal(err)
		}
		done.Go(func() {
			for {
				if _, err := s.Next(context.Background()); err == io.EOF {
					return
				}
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	b.ReportMetric((inUse()-before)/float64(b.N), "bytes/viewer")
	hub.Close()
	done.Wait()
}

func inUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}

// crowd is a hub over a bot with an agent who sees everything, and some
// conversations.
func crowd(b *testing.B) (*Hub, *desk.Seat, []handoff.ConversationID) {
	b.Helper()
	ok := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx := b.Context()
	store := memory.New(nil)
	b.Cleanup(func() { store.Close() })
	d, err := desk.New(store, nil)
	ok(err)
	bot := d.Bot("acme")
	ok(bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	ok(bot.PutAgent(ctx, handoff.Agent{ID: "boss", Name: "Boss", Permissions: handoff.RoleAdmin}))
	seat, err := d.Seat(ctx, "acme", "boss")
	ok(err)
	var ids []handoff.ConversationID
	for i := range 16 {
		in, err := bot.Receive(ctx, handoff.Inbound{
			Channel: "whatsapp", Account: "1555", Addresses: []string{fmt.Sprint("55", i)},
			Provider: fmt.Sprint("in-", i), Content: handoff.Text("hello"),
		})
		ok(err)
		ids = append(ids, in.Conversation.ID)
	}
	hub := New(d, nil)
	b.Cleanup(hub.Close)
	return hub, seat, ids
}
