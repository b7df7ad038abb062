package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// A year of n conversations, in the order in which they began, up to now.
// Half of them an agent had, and 3 % are still going on.
var (
	yearEnd  = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	everyone = filter.Viewer{All: true}
	anyState = []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded}
)

func conversation(r *rand.Rand, i, n int) (begun, now handoff.Conversation) {
	names := []string{"Ana", "Bento", "Caio", "Dora", "Elis", "Fábio", "Gil", "Hugo", "Iara", "João"}
	c := handoff.Conversation{
		Bot: "bot", ID: handoff.ConversationID(fmt.Sprintf("0195%010x-%04x", i, r.IntN(1<<16))), Version: 1,
		Contact: handoff.ContactID(fmt.Sprintf("contact-%d", r.IntN(n/2+1))), Account: "5511999990000",
		Channel:     []handoff.Channel{"whatsapp", "whatsapp", "webchat"}[r.IntN(3)],
		State:       handoff.StateBot,
		StartedAt:   yearEnd.Add(-time.Duration(n-i) * (365 * 24 * time.Hour / time.Duration(n))).Truncate(time.Millisecond),
		ContactName: names[r.IntN(10)] + " " + names[r.IntN(10)], Number: fmt.Sprintf("5511%09d", r.IntN(1e9)),
	}
	if i%2000 == 7 {
		c.Tags = []string{"vip"}
	}
	c.Address, c.Terms = c.Number, filter.Terms(c.ContactName, c.Number, c.Tags...)
	if r.IntN(2000) == 0 {
		c.Channel = "mail"
	}
	c.LastMessageAt, c.LastReceivedAt = c.StartedAt, c.StartedAt
	begun = c

	long := time.Duration(r.ExpFloat64() * float64(2*time.Hour)).Truncate(time.Millisecond)
	ended := r.IntN(100) >= 3
	if !ended { // it goes on: something was said today, or in the last days
		long = yearEnd.Sub(c.StartedAt) - time.Duration(r.ExpFloat64()*float64(8*time.Hour)).Truncate(time.Millisecond)
	}
	if c.StartedAt.Add(long).After(yearEnd) || long < 0 {
		long = yearEnd.Sub(c.StartedAt)
	}
	c.LastMessageAt = c.StartedAt.Add(long)
	c.LastReceivedAt = c.StartedAt.Add(max(0, long-time.Duration(r.IntN(600_000))*time.Millisecond))
	c.Preview = handoff.Preview{By: handoff.ByContact, Kind: handoff.KindText, Text: "Obrigado"}
	if r.IntN(2) == 0 {
		c.Queue = handoff.QueueID(fmt.Sprintf("queue-%d", r.IntN(20)))
		c.State, c.Agent = handoff.StateAssigned, handoff.AgentID(fmt.Sprintf("agent-%d", r.IntN(500)))
		c.LastAgent, c.HumanAt = c.Agent, c.StartedAt.Add(min(long, time.Minute))
	}
	if ended {
		c.State, c.Agent, c.EndedAt = handoff.StateEnded, "", c.LastMessageAt
	}
	switch r.IntN(20) {
	case 0:
		c.Priority = handoff.High
	case 1, 2:
		c.Priority = handoff.Medium
	case 3, 4:
		c.Priority = handoff.Low
	}
	if r.IntN(33) == 0 {
		c.OpenTickets, c.Tickets = 1, 1
	}
	c.Version = 2
	return begun, c
}

// year is made once per size, and only when a benchmark asks for it.
var year = func() func(n int) *table {
	var mu sync.Mutex
	made := map[int]*table{}
	return func(n int) *table {
		mu.Lock()
		defer mu.Unlock()
		if made[n] == nil {
			t, r := newTable(), rand.New(rand.NewPCG(1, 2))
			for i := range n {
				begun, now := conversation(r, i, n)
				t.add(begun)
				t.replace(now)
			}
			made[n] = t
		}
		return made[n]
	}
}()

