package storagetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// names lists the types of operations, for messages.
func names(ops []storage.Op) string {
	var b strings.Builder
	for i, op := range ops {
		if i == 5 {
			fmt.Fprintf(&b, ", and %d more", len(ops)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimPrefix(fmt.Sprintf("%T", op), "storage."))
	}
	return b.String()
}

// equal asks that got is want, deeply, and shows where they part.
func equal[T any](s *setup, what string, got, want T) {
	s.Helper()
	if !same(got, want) {
		s.Errorf("%s: %s", what, diff(got, want))
	}
}

// same is deep equality in which a nil slice is as good as an empty one.
func same(got, want any) bool {
	if reflect.DeepEqual(got, want) {
		return true
	}
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	return a.Kind() == reflect.Slice && b.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0
}

// diff shows the first lines in which two values differ.
func diff(got, want any) string {
	a, b := lines(got), lines(want)
	if slices.Equal(a, b) {
		return fmt.Sprintf("equal as JSON, but not in Go\n\tgot  %s\n\twant %s", short(fmt.Sprintf("%#v", got)), short(fmt.Sprintf("%#v", want)))
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	around := func(l []string) string {
		var shown []string
		for _, line := range l[max(0, i-4):min(len(l), i+3)] {
			shown = append(shown, short(line))
		}
		return strings.Join(shown, "\n\t\t")
	}
	return fmt.Sprintf("they part at line %d\n\tgot:\n\t\t%s\n\twant:\n\t\t%s", i+1, around(a), around(b))
}

func lines(v any) []string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return []string{err.Error()}
	}
	return strings.Split(string(b), "\n")
}

func short(s string) string {
	if len(s) > 300 {
		return s[:150] + " ... " + s[len(s)-100:]
	}
	return s
}

func isConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }

// together runs n calls at once and gives their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// winners asks that each of the errors is nil or a conflict, and that want
// of them are nil.
func (s *setup) winners(errs []error, want int, what string) {
	s.Helper()
	n := 0
	for i, err := range errs {
		if err == nil {
			n++
		} else {
			s.fails(err, storage.ErrConflict, "%s, number %d", what, i+1)
		}
	}
	if n != want {
		s.Errorf("%s: %d of %d were applied, want %d", what, n, len(errs), want)
	}
}

// The reads of the test's bot. They end the test when they fail.

func (s *setup) conversation(id handoff.ConversationID) handoff.Conversation {
	s.Helper()
	c, err := s.store.Conversation(s.ctx, bot, id)
	s.ok(err, "Conversation(%q)", id)
	return c
}

func (s *setup) messages(id handoff.ConversationID) []handoff.Message {
	s.Helper()
	ms, err := s.store.Messages(s.ctx, storage.MessageQuery{Bot: bot, Conversation: id, Limit: storage.MaxPage})
	s.ok(err, "Messages(%q)", id)
	return ms
}

func (s *setup) message(c handoff.ConversationID, id handoff.MessageID) handoff.Message {
	s.Helper()
	m, err := s.store.Message(s.ctx, bot, c, id)
	s.ok(err, "Message(%q, %q)", c, id)
	return m
}

func (s *setup) timeline(id handoff.ConversationID) []handoff.Event {
	s.Helper()
	var all []handoff.Event
	for {
		var after int64
		if len(all) > 0 {
			after = all[len(all)-1].Seq
		}
		es, err := s.store.Timeline(s.ctx, bot, id, after, storage.MaxPage)
		s.ok(err, "Timeline(%q, after %d)", id, after)
		if len(es) == 0 {
			return all
		}
		if es[0].Seq <= after {
			s.Fatalf("Timeline(%q, after %d) begins with seq %d", id, after, es[0].Seq)
		}
		all = append(all, es...)
	}
}

func (s *setup) loads() []storage.AgentLoad {
	s.Helper()
	ls, err := s.store.Loads(s.ctx, bot)
	s.ok(err, "Loads(%q)", bot)
	return ls
}

func (s *setup) events(after storage.Cursor, limit int) storage.Feed {
	s.Helper()
	f, err := s.store.Events(s.ctx, after, limit)
	s.ok(err, "Events(after %q, limit %d)", after, limit)
	return f
}

// tail reads the feed from a place to its end.
func (s *setup) tail(after storage.Cursor) []storage.Entry {
	s.Helper()
	var all []storage.Entry
	for {
		f := s.events(after, storage.MaxPage)
		if len(f.Entries) == 0 {
			return all
		}
		if f.Next == after {
			s.Fatalf("Events(after %q) gives %d entries and Next %q: a reader stands still", after, len(f.Entries), f.Next)
		}
		all, after = append(all, f.Entries...), f.Next
	}
}

func (s *setup) head() storage.Cursor {
	s.Helper()
	return s.events(storage.Cursor{}, 0).Head
}

func (s *setup) lookup(keys ...storage.Key) []storage.Record {
	s.Helper()
	rs, err := s.store.Lookup(s.ctx, keys)
	s.ok(err, "Lookup(%d keys)", len(keys))
	if len(rs) != len(keys) {
		s.Fatalf("Lookup(%d keys) gives %d records", len(keys), len(rs))
	}
	return rs
}

func (s *setup) due(kinds ...string) []storage.Timer {
	s.Helper()
	ts, err := s.store.Due(s.ctx, kinds, forever, storage.MaxPage)
	s.ok(err, "Due(%q)", kinds)
	return ts
}
