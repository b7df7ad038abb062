package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/testserver"
)

// The test binary is also the nodes of its tests.
func TestMain(m *testing.M) {
	if job := os.Getenv(jobVariable); job != "" {
		os.Exit(nodeMain(job))
	}
	testserver.Main(m)
}

// cluster runs the program as from a shell.
func cluster(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, &out, &err)
	return code, out.String(), err.String()
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

func TestARunWithAKilledNodeBreaksNoPromise(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	for name, dsn := range map[string]func(t *testing.T) string{
		"SQLite":   func(*testing.T) string { return "" },
		"Postgres": func(t *testing.T) string { return testserver.Postgres(t) },
		"MariaDB":  func(t *testing.T) string { return "mysql://" + testserver.MariaDB(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := cluster(t.Context(), "-dsn", dsn(t), "-nodes", "2", "-rate", "40", "-for", "1500ms", "-kill", "1s")
			require.Equal(t, fine, code, stdout+stderr)
			require.Contains(t, stdout, "is killed, node3 starts")
			require.Contains(t, stdout, "60 planned, 60 begun, 60 acknowledged")
			require.Contains(t, stdout, "kills       1,")
			require.Equal(t, "violations: 0", lastLine(stdout))
			require.NotContains(t, stderr, "panic")
		})
	}
}

// onWrite does something at the first write of a line that has a word in it.
type onWrite struct {
	io.Writer
	word string
	do   func()
	seen atomic.Bool
}

func (w *onWrite) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.word)) && w.seen.CompareAndSwap(false, true) {
		w.do()
	}
	return w.Writer.Write(b)
}

func TestAnInterruptedRunGivesItsFiguresSoFar(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr bytes.Buffer
	out := &onWrite{Writer: &stdout, word: "is killed", do: cancel}
	code := run(ctx, []string{"-nodes", "2", "-rate", "20", "-for", "1h", "-kill", "500ms"}, out, &stderr)
	require.Equal(t, fine, code, stdout.String()+stderr.String())
	require.Contains(t, stdout.String(), "hand-offs ")
	require.Equal(t, "violations: 0", lastLine(stdout.String()))
}

func TestAWrongFlagIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, names string }{
		{"-nodes 0", "-nodes 0 is not between 1 and 64"},
		{"-nodes 65", "-nodes 65"},
		{"-nodes many", "-nodes"},
		{"-rate 0", "-rate 0"},
		{"-rate 10001", "-rate 10001"},
		{"-for 0s", "-for 0s"},
		{"-for 3", "-for"},
		{"-kill -1s", "-kill -1s"},
		{"-dsn oracle://there/it", `"oracle"`},
		{"-fast", "-fast"},
		{"now", `"now"`},
	} {
		code, stdout, stderr := cluster(t.Context(), strings.Fields(c.args)...)
		require.Equal(t, failed, code, c.args)
		require.Empty(t, stdout)
		require.Contains(t, strings.Split(stderr, "\n")[0], c.names)
		require.Contains(t, stderr, "usage: cluster")
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := cluster(t.Context(), "-help")
	require.Equal(t, fine, code)
	require.Contains(t, stdout, "usage: cluster")
	require.Empty(t, stderr)
}

func TestADatabaseThatCannotBeOpenedIsAFailure(t *testing.T) {
	t.Parallel()
	code, _, stderr := cluster(t.Context(), "-dsn", t.TempDir()+"/none/desk.db")
	require.Equal(t, failed, code)
	require.Contains(t, stderr, "cluster: ")
}
