package whatsapp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/whatsapp"
)

// inbox stands for the platform's use of the desk: both methods store, and
// do nothing for what they have stored already.
type inbox struct{}

func (inbox) Receive(in handoff.Inbound) error {
	fmt.Println(in.Addresses, in.Profile.Name, "wrote", in.Content.Text)
	return nil
}

func (inbox) Receipt(r handoff.Receipt) error {
	fmt.Println(r.Provider, "is", r.Delivery)
	return nil
}

// webhook is the address typed into Meta's settings.
func webhook(appSecret, verifyToken string, to inbox) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer, err := whatsapp.Challenge(r.URL.Query(), verifyToken)
			if err != nil {
				http.Error(w, "forbidden", http.StatusForbidden)
				return
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			io.WriteString(w, answer)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, whatsapp.MaxBody))
		if err != nil {
			http.Error(w, "unreadable", http.StatusBadRequest)
			return
		}
		if err := whatsapp.Verify(appSecret, body, r.Header.Get(whatsapp.SignatureHeader)); err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		update, err := whatsapp.Parse(body)
		if err != nil {
			http.Error(w, "malformed", http.StatusBadRequest)
			return
		}
		for _, s := range update.Skipped {
			slog.Warn("webhook element skipped", "err", s)
		}
		var failed error
		for _, in := range update.Inbound {
			failed = errors.Join(failed, to.Receive(in))
		}
		for _, receipt := range update.Receipts {
			failed = errors.Join(failed, to.Receipt(receipt))
		}
		if failed != nil { // Meta sends it all again; what is stored stays single
			http.Error(w, "not stored", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK) // only now: everything is stored
	}
}

func Example() {
	handler := webhook("app secret", "verify token", inbox{})
	call := func(body, signature string) int {
		r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
		r.Header.Set(whatsapp.SignatureHeader, signature)
		w := httptest.NewRecorder()
		handler(w, r)
		return w.Code
	}
	body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
		"messaging_product":"whatsapp","metadata":{"display_phone_number":"551150551234","phone_number_id":"15550001"},
		"contacts":[{"profile":{"name":"Ana"},"wa_id":"5511987650001","user_id":"BR.1502576394655843"}],
		"messages":[{"from":"5511987650001","id":"wamid.IN-1","timestamp":"1772454000","type":"text","text":{"body":"Olá!"}}],
		"statuses":[{"id":"wamid.OUT-1","status":"read","timestamp":"1772454001","recipient_id":"5511987650001"}]}}]}]}`
	mac := hmac.New(sha256.New, []byte("app secret"))
	mac.Write([]byte(body))

	fmt.Println(call(body, "sha256="+hex.EncodeToString(mac.Sum(nil))))
	fmt.Println(call(body, "sha256=forged"))
	// Output:
	// [5511987650001 BR.1502576394655843] Ana wrote Olá!
	// wamid.OUT-1 is read
	// 200
	// 401
}
