package browser_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/webhook"
	"github.com/handoffdesk/handoff/internal/browser"
)

// hook is a server that verifies what it is told with the secret it was given,
// and a desk that reaches it.
type hook struct {
	*httptest.Server
	secret   atomic.Value
	verified atomic.Int64
	answer   atomic.Int64
}

func (w *world) hook() *hook {
	w.t.Helper()
	k := &hook{}
	k.answer.Store(http.StatusOK)
	k.Server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		secret, _ := k.secret.Load().(string)
		if webhook.Verify(r.Header, body, time.Now(), secret) == nil {
			k.verified.Add(1)
		}
		rw.WriteHeader(int(k.answer.Load()))
	}))
	w.t.Cleanup(k.Close)
	u, err := url.Parse(k.URL)
	require.NoError(w.t, err)
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	require.NoError(w.t, err)
	roots := x509.NewCertPool()
	roots.AddCert(k.Certificate())
	sender := webhook.New(&webhook.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []uint16{uint16(port)}, RootCAs: roots})
	w.t.Cleanup(sender.Close)
	w.webhooks = sender
	w.stop()
	w.start(seats{})
	return k
}

// An admin adds a webhook: the secret is shown once and is the one that signs;
// what is told, and what is not, is seen.
func TestAWebhookIsAddedTriedAndWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.hook()
	ana := w.as("ana", "#/admin/webhooks")
	ana.Click(".button--primary", "New webhook")
	ana.Fill("input[name=name]", "CRM")
	ana.Fill("input[name=url]", "https://169.254.169.254/latest")
	ana.Click(".form__foot button", "Create webhook")
	ana.Sees(".field__error", "refused")
	ana.Fill("input[name=url]", k.URL+"/desk")
	ana.Click(".option", "message")
	ana.Accessible("webhook")
	ana.Click(".form__foot button", "Create webhook")
	ana.Sees("dialog", "Signing secret")
	k.secret.Store(browser.Read[string](ana, "document.querySelector('dialog input.secret').value"))
	ana.Click("dialog button", "I have it")
	ana.Click(".pane__head button", "Send a test")
	ana.Sees("admin-webhooks tbody tr", "test")
	ana.Sees("admin-webhooks .badge", "Delivered")
	require.Equal(t, int64(1), k.verified.Load())

	k.answer.Store(http.StatusInternalServerError)
	w.asks("5511987650001", "Zeca Pagodinho", "My lamp?", desk.HandOff{Queue: support})
	ana.Sees("admin-webhooks .badge", "Tried again")
	ana.Sees("admin-webhooks .notice", "wait")
	ana.SeesNo("admin-webhooks", "My lamp?")
	ana.Shot("webhook")
	ana.Click(".admin__nav a", "Webhooks")
	ana.Sees("admin-webhooks .badge", "Failing")
}

// One thing with all that the filter finds: counted, confirmed, watched. And
// a contact is erased by whoever writes their name.
func TestOneThingWithAllThatTheFilterFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, name := range []string{"Zeca Pagodinho", "Maria Rita", "Gal Costa"} {
		w.asks("551198765000"+strconv.Itoa(i), name, "Hello", desk.HandOff{Queue: support})
	}
	ana := w.as("ana", "#/c")
	ana.Sees(".row", "Gal Costa")
	ana.Click(".list__head .icon-button[aria-label^='Do one thing']", "")
	ana.Sees(".bulk__count", "3 conversations")
	ana.Accessible("bulk")
	ana.Click(".bulk__form button", "Apply")
	ana.Sees("dialog", "Apply to 3 conversations?")
	ana.Click("dialog button", "Apply")
	ana.Sees(".bulk__said", "3 of 3 done")
	ana.Sees(".bulk__count", "Finished")
	ana.Shot("bulk")
	ana.Sees(".row .row__priority", "High")
	ana.Click(".bulk__run button", "Another one")
	ana.Choose(".bulk__form select", "queue")
	ana.Choose(".bulk__which select", "sales")
	ana.Click(".bulk__form button", "Apply")
	ana.Click("dialog button", "Apply")
	ana.Sees(".bulk__said", "3 of 3 done")
	ana.Click(".bulk__head button", "")
	ana.SeesNo(".bulk__head", "")

	ana.Click(".row", "Gal Costa")
	ana.Sees(".message", "Hello")
	ana.Click(".details__acts button", "Erase contact")
	ana.Fill("#erase-name", "Gal")
	ana.Until("document.querySelector('dialog .button--danger').disabled")
	ana.Fill("#erase-name", "Gal Costa")
	ana.Click("dialog button", "Erase for good")
	ana.Sees(".toast", "is erased")
	ana.SeesNo(".row", "Gal Costa")
	ana.Sees(".row", "Maria Rita")
}
