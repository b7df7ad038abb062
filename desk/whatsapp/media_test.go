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

func TestAFileIsDownloadedAsWhatWhatsAppSaidItIs(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	g.put("123", "PNG")
	media, data, err := g.client().Download(t.Context(), phone, "123")
	require.NoError(t, err)
	require.Equal(t, "PNG", string(data))
	require.Equal(t, handoff.Media{ID: "123", Type: "image/png", Size: 3, SHA256: media.SHA256}, media)
	require.Len(t, media.SHA256, 64)
}

func TestAFileThatIsNotAsSaidOrTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*file){
		"other bytes":        func(f *file) { f.data = "evil" },
		"empty":              func(f *file) { f.data, f.sha256 = "", "" },
		"said to be large":   func(f *file) { f.size = desk.MaxAttachment + 1 },
		"larger than it was": func(f *file) { f.data = strings.Repeat("x", desk.MaxAttachment+1) },
	} {
		g := newGraph(t)
		g.put("123", "PNG")
		f := g.files["123"]
		spoil(&f)
		g.files["123"] = f
		_, data, err := g.client().Download(t.Context(), phone, "123")
		require.Error(t, err, name)
		require.Empty(t, data, name)
		require.False(t, sendError(t, err).Unknown)
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
		g.put("123", "PNG")
		f := g.files["123"]
		f.url = url
		g.files["123"] = f
		_, _, err := g.client().Download(t.Context(), phone, "123")
		require.ErrorIs(t, err, whatsapp.ErrMedia, url)
	}
	g.put("123", "PNG")
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
	require.Equal(t, "PNG", string(data))
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
