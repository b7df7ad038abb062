package console

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
	"github.com/handoffdesk/handoff/filter"
)

const (
	maxSeatStreams = 10     // of one seat in this process
	maxStreams     = 10_000 // of all
	// keptBuffer is how large a buffer a stream keeps from one writing to the
	// next, in bytes.
	keptBuffer = 4 << 10
	// writing bounds how long a client may take to read what it is given.
	writing = 10 * time.Second
)

// streams counts the open ones.
type streams struct {
	gate[SeatRef]
	mu     sync.Mutex
	closed bool
	open   sync.WaitGroup
}

func (s *streams) begin(seat SeatRef) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errClosing
	case !s.enter(seat):
		return errStreams
	}
	s.open.Add(1)
	return nil
}

func (s *streams) end(seat SeatRef) {
	s.leave(seat)
	s.open.Done()
}

// close lets no more begin.
func (s *streams) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

type streamInput struct {
	List   bool   `query:"list" doc:"Keep a list of the conversations that the criteria match."`
	After  string `query:"after" doc:"The cursor to resume from; none is now."`
	Device string `query:"device" doc:"Names the browser tab, and keeps the agent connected while the stream is open."`
	// A browser sends it by itself when it connects again.
	LastEventID string `header:"Last-Event-ID" doc:"Goes before after."`
}

func (c *Console) handleStream() {
	handle(c, route{method: http.MethodGet, path: "/events", name: "stream", tag: "desk", audience: agent,
		produce: "text/event-stream", params: criteriaParams(),
		summary: "What happens, as server-sent events: hello, event, list, signal, read, reset, bye"}, c.events)
}

// events answers with the events as they come, until the client leaves, is
// signed out or reads too slowly.
func (c *Console) events(ctx context.Context, by *caller, in *streamInput) (raw, error) {
	// It says that the agent is there, which no other site's page may say.
	asked := *by.r
	asked.Method = http.MethodPost
	if c.cross.Check(&asked) != nil {
		return nil, errCrossOrigin
	}
	v := live.Viewer{Seat: by.seat, Bot: by.ref.Bot, Agent: by.ref.Agent, After: in.After, Check: c.stillThere(by)}
	if in.LastEventID != "" {
		v.After = in.LastEventID
	}
	if in.List {
		values := by.r.URL.Query()
		for _, own := range []string{"list", "after", "device", "bot"} {
			values.Del(own)
		}
		criteria, err := filter.ParseValues(values)
		if err != nil {
			return nil, err
		}
		v.Criteria = &criteria
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if err := c.serveStream(w, r, by, v, in.Device); err != nil {
			c.problem(r.Context(), err).write(w)
		}
	}, nil
}

// serveStream gives an error only while nothing has been written.
func (c *Console) serveStream(w http.ResponseWriter, r *http.Request, by *caller, v live.Viewer, tab string) error {
	if err := c.streams.begin(by.ref); err != nil {
		return err
	}
	defer c.streams.end(by.ref)
	s, err := c.live.Watch(r.Context(), v)
	if err != nil {
		return err
	}
	defer s.Close()
	signedOut := false
	if tab != "" && r.Method != http.MethodHead {
		d := device{by.ref, tab}
		release, err := c.attendance.come(r.Context(), by.seat, d)
		if err != nil {
			return err
		}
		defer func() {
			if signedOut { // which is no loss: at once, and for good
				c.release(r.Context(), by.ref, release)
			}
			c.attendance.leave(by.seat, d)
		}()
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold it back
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	// A server or writer without deadlines is slower to notice who has gone.
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{})
	var text bytes.Buffer
	for {
		frames, err := s.Next(r.Context())
		if err != nil {
			return nil // the client has gone, or bye was said
		}
		text.Reset()
		for _, f := range frames {
			writeFrame(&text, f)
		}
		_ = out.SetWriteDeadline(time.Now().Add(writing))
		if _, err := w.Write(text.Bytes()); err != nil {
			return nil
		}
		if out.Flush() != nil {
			return nil
		}
		// HTTP/2 ends a stream whose deadline passes, whether it writes or not.
		_ = out.SetWriteDeadline(time.Time{})
		if text.Cap() > keptBuffer {
			text = bytes.Buffer{} // it held a list, and may now hold nothing for hours
		}
		signedOut = slices.ContainsFunc(frames, func(f live.Frame) bool { return f.Event == "bye" })
	}
}

// release lets the agent leave who has signed out.
func (c *Console) release(ctx context.Context, seat SeatRef, release func(context.Context) error) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), writing)
	defer done()
	if err := release(ctx); err != nil { // it runs out by itself
		c.log.WarnContext(ctx, "console: device not released", "bot", seat.Bot, "agent", seat.Agent, "err", err)
	}
}

// writeFrame writes a frame as a server-sent event. One without data moves
// the client's Last-Event-ID, or is a comment, which shows life.
func writeFrame(b *bytes.Buffer, f live.Frame) {
	if f.ID != "" {
		b.WriteString("id: " + f.ID + "\n")
	}
	if f.Event != "" {
		b.WriteString("event: " + f.Event + "\ndata: ")
		b.Write(f.Data)
		b.WriteByte('\n')
	}
	if f.ID == "" && f.Event == "" {
		b.WriteString(":\n")
	}
	b.WriteByte('\n')
}

// stillThere asks again whether the request that opened a stream would be
// let in, in the same seat.
func (c *Console) stillThere(by *caller) func(context.Context) error {
	return func(ctx context.Context) error {
		who, err := c.auth.Authenticate(by.r.WithContext(ctx))
		switch {
		case errors.Is(err, ErrNotSignedIn), errors.Is(err, accounts.ErrNotSignedIn):
			return live.ErrSignedOut
		case err != nil:
			return err
		case who.MustChangePassword, who.Subject != by.who.Subject:
			return live.ErrSignedOut
		case !slices.Contains(who.Seats, by.ref):
			return desk.ErrNotFound
		}
		return nil
	}
}
