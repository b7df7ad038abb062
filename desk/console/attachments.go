package console

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

// How fast one caller may upload: an agent what a person can choose, an API
// key what contacts send.
var (
	agentUploads = pace{every: 1, burst: 30}
	keyUploads   = pace{every: 50, burst: 200}
)

// fileTypes are the media types that files are answered as.
const fileTypes = "image/*,audio/*,video/*,text/*,application/*"

func (c *Console) handleAttachments() {
	upload := route{method: http.MethodPost, path: "/attachments", name: "uploadAttachment", tag: "conversations", audience: both,
		summary: "Keep a file that may then be sent, within 24 hours", status: http.StatusCreated, upload: true}
	uploads := paces{of: map[string]*rate.Limiter{}}
	reading := gate[string]{each: 4, all: 32} // each may hold a whole file in memory
	handle(c, upload, func(ctx context.Context, by *caller, in *uploadInput) (handoff.Media, error) {
		if wait := uploads.take(by, time.Now()); wait > 0 {
			p := newProblem(http.StatusTooManyRequests, "rate_limited", "Too many uploads")
			p.retryAfter = int((wait + time.Second - 1) / time.Second)
			return handoff.Media{}, p
		}
		if !reading.enter(by.id()) {
			p := newProblem(http.StatusTooManyRequests, "rate_limited", "Too many uploads at once")
			p.retryAfter = 5
			return handoff.Media{}, p
		}
		defer reading.leave(by.id())
		return keepUpload(ctx, by, in)
	})
	// The body is read only once the caller may upload: the framework is not
	// told of it.
	c.operationAt(upload).RequestBody = &huma.RequestBody{Required: true, Description: "The bytes, at most 16 MiB. Their type is found out by looking at them; Content-Type tells what they leave open: sound or video, text or CSV.",
		Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}

	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/messages/{message}/attachment", name: "getAttachment", tag: "conversations", audience: both,
		summary: "A message's file", produce: fileTypes},
		func(ctx context.Context, by *caller, in *struct {
			ID      handoff.ConversationID `path:"id" maxLength:"64"`
			Message handoff.MessageID      `path:"message" maxLength:"64"`
			Inline  bool                   `query:"inline" doc:"To be shown, if it is a picture, sound or video beyond doubt."`
		}) (raw, error) {
			media, data, err := c.attachment(ctx, by, in.ID, in.Message)
			return serveFile(media, data, in.Inline), err
		})
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/history/{earlier}/messages/{message}/attachment", name: "getHistoryAttachment", tag: "conversations", audience: agent,
		summary: "A file of an earlier conversation of the contact", produce: fileTypes},
		func(ctx context.Context, by *caller, in *struct {
			ID      handoff.ConversationID `path:"id" maxLength:"64"`
			Earlier handoff.ConversationID `path:"earlier" maxLength:"64"`
			Message handoff.MessageID      `path:"message" maxLength:"64"`
			Inline  bool                   `query:"inline" doc:"To be shown, if it is a picture, sound or video beyond doubt."`
		}) (raw, error) {
			media, data, err := by.seat.HistoryAttachment(ctx, in.ID, in.Earlier, in.Message)
			return serveFile(media, data, in.Inline), err
		})
}

// attachment finds a message's file. For the bot there are no private notes.
func (c *Console) attachment(ctx context.Context, by *caller, id handoff.ConversationID, m handoff.MessageID) (handoff.Media, []byte, error) {
	if by.seat != nil {
		return by.seat.Attachment(ctx, id, m)
	}
	if err := errors.Join(handoff.CheckID("conversation", id), handoff.CheckID("message", m)); err != nil {
		return handoff.Media{}, nil, err
	}
	msg, err := c.desk.Store().Message(ctx, by.ref.Bot, id, m)
	if errors.Is(err, storage.ErrNotFound) || err == nil && msg.Private {
		err = desk.ErrNotFound
	}
	if err != nil {
		return handoff.Media{}, nil, err
	}
	for _, media := range []*handoff.Media{msg.Media, msg.Overflow} {
		if media != nil && media.Stored {
			data, err := by.bot.Attachment(ctx, media.SHA256)
			return *media, data, err
		}
	}
	return handoff.Media{}, nil, desk.ErrNotFound
}

