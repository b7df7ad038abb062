package whatsapp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/whatsapp"
	"github.com/handoffdesk/handoff/storage/memory"
)

func sendError(t *testing.T, err error) *desk.SendError {
	t.Helper()
	var e *desk.SendError
	require.ErrorAs(t, err, &e)
	return e
}

// answers answers every call with the same.
func answers(status int, body string, header map[string]string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
		return true
	}
}

func TestEveryDocumentedCodeIsATypedError(t *testing.T) {
	t.Parallel()
	for code, test := range map[int]struct {
		status int
		kind   error
		again  bool
	}{
		131047: {400, whatsapp.ErrReengagement, false},
		470:    {400, whatsapp.ErrReengagement, false},
		131026: {400, whatsapp.ErrUndeliverable, false},
		131049: {400, whatsapp.ErrWithheld, false},
		131050: {400, whatsapp.ErrOptedOut, false},
		130429: {429, whatsapp.ErrRateLimited, true},
		131056: {400, whatsapp.ErrRateLimited, true},
		80007:  {400, whatsapp.ErrRateLimited, true},
		131048: {400, whatsapp.ErrRateLimited, false},
		190:    {401, whatsapp.ErrToken, true},
		10:     {403, whatsapp.ErrPermission, false},
		294:    {403, whatsapp.ErrPermission, false},
		368:    {403, whatsapp.ErrBlocked, false},
		131042: {400, whatsapp.ErrPayment, false},
		131051: {400, whatsapp.ErrUnsupported, false},
		131062: {400, whatsapp.ErrUnsupported, false},
		131053: {400, whatsapp.ErrMedia, false},
		131000: {500, whatsapp.ErrUnavailable, true},
		131016: {500, whatsapp.ErrUnavailable, true},
		2:      {503, whatsapp.ErrUnavailable, true},
		100:    {400, whatsapp.ErrMalformedRequest, false},
		132000: {400, whatsapp.ErrTemplate, false},
		132001: {404, whatsapp.ErrTemplate, false},
		132009: {400, whatsapp.ErrTemplate, false},
		132015: {400, whatsapp.ErrTemplatePaused, false},
		132016: {400, whatsapp.ErrTemplatePaused, false},
	} {
		g := newGraph(t)
		g.will(func(w http.ResponseWriter, _ *http.Request) bool { fail(w, test.status, code); return true })
		_, err := g.client().Send(t.Context(), out(maria, handoff.Text("segredo")))
		require.ErrorIs(t, err, test.kind, code)
		e := sendError(t, err)
		require.Equal(t, test.again, e.Temporary, code)
		require.False(t, e.Unknown, "%d: it was refused", code)
		require.NotEmpty(t, e.Text)
		require.NotContains(t, err.Error(), maria)
		require.Contains(t, err.Error(), "Az8or2yhqkZfEZ")
	}
}

func TestAnAnswerWithoutACodeIsJudgedByItsStatus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status             int
		body               string
		header             map[string]string
		temporary, unknown bool
		after              time.Duration
	}{
		"too many":                    {429, "", map[string]string{"Retry-After": "7"}, true, false, 7 * time.Second},
		"too many until":              {429, "", map[string]string{"Retry-After": "Mon, 05 Jan 2026 12:00:30 GMT", "Date": "Mon, 05 Jan 2026 12:00:00 GMT"}, true, false, 30 * time.Second},
		"too many for ever":           {429, "", map[string]string{"Retry-After": "99999999"}, true, false, time.Hour},
		"too many, past":              {429, "", map[string]string{"Retry-After": "-3"}, true, false, 0},
		"code and time":               {429, `{"error":{"code":130429}}`, map[string]string{"Retry-After": "9"}, true, false, 9 * time.Second},
		"a code says how long":        {400, `{"error":{"code":131056}}`, nil, true, false, 6 * time.Second},
		"down, and for how long":      {503, "<html>", map[string]string{"Retry-After": "3"}, true, false, 3 * time.Second},
		"down":                        {503, "<html>", nil, false, true, 0},
		"gateway":                     {504, "", nil, false, true, 0},
		"server error":                {500, `{"error":{"code":999999}}`, nil, false, true, 0},
		"refused":                     {400, "what?", nil, false, false, 0},
		"refused with an unheard one": {400, `{"error":{"code":999999}}`, nil, false, false, 0},
		"redirected":                  {307, "", map[string]string{"Location": "/elsewhere"}, false, false, 0},
		"signed out":                  {401, "", nil, true, false, 10 * time.Second},
		"accepted, unreadable":        {200, "{", nil, false, true, 0},
		"accepted without an id":      {200, `{"messages":[]}`, nil, false, true, 0},
		"accepted with a bad id":      {200, `{"messages":[{"id":"a\u0000b"}]}`, nil, false, true, 0},
		"accepted, endlessly":         {200, strings.Repeat(" ", 1<<20+1), nil, false, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t)
			g.will(answers(test.status, test.body, test.header))
			_, err := g.client().Send(t.Context(), out(maria, handoff.Text("x")))
			e := sendError(t, err)
			require.Equal(t, test.temporary, e.Temporary)
			require.Equal(t, test.unknown, e.Unknown)
			require.Equal(t, test.after, e.After)
			require.Len(t, g.calls(), 1, "a redirect is not followed")
		})
	}
}

