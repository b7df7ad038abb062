package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// Options of a client. Token is required; the rest has defaults.
type Options struct {
	// Base is where the Graph API is, https://graph.facebook.com by default,
	// and Version its version, such as v25.0, which is the default.
	Base, Version string
	// Client makes the calls, http.DefaultClient by default. Its redirects are
	// not followed, and a call without a deadline gets CallTimeout.
	Client *http.Client
	// Token gives the access token for an account: the phone number id, or the
	// business account's id for its templates. It is asked at each call, so
	// it should keep what it knows.
	Token func(ctx context.Context, account handoff.AccountID) (string, error)
	// Attachment gives the bytes of a stored attachment, as
	// [desk.Bot.Attachment] does. Without it messages with stored files fail.
	Attachment func(ctx context.Context, bot handoff.BotID, sha256 string) ([]byte, error)
	// MediaHosts are the hosts, with their ports if any, that files may be
	// downloaded from besides Base's: what the API names must be one of them,
	// since it gets the token. Default lookaside.fbsbx.com.
	MediaHosts []string
}

// CallTimeout bounds one call that has no deadline of its own.
const CallTimeout = 30 * time.Second

const (
	defaultBase    = "https://graph.facebook.com"
	defaultVersion = "v25.0"
	mediaHost      = "lookaside.fbsbx.com"
	maxAnswer      = 1 << 20 // bytes of an answer that are read, files excepted
)

// Client sends through the WhatsApp Cloud API: it is the desk's channel. It
// may be used from many goroutines.
type Client struct {
	o    Options
	base *url.URL
	http *http.Client
}

var _ desk.Channel = (*Client)(nil)

// New makes a client. It calls nobody. Errors are handoff.ErrInvalid.
func New(o Options) (*Client, error) {
	if o.Token == nil {
		return nil, &handoff.FieldError{Field: "whatsapp option Token", Reason: "is missing"}
	}
	if o.Base == "" {
		o.Base = defaultBase
	}
	if o.Version == "" {
		o.Version = defaultVersion
	}
	base, err := url.Parse(strings.TrimSuffix(o.Base, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || base.RawQuery != "" || base.User != nil {
		return nil, &handoff.FieldError{Field: "whatsapp option Base", Reason: "is no address of a server"}
	}
	if strings.Trim(o.Version, "v.0123456789") != "" {
		return nil, &handoff.FieldError{Field: "whatsapp option Version", Reason: "is not like v25.0"}
	}
	o.MediaHosts = slices.Clone(o.MediaHosts)
	if o.MediaHosts == nil {
		o.MediaHosts = []string{mediaHost}
	}
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	// Whoever a redirect names must not get the token, nor the message twice.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{o: o, base: base, http: &client}, nil
}

// Traits are those of WhatsApp: free messages for 24 hours after the
// contact's last one, and no keys by which it would send only once.
func (c *Client) Traits() desk.Traits {
	return desk.Traits{Window: handoff.Window(24 * time.Hour)}
}

// address is that of an object of the API, such as "<phone number id>/media".
func (c *Client) address(path ...string) string {
	return c.base.JoinPath(append([]string{c.o.Version}, path...)...).String()
}

// call is one call of the API, on behalf of an account.
type call struct {
	method, url string
	account     handoff.AccountID
	kind        string // Content-Type of body
	body        []byte
	sends       bool  // a success sends something to somebody
	most        int64 // bytes of the answer; 0 is maxAnswer
}

// ask makes a call that is answered with JSON.
func (c *Client) ask(ctx context.Context, k call, answer any) error {
	data, err := c.do(ctx, k)
	if err != nil {
		return err
	}
	if json.Unmarshal(data, answer) != nil {
		return unreadable(k.sends)
	}
	return nil
}

// unreadable is an answer that says yes, and then nothing that can be read.
func unreadable(sends bool) *Error {
	e := refuse(ErrUnavailable, "answer", "the answer could not be read")
	e.Unknown, e.Temporary = sends, !sends
	return e
}

// do makes a call and gives the answer's body. Its errors are *[Error]: they
// say whether anything may have been sent, and hold nothing of the call.
func (c *Client) do(ctx context.Context, k call) ([]byte, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, CallTimeout)
		defer cancel()
	}
	token, err := c.o.Token(ctx, k.account)
	if err != nil || token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		e := refuse(ErrToken, "token", "no access token")
		e.Temporary = true
		return nil, e
	}
	// Until a connection is had, nothing can have been sent.
	var wanted, had atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { had.Store(true) },
	})
	r, err := http.NewRequestWithContext(traced, k.method, k.url, bytes.NewReader(k.body))
	if err != nil {
		return nil, refuse(ErrMalformedRequest, "request", "could not be made")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("User-Agent", "handoff")
	if k.kind != "" {
		r.Header.Set("Content-Type", k.kind)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, lost(err, k.sends, wanted.Load() && !had.Load())
	}
	defer answer.Body.Close()
	most := k.most
	if most == 0 || answer.StatusCode >= 300 {
		most = maxAnswer
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if answer.StatusCode < 200 || answer.StatusCode >= 300 {
		return nil, refusal(answer, data, k.sends)
	}
	if err != nil {
		return nil, lost(err, k.sends, false)
	}
	if int64(len(data)) > most {
		e := unreadable(k.sends)
		e.Text, e.Temporary = "the answer is too large", false
		return nil, e
	}
	return data, nil
}

// lost is a call that had no answer, or half of one.
func lost(err error, sends, unconnected bool) *Error {
	var op *net.OpError
	unsent := !sends || unconnected || errors.As(err, &op) && op.Op == "dial"
	e := refuse(ErrUnavailable, "network", "no answer")
	if e.Temporary, e.Unknown = unsent, !unsent; e.Unknown {
		e.Text = "no answer, so it may have been sent"
	}
	return e
}

// number reports whether an address is a telephone number rather than a
// business-scoped user id, and gives it as digits.
func number(address string) (string, bool) {
	digits := strings.TrimPrefix(address, "+")
	return digits, digits != "" && strings.Trim(digits, "0123456789") == ""
}

// MarkRead tells WhatsApp that a contact's message, and those before it, was
// read; typing also shows for up to 25 seconds that an answer is being
// written. Doing it again changes nothing.
func (c *Client) MarkRead(ctx context.Context, account handoff.AccountID, provider string, typing bool) error {
	if err := checkPath(string(account)); err != nil {
		return err
	}
	if err := handoff.CheckAddress("provider id", provider); err != nil {
		return err
	}
	said := map[string]any{"messaging_product": "whatsapp", "status": "read", "message_id": provider}
	if typing {
		said["typing_indicator"] = map[string]any{"type": "text"}
	}
	body, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("whatsapp: marking as read: %w", err)
	}
	var answer struct{ Success bool }
	return c.ask(ctx, call{method: http.MethodPost, url: c.address(string(account), "messages"), account: account,
		kind: "application/json", body: body}, &answer)
}

// checkPath refuses an id that would not stay one part of an address.
func checkPath(id string) error {
	if id == "" || len(id) > handoff.MaxAddress || strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return &handoff.FieldError{Field: "whatsapp id", Reason: "is not made of letters and digits"}
	}
	return nil
}
