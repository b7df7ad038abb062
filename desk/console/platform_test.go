package console_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

// bot makes a request with acme's API key.
func (w *world) bot(method, path, body string, status int, into any, headers ...string) answer {
	w.t.Helper()
	return w.reads(method, path, body, status, into, append(headers, w.key(acme)...)...)
}

type receivedResult struct {
	Conversation handoff.Conversation
	Message      handoff.Message
	Duplicate    bool
}

func TestWhatAContactWroteIsStoredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := func(content string) string {
		return `{"channel":"web","account":"main","addresses":["new","alias"],"profile":{"name":"Zoë","number":"55119"},` +
			`"provider":"p1","at":"2026-01-05T09:00:00-03:00","content":` + content + `}`
	}
	var first, again receivedResult
	w.bot("POST", "/messages", body(`{"kind":"text","text":"hello"}`), 200, &first)
	w.bot("POST", "/messages", body(`{"kind":"text","text":"changed"}`), 200, &again)
	require.False(t, first.Duplicate)
	require.True(t, again.Duplicate)
	require.Equal(t, first.Message, again.Message)
	require.Equal(t, "Zoë", first.Conversation.ContactName)
	require.Equal(t, "2026-01-05T12:00:00Z", first.Message.SentAt.UTC().Format("2006-01-02T15:04:05Z07:00"))

	for i, content := range []string{
		`{"kind":"unknown","raw":"` + strings.Repeat("AAAA", 1<<18) + `"}`,
		`{"kind":"text","text":"` + strings.Repeat("long ", 100_000) + `"}`,
		`{"kind":"image","media":{"id":"17","type":"image/png","name":"../a.png","size":5}}`,
		`{"kind":"reply","text":"Yes","reply":{"id":"y","title":"Yes"}}`,
		`{"kind":"order","items":[{"product":"a","quantity":2,"price":"1.50","currency":"BRL"}]}`,
		`{"kind":"reaction","reaction":{"to":"m1"}}`,
	} {
		var r receivedResult
		w.bot("POST", "/messages", strings.Replace(body(content), `"p1"`, fmt.Sprintf(`"x%d"`, i), 1), 200, &r)
		require.Equal(t, first.Conversation.ID, r.Conversation.ID)
		if r.Message.Media != nil && r.Message.Kind == handoff.KindImage {
			require.Equal(t, "a.png", r.Message.Media.Name)
		}
	}
	for _, bad := range []string{
		`{}`, strings.Replace(body(`{"kind":"text","text":"x"}`), `["new","alias"]`, `[]`, 1),
		strings.Replace(body(`{"kind":"text","text":"x"}`), `"web"`, `"a\u0000"`, 1),
		strings.Replace(body(`{"kind":"text","text":"x"}`), `"p1"`, `""`, 1),
		body(`{"kind":"note","text":"x"}`), body(`{"kind":"brief","text":"x","fields":{"a":"b"}}`),
		body(`{"kind":"text","text":"x","private":true}`),
		body(`{"kind":"image","media":{"sha256":"` + strings.Repeat("a", 64) + `","stored":true,"size":3}}`), // not uploaded
		body(`{"kind":"text","text":"x","overflow":{"sha256":"a","stored":true}}`),
	} {
		w.bot("POST", "/messages", strings.Replace(bad, `"p1"`, `"p2"`, 1), 422, nil)
	}
	w.bot("POST", "/messages", body(`{"kind":"text","text":"`+strings.Repeat("a", 5<<20)+`"}`), 413, nil)
}

func TestReceiptsMoveAMessageForward(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var m handoff.Message
	w.ana("POST", "/conversations/{id}/messages", `{"content":{"kind":"text","text":"hello"}}`, 201, &m)
	require.NoError(t, w.desk.Settle(t.Context()))
	receipt := func(status int, delivery string) {
		w.bot("POST", "/receipts", `{"channel":"web","account":"main","provider":"out-1","delivery":"`+delivery+`"}`, status, nil)
	}
	receipt(204, "read")
	receipt(204, "delivered")
	receipt(422, "queued")
	receipt(422, "")
	var page struct{ Messages []handoff.Message }
	w.ana("GET", "/conversations/{id}/messages?newest=true&limit=1", "", 200, &page)
	require.Equal(t, m.ID, page.Messages[0].ID)
	require.Equal(t, handoff.Read, page.Messages[0].Delivery)

	w.channel.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "131026", Text: "undeliverable"}
	}
	w.ana("POST", "/conversations/{id}/messages", `{"content":{"kind":"text","text":"again"}}`, 201, &m)
	require.NoError(t, w.desk.Settle(t.Context()))
	w.channel.OnSend = nil
	w.ana("POST", "/conversations/{id}/messages/"+string(m.ID)+"/retry", "", 200, &m)
	require.Equal(t, handoff.Queued, m.Delivery)
}

