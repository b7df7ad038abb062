package console

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

const (
	base    = "/api/v1"
	maxBody = 64 << 10 // of a request, where the route doesn't say otherwise
)

// route declares one operation of the API, but for its input and output.
type route struct {
	method, path string // the path below base
	name         string // operation id
	summary      string
	tag          string
	audience     audience

	status  int           // of success; 0 is 200, or 204 for none
	body    int64         // the largest body in bytes; 0 is maxBody
	early   bool          // also before a temporary password was changed
	upload  bool          // takes a file of any media type as its body
	params  []*huma.Param // query parameters that the handler reads from the request itself
	produce string        // media types of a raw answer, with commas between them
}

// none is the output of a route that answers with 204 and nothing else.
type none = struct{}

// raw is the output of a route that writes its answer itself. It is called
// once the handler has succeeded.
type raw func(w http.ResponseWriter, r *http.Request)

type callerKey struct{}

// handle adds a route. The input I is a struct whose fields are parameters
// (path, query, header) and Body; the output O is none, raw, or what is
// answered as JSON. Whoever is not of the route's audience never gets as far
// as having their input read.
func handle[I, O any](c *Console, r route, h func(ctx context.Context, by *caller, in *I) (O, error)) {
	known := map[string]bool{}
	op := c.operation(r, known)
	called := func(ctx context.Context, in *I) (O, error) {
		by := ctx.Value(callerKey{}).(*caller)
		out, err := h(ctx, by, in)
		if err == nil {
			return out, nil
		}
		if errors.Is(err, desk.ErrForbidden) {
			c.log.WarnContext(ctx, "console: denied", "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "route", r.name)
		}
		return out, c.problem(ctx, err)
	}
	switch any(*new(O)).(type) {
	case none:
		huma.Register(c.api, op, func(ctx context.Context, in *I) (*struct{}, error) {
			_, err := called(ctx, in)
			return nil, err
		})
	case raw:
		huma.Register(c.api, op, func(ctx context.Context, in *I) (*rawReply, error) {
			out, err := called(ctx, in)
			if err != nil {
				return nil, err
			}
			return &rawReply{func(ctx huma.Context) {
				r, w := humago.Unwrap(ctx)
				any(out).(raw)(w, r)
			}}, nil
		})
	default:
		huma.Register(c.api, op, func(ctx context.Context, in *I) (*reply[O], error) {
			out, err := called(ctx, in)
			return &reply[O]{out}, err
		})
	}
	for _, p := range c.operationAt(r).Parameters {
		if p.In == "query" {
			known[p.Name] = true
		}
	}
	c.routes = append(c.routes, r)
}

type reply[O any] struct{ Body O }

type rawReply struct{ Body func(huma.Context) }

// operation is the route as the API's document tells it. Of query parameters
// it takes those that are known, once the input's have been added.
func (c *Console) operation(r route, known map[string]bool) huma.Operation {
	op := huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.name, Summary: r.summary,
		Tags: []string{r.tag}, DefaultStatus: r.status, MaxBodyBytes: maxBody + 1,
		BodyReadTimeout: 30 * time.Second, Parameters: r.params,
		Middlewares: huma.Middlewares{c.admit(r, known)},
		Responses: map[string]*huma.Response{"default": {
			Description: "Error",
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: c.schema(reflect.TypeFor[Problem]())}},
		}},
	}
	if r.body > 0 {
		op.MaxBodyBytes = r.body + 1 // the framework's limit is what it refuses
	}
	if r.upload {
		op.BodyReadTimeout = 5 * time.Minute
	}
	if r.produce != "" {
		status := strconv.Itoa(max(r.status, http.StatusOK))
		content := map[string]*huma.MediaType{}
		for of := range strings.SplitSeq(r.produce, ",") {
			content[of] = &huma.MediaType{}
		}
		op.Responses[status] = &huma.Response{Description: "OK", Content: content}
	}
	session, key := map[string][]string{"session": {}}, map[string][]string{"key": {}}
	switch r.audience {
	case anybody:
		op.Security = []map[string][]string{}
	case person, agent:
		op.Security = []map[string][]string{session}
	case platform:
		op.Security = []map[string][]string{key}
	case both:
		op.Security = []map[string][]string{session, key}
	}
	if r.audience == agent || r.audience == both {
		op.Parameters = append(op.Parameters, botHeader)
		if r.method == http.MethodGet {
			op.Parameters = append(op.Parameters, botQuery)
		}
	}
	return op
}

// Which bot a person acts in.
var (
	botSchema = &huma.Schema{Type: "string", MaxLength: ptr(handoff.MaxID)}
	botHeader = &huma.Param{Name: "Handoff-Bot", In: "header", Schema: botSchema,
		Description: "The bot to act in, of those in which the person has a seat. An API key has one bot."}
	botQuery = &huma.Param{Name: "bot", In: "query", Schema: botSchema,
		Description: "As Handoff-Bot, where no header can be set."}
)

func ptr[T any](v T) *T { return &v }

// admit lets requests through that come from the route's audience and are in
// the form it takes.
func (c *Console) admit(r route, known map[string]bool) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		req, w := humago.Unwrap(ctx)
		by, err := c.identify(w, req, r)
		if err == nil {
			err = by.checkForm(r, known)
		}
		if err != nil {
			c.problem(req.Context(), err).write(w)
			return
		}
		next(huma.WithValue(ctx, callerKey{}, by))
	}
}

// checkForm reports a media type or query parameter that the route does not
// take. No form of another site's page can send JSON, or set a header. Where
// there is no body, it is left to what the browser says of the origin, and to
// the cookie, which no other site's page sends.
func (by *caller) checkForm(as route, known map[string]bool) error {
	r := by.r
	switch as.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if as.upload {
			if by.seat != nil && r.Header.Get("Handoff-Upload") != "1" {
				return mediaTypeProblem("needs the header Handoff-Upload: 1")
			}
			break
		}
		if r.ContentLength == 0 {
			break
		}
		if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mt != "application/json" {
			return mediaTypeProblem("needs the header Content-Type: application/json")
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return errMalformed
	}
	for name, values := range query {
		// A route with params of its own says itself which may come again.
		if !known[name] || len(values) > 1 && len(as.params) == 0 {
			p := newProblem(http.StatusUnprocessableEntity, "invalid", "Invalid input")
			p.Field, p.Detail = printable(name), "unknown or repeated query parameter"
			return p
		}
	}
	return nil
}

func mediaTypeProblem(detail string) *Problem {
	p := newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Unsupported media type")
	p.Detail = detail
	return p
}

// printable is the beginning of a client's own text, fit to be told back.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), 64)]
}
