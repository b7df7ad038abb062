package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk/whatsapp"
)

// quickstart runs the program as from a shell.
func quickstart(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

// input makes a file of lines.
func input(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600))
	return path
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return data
}

func conversations(t *testing.T, dir string) (rows []row) {
	t.Helper()
	require.NoError(t, json.Unmarshal(read(t, dir, "conversations.json"), &rows))
	return rows
}

// text is a webhook body with one message.
func text(from, id string, at int64, body string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":`+
		`{"messaging_product":"whatsapp","metadata":{"phone_number_id":"15550001"},`+
		`"messages":[{"from":%q,"id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}]}}]}]}`, from, id, at, body)
}

// status is a webhook body with news of one message.
func status(id, state string, at int64) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":`+
		`{"messaging_product":"whatsapp","metadata":{"phone_number_id":"15550001"},`+
		`"statuses":[{"id":%q,"status":%q,"timestamp":"%d"}]}}]}]}`, id, state, at)
}

func TestTheDayComesOutAsToldInTheReadme(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, stdout, stderr := quickstart(t, "-out", dir)
	require.Equal(t, fine, code)
	require.Empty(t, stderr)

	rows := conversations(t, dir)
	require.Len(t, rows, 18)
	total, statuses, tickets, inbound, outbound := map[string]int{}, map[string]int{}, 0, 0, 0
	for _, r := range rows {
		statuses[r.Status]++
		tickets += r.Tickets
		inbound += r.Inbound
		outbound += r.Outbound
		for state, n := range r.Deliveries {
			total[string(state)] += n
		}
	}
	require.Equal(t, map[string]int{"ended": 15, "active": 3}, statuses)
	require.Equal(t, 5, tickets)
	require.Equal(t, 71, inbound)
	require.Equal(t, 96, outbound)
	require.Equal(t, map[string]int{"queued": 0, "sent": 68, "delivered": 14, "read": 13, "failed": 1}, total)

	var lucia map[string]any
	var raw []json.RawMessage
	require.NoError(t, json.Unmarshal(read(t, dir, "conversations.json"), &raw))
	require.NoError(t, json.Unmarshal(raw[10], &lucia))
	delete(lucia, "id")
	require.Equal(t, map[string]any{
		"contact": "whatsapp:34600123406", "status": "ended", "control": "bot", "queue": "support", "agent": "ana",
		"priority": "high", "tickets": 0.0, "openTickets": 0.0, "inbound": 7.0, "outbound": 8.0,
		"deliveries": map[string]any{"queued": 0.0, "sent": 7.0, "delivered": 0.0, "read": 1.0, "failed": 0.0},
	}, lucia)

	seqs := map[string]int64{}
	for line := range strings.Lines(string(read(t, dir, "events.jsonl"))) {
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Len(t, e, 5)
		id := e["conversation"].(string)
		seqs[id]++
		require.Equal(t, float64(seqs[id]), e["seq"], "numbered without a gap")
		require.NotEmpty(t, e["type"])
		require.NotEmpty(t, e["at"])
		require.NotEmpty(t, e["actor"])
	}
	require.Len(t, seqs, 18)
	for _, r := range rows {
		require.True(t, bytes.HasPrefix(read(t, dir, string(r.ID)+".pdf"), []byte("%PDF")))
	}
	// What the README shows happened so.
	for line := range strings.Lines(string(read(t, "README.md"))) {
		if told := strings.TrimSpace(line); strings.HasPrefix(told, "10:") {
			require.Contains(t, stdout, told)
		}
	}
}

func TestReadingTheSameAgainAddsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("plays the whole day twice")
	}
	t.Parallel()
	dir, db := t.TempDir(), filepath.Join(t.TempDir(), "desk.db")
	var files [2][2]string
	for i := range files {
		code, _, stderr := quickstart(t, "-out", dir, "-db", db)
		require.Equal(t, fine, code, stderr)
		files[i] = [2]string{string(read(t, dir, "conversations.json")), string(read(t, dir, "events.jsonl"))}
	}
	require.Equal(t, files[0], files[1])
}

