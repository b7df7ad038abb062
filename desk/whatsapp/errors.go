package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/handoffdesk/handoff/desk"
)

// What the Cloud API refuses, by what there is to do about it. To be tested
// with errors.Is on whatever a [Client] returned.
var (
	// ErrReengagement: the contact's last message is more than 24 hours ago;
	// only a template goes.
	ErrReengagement = errors.New("whatsapp: re-engagement window is closed")
	// ErrUndeliverable: the recipient is not on WhatsApp, has not accepted its
	// terms, or cannot take such a message.
	ErrUndeliverable = errors.New("whatsapp: undeliverable")
	// ErrWithheld: WhatsApp keeps a template from this recipient for now, as
	// they get many, or are part of an experiment.
	ErrWithheld = errors.New("whatsapp: withheld from this recipient")
	// ErrOptedOut: the recipient wants no marketing.
	ErrOptedOut = errors.New("whatsapp: recipient opted out")
	// ErrRateLimited: too many messages, in all or to this recipient.
	ErrRateLimited = errors.New("whatsapp: rate limited")
	// ErrToken: the access token is missing, wrong or expired.
	ErrToken = errors.New("whatsapp: access token refused")
	// ErrPermission: the token may not do this.
	ErrPermission = errors.New("whatsapp: not permitted")
	// ErrBlocked: the account is blocked, locked or restricted.
	ErrBlocked = errors.New("whatsapp: account is blocked")
	// ErrPayment: the account's payment method is missing or refused.
	ErrPayment = errors.New("whatsapp: payment method")
	// ErrUnsupported: this recipient or account takes no such kind of message.
	ErrUnsupported = errors.New("whatsapp: unsupported message")
	// ErrTemplate: the template does not exist, or its params do not fit it.
	ErrTemplate = errors.New("whatsapp: template does not fit")
	// ErrTemplatePaused: the template is paused or disabled.
	ErrTemplatePaused = errors.New("whatsapp: template is paused")
	// ErrMedia: a file could not be fetched, uploaded or is not as claimed.
	ErrMedia = errors.New("whatsapp: media")
	// ErrMalformedRequest: a part of the message is missing, or is not as
	// WhatsApp takes it: too long, too many.
	ErrMalformedRequest = errors.New("whatsapp: request refused")
	// ErrUnavailable: WhatsApp is down or under maintenance.
	ErrUnavailable = errors.New("whatsapp: unavailable")
)

// Error is what became of a call that failed. It is also a *[desk.SendError],
// which says whether to try again and whether the message may have gone out.
// It holds nothing of the message, the recipient or the token.
type Error struct {
	desk.SendError
	Kind   error // one of the sentinels above; nil where the code is unknown
	Status int   // of the answer; 0 without one
	Trace  string
}

func (e *Error) Error() string {
	s := "whatsapp: " + e.Code + " " + e.Text
	if e.Trace != "" {
		s += " (trace " + e.Trace + ")"
	}
	return s
}

// Unwrap gives the kind and the *[desk.SendError].
func (e *Error) Unwrap() []error {
	if e.Kind == nil {
		return []error{&e.SendError}
	}
	return []error{e.Kind, &e.SendError}
}

// meaning is what a documented code says.
type meaning struct {
	kind  error
	text  string
	again bool          // nothing was sent, and a later attempt may succeed
	after time.Duration // not before
}

