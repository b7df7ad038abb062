package postgres_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// wire is a way to a server that, once cut, takes everything and gives
// nothing, until it is mended.
type wire struct {
	cut   atomic.Bool
	mu    sync.Mutex
	conns []net.Conn
}

// through gives a way to the server of a data source name.
func through(t *testing.T, dsn string) (*wire, string) {
	to, err := url.Parse(dsn)
	require.NoError(t, err)
	server := to.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	to.Host = l.Addr().String()
	w := &wire{}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, client, behind)
			w.mu.Unlock()
			go w.pass(behind, client)
			go w.pass(client, behind)
		}
	}()
	return w, to.String()
}

func (w *wire) pass(to, from net.Conn) {
	defer to.Close()
	for b := make([]byte, 1<<16); ; {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if w.cut.Load() {
			continue
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// mend passes again what comes by new connections.
func (w *wire) mend() {
	w.cut.Store(false)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
}

// The callers have no time of their own.
func TestNoReadWaitsForeverForWhatTheNetworkSwallows(t *testing.T) {
	t.Parallel()
	w, dsn := through(t, migrated(t))
	s, err := postgres.Open(t.Context(), dsn, &postgres.Options{MaxConns: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	s.Impatient(100 * time.Millisecond)
	w.cut.Store(true)
	for name, read := range map[string]func(context.Context) error{
		"one": func(ctx context.Context) error { _, err := s.Conversation(ctx, "b", "c"); return err },
		"a list": func(ctx context.Context) error {
			_, err := s.Conversations(ctx, storage.Query{Bot: "b", Where: filter.Where{Viewer: filter.Viewer{All: true}, States: states}, Limit: 10})
			return err
		},
		"the feed": func(ctx context.Context) error { _, err := s.Events(ctx, storage.Cursor{}, 10); return err },
		"a blob":   func(ctx context.Context) error { return s.DeleteBlob(ctx, "b", "x") },
	} {
		require.ErrorIs(t, read(context.Background()), context.DeadlineExceeded, name)
	}
	s.Impatient(time.Minute)
	w.mend()
	_, err = s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
}