func TestMalformedLinesAreToldAndTheRestIsDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := input(t,
		text("5511987650001", "m1", 1_760_000_000, "oi"),
		"",
		"{not json",
		strings.Repeat("x", whatsapp.MaxBody+10),
		"   \r",
		`{"object":"page","entry":[]}`,
		status("wamid.OUT-5511987650001-1", "played", 1_760_000_005),
		strings.Replace(text("5511987650002", "m2", 1_760_000_010, "oi"), `"id":"m2",`, "", 1), // no id
		strings.Replace(text("5511987650003", "m3", 1_760_000_020, "vendas"), "vendas", strings.Repeat("ã", 1_000_000), 1)+"\r",
		text("5511987650001", "m4", 1_760_000_030, "vendas"), // without a line's end
	)
	code, stdout, stderr := quickstart(t, "-in", in, "-out", dir)
	require.Equal(t, faulty, code)
	var told []string
	for line := range strings.Lines(stderr) {
		before, _, _ := strings.Cut(line, ":")
		told = append(told, before)
	}
	require.Equal(t, []string{"line 3", "line 4", "line 6", "line 8"}, told, stderr)
	require.Contains(t, stdout, `"played"`, "a status that is no delivery is told, and no fault")

	rows := conversations(t, dir)
	require.Len(t, rows, 2)
	require.Equal(t, 2, rows[0].Inbound)
	require.EqualValues(t, "carla", rows[0].Agent)
	require.Equal(t, 1, rows[1].Inbound)
}

func TestAWordIsFoundHoweverLongTheMessage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := strings.Repeat("bla ", 100_000) + "VÉNDAS"
	code, _, stderr := quickstart(t, "-in", input(t, text("5511987650001", "m1", 1_760_000_000, long)), "-out", dir)
	require.Equal(t, fine, code, stderr)
	require.EqualValues(t, "sales", conversations(t, dir)[0].Queue)
}

func TestAnEmptyInputGivesEmptyReports(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, _, stderr := quickstart(t, "-in", input(t), "-out", dir)
	require.Equal(t, fine, code, stderr)
	require.JSONEq(t, "[]", string(read(t, dir, "conversations.json")))
	require.Empty(t, read(t, dir, "events.jsonl"))
}

func TestWhatCannotBeDoneIsToldInALine(t *testing.T) {
	t.Parallel()
	file := input(t, "not a database, and no folder")
	for name, args := range map[string][]string{
		"no input":      {"-in", filepath.Join(t.TempDir(), "none"), "-out", t.TempDir()},
		"input folder":  {"-in", t.TempDir(), "-out", t.TempDir()},
		"out is a file": {"-out", file},
		"no database":   {"-out", t.TempDir(), "-db", file},
		"no db folder":  {"-out", t.TempDir(), "-db", filepath.Join(t.TempDir(), "none", "x.db")},
	} {
		code, _, stderr := quickstart(t, args...)
		require.Equal(t, failed, code, name)
		require.Regexp(t, `\Aquickstart: [^\n]+\n\z`, stderr, name)
	}
	for _, args := range [][]string{{"-nonsense"}, {"word"}} {
		code, _, stderr := quickstart(t, args...)
		require.Equal(t, failed, code)
		require.Contains(t, stderr, usage)
	}
	code, stdout, _ := quickstart(t, "-h")
	require.Equal(t, fine, code)
	require.Equal(t, usage, stdout)
}

func TestAFolderHoldsTheTranscriptsOfItsLastRunOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := input(t, text("5511987650001", "wamid.1", 1787050800, "oi"))
	for range 2 {
		status, _, stderr := quickstart(t, "-in", in, "-out", dir)
		require.Zero(t, status, stderr)
		pdfs, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
		require.NoError(t, err)
		require.Len(t, pdfs, 1)
	}
}