func TestTheBotHandsOffWithdrawsRecordsAndSends(t *testing.T) {
	t.Parallel()
	onStores(t, func(t *testing.T, w *world) {
		var r receivedResult
		w.bot("POST", "/messages", `{"channel":"web","account":"main","addresses":["new"],"provider":"p1","content":{"kind":"text","text":"hello"}}`, 200, &r)
		one := "/conversations/" + string(r.Conversation.ID)
		var m, again handoff.Message
		w.bot("POST", one+"/messages", `{"content":{"kind":"buttons","text":"Well?","buttons":[{"id":"y","title":"Yes"}]}}`, 201, &m, "Idempotency-Key", "k")
		require.Equal(t, handoff.ByBot, m.Author.By)
		w.bot("POST", one+"/record", `{"content":{"kind":"document","media":{"url":"https://files.example/a.pdf"}},"provider":"p9"}`, 201, &m, "Idempotency-Key", "k")
		w.bot("POST", one+"/record", `{"content":{"kind":"document","media":{"url":"https://files.example/a.pdf"}},"provider":"p9"}`, 201, &again, "Idempotency-Key", "k")
		require.Equal(t, m.ID, again.ID)
		require.True(t, m.Recorded)

		var o, same desk.Outcome
		handOff := `{"queue":"{queue}","priority":"high","skills":["english"],"note":"wants a refund","fields":{"order":"17"},"say":{"queued":"One moment"}}`
		w.bot("POST", one+"/hand-off", handOff, 200, &o, "Idempotency-Key", "k")
		w.bot("POST", one+"/hand-off", handOff, 200, &same, "Idempotency-Key", "k")
		require.Equal(t, o, same)
		require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: handoff.QueueID(w.ids[acme]["queue"]), Said: true}, o)
		w.bot("POST", one+"/hand-off", handOff, 409, nil)
		w.bot("POST", one+"/messages", `{"content":{"kind":"text","text":"x"}}`, 409, nil)
		w.bot("POST", one+"/hand-off", `{"queue":"{queue}","priority":3}`, 422, nil)
		var c handoff.Conversation
		w.bot("POST", one+"/withdraw", "", 200, &c)
		require.Equal(t, handoff.StateBot, c.State)
		w.bot("POST", one+"/hand-off", `{}`, 422, nil) // no rule, and no queue of the bot's own

		w.bot("POST", "/send", `{"to":{"channel":"web","account":"main","id":"new"},"content":{"kind":"text","text":"hi"}}`, 201, &m, "Idempotency-Key", "s")
		w.bot("POST", "/send", `{"to":{"channel":"web","account":"main","id":"new"},"content":{"kind":"text","text":"hi"}}`, 201, &again, "Idempotency-Key", "s")
		require.Equal(t, m, again)
		require.Equal(t, r.Conversation.ID, m.Conversation)
		w.bot("POST", "/send", `{"to":{"channel":"web","account":"main"},"content":{"kind":"text","text":"hi"}}`, 422, nil)
	})
}

// forgetful is a store that loses answers: it does what it was asked and says
// that it failed.
type forgetful struct {
	storage.Store
	lose atomic.Int32 // commits to come
	read atomic.Int32 // pages of messages to come that fail, after the first
}

var errLost = errors.New("connection lost: canary of the driver /var/lib/db")

func (f *forgetful) Commit(ctx context.Context, b storage.Batch) error {
	err := f.Store.Commit(ctx, b)
	if err == nil && f.lose.Add(-1) >= 0 {
		return errLost
	}
	return err
}

func (f *forgetful) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	if f.read.Load() > 0 && (f.read.Load() > 1 || q.After > 0) {
		return nil, errLost
	}
	return f.Store.Messages(ctx, q)
}
