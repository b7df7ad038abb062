package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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
	for page, complaint := range map[string]string{
		`<script>1</script>`:                                  "Content Security Policy",
		`<img src="https://127.0.0.1:1/x.png" alt="x">`:       "Content Security Policy",
		`<p style="color: red">x</p>`:                         "Content Security Policy",
		`<script src="/error.js"></script>`:                   "something is wrong",
		`<script src="/throws.js"></script>`:                  "ReferenceError",
		`<script src="/rejects.js"></script>`:                 "nobody caught it",
		`<script src="/missing.js"></script>`:                 "404",
		`<img src="/missing.png"><p>No text, no language</p>`: "image-alt",
		`<button></button>`:                                   "button-name",
		`<p class="faint">Too faint to be read by most</p>`:   "color-contrast",
	} {
		t.Run(complaint, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				files := map[string]string{
					"/":           "<!doctype html><link rel=icon href='data:,'><link rel=stylesheet href=/s.css>" + page,
					"/error.js":   "console.error('something is wrong')",
					"/throws.js":  "nowhere()",
					"/rejects.js": "Promise.reject(new Error('nobody caught it'))",
					"/s.css":      ".faint { color: #ccc; background: #fff }",
				}
				body, ok := files[r.URL.Path]
				if !ok {
					http.NotFound(w, r)
					return
				}
				w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:")
				if strings.HasSuffix(r.URL.Path, ".css") {
					w.Header().Set("Content-Type", "text/css")
				}
				fmt.Fprint(w, body)
			}))
			defer server.Close()
			seen := &witness{TB: t}
			tab := browser.Open(seen)
			tab.Go(server.URL)
			tab.Accessible("page")
			for _, f := range seen.after {
				f()
			}
			require.Contains(t, strings.Join(seen.said, "\n"), complaint)
		})
	}
}
