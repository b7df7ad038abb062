package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/storage/memory"
)

func newConsole(t testing.TB, o console.Options) *console.Console {
	t.Helper()
	d, err := desk.New(memory.New(nil), nil)
	require.NoError(t, err)
	c, err := console.New(d, &o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func get(h http.Handler, path string, headers ...string) answer {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return serveRaw(h, r)
}

// links finds the addresses in a page.
var links = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestPagesWorkBelowAnyPath(t *testing.T) {
	t.Parallel()
	c := newConsole(t, console.Options{})
	for prefix, h := range map[string]http.Handler{"/": c, "/a/b/": http.StripPrefix("/a/b", c)} {
		page := get(h, prefix)
		require.Equal(t, http.StatusOK, page.Status, prefix)
		require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
		found := 0
		for _, m := range links.FindAllStringSubmatch(page.Body, -1) {
			if strings.HasPrefix(m[1], "#") {
				continue
			}
			u, err := url.Parse(m[1])
			require.NoError(t, err)
			require.False(t, u.IsAbs() || strings.HasPrefix(m[1], "/"), "%s is not relative", m[1])
			found++
			a := get(h, prefix+m[1])
			require.Equal(t, http.StatusOK, a.Status, prefix+m[1])
		}
		require.NotZero(t, found)
		require.Equal(t, http.StatusOK, get(h, prefix+"api/v1/openapi.json").Status)
		require.Equal(t, http.StatusUnauthorized, get(h, prefix+"api/v1/me").Status)
	}
	require.Contains(t, get(c, "/api/v1/openapi.json").Body, `"servers":[{"url":"."}]`)
	require.NotContains(t, get(c, "/").Body, "//", "nothing is loaded from elsewhere")
}

func TestStaticFilesAreKeptForGoodAndChangeTheirAddress(t *testing.T) {
	t.Parallel()
	c := newConsole(t, console.Options{})
	changed := newConsole(t, console.Options{Overlay: fstest.MapFS{"logo.svg": {Data: []byte("<svg/>")}}})
	base := regexp.MustCompile(`static/[0-9a-f]{16}`)
	at, after := base.FindString(get(c, "/").Body), base.FindString(get(changed, "/").Body)
	require.NotEmpty(t, at)
	require.NotEqual(t, at, after)

	script := links.FindStringSubmatch(regexp.MustCompile(`<script[^>]*>`).FindString(get(c, "/").Body))[1]
	a := get(c, "/"+script)
	require.Equal(t, "text/javascript; charset=utf-8", a.Header.Get("Content-Type"))
	require.Equal(t, "public, max-age=31536000, immutable", a.Header.Get("Cache-Control"))
	tag := a.Header.Get("ETag")
	require.NotEmpty(t, tag)
	again := get(c, "/"+script, "If-None-Match", tag)
	require.Equal(t, http.StatusNotModified, again.Status)
	require.Empty(t, again.Body)

	require.Equal(t, "image/svg+xml", get(changed, "/"+after+"/logo.svg").Header.Get("Content-Type"))
	require.Equal(t, "<svg/>", get(changed, "/"+after+"/logo.svg").Body)
	for _, path := range []string{"/static/", "/" + at, "/" + at + "/", "/" + at + "/app", "/" + at + "/nothing.js", "/static/0000000000000000/" + path.Base(script),
		"/" + at + "/web.go", "/" + at + "/index.html", "/" + at + "/%2e%2e/web.go", "/" + at + "/..%2f..%2fconsole.go"} {
		require.Equal(t, http.StatusNotFound, get(c, path).Status, path)
	}
	require.Equal(t, "no-cache", get(c, "/").Header.Get("Cache-Control"))
}

func TestOverlayTakesThePlaceOfThePages(t *testing.T) {
	t.Parallel()
	c := newConsole(t, console.Options{Overlay: fstest.MapFS{
		"index.html":   {Data: []byte(`<html lang="{{.Lang}}" data-x="{{.Static}}">own`)},
		"extra/x.wasm": {Data: []byte("x")},
	}})
	page := get(c, "/").Body
	require.True(t, strings.HasSuffix(page, "own"), page)
	at := regexp.MustCompile(`static/[0-9a-f]+`).FindString(page)
	require.Equal(t, "application/octet-stream", get(c, "/"+at+"/extra/x.wasm").Header.Get("Content-Type"))

	d, err := desk.New(memory.New(nil), nil)
	require.NoError(t, err)
	for _, bad := range []string{"{{.Lang", "{{.Nothing}}"} {
		_, err = console.New(d, &console.Options{Overlay: fstest.MapFS{"index.html": {Data: []byte(bad)}}})
		require.Error(t, err, bad)
	}
}

func TestWhoIsNotSignedInIsGreetedInTheirLanguage(t *testing.T) {
	t.Parallel()
	c := newConsole(t, console.Options{})
	for accept, lang := range map[string]string{
		"": "en", "pt-BR": "pt-BR", "pt": "pt-BR", "pt-PT,en;q=0.5": "pt-BR", "es-AR": "es", "de,es;q=0.8": "es", "de": "en",
		"en-GB": "en", "*": "en", "x;q=y": "en", "pt-BR;q=0.1,en": "en", "\xff": "en",
	} {
		a := get(c, "/", "Accept-Language", accept)
		require.Contains(t, a.Body, `lang="`+lang+`"`, accept)
		require.Equal(t, "Accept-Language", a.Header.Get("Vary"))
	}
}

func TestManifestIsAJSONDocumentOfRelativeAddresses(t *testing.T) {
	t.Parallel()
	a := get(newConsole(t, console.Options{}), "/manifest.webmanifest")
	require.Equal(t, "application/manifest+json", a.Header.Get("Content-Type"))
	var m map[string]any
	a.into(t, &m)
	require.NotContains(t, a.Body, `"/`)
}
