package console_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/storage/memory"
)

// generated finds the minute of an export, as each format tells it.
var generated = regexp.MustCompile(`"generatedAt":"[^"]*"|\d\d/\d\d/\d{4} \d\d:\d\d`)

func TestATranscriptIsSavedInEachFormatAndIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ana("POST", "/conversations/{id}/messages", `{"content":{"kind":"text","text":"Olá, tudo bem?"}}`, 201, nil)
	w.ana("POST", "/conversations/{id}/notes", `{"text":"a secret note"}`, 201, nil)
	for format, mediaType := range map[string]string{"pdf": "application/pdf", "html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8", "json": "application/json"} {
		for _, who := range [][]string{{"As", "ana@acme"}, w.key(acme)} {
			get := func(query string) string {
				a := w.reads("GET", "/conversations/{id}/transcript?format="+format+query, "", 200, nil, who...)
				require.Equal(t, mediaType, a.Header.Get("Content-Type"))
				name := "transcript-" + w.ids[acme]["id"] + "." + format
				require.Equal(t, `attachment; filename="`+name+`"; filename*=UTF-8''`+name, a.Header.Get("Content-Disposition"))
				require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
				require.Contains(t, a.Header.Get("Content-Security-Policy"), "sandbox")
				if format != "pdf" {
					return generated.ReplaceAllString(a.Body, "")
				}
				file := filepath.Join(t.TempDir(), "t.pdf")
				require.NoError(t, os.WriteFile(file, []byte(a.Body), 0o600))
				text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
				if err != nil {
					t.Skip("pdftotext:", err)
				}
				return generated.ReplaceAllString(string(text), "")
			}
			plain := get("")
			require.Equal(t, plain, get(""))
			require.Contains(t, plain, "Olá, tudo bem?")
			require.NotContains(t, plain, "secret note")
			require.NotContains(t, plain, canary(other))
			full := get("&notes=true&events=true")
			require.Contains(t, full, "secret note")
			require.Greater(t, len(full), len(plain))
			require.Greater(t, len(get("&all=true")), len(plain))
			require.NotEqual(t, plain, get("&lang=es"))
		}
	}
	w.ana("POST", "/conversations/{id}/messages", `{"content":{"kind":"text","text":"Meu CPF é 529.982.247-25 👍"}}`, 201, nil)
	require.Contains(t, w.ana("GET", "/conversations/{id}/transcript?format=html", "", 200, nil).Body, "529.982.247-25 👍")
	require.Contains(t, w.ana("GET", "/conversations/{id}/transcript?format=html&redact=true", "", 200, nil).Body, "•••.•••.•••-•• 👍")
	for _, bad := range []string{"format=xml", "format=pdf&format=txt", "notes=2", "file=../../etc/passwd"} {
		require.Equal(t, 422, w.do("GET", w.path("/conversations/{id}/transcript?"+bad), "", "As", "ana@acme").Status, bad)
	}
}

func TestATranscriptTakesThePermissionAndTheAgentsLanguageAndHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Contains(t, w.ana("GET", "/conversations/{id}/transcript?format=json", "", 200, nil).Body, `"timeZone":"America/Sao_Paulo"`)
	require.NoError(t, w.seat(acme, "ana").SetLocale(t.Context(), "en", "Asia/Tokyo"))
	a := w.ana("GET", "/conversations/{id}/transcript?format=json", "", 200, nil)
	require.Contains(t, a.Body, `"timeZone":"Asia/Tokyo"`)
	require.Contains(t, a.Body, `"language":"en"`)

	agent, err := w.agent(acme, "ana")
	require.NoError(t, err)
	agent.Permissions &^= handoff.PermExport
	require.NoError(t, w.desk.Bot(acme).PutAgent(t.Context(), agent))
	require.Equal(t, "forbidden", w.ana("GET", "/conversations/{id}/transcript", "", 403, nil).Code())
}

func TestATranscriptThatFailsDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	store := &forgetful{Store: memory.New(nil)}
	w := newWorldOn(t, store, desk.Options{})
	for i := range 700 {
		_, err := w.seat(acme, "ana").Note(t.Context(), handoff.ConversationID(w.ids[acme]["id"]), fmt.Sprint(i, strings.Repeat(" long", 100)), "")
		require.NoError(t, err)
	}
	server := httptest.NewServer(w.console)
	t.Cleanup(server.Close)
	get := func(format string) (*http.Response, []byte, error) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+console.Base+w.path("/conversations/{id}/transcript?notes=true&format=")+format, nil)
		require.NoError(t, err)
		r.Header.Set("As", "ana@acme")
		resp, err := server.Client().Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return resp, body, err
	}
	_, whole, err := get("txt")
	require.NoError(t, err)
	require.Greater(t, len(whole), 128<<10)

	store.read.Store(1) // the first page is read
	for _, format := range []string{"txt", "json"} {
		_, part, err := get(format)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, format)
		require.NotEmpty(t, part)
	}
	resp, body, err := get("pdf")
	require.NoError(t, err)
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	require.NotContains(t, string(body), "canary of the driver")

	store.read.Store(2) // nothing is
	for _, format := range []string{"txt", "json", "pdf"} {
		resp, body, err := get(format)
		require.NoError(t, err)
		require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
		require.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
		require.Empty(t, resp.Header.Get("Content-Disposition"))
		require.NotContains(t, string(body), "canary of the driver")
	}
	server.Client().CloseIdleConnections()
}
