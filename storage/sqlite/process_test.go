package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	driver "modernc.org/sqlite"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// The test binary is also the other process, if the environment says so.
const (
	roleVar = "SQLITE_TEST_ROLE"
	pathVar = "SQLITE_TEST_PATH"
	nameVar = "SQLITE_TEST_NAME"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		if err := play(role, os.Getenv(pathVar), os.Getenv(nameVar)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func play(role, path, name string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	if role == "contend" {
		return errors.Join(contend(ctx, s), s.Close())
	}
	return write(ctx, s, name)
}

// process makes another process that plays a role on the same file.
func process(t *testing.T, role, path, name string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), roleVar+"="+role, pathVar+"="+path, nameVar+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

const (
	processes = 3
	rounds    = 60 // of each of the callers of a process
	capacity  = 2
)

var (
	counter = storage.Key{Bot: "b", Kind: "counter", ID: "1"}
	held    = storage.Load{Bot: "b", Agent: "a", Delta: 1, Max: capacity, At: at}
)

func TestProcessesOnOneFileLoseNoUpdateAndKeepTheLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db") // they make it at once
	var others []*exec.Cmd
	for range processes {
		p := process(t, "contend", path, "")
		require.NoError(t, p.Start())
		others = append(others, p)
	}
	for _, p := range others {
		require.NoError(t, p.Wait())
	}
	s := open(t, path, nil)
	r, err := s.Lookup(t.Context(), []storage.Key{counter})
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(processes*2*rounds), string(r[0].Data))
	loads, err := s.Loads(t.Context(), "b")
	require.NoError(t, err)
	require.Zero(t, loads[0].Held)
	whole(t, s)
}

// contend counts a record up and takes and gives back a place, by two
// callers. Each conflict must have another's change as its reason.
func contend(ctx context.Context, s *sqlite.Store) error {
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			var err error
			for i := 0; i < rounds && err == nil; i++ {
				err = errors.Join(countUp(ctx, s), takePlace(ctx, s))
			}
			errs <- err
		}()
	}
	return errors.Join(<-errs, <-errs)
}

func countUp(ctx context.Context, s *sqlite.Store) error {
	for {
		r, err := s.Lookup(ctx, []storage.Key{counter})
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(r[0].Data))
		put := storage.PutRecord{Expect: r[0].Version, Record: storage.Record{
			Key: counter, Version: r[0].Version + 1, Data: []byte(strconv.Itoa(n + 1))}}
		if again, err := conflicts(s.Commit(ctx, batch(put))); !again {
			return err
		}
	}
}

func takePlace(ctx context.Context, s *sqlite.Store) error {
	for {
		again, err := conflicts(s.Commit(ctx, batch(held)))
		if err != nil {
			return err
		}
		loads, err := s.Loads(ctx, "b")
		if err != nil {
			return err
		}
		if len(loads) > 0 && loads[0].Held > capacity {
			return fmt.Errorf("%d held, more than %d", loads[0].Held, capacity)
		}
		if !again {
			back := held
			back.Delta = -1
			return s.Commit(ctx, batch(back))
		}
	}
}

// conflicts tells a conflict from another error, which a file that was busy
// for too long is here.
func conflicts(err error) (bool, error) {
	var busy *driver.Error
	if errors.Is(err, storage.ErrConflict) && !errors.As(err, &busy) {
		return true, nil
	}
	return false, err
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	for round := range 4 {
		name := fmt.Sprint("round", round)
		p := process(t, "write", path, name)
		out, err := p.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, p.Start())
		acknowledged := map[string]bool{}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			acknowledged[lines.Text()] = true
			if len(acknowledged) == 100 {
				require.NoError(t, p.Process.Kill())
			}
		}
		require.Error(t, p.Wait())
		require.GreaterOrEqual(t, len(acknowledged), 100)

		s := open(t, path, nil)
		whole(t, s)
		found := 0
		for w := range writers {
			id := handoff.ConversationID(fmt.Sprint(name, "-", w))
			c, err := s.Conversation(t.Context(), "b", id)
			require.NoError(t, err)
			ms, err := s.Messages(t.Context(), storage.MessageQuery{Bot: "b", Conversation: id, Limit: 1000})
			require.NoError(t, err)
			events, err := s.Timeline(t.Context(), "b", id, 0, 1000)
			require.NoError(t, err)
			require.Len(t, ms, int(c.Messages))
			require.Len(t, events, int(c.Seq))
			for i, m := range ms {
				require.Equal(t, int64(i+1), m.Number)
				if acknowledged[string(m.ID)] {
					found++
				}
			}
		}
		require.Equal(t, len(acknowledged), found)
	}
}

const writers = 8

// write appends to a conversation for each writer until it is killed, and
// prints each message's id once that is committed.
func write(ctx context.Context, s *sqlite.Store, name string) error {
	errs := make(chan error)
	for w := range writers {
		go func() {
			id := handoff.ConversationID(fmt.Sprint(name, "-", w))
			if err := s.Commit(ctx, batch(started(id)...)); err != nil {
				errs <- err
			}
			for i := 0; ; i++ {
				m := message(id, handoff.MessageID(fmt.Sprint(id, "-", i)), at)
				err := s.Commit(ctx, batch(storage.AppendMessage{Message: m, Expect: 1},
					storage.AppendEvents{Events: []handoff.Event{handoff.MessageEvent(m)}}))
				if err != nil {
					errs <- err
				}
				fmt.Println(m.ID)
			}
		}()
	}
	return <-errs
}

// whole asks SQLite whether the file is sound.
func whole(t *testing.T, s *sqlite.Store) {
	var verdict string
	require.NoError(t, s.Reads().QueryRow(`PRAGMA integrity_check`).Scan(&verdict))
	require.Equal(t, "ok", verdict)
}
