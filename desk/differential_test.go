package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
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
			store := open(clock)
			w := newWorld(t, context.Background(), store, clock, false)
			w.play(program)
			dumps[i] = w.dump()
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if dumps[0] != dumps[1] {
			a, b := strings.Split(dumps[0], "\n"), strings.Split(dumps[1], "\n")
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Fatalf("line %d\nmemory: %s\nsqlite: %s", i, a[i], b[i])
				}
			}
			t.Fatalf("memory has %d lines, sqlite %d", len(a), len(b))
		}
	})
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
	line(loads)
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