var questions = []struct {
	name  string
	limit int
	where filter.Where
}{
	{"Q1 today human by last received", 1000, filter.Where{
		Viewer: everyone, From: yearEnd.Add(-18 * time.Hour), To: yearEnd.Add(6 * time.Hour),
		States: []handoff.State{handoff.StateWaiting, handoff.StateAssigned},
	}},
	{"Q2 high with open tickets by priority", 1000, filter.Where{
		Viewer: everyone, SortBy: filter.ByPriority, States: anyState,
		Priorities: []handoff.Priority{handoff.High}, OpenTickets: true,
	}},
	{"Q3 one week 3 queues by human start", 1000, filter.Where{
		Viewer: everyone, SortBy: filter.HumanStarted, States: anyState,
		From: yearEnd.Add(-100 * 24 * time.Hour), To: yearEnd.Add(-93 * 24 * time.Hour),
		Queues: []handoff.QueueID{"queue-3", "queue-7", "queue-11"},
	}},
	{"Q4 one agent", 50, filter.Where{
		Viewer: everyone, States: []handoff.State{handoff.StateAssigned, handoff.StateEnded}, LastAgents: []handoff.AgentID{"agent-7"},
	}},
	{"active by last received", 1000, filter.Where{Viewer: everyone, States: anyState[:3]}},
	{"one queue by started", 1000, filter.Where{
		Viewer: everyone, SortBy: filter.Started, States: anyState, Queues: []handoff.QueueID{"queue-3"},
	}},
	{"what one agent sees", 100, filter.Where{
		Viewer: filter.Viewer{Agent: "agent-7", Queues: []handoff.QueueID{"queue-3", "queue-7"}}, States: anyState[:3],
	}},
	{"rare channel by last received", 1000, filter.Where{Viewer: everyone, States: anyState, Channels: []handoff.Channel{"mail"}}},
	{"rare tag by last received", 1000, filter.Where{
		Viewer: everyone, States: anyState, Tags: []string{"vip"}, Search: [][]string{{"t3:vip"}},
	}},
	{"half of a year ago by priority", 1000, filter.Where{
		Viewer: everyone, SortBy: filter.ByPriority, States: anyState, Channels: []handoff.Channel{"webchat"},
		To: yearEnd.Add(-180 * 24 * time.Hour),
	}},
	{"search of a name and a number", 100, filter.Where{Viewer: everyone, States: anyState, Search: [][]string{{"wdor"}, {"d55118"}}}},
}

// BenchmarkList times pages of lists. Beside the time it says how many times
// that of copying out the same rows it is, and how many times faster than
// matching, sorting and copying from a slice. Medians, taken in turns.
func BenchmarkList(b *testing.B) {
	for _, question := range questions {
		for _, n := range []int{1e3, 1e4, 1e5, 1e6} {
			b.Run(fmt.Sprintf("%s/%d", question.name, n), func(b *testing.B) {
				t := year(n)
				ask := storage.Query{Bot: "bot", Where: question.where, Limit: question.limit}
				var rows int
				var slots []uint32
				for _, c := range t.naive(ask) {
					slots = append(slots, t.slots[c.ID])
				}
				var page, limit, naive []time.Duration
				for b.Loop() {
					page = append(page, timed(func() { rows = len(t.page(ask).Rows) }))
					limit = append(limit, timed(func() { t.copyOut(slots) }))
				}
				for range 3 {
					naive = append(naive, timed(func() { t.naive(ask) }))
				}
				if rows != len(slots) {
					b.Fatalf("%d rows instead of %d", rows, len(slots))
				}
				b.ReportMetric(median(page), "ns/op")
				b.ReportMetric(float64(rows), "rows")
				b.ReportMetric(median(page)/median(limit), "x-copy")
				b.ReportMetric(median(naive)/median(page), "x-faster")
			})
		}
	}
}

func timed(call func()) time.Duration {
	begin := time.Now()
	call()
	return time.Since(begin)
}

func median(of []time.Duration) float64 {
	slices.Sort(of)
	return float64(max(of[len(of)/2], 1))
}

// naive answers a query without any index.
func (t *table) naive(q storage.Query) []handoff.Conversation {
	var found []*handoff.Conversation
	for slot := range uint32(t.size) {
		if c := t.row(slot); q.Where.Match(*c) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b *handoff.Conversation) int {
		return q.Where.Position(*a).Compare(q.Where.Position(*b))
	})
	return copies(found[:min(q.Limit, len(found))], handoff.Conversation.Clone)
}

// BenchmarkChange times what a message changes in the orders, and reports
// the bytes that columns and orders take for each conversation, and those
// that finding by terms takes.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{1e3, 1e4, 1e5, 1e6} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			t, r := year(n), rand.New(rand.NewPCG(3, 4))
			message := handoff.Message{Author: handoff.Actor{By: handoff.ByContact}, Content: handoff.Text("Oi"), At: yearEnd}
			for b.Loop() {
				message.At = message.At.Add(time.Millisecond)
				t.replace(t.row(uint32(r.IntN(n))).WithMessage(message))
			}
			lists, terms := t.bytes()
			b.ReportMetric(lists/float64(n), "B/conversation")
			b.ReportMetric(terms/float64(n), "B/terms")
		})
	}
}

func (t *table) bytes() (lists, terms float64) {
	lists = float64(chunkSize * len(t.rows.chunks) * int(unsafe.Sizeof(&thread{})+unsafe.Sizeof(tags{})+unsafe.Sizeof([byPriority]int64{})))
	for a := range attributes {
		for _, g := range t.groups[a] {
			for _, o := range g.orders {
				if o != nil {
					lists += bytesOf(o, 4)
				}
			}
		}
	}
	return lists + bytesOf(&t.contacts, 4) + bytesOf(&t.waiting, 4) + bytesOf(&t.held, 4), bytesOf(&t.words, 8)
}

func bytesOf[E any](o *ordered[E], each int) float64 {
	n := 80 + 24*cap(o.blocks)
	for _, b := range o.blocks {
		n += each * cap(b)
	}
	return float64(n)
}
