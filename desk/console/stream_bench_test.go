package console_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console"
)

// BenchmarkStreamPaced lets 500 agents who may see everything watch a bot in
// which 100 messages arrive a second, one client more reading nothing at all,
// and tells how long after an event each client had it, and what an idle
// connection takes: server and client together, as both are in this process.
// Run it with -benchtime=2000x, twenty seconds; with lists of 50 rows it is
// the other case.
func BenchmarkStreamPaced(b *testing.B) {
	for name, query := range map[string]string{"events": "", "lists": "list=1&limit=50"} {
		b.Run(name, func(b *testing.B) { streamPaced(b, query) })
	}
}

func streamPaced(b *testing.B, query string) {
	if testing.Short() {
		b.Skip("it opens 500 connections")
	}
	const clients, perSecond, talks = 500, 100, 50
	w := newWorld(b)
	for i := range clients / 10 {
		id := handoff.AgentID(fmt.Sprintf("w%d-acme", i))
		require.NoError(b, w.desk.Bot(acme).PutAgent(b.Context(), handoff.Agent{ID: id, Name: "Watcher", Permissions: handoff.PermViewAll}))
	}
	for i := range talks {
		w.receive(acme, fmt.Sprint("talker", i), fmt.Sprint("first", i))
	}
	server := w.serve()
	address := server.Listener.Addr().String()

	before := inUse()
	var mu sync.Mutex
	var took []time.Duration
	var got atomic.Int64
	var reading sync.WaitGroup
	ready := make(chan struct{}, clients)
	open := func(agent int) net.Conn {
		conn, err := net.Dial("tcp", address)
		require.NoError(b, err)
		_, err = fmt.Fprintf(conn, "GET %s/events?%s HTTP/1.1\r\nHost: %s\r\nAs: w%d@acme\r\n\r\n", console.Base, query, address, agent)
		require.NoError(b, err)
		return conn
	}
	conns := make([]net.Conn, clients)
	for i := range conns {
		conns[i] = open(i / 10)
		reading.Go(func() {
			mine := watchRaw(conns[i], func() { ready <- struct{}{} }, &got)
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	for range conns {
		<-ready
	}
	each := float64(inUse()-before) / clients / 1024
	w.agentStalls(b, open)

	b.ResetTimer()
	begin := time.Now()
	var all sync.WaitGroup
	for i := range b.N {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / perSecond))) // paces what is measured
		all.Go(func() { w.receive(acme, fmt.Sprint("talker", i%talks), fmt.Sprint("paced", i)) })
	}
	all.Wait()
	for want := int64(b.N) * clients; got.Load() < want && time.Since(begin) < 2*time.Minute; {
		time.Sleep(10 * time.Millisecond)
	}
	b.StopTimer()
	require.Equal(b, int64(b.N)*clients, got.Load(), "every client got every event, once")
	for _, c := range conns {
		c.Close()
	}
	reading.Wait()
	slices.Sort(took)
	at := func(part int) float64 { return float64(took[(len(took)-1)*part/100].Milliseconds()) }
	b.ReportMetric(at(50), "p50-ms")
	b.ReportMetric(at(99), "p99-ms")
	b.ReportMetric(each, "KiB/connection")
}

// agentStalls opens a stream that nobody reads.
func (w *world) agentStalls(b *testing.B, open func(int) net.Conn) {
	require.NoError(b, w.desk.Bot(acme).PutAgent(b.Context(), handoff.Agent{ID: "w999-acme", Name: "Stalled", Permissions: handoff.PermViewAll}))
	conn := open(999)
	b.Cleanup(func() { conn.Close() })
}

// watchRaw reads a stream with next to no memory of its own, until it ends:
// how long after they happened the messages were told.
func watchRaw(conn net.Conn, ready func(), got *atomic.Int64) (took []time.Duration) {
	in := bufio.NewReaderSize(conn, 4096)
	for hello := false; ; {
		line, err := in.ReadSlice('\n')
		for err == bufio.ErrBufferFull { // a long list, which is not looked at
			_, err = in.ReadSlice('\n')
			line = nil
		}
		if err != nil {
			return took
		}
		if !hello && bytes.Contains(line, []byte("event: hello")) {
			hello = true
			ready()
		}
		data, ok := strings.CutPrefix(string(line), "data: {\"event\":")
		if !ok || !strings.Contains(data, `"kind":"message"`) {
			continue
		}
		var e handoff.Event
		if err := json.NewDecoder(strings.NewReader(data)).Decode(&e); err == nil {
			took = append(took, time.Since(e.At))
			got.Add(1)
		}
	}
}

// inUse is what the process holds after a collection, in bytes.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
