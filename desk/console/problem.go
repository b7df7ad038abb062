package console

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
)

// Problem is how the API tells of an error. Code is stable and says what is
// wrong; Title is its English text.
type Problem struct {
	Type   string `json:"type"` // always about:blank
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	// Detail says more: with the code invalid, what is wrong with Field; with
	// internal, under what id the log tells of it.
	Detail string `json:"detail,omitempty"`
	Field  string `json:"field,omitempty"`

	retryAfter int // seconds, 0 = not said
}

func (p *Problem) Error() string { return "console: " + p.Code }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Errors of the console's own.
var (
	errNoSeat         = errors.New("console: no seat in this bot")
	errPasswordChange = errors.New("console: the password must be changed first")
	errCrossOrigin    = errors.New("console: cross-origin request")
	errMediaType      = errors.New("console: unsupported media type")
	errMethod         = errors.New("console: method not allowed")
	errClosing        = errors.New("console: closing")
	errStreams        = errors.New("console: too many streams")
	errMalformed      = errors.New("console: malformed")
	errTooLarge       = errors.New("console: too large")
)

// problems says what each error is to the client, the first that matches.
var problems = []struct {
	err    error
	status int
	code   string
	title  string
}{
	{ErrNotSignedIn, 401, "not_signed_in", "Not signed in"},
	{accounts.ErrNotSignedIn, 401, "not_signed_in", "Not signed in"},
	{accounts.ErrWrongKey, 401, "not_signed_in", "Not signed in"},
	{accounts.ErrWrongCredentials, 401, "wrong_credentials", "Wrong e-mail or password"},
	{accounts.ErrWrongCode, 401, "wrong_credentials", "Wrong setup code"},
	{accounts.ErrTooManyAttempts, 429, "rate_limited", "Too many attempts"},
	{errStreams, 429, "rate_limited", "Too many streams"},
	{errPasswordChange, 403, "password_change_required", "The password must be changed first"},
	{errNoSeat, 403, "no_seat", "No seat in this bot"},
	{desk.ErrForbidden, 403, "forbidden", "Not permitted"},
	{accounts.ErrForbidden, 403, "forbidden", "Not permitted"},
	{errCrossOrigin, 403, "cross_origin", "Cross-origin request refused"},
	{desk.ErrNotFound, 404, "not_found", "Not found"},
	{accounts.ErrNotFound, 404, "not_found", "Not found"},
	{accounts.ErrSetUp, 409, "invalid_state", "Set up already"},
	{errMethod, 405, "method_not_allowed", "Method not allowed"},
	{desk.ErrOfferGone, 409, "offer_gone", "It is not offered to you any more"},
	{handoff.ErrEnded, 409, "ended", "The conversation has ended"},
	{handoff.ErrInvalidState, 409, "invalid_state", "Not possible in this state"},
	{handoff.ErrNotBotOwned, 409, "not_bot_owned", "The bot is not in control"},
	{desk.ErrNotAvailable, 409, "not_available", "The agent is not available"},
	{desk.ErrAtCapacity, 409, "at_capacity", "The agent is at capacity"},
	{desk.ErrWindowClosed, 409, "window_closed", "The channel takes only templates now"},
	{desk.ErrNoChannel, 409, "no_channel", "No such channel"},
	{handoff.ErrNotApproved, 409, "template_not_approved", "The channel does not take the template now"},
	{desk.ErrClosed, 409, "queue_closed", "The queue takes nothing new"},
	{desk.ErrInUse, 409, "in_use", "In use"},
	{desk.ErrTagsRequired, 409, "tags_required", "The queue wants a tag on it first"},
	{desk.ErrReset, 410, "reset", "The cursor is no place in the feed any more"},
	{errTooLarge, 413, "too_large", "Too large"},
	{desk.ErrStorageFull, 507, "storage_full", "The bot stores as much as it may"},
	{errMediaType, 415, "unsupported_media_type", "Unsupported media type"},
	{errMalformed, 400, "malformed", "Malformed request"},
	{handoff.ErrInvalid, 422, "invalid", "Invalid input"},
	{errClosing, 503, "busy", "Closing, try again"},
	{live.ErrClosed, 503, "busy", "Closing, try again"},
	{live.ErrTooMany, 429, "rate_limited", "Too many signals"},
	{desk.ErrBusy, 503, "busy", "Busy, try again"},
	{accounts.ErrBusy, 503, "busy", "Busy, try again"},
	{desk.ErrOutcomeUnknown, 503, "outcome_unknown", "It is not known whether it was done"},
	{accounts.ErrOutcomeUnknown, 503, "outcome_unknown", "It is not known whether it was done"},
}

