package console_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// BenchmarkAPIPaced asks a console with 100,000 conversations in SQLite for
// 100 requests a second, lists and replies in turn, and tells how long they
// took from the moment each was due. Run it with -benchtime=3000x, half a
// minute; fewer requests say little about the slowest.
func BenchmarkAPIPaced(b *testing.B) {
	if testing.Short() {
		b.Skip("it fills a database first")
	}
	const perSecond = 100
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "desk.db"), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	w := newWorldOn(b, store, desk.Options{})
	held := w.crowd(store, 100_000)

	running, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- w.desk.Run(running) }()
	b.Cleanup(func() { stop(); require.NoError(b, <-done) })
	server := httptest.NewServer(w.console)
	b.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	b.Cleanup(client.CloseIdleConnections)

	lists := []struct{ as, query string }{
		{"ana@acme", ""}, {"adm@acme", ""}, {"adm@acme", "?status=any&sortBy=started"},
		{"ana@acme", "?search=maria"}, {"adm@acme", "?search=5511"}, {"adm@acme", "?period=last_24_hours&control=human&queues=sales-acme"},
	}
	var mu sync.Mutex
	took := map[string][]time.Duration{}
	var all sync.WaitGroup
	b.ResetTimer()
	begin := time.Now()
	for i := range b.N {
		due := begin.Add(time.Duration(i) * time.Second / perSecond)
		time.Sleep(time.Until(due)) // paces what is measured; nothing waits on it
		all.Go(func() {
			kind, method, path, as, body := "list", "GET", "", "", ""
			if i%2 == 0 {
				l := lists[i/2%len(lists)]
				as, path = l.as, "/conversations"+l.query
			} else {
				kind, method, as = "reply", "POST", "ana@acme"
				path, body = "/conversations/"+string(held[i/2%len(held)])+"/messages", `{"content":{"kind":"text","text":"Olá, tudo bem?"}}`
			}
			r, err := http.NewRequestWithContext(b.Context(), method, server.URL+console.Base+path, strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("As", as)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", fmt.Sprint("k", i))
			resp, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			text, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode >= 300 {
				b.Errorf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
			}
			mu.Lock()
			defer mu.Unlock()
			took[kind] = append(took[kind], time.Since(due))
		})
	}
	all.Wait()
	b.StopTimer()
	for kind, of := range took {
		slices.Sort(of)
		at := func(part int) float64 { return float64(of[(len(of)-1)*part/100].Microseconds()) / 1000 }
		b.ReportMetric(at(50), kind+"-p50-ms")
		b.ReportMetric(at(99), kind+"-p99-ms")
	}
}

// crowd stores n conversations of acme, one in ten of them not ended, and
// gives those that ana holds.
func (w *world) crowd(store storage.Store, n int) (held []handoff.ConversationID) {
	w.t.Helper()
	ctx := w.t.Context()
	now, err := store.Now(ctx)
	require.NoError(w.t, err)
	names := []string{"Maria Silva", "João Souza", "Ana Lima", "Zoë Müller", "José Pereira"}
	var ops []storage.Op
	for i := range n {
		at := now.Add(-time.Duration(i) * time.Minute)
		id := fmt.Sprintf("01900000-0000-7000-8000-%012x", i)
		c := handoff.Conversation{Bot: acme, ID: handoff.ConversationID(id), Version: 1, Contact: handoff.ContactID(id),
			Channel: "web", Account: "main", State: handoff.StateEnded, Queue: "sales-acme", LastAgent: "bruno-acme",
			StartedAt: at, WaitingSince: at, HumanAt: at, EndedAt: at, ContactName: fmt.Sprint(names[i%len(names)], " ", i),
			Number: fmt.Sprintf("5511%08d", i), Address: fmt.Sprintf("5511%08d", i)}
		switch i % 100 {
		case 0:
			c.Agent, held = "ana-acme", append(held, c.ID)
			fallthrough
		case 1, 2, 3, 4, 5, 6, 7, 8, 9:
			c.State, c.EndedAt = handoff.StateAssigned, time.Time{}
			if c.Agent == "" {
				c.Agent = "bruno-acme"
			}
			c.LastAgent, c.AssignedAt = c.Agent, at
		}
		c.Terms = filter.Terms(c.ContactName, c.Number)
		ops = append(ops, storage.PutConversation{Conversation: c},
			storage.AppendMessage{Message: handoff.Message{Bot: acme, Conversation: c.ID, ID: handoff.MessageID(id),
				Author: handoff.Actor{By: handoff.ByContact}, Content: handoff.Text("Bom dia, preciso de ajuda"), At: at, Account: "main"}})
		if len(ops) >= 500 || i == n-1 {
			require.NoError(w.t, store.Commit(ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: ops}))
			ops = nil
		}
	}
	return held
}