type uploadInput struct {
	Upload   string `header:"Handoff-Upload" doc:"1, which no form of another site can set. Required of a person; an API key needs none."`
	Filename string `header:"Handoff-Filename" maxLength:"4096" doc:"Percent-encoded."`
}

// keepUpload reads the file and keeps it, under the type that its bytes prove.
// An agent may upload what is on the list of types. The platform also passes
// on what contacts sent, whatever it is: that is never shown, only saved.
func keepUpload(ctx context.Context, by *caller, in *uploadInput) (handoff.Media, error) {
	name, err := url.PathUnescape(in.Filename)
	if err != nil {
		return handoff.Media{}, &handoff.FieldError{Field: "Handoff-Filename", Reason: "is not percent-encoded"}
	}
	if by.r.ContentLength > desk.MaxAttachment {
		return handoff.Media{}, errTooLarge
	}
	// A connection that cannot have a deadline is for its server to end.
	_ = http.NewResponseController(by.w).SetReadDeadline(time.Now().Add(5 * time.Minute))
	data, err := io.ReadAll(http.MaxBytesReader(by.w, by.r.Body, desk.MaxAttachment))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return handoff.Media{}, errTooLarge
	case err != nil:
		return handoff.Media{}, errMalformed
	case len(data) == 0:
		return handoff.Media{}, &handoff.FieldError{Field: "attachment", Reason: "is empty"}
	}
	mediaType, err := prove(data, claim(by.r.Header.Get("Content-Type"), name))
	if err != nil && by.bot != nil {
		mediaType, err = "application/octet-stream", nil
	}
	if err != nil {
		return handoff.Media{}, err
	}
	media, err := by.side().Attach(ctx, data)
	media.Type, media.Name = mediaType, fileName(name, mediaType)
	return media, err
}

// claim is what is said of a file's type, for what its bytes leave open.
func claim(mediaType, name string) string {
	mt, _, _ := mime.ParseMediaType(mediaType)
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		return "text/csv"
	}
	return mt
}

// serveFile answers with a file, as what its bytes prove it to be, whatever
// was said of it. Nothing in it can act in the console's name: it is saved,
// or shown if that is asked for and safe, in a sandbox and with its type
// nailed down.
func serveFile(media handoff.Media, data []byte, inline bool) raw {
	return func(w http.ResponseWriter, r *http.Request) {
		mediaType, err := prove(data, claim(media.Type, media.Name))
		if err != nil {
			mediaType = "application/octet-stream"
		}
		how := "attachment"
		if inline && showable(mediaType) {
			how = "inline"
		}
		h := w.Header()
		h.Set("Content-Type", mediaType)
		if strings.HasPrefix(mediaType, "text/") && utf8.Valid(data) {
			h.Set("Content-Type", mediaType+"; charset=utf-8")
		}
		h.Set("Content-Disposition", disposition(how, fileName(media.Name, mediaType)))
		h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		// A copy is asked about each time: what one may see can change. The
		// answer then is short, since a hash names the same bytes forever.
		h.Set("Cache-Control", "private, no-cache")
		h.Set("ETag", `"`+media.SHA256+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// pace is so many in a second, and a burst of them at once.
type pace struct {
	every rate.Limit
	burst int
}

// paces keeps how fast each caller goes.
type paces struct {
	mu sync.Mutex
	of map[string]*rate.Limiter
}

// maxPaces is when those who have not called for a while are forgotten.
const maxPaces = 10_000

// take lets the caller go ahead, or says how long they must wait.
func (p *paces) take(by *caller, now time.Time) time.Duration {
	who, at := string(by.ref.Bot)+"\x00"+string(by.ref.Agent), agentUploads
	if by.bot != nil {
		who, at = "\x00"+by.key, keyUploads
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.of[who]
	if l == nil {
		if len(p.of) >= maxPaces {
			for who, l := range p.of {
				if l.TokensAt(now) >= float64(l.Burst()) {
					delete(p.of, who)
				}
			}
		}
		l = rate.NewLimiter(at.every, at.burst)
		p.of[who] = l
	}
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
