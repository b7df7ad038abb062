package whatsapp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/whatsapp"
)

const png = "\x89PNG\r\n\x1a\n"

func TestAFileIsDownloadedAsWhatWhatsAppSaidItIs(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	g.put("123", png)
	media, data, err := g.client().Download(t.Context(), phone, "123")
	require.NoError(t, err)
	require.Equal(t, png, string(data))
	require.Equal(t, handoff.Media{ID: "123", Type: "image/png", Size: int64(len(png)), SHA256: media.SHA256}, media)
	require.Len(t, media.SHA256, 64)
}

func TestAFileThatIsNotAsSaidOrTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*file){
		"other bytes":          func(f *file) { f.data = strings.ToLower(png) },
		"empty":                func(f *file) { f.data, f.sha256, f.size = "", "", 0 },
		"shorter, and no hash": func(f *file) { f.data, f.sha256 = png[1:], "" },
		"said to be large":     func(f *file) { f.size = desk.MaxAttachment + 1 },
		"larger than was said": func(f *file) { f.data = strings.Repeat("x", desk.MaxAttachment+1) },
		"large and not said":   func(f *file) { f.data, f.sha256, f.size = strings.Repeat("x", desk.MaxAttachment+1), "", 0 },
		"a page for a picture": func(f *file) { f.data, f.sha256, f.size = "<html>gone</html>", "", 0 },
		"without a type":       func(f *file) { f.kind = "" },
		"of no type":           func(f *file) { f.kind = "png; x" },
		"gone meanwhile":       func(f *file) { f.url += "x" },
		"without an address":   func(f *file) { f.url = "" },
	} {
		g := newGraph(t)
		g.put("123", png)
		f := g.files["123"]
		spoil(&f)
		g.files["123"] = f
		_, data, err := g.client().Download(t.Context(), phone, "123")
		require.ErrorIs(t, err, whatsapp.ErrMedia, name)
		require.Empty(t, data, name)
		require.False(t, sendError(t, err).Unknown)
		require.False(t, sendError(t, err).Temporary, name)
	}
}

func TestAFileThatWhatsAppDoesNotHaveIsNoTrouble(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	_, _, err := g.client().Download(t.Context(), phone, "404")
	require.ErrorIs(t, err, whatsapp.ErrMedia)
	require.NotErrorIs(t, err, whatsapp.ErrMalformedRequest)
	require.False(t, sendError(t, err).Temporary)
	for _, trouble := range []struct {
		answer func(w http.ResponseWriter, r *http.Request) bool
		kind   error
	}{{answers(503, "", nil), whatsapp.ErrUnavailable}, {answers(401, `{"error":{"code":190}}`, nil), whatsapp.ErrToken}} {
		g.will(trouble.answer)
		_, _, err = g.client().Download(t.Context(), phone, "404")
		require.ErrorIs(t, err, trouble.kind)
		require.NotErrorIs(t, err, whatsapp.ErrMedia)
		require.True(t, sendError(t, err).Temporary, "it may be there")
	}
}

// TestTheTokenGoesToNobodyElse: not to a host that the API's answer names, and
// not to one that a redirect names.
func TestTheTokenGoesToNobodyElse(t *testing.T) {
	t.Parallel()
	reached := false
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer evil.Close()
	g := newGraph(t)
	for _, url := range []string{
		evil.URL + "/x", "https://lookaside.fbsbx.com.evil.example/x", "file:///etc/passwd", "//lookaside.fbsbx.com/x",
		"http://a@" + strings.TrimPrefix(g.URL, "http://"), "", "%",
	} {
		g.put("123", png)
		f := g.files["123"]
		f.url = url
		g.files["123"] = f
		_, _, err := g.client().Download(t.Context(), phone, "123")
		require.ErrorIs(t, err, whatsapp.ErrMedia, url)
	}
	g.put("123", png)
	g.will(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/files/") {
			http.Redirect(w, r, evil.URL, http.StatusFound)
			return true
		}
		return false
	})
	_, _, err := g.client().Download(t.Context(), phone, "123")
	require.Error(t, err)
	require.False(t, reached)

	g.will(nil)
	elsewhere := httptest.NewServer(g.Config.Handler)
	defer elsewhere.Close()
	f := g.files["123"]
	f.url = elsewhere.URL + "/files/123"
	g.files["123"] = f
	allowed := g.client(func(o *whatsapp.Options) { o.MediaHosts = []string{strings.TrimPrefix(elsewhere.URL, "http://")} })
	_, data, err := allowed.Download(t.Context(), phone, "123")
	require.NoError(t, err)
	require.Equal(t, png, string(data))
}

func TestAFilesIdIsOnePartOfAnAddress(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	for _, id := range []string{"", "a/b", "..", "a?b", "a%2fb"} {
		_, _, err := g.client().Download(t.Context(), phone, id)
		require.ErrorIs(t, err, handoff.ErrInvalid, id)
	}
	require.Empty(t, g.calls())
}