// codeInternal is of what is nobody's input.
const codeInternal = "internal"

// problem says what an error is to the client. One that is nobody's input is
// logged with an id, and the client gets the id only.
func (c *Console) problem(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	for _, known := range problems {
		if !errors.Is(err, known.err) {
			continue
		}
		p := newProblem(known.status, known.code, known.title)
		var field *handoff.FieldError
		if known.code == "invalid" && errors.As(err, &field) {
			p.Field, p.Detail = jsonName(field.Field), field.Reason
		}
		var limit *accounts.LimitError
		switch {
		case errors.As(err, &limit):
			p.retryAfter = int((limit.RetryAfter.Milliseconds() + 999) / 1000)
		case known.code == "busy" || known.code == "outcome_unknown":
			p.retryAfter = 1
		case known.code == "rate_limited":
			p.retryAfter = 10
		}
		return p
	}
	if ctx.Err() != nil { // whoever asked has gone, or the time is over
		p := newProblem(503, "busy", "Busy, try again")
		p.retryAfter = 1
		return p
	}
	return c.internal(ctx, slog.Any("err", err))
}

// internal logs what went wrong here and gives the client the log's id of it.
func (c *Console) internal(ctx context.Context, what ...slog.Attr) *Problem {
	p := newProblem(500, codeInternal, "Internal error")
	id := rand.Text()[:10]
	p.Detail = "id " + id
	c.log.LogAttrs(ctx, slog.LevelError, "console: internal error", append(what, slog.String("id", id))...)
	return p
}

func newProblem(status int, code, title string) *Problem {
	return &Problem{Type: "about:blank", Title: title, Status: status, Code: code}
}

// refused is what is made of an error that the API framework found in a
// request: where it is and what is wrong there, never what stood there.
func refused(status int, details []*huma.ErrorDetail) *Problem {
	p := newProblem(status, "invalid", "Invalid input")
	switch status {
	case http.StatusBadRequest, http.StatusRequestTimeout:
		p = newProblem(status, "malformed", "Malformed request")
	case http.StatusRequestEntityTooLarge:
		return newProblem(status, "too_large", "Too large")
	case http.StatusUnsupportedMediaType:
		return newProblem(status, "unsupported_media_type", "Unsupported media type")
	case http.StatusUnprocessableEntity:
	default:
		return newProblem(http.StatusInternalServerError, codeInternal, "Internal error")
	}
	if len(details) > 0 {
		p.Field = fieldName(details[0].Location)
		// What follows a colon may quote the input.
		p.Detail, _, _ = strings.Cut(details[0].Message, ":")
	}
	return p
}

// jsonName is what the API calls a field that the rules name in words:
// "agent time zone" is timeZone.
func jsonName(field string) string {
	switch field {
	case "queue on-lost policy":
		return "onLost"
	case "queue stickiness":
		return "stickySeconds"
	}
	words := strings.Fields(field)
	switch {
	case len(words) == 0:
		return ""
	case len(words) > 1 && slices.Contains([]string{"agent", "away", "bot", "canned", "member", "profile", "queue", "tag", "template", "ticket", "webhook"}, words[0]):
		words = words[1:]
	}
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// fieldName is the field as the client knows it: "body.name" is name.
func fieldName(location string) string {
	if len(location) > 128 {
		return ""
	}
	_, name, ok := strings.Cut(location, ".")
	if !ok {
		return ""
	}
	return name
}

// write answers with the problem, unless an answer has begun.
func (p *Problem) write(w http.ResponseWriter) {
	p.setHeaders(w.Header())
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Del("Content-Length")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

func (p *Problem) setHeaders(h http.Header) {
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="handoff"`)
	}
}
