package browser_test

import (
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/browser"
)

// witness is a test that notes what it was failed for.
type witness struct {
	testing.TB
	said  []string
	after []func()
}

func (w *witness) Error(args ...any) { w.said = append(w.said, fmt.Sprint(args...)) }
func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}
func (w *witness) Cleanup(f func()) { w.after = append(w.after, f) }

func TestATestFailsOnWhatAPageComplainsOf(t *testing.T) {
	t.Parallel()
	pages := map[string]string{ // and what of them a test is failed for
		`<script>1</script>`:                            "inline script",
		`<img src="https://127.0.0.1:1/x.png" alt="x">`: "https://127.0.0.1:1/x.png",
		`<p style="color: red">x</p>`:                   "inline style",
		`<script src="/error.js"></script>`:             "something is wrong",
		`<script src="/throws.js"></script>`:            "ReferenceError",
		`<script src="/rejects.js"></script>`:           "nobody caught it",
		`<script src="/missing.js"></script>`:           "404",
	}
	const inaccessible = `<img src="/x.svg"><button></button>
		<p class="faint">Too faint to be read by most</p>
		<p class="gloomy">Too faint to be read where it is dark</p>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		files := map[string]string{
			"/":           "<!doctype html><link rel=icon href='data:,'><link rel=stylesheet href=/s.css>" + r.URL.Query().Get("page"),
			"/error.js":   "console.error('something is wrong')",
			"/throws.js":  "nowhere()",
			"/rejects.js": "Promise.reject(new Error('nobody caught it'))",
			"/x.svg":      "<svg xmlns='http://www.w3.org/2000/svg'/>",
			"/s.css": `.faint { color: #ccc; background: #fff }
				.gloomy { color: #000; background: #fff }
				@media (prefers-color-scheme: dark) { .gloomy { background: #333 } }`,
		}
		body, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:")
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.URL.Path)))
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
		}
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	seen := &witness{TB: t}
	tab := browser.Open(seen)
	for page := range pages {
		tab.Go(server.URL + "?page=" + url.QueryEscape(page))
		// A page that is left before it could say so takes with it what nobody caught.
		tab.Until("handoffTest.rests()")
	}
	tab.Go(server.URL + "?page=" + url.QueryEscape(inaccessible))
	tab.AccessibleInBoth("page")
	for _, f := range seen.after {
		f()
	}
	said := strings.Join(seen.said, "\n")
	for page, complaint := range pages {
		require.Contains(t, said, complaint, page)
	}
	for _, rule := range []string{"image-alt", "button-name"} {
		require.Contains(t, said, "page-light: "+rule)
	}
	require.Equal(t, 1, strings.Count(said, "page-light: color-contrast: .faint"))
	require.Equal(t, 0, strings.Count(said, "page-light: color-contrast: .gloomy"))
	require.Equal(t, 1, strings.Count(said, "page-dark: color-contrast: .gloomy"))
}
