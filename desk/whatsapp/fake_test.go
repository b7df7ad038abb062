package whatsapp_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/whatsapp"
)

const (
	token    = "EAAJtoken"
	phone    = handoff.AccountID("106540352242922")
	business = handoff.AccountID("102290129340398")
	maria    = "5511987654321"
	scoped   = "BR.1502576394655843"
)

// graph is a server that behaves as the Cloud API does, and remembers what it
// was asked.
type graph struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	sent   []map[string]any // bodies of POST .../messages
	forms  []upload
	asked  []string // method and path of each call
	answer func(w http.ResponseWriter, r *http.Request) bool
	files  map[string]file // by media id
	pages  []string        // of templates
}

type upload struct{ product, kind, name, fileType, data string }

type file struct {
	url, data, sha256, kind string
	size                    int // 0: it is not said
}

func newGraph(t *testing.T) *graph {
	g := &graph{t: t, files: map[string]file{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v25.0/{account}/messages", g.messages)
	mux.HandleFunc("POST /v25.0/{account}/media", g.media)
	mux.HandleFunc("GET /v25.0/{business}/message_templates", g.templates)
	mux.HandleFunc("GET /v25.0/{media}", g.file)
	mux.HandleFunc("GET /files/{media}", g.bytes)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.asked = append(g.asked, r.Method+" "+r.URL.Path)
		answer := g.answer
		g.mu.Unlock()
		if answer != nil && answer(w, r) {
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+token {
			fail(w, 401, 190)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

// fail answers as the API does, with the recipient in its words.
func fail(w http.ResponseWriter, status, code int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"message":"(#%d) Failed for %s","type":"OAuthException","code":%d,"error_data":{"messaging_product":"whatsapp","details":"to %s"},"fbtrace_id":"Az8or2yhqkZfEZ-_4Qn_Bam"}}`, code, maria, code, maria)
}

func (g *graph) messages(w http.ResponseWriter, r *http.Request) {
	var m map[string]any
	if r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&m) != nil || m["messaging_product"] != "whatsapp" {
		fail(w, 400, 100)
		return
	}
	g.mu.Lock()
	g.sent = append(g.sent, m)
	n := len(g.sent)
	g.mu.Unlock()
	if m["status"] == "read" {
		io.WriteString(w, `{"success":true}`)
		return
	}
	to, byNumber := m["to"].(string)
	user, byUser := m["recipient"].(string)
	kind, _ := m["type"].(string)
	if byNumber == byUser || m[kind] == nil {
		fail(w, 400, 131009)
		return
	}
	who := fmt.Sprintf(`{"input":%q,"wa_id":%q}`, to, strings.Replace(to, "55119", "5511", 1)) // as Brazil's old numbers
	if byUser {
		who = fmt.Sprintf(`{"input":%q,"user_id":%q}`, user, user)
	}
	fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[%s],"messages":[{"id":"wamid.%d","message_status":"accepted"}]}`, who, n)
}

func (g *graph) media(w http.ResponseWriter, r *http.Request) {
	f, head, err := r.FormFile("file")
	if err != nil {
		fail(w, 400, 100)
		return
	}
	data, _ := io.ReadAll(f)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forms = append(g.forms, upload{r.FormValue("messaging_product"), r.FormValue("type"), head.Filename, head.Header.Get("Content-Type"), string(data)})
	fmt.Fprintf(w, `{"id":"up-%d"}`, len(g.forms))
}

// put lets a file be downloaded.
func (g *graph) put(id, data string) {
	sum := sha256.Sum256([]byte(data))
	g.files[id] = file{g.URL + "/files/" + id, data, base64.StdEncoding.EncodeToString(sum[:]), "image/png", len(data)}
}

func (g *graph) file(w http.ResponseWriter, r *http.Request) {
	f, ok := g.files[r.PathValue("media")]
	if !ok || r.URL.Query().Get("phone_number_id") != string(phone) {
		fail(w, 400, 100)
		return
	}
	size := ""
	if f.size != 0 {
		size = fmt.Sprintf(`,"file_size":%d`, f.size)
	}
	fmt.Fprintf(w, `{"messaging_product":"whatsapp","url":%q,"mime_type":%q,"sha256":%q%s,"id":"x"}`, f.url, f.kind, f.sha256, size)
}

func (g *graph) bytes(w http.ResponseWriter, r *http.Request) {
	f, ok := g.files[r.PathValue("media")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	io.WriteString(w, f.data)
}

func (g *graph) templates(w http.ResponseWriter, r *http.Request) {
	after := r.URL.Query().Get("after")
	n := 0
	if after != "" {
		fmt.Sscanf(after, "page%d", &n)
	}
	next := ""
	if n+1 < len(g.pages) {
		next = fmt.Sprintf(`,"next":"https://graph.facebook.com/x?access_token=%s"`, token)
	}
	fmt.Fprintf(w, `{"data":[%s],"paging":{"cursors":{"before":"b","after":"page%d"}%s}}`, g.pages[n], n+1, next)
}

// client is one that calls g.
func (g *graph) client(change ...func(*whatsapp.Options)) *whatsapp.Client {
	o := whatsapp.Options{Base: g.URL, Client: g.Client(), Token: func(_ context.Context, a handoff.AccountID) (string, error) { return token, nil }}
	for _, f := range change {
		f(&o)
	}
	c, err := whatsapp.New(o)
	require.NoError(g.t, err)
	return c
}

// out is a message on its way to an address.
func out(to string, content handoff.Content) desk.Outgoing {
	return desk.Outgoing{Bot: "acme", Channel: whatsapp.Channel, Account: phone, To: to,
		Conversation: "c", Message: handoff.Message{ID: "m", Content: content}, Key: "k"}
}

func (g *graph) last() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	require.NotEmpty(g.t, g.sent)
	b, err := json.Marshal(g.sent[len(g.sent)-1])
	require.NoError(g.t, err)
	return string(b)
}

// will has every call answered by f, unless it gives false.
func (g *graph) will(f func(w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = f
}

// calls lists every call.
func (g *graph) calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

// count is how many messages and marks were taken.
func (g *graph) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.sent)
}
