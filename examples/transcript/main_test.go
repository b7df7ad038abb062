package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/export"
)

// written runs the program on lines and gives the file it wrote.
func written(t *testing.T, lines, ending string, args ...string) (string, error) {
	t.Helper()
	folder := t.TempDir()
	in, out := filepath.Join(folder, "talk.jsonl"), filepath.Join(folder, "talk"+ending)
	require.NoError(t, os.WriteFile(in, []byte(lines), 0o600))
	err := run(context.Background(), append([]string{"-in", in, "-out", out}, args...), io.Discard)
	files, readErr := os.ReadDir(folder)
	require.NoError(t, readErr)
	if err != nil {
		require.Len(t, files, 1, "nothing is written")
		return "", err
	}
	require.Len(t, files, 2)
	document, readErr := os.ReadFile(out)
	require.NoError(t, readErr)
	return string(document), nil
}

func TestTheSampleIsWrittenInEachFormat(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, ending := range []string{".pdf", ".txt", ".json", ".html"} {
		out := filepath.Join(folder, "talk"+ending)
		require.NoError(t, run(context.Background(), []string{"-out", out, "-lang", "pt-BR", "-tz", "America/Sao_Paulo"}, io.Discard))
		document, err := os.ReadFile(out)
		require.NoError(t, err)
		require.Greater(t, len(document), 5_000)
		if ending == ".pdf" {
			require.True(t, bytes.HasPrefix(document, []byte("%PDF-")))
			require.Contains(t, string(document), "/DCTDecode", "the picture is shown")
			continue
		}
		require.Contains(t, string(document), "नमस्ते")
		require.NotContains(t, string(document), "O pai do João ligou", "notes are for agents")
		if ending == ".json" {
			_, err := export.Verify(bytes.NewReader(document))
			require.NoError(t, err)
		}
	}
}

const good = `{"at":"2026-05-08T17:02:00Z","author":"contact","name":"Maria","text":"Oi, meu CPF é 529.982.247-25 👍"}
` + "\n" + `{"at":"2026-05-08T14:03:00-03:00","author":"agent","name":"Ana","text":"Olá!","delivery":"read"}
{"at":"2026-05-08T17:04:00Z","author":"agent","name":"Ana","text":"a secret","private":true}
{"at":"2026-05-08T17:05:00Z","author":"bot","text":"","attachment":{"name":"a.pdf","type":"application/pdf","path":"missing.pdf"}}
`

func TestLinesAreMessagesInTheirOrder(t *testing.T) {
	t.Parallel()
	text, err := written(t, good, ".txt", "-tz", "America/Sao_Paulo", "-lang", "en")
	require.NoError(t, err)
	require.Contains(t, text, "[14:02:00] Maria:\n    Oi, meu CPF é 529.982.247-25 👍\n[14:03:00] Ana (agent) ✓✓ read:\n    Olá!\n[14:05:00] Bot:\n    | Document · a.pdf · application/pdf\n")
	require.NotContains(t, text, "secret")

	text, err = written(t, good, ".txt", "-notes", "-redact")
	require.NoError(t, err)
	require.Contains(t, text, "Oi, meu CPF é •••.•••.•••-•• 👍")
	require.Contains(t, text, "a secret")
}

func TestABadLineIsToldByItsNumberAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`{`, `[]`, `7`, `{"at":"2026-05-08T17:02:00Z","author":"judge"}`, `{"author":"bot"}`, `{"at":"yesterday","author":"bot"}`,
		`{"at":"2026-05-08T17:02:00Z","author":"bot","delivery":"eaten"}`, `{"at":"2026-05-08T17:02:00Z","author":"bot","text":7}`,
		`{"at":"2026-05-08T17:02:00Z"}`, `{"at":"2026-05-08T17:02:00Z","author":"bot"} x`, "\x00",
	} {
		for _, ending := range []string{".pdf", ".txt", ".json", ".html"} {
			_, err := written(t, good+bad+"\n"+good, ending)
			require.ErrorContains(t, err, "talk.jsonl:6:", bad)
		}
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-out", "x.doc"}, {"-out", "x"}, {"-out", "x.pdf", "-tz", "Mars/Olympus"}, {"-out", "x.pdf", "y"}, {"-out", "x.pdf", "-in", "none"}} {
		require.Error(t, run(context.Background(), args, io.Discard), args)
	}
	require.NoFileExists(t, "x.pdf")
}

func TestHostileLinesAreWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a.png"), []byte("\x89PNG\r\n\x1a\nbroken"), 0o600))
	lines := "\ufeff" + good
	for i, text := range []string{`\u0000\u001b[2J`, `\u202egpj.exe`, `\ud800`, strings.Repeat("x", 100_000), "\xff\xfe", "</p><script>", `\\\"(\r\n{nb}`} {
		lines += fmt.Sprintf(`{"at":"2026-05-0%dT17:02:00Z","author":"system","name":"../\u202e","text":"%s","attachment":{"name":"../x","type":"image/png","path":"%s"}}`+"\n",
			i+1, text, []string{filepath.Join(folder, "a.png"), "/dev/zero", "..", "", "a\\u0000b", folder, "/dev/tty"}[i])
	}
	for _, ending := range []string{".pdf", ".txt", ".json", ".html"} {
		document, err := written(t, lines, ending)
		require.NoError(t, err)
		require.NotEmpty(t, document)
	}
}

func TestTheSameTimeGivesTheSameBytes(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1778259720")
	for _, ending := range []string{".pdf", ".txt", ".json", ".html"} {
		one, err := written(t, good, ending)
		require.NoError(t, err)
		two, err := written(t, good, ending)
		require.NoError(t, err)
		require.True(t, one == two, ending)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "now")
	_, err := written(t, good, ".txt")
	require.Error(t, err)
}