func TestACutCallMayHaveSentAndOneThatNeverConnectedHasNot(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	g.will(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
	_, err := g.client().Send(t.Context(), out(maria, handoff.Text("x")))
	require.True(t, sendError(t, err).Unknown)

	g.will(func(w http.ResponseWriter, _ *http.Request) bool { // half an answer
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"messages":`)
		panic(http.ErrAbortHandler)
	})
	_, err = g.client().Send(t.Context(), out(maria, handoff.Text("x")))
	require.True(t, sendError(t, err).Unknown)

	hang := make(chan struct{})
	g.will(func(http.ResponseWriter, *http.Request) bool { <-hang; return true })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = g.client().Send(ctx, out(maria, handoff.Text("x")))
	close(hang)
	require.True(t, sendError(t, err).Unknown)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + l.Addr().String()
	require.NoError(t, l.Close())
	_, err = g.client(func(o *whatsapp.Options) { o.Base = nobody }).Send(t.Context(), out(maria, handoff.Text("x")))
	e := sendError(t, err)
	require.True(t, e.Temporary)
	require.False(t, e.Unknown)
	require.ErrorIs(t, err, whatsapp.ErrUnavailable)

	secure := g.client(func(o *whatsapp.Options) { // its handshake fails
		o.Base = strings.Replace(g.URL, "http://", "https://", 1)
		o.Client = &http.Client{}
	})
	_, err = secure.Send(t.Context(), out(maria, handoff.Text("x")))
	require.True(t, sendError(t, err).Temporary)

	// A transport of which nothing is known may have sent.
	dark := g.client(func(o *whatsapp.Options) { o.Client = &http.Client{Transport: untraced{}} })
	_, err = dark.Send(t.Context(), out(maria, handoff.Text("x")))
	require.True(t, sendError(t, err).Unknown)
}

type untraced struct{}

func (untraced) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }

func TestWithoutATokenNothingIsAskedAndItIsTriedAgain(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	for _, source := range []func(context.Context, handoff.AccountID) (string, error){
		func(context.Context, handoff.AccountID) (string, error) { return "", nil },
		func(context.Context, handoff.AccountID) (string, error) { return "", errors.New("vault is down") },
		func(context.Context, handoff.AccountID) (string, error) { return "a\r\nb", nil },
	} {
		_, err := g.client(func(o *whatsapp.Options) { o.Token = source }).Send(t.Context(), out(maria, handoff.Text("x")))
		require.ErrorIs(t, err, whatsapp.ErrToken)
		require.True(t, sendError(t, err).Temporary)
	}
	require.Empty(t, g.calls())
}

// TestADeskSendsThroughTheClient: the whole way, and what is logged on it.
func TestADeskSendsThroughTheClientAndLogsNothingOfIt(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	g := newGraph(t)
	var d *desk.Desk
	c := g.client(func(o *whatsapp.Options) {
		o.Attachment = func(ctx context.Context, bot handoff.BotID, sum string) ([]byte, error) {
			return d.Bot(bot).Attachment(ctx, sum)
		}
	})
	var log bytes.Buffer
	d, err := desk.New(memory.New(nil), &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{whatsapp.Channel: c},
		Logger:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	defer d.Store().Close()
	bot := d.Bot("acme")
	require.NoError(t, bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	in, err := bot.Receive(ctx, handoff.Inbound{Channel: whatsapp.Channel, Account: phone, Addresses: []string{maria}, Provider: "wamid.in", Content: handoff.Text("oi")})
	require.NoError(t, err)
	media, err := bot.Attach(ctx, []byte("bytes"))
	require.NoError(t, err)
	media.Type = "image/png"
	_, err = bot.Send(ctx, in.Conversation.ID, handoff.Content{Kind: handoff.KindImage, Media: &media}, "")
	require.NoError(t, err)
	g.will(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/messages") && g.count() > 0 {
			fail(w, 400, 131026)
			return true
		}
		return false
	})
	refused, err := bot.Send(ctx, in.Conversation.ID, handoff.Text("segredo"), "")
	require.NoError(t, err)
	require.NoError(t, d.Settle(ctx))
	ms, err := bot.Messages(ctx, in.Conversation.ID, desk.MessageQuery{})
	require.NoError(t, err)
	require.Equal(t, handoff.Sent, ms[1].Delivery)
	require.Equal(t, "wamid.1", ms[1].Provider)
	require.Equal(t, refused.ID, ms[2].ID)
	require.Equal(t, "131026: undeliverable", ms[2].Failure)
	contact, err := bot.Contact(ctx, in.Conversation.Contact)
	require.NoError(t, err)
	require.True(t, contact.Knows(handoff.Address{Channel: whatsapp.Channel, Account: phone, ID: "551187654321"}), "WhatsApp's own form of the number is linked")
	for _, secret := range []string{token, maria, "segredo", "551187654321"} {
		require.NotContains(t, log.String(), secret)
	}
}