// meanings are the Cloud API's error codes. The texts are ours, since the
// API's may name the recipient.
var meanings = map[int]meaning{
	0:   {ErrToken, "access token refused", true, 10 * time.Second},
	190: {ErrToken, "access token refused", true, 10 * time.Second},
	3:   {ErrPermission, "not permitted", false, 0},
	10:  {ErrPermission, "not permitted", false, 0},
	200: {ErrPermission, "not permitted", false, 0},

	131005: {ErrPermission, "not permitted", false, 0},
	368:    {ErrBlocked, "account restricted for violating policies", false, 0},
	130497: {ErrBlocked, "account may not write to this country", false, 0},
	131031: {ErrBlocked, "account locked", false, 0},
	131037: {ErrBlocked, "the number's display name is not approved", false, 0},
	131042: {ErrPayment, "payment method", false, 0},

	2:      {ErrUnavailable, "unavailable for now", true, 0},
	131000: {ErrUnavailable, "not sent for a reason of WhatsApp's own", true, 0},
	131016: {ErrUnavailable, "unavailable for now", true, 0},
	131057: {ErrUnavailable, "account under maintenance", true, time.Minute},
	133004: {ErrUnavailable, "unavailable for now", true, 0},

	4:      {ErrRateLimited, "too many calls", true, 10 * time.Second},
	80007:  {ErrRateLimited, "too many calls", true, 10 * time.Second},
	130429: {ErrRateLimited, "too many messages", true, time.Second},
	131056: {ErrRateLimited, "too many messages to this recipient", true, 6 * time.Second},
	133016: {ErrRateLimited, "too many registrations", true, time.Minute},
	131048: {ErrRateLimited, "too many messages were blocked or flagged", false, 0},
	471:    {ErrRateLimited, "too many messages were blocked or flagged", false, 0},

	131047: {ErrReengagement, "more than 24 hours since the contact wrote", false, 0},
	470:    {ErrReengagement, "more than 24 hours since the contact wrote", false, 0},

	131026: {ErrUndeliverable, "undeliverable", false, 0},
	1026:   {ErrUndeliverable, "undeliverable", false, 0},
	131021: {ErrUndeliverable, "sender and recipient are the same", false, 0},
	131030: {ErrUndeliverable, "recipient is not on the list of a test number", false, 0},
	131049: {ErrWithheld, "withheld to keep the recipient's messages few", false, 0},
	130472: {ErrWithheld, "recipient is part of an experiment", false, 0},
	472:    {ErrWithheld, "recipient is part of an experiment", false, 0},
	131050: {ErrOptedOut, "recipient stopped marketing messages", false, 0},

	131051: {ErrUnsupported, "unsupported kind of message", false, 0},
	131062: {ErrUnsupported, "this message needs the recipient's number", false, 0},
	131052: {ErrMedia, "file could not be downloaded", false, 0},
	131053: {ErrMedia, "file could not be uploaded", false, 0},

	1:      {ErrMalformedRequest, "invalid request", false, 0},
	33:     {ErrMalformedRequest, "unknown number", false, 0},
	100:    {ErrMalformedRequest, "invalid parameter", false, 0},
	131008: {ErrMalformedRequest, "a required parameter is missing", false, 0},
	131009: {ErrMalformedRequest, "a parameter's value is not valid", false, 0},
	133010: {ErrMalformedRequest, "the sender's number is not registered", false, 0},
	135000: {ErrMalformedRequest, "invalid parameters", false, 0},

	132000: {ErrTemplate, "number of params does not match the template", false, 0},
	132001: {ErrTemplate, "no such template in this language", false, 0},
	132005: {ErrTemplate, "text is too long when filled in", false, 0},
	132007: {ErrTemplate, "a param violates the template's policy", false, 0},
	132012: {ErrTemplate, "a param is not as the template has it", false, 0},
	132015: {ErrTemplatePaused, "template is paused", false, 0},
	132016: {ErrTemplatePaused, "template is disabled", false, 0},
	132068: {ErrTemplate, "the template's flow is blocked", false, 0},
	132069: {ErrTemplate, "the template's flow is throttled", false, 0},
}

// reason finds the sentinel of a code, also where a range has one meaning.
func means(code int) (meaning, bool) {
	m, ok := meanings[code]
	switch {
	case ok:
	case code > 200 && code < 300:
		m, ok = meanings[200], true
	case code >= 132000 && code < 133000:
		m, ok = meaning{ErrTemplate, "template refused", false, 0}, true
	}
	return m, ok
}

// maxAfter bounds what an answer may ask to wait.
const maxAfter = time.Hour

// refusal reads the answer to a call that failed. sends says that a success
// would have sent something: then an answer that does not tell leaves it open.
func refusal(answer *http.Response, body []byte, sends bool) *Error {
	e := &Error{Status: answer.StatusCode}
	after := retryAfter(answer)
	var said struct {
		Error *struct {
			Code  *int
			Trace string `json:"fbtrace_id"`
		}
	}
	if json.Unmarshal(body, &said) == nil && said.Error != nil && said.Error.Code != nil {
		e.Code = strconv.Itoa(*said.Error.Code)
		e.Trace = ascii(said.Error.Trace)
		if m, ok := means(*said.Error.Code); ok {
			e.Kind, e.Text, e.Temporary, e.After = m.kind, m.text, m.again, max(m.after, after)
			if !e.Temporary {
				e.After = 0
			}
			return e
		}
	} else {
		e.Code = fmt.Sprintf("http_%d", answer.StatusCode)
	}
	switch s := answer.StatusCode; {
	case s == http.StatusTooManyRequests:
		e.Kind, e.Text, e.Temporary, e.After = ErrRateLimited, "too many calls", true, after
	case s == http.StatusUnauthorized:
		e.Kind, e.Text, e.Temporary, e.After = ErrToken, "access token refused", true, max(after, 10*time.Second)
	case s == http.StatusServiceUnavailable && after > 0:
		e.Kind, e.Text, e.Temporary, e.After = ErrUnavailable, "unavailable for now", true, after
	case s >= 500 && sends:
		e.Kind, e.Text, e.Unknown = ErrUnavailable, "failed without saying whether it was sent", true
	case s >= 500:
		e.Kind, e.Text, e.Temporary, e.After = ErrUnavailable, "failed", true, after
	default:
		e.Text = "refused"
	}
	return e
}

// retryAfter is how long the answer asks to wait, by its own clock; 0 if it
// does not say.
func retryAfter(answer *http.Response) time.Duration {
	said := answer.Header.Get("Retry-After")
	if n, err := strconv.Atoi(said); err == nil {
		return min(max(time.Duration(min(n, 1<<20))*time.Second, 0), maxAfter)
	}
	until, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), maxAfter)
}

// ascii keeps what can stand in an id.
func ascii(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return ""
		}
	}
	return s
}

// refuse is an error found here, before anything was sent.
func refuse(kind error, code, text string) *Error {
	return &Error{SendError: desk.SendError{Code: code, Text: text}, Kind: kind}
}
