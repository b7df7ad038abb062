package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/postgres"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

func TestTheSameProgramGivesTheSameOnSQLiteAsInMemory(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		program := drawProgram(t, modelSteps/2)
		n++
		var dumps [2]string
		for i, open := range []func(clock *desktest.Clock) storage.Store{
			func(clock *desktest.Clock) storage.Store { return memory.New(&memory.Options{Now: clock.Now}) },
			func(clock *desktest.Clock) storage.Store {
				s, err := sqlite.Open(context.Background(), filepath.Join(dir, fmt.Sprint(n, ".db")), &sqlite.Options{Now: clock.Now, Synchronous: sqlite.Normal})
				if err != nil {
					t.Fatal(err)
				}
				return s
			},
		} {
			clock := &desktest.Clock{}
			dumps[i] = playedOn(t, program, open(clock), clock)
		}
		same(t, dumps[0], dumps[1])
	})
}

// A server has its own clock, which these programs set: on Postgres by a
// function that stands before the server's own, on MariaDB by the session's.

func TestTheSameProgramGivesTheSameOnPostgresAsInMemory(t *testing.T) {
	t.Parallel()
	dsn := testserver.Postgres(t)
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	onServer(t, func(name string) func(now time.Time) (storage.Store, error) {
		_, err := conn.Exec(ctx, fmt.Sprintf(`CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.moment (at timestamptz);
			INSERT INTO %[1]s.moment VALUES (now());
			CREATE FUNCTION %[1]s.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT at FROM %[1]s.moment'`, name))
		require.NoError(t, err)
		dsn := dsn + "&search_path=" + name + ",pg_catalog"
		require.NoError(t, postgres.Migrate(ctx, dsn))
		return func(now time.Time) (storage.Store, error) {
			if _, err := conn.Exec(ctx, `UPDATE `+name+`.moment SET at = $1`, now); err != nil {
				return nil, err
			}
			return postgres.Open(ctx, dsn, nil)
		}
	})
}

func TestTheSameProgramGivesTheSameOnMariaDBAsInMemory(t *testing.T) {
	t.Parallel()
	onServer(t, func(name string) func(now time.Time) (storage.Store, error) {
		dsn := testserver.MariaDB(t)
		require.NoError(t, mysql.Migrate(t.Context(), dsn))
		return func(now time.Time) (storage.Store, error) {
			sep := "?"
			if strings.Contains(dsn, "?") {
				sep = "&"
			}
			return mysql.Open(t.Context(), fmt.Sprintf("%s%stimestamp=%.3f", dsn, sep, float64(now.UnixMilli())/1000), nil)
		}
	})
}

// onServer plays some programs in memory and on a server; begin makes an empty
// store, and what it gives opens that as of a moment.
func onServer(t *testing.T, begin func(name string) func(now time.Time) (storage.Store, error)) {
	programs := rapid.Custom(func(t *rapid.T) []step { return drawProgram(t, modelSteps/2) })
	for seed := range modelServer {
		program := programs.Example(seed)
		name := fmt.Sprint("program", seed)
		t.Run(name, func(t *testing.T) {
			clock := &desktest.Clock{}
			inMemory := playedOn(t, program, memory.New(&memory.Options{Now: clock.Now}), clock)
			clock = &desktest.Clock{}
			there := &timedStore{clock: clock, open: begin(name)}
			require.NoError(t, there.move())
			same(t, inMemory, playedOn(t, program, there, clock))
		})
	}
}

func playedOn(t rapid.TB, program []step, store storage.Store, clock *desktest.Clock) string {
	w := newWorld(t, context.Background(), store, clock, false)
	w.play(program)
	dump := w.dump()
	w.must(store.Close())
	return dump
}

func same(t rapid.TB, inMemory, there string) {
	if inMemory == there {
		return
	}
	a, b := strings.Split(inMemory, "\n"), strings.Split(there, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("line %d\nmemory: %s\nthere:  %s", i, a[i], b[i])
		}
	}
	t.Fatalf("memory has %d lines, the other %d", len(a), len(b))
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// dump writes everything stored that is not made by chance; ids are numbered
// in the order in which they appear.
func (w *world) dump() string {
	var b strings.Builder
	line := func(v any) {
		data, err := json.Marshal(v)
		w.must(err)
		b.Write(append(data, '\n'))
	}
	for _, s := range w.log {
		b.WriteString(s + "\n")
	}
	for _, id := range w.convs {
		c, err := w.store.Conversation(w.ctx, "acme", id)
		w.must(err)
		line(c)
		ms, err := w.store.Messages(w.ctx, storage.MessageQuery{Bot: "acme", Conversation: id, Limit: storage.MaxPage})
		w.must(err)
		es, err := w.store.Timeline(w.ctx, "acme", id, 0, storage.MaxPage)
		w.must(err)
		for _, m := range ms {
			line(m)
		}
		for _, e := range es {
			line(e)
		}
	}
	loads, err := w.store.Loads(w.ctx, "acme")
	w.must(err)
	line(append([]storage.AgentLoad{}, loads...)) // none is none, nil or not
	for _, kind := range []string{"agent", "queue", "member", "contact", "address", "open", "ticket", "authored", "presence", "read", "receipt"} {
		recs, err := w.store.Records(w.ctx, storage.Range{Bot: handoff.BotID("acme"), Kind: kind}, storage.MaxPage)
		w.must(err)
		for _, r := range recs {
			fmt.Fprintf(&b, "%s %s %s %s %v\n", r.Key.Kind, r.Key.Parent, r.Key.ID, r.Data, r.Expires)
		}
	}
	timers, err := w.store.Due(w.ctx, []string{"send", "lost", "evict"}, w.now().AddDate(1, 0, 0), storage.MaxPage)
	w.must(err)
	for _, t := range timers {
		line([]string{t.Kind, t.ID})
	}
	names := map[string]string{}
	return uuids.ReplaceAllStringFunc(b.String(), func(id string) string {
		if names[id] == "" {
			names[id] = fmt.Sprint("#", len(names))
		}
		return names[id]
	})
}
