package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

const (
	// checkEvery is how often it is asked whether the viewer may still look,
	// and how old a view may be that judges.
	checkEvery = time.Second
	// heartbeat is the longest silence.
	heartbeat = 15 * time.Second
	// chunk is how many entries one call of Next looks at, and the most that
	// pass in silence before the viewer's cursor moves.
	chunk = 256
)

// Frame is one thing to tell a viewer, as a server-sent event.
type Frame struct {
	// ID, if not "", is where to resume: everything up to there was given.
	ID string
	// Event names what Data is. Without it there is no Data: the frame moves
	// the viewer's cursor if it has an ID, and else only shows life.
	Event string
	// Data is JSON on one line, shared with other viewers: not to be changed.
	Data []byte
}

// Stream is what one viewer is given. It is for one goroutine at a time; make
// one with [Hub.Watch], and close it.
type Stream struct {
	viewer Viewer
	room   *room
	frames []Frame // of the present call
	greets bool    // frames are those of the beginning
	ended  bool

	number int64          // of the ring's entry that is next
	at     storage.Cursor // everything up to there was given, or is not for the viewer
	said   string         // the viewer's cursor
	silent int            // entries since it moved
	behind bool           // the ring does not have all that follows at

	view    desk.View
	viewed  time.Time
	scanned int64 // of the ring's entries, those below cannot have changed the view
	checked time.Time
	spoke   time.Time
	pause   time.Duration // after a failure; 0 after none

	list  *list         // nil: there is none, or it is to begin
	ahead time.Duration // of our clock the store's is

	timer *time.Timer
	close sync.Once
}

func newStream(ctx context.Context, r *room, v Viewer) (*Stream, error) {
	s := &Stream{viewer: v, room: r, checked: time.Now(), spoke: time.Now()}
	found := s.place(v.After)
	if err := s.look(ctx); err != nil {
		return nil, err
	}
	now, err := r.hub.desk.Now(ctx)
	if err != nil {
		return nil, err
	}
	if v.Criteria != nil {
		if _, err := s.view.NewList(*v.Criteria, now); err != nil {
			return nil, err
		}
	}
	s.say(s.at.String(), "hello", marshal(struct {
		Cursor string        `json:"cursor"`
		Now    time.Time     `json:"now"`
		Agent  handoff.Agent `json:"agent"`
	}{s.at.String(), now, s.view.Agent()}))
	if !found {
		s.reset()
	}
	s.greets = true
	s.timer = time.NewTimer(heartbeat)
	return s, nil
}

// place takes the place after a cursor, or the present one if there is none;
// false says that the text is no cursor at all.
func (s *Stream) place(after string) bool {
	s.number, s.at = s.room.present()
	at, err := storage.ParseCursor(after)
	if err != nil || after == "" {
		return err == nil
	}
	number, ok := s.room.find(at, false)
	if s.at, s.behind = at, !ok; ok {
		s.number = number
	}
	return true
}

// Close gives up the stream's place. Closing again does nothing.
func (s *Stream) Close() {
	s.close.Do(func() {
		s.timer.Stop()
		s.room.hub.leave(s.room)
	})
}

// Next waits for something to give and gives it: at least one frame, in the
// order in which they are to be written, and valid until the next call. There
// is one at least every 15 seconds. What fails meanwhile is tried again.
//
// Errors: io.EOF after a bye frame or when the hub was closed, and the
// context's.
func (s *Stream) Next(ctx context.Context) ([]Frame, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.ended || s.room.ctx.Err() != nil {
			return nil, io.EOF
		}
		wake := s.room.ring.wake()
		more, err := s.step(ctx)
		switch {
		case err == nil:
			s.pause = 0
		case ctx.Err() != nil:
			continue
		case !s.farewell(err):
			s.room.hub.log.Warn("live: a stream", "bot", s.viewer.Bot, "agent", s.viewer.Agent, "error", err)
			s.pause = min(max(2*s.pause, firstPause), checkEvery)
			more, wake = false, nil
		}
		if len(s.frames) == 0 && time.Since(s.spoke) >= heartbeat {
			s.bookmark()
		}
		if len(s.frames) > 0 {
			s.spoke = time.Now()
			return s.frames, nil
		}
		if more {
			continue
		}
		s.timer.Reset(s.patience())
		select {
		case <-ctx.Done():
		case <-s.room.ctx.Done():
		case <-wake:
		case <-s.timer.C:
		}
	}
}

// step makes the frames that can be made now; more says that there are
// others. After an error those that were made are as good.
func (s *Stream) step(ctx context.Context) (more bool, err error) {
	if s.greets {
		s.greets = false
		return false, nil
	}
	clear(s.frames) // they were written: nothing keeps a long list in memory
	s.frames = s.frames[:0]
	if err := s.check(ctx); err != nil {
		return false, err
	}
	touched, more, err := s.events(ctx)
	if err != nil || s.viewer.Criteria == nil {
		return more, err
	}
	missing, err := s.showList(ctx, touched)
	return more || missing, err
}

// check asks whether the viewer may still look, if that is long ago.
func (s *Stream) check(ctx context.Context) error {
	if s.viewer.Check == nil || time.Since(s.checked) < checkEvery {
		return nil
	}
	if err := s.viewer.Check(ctx); err != nil {
		return err
	}
	s.checked = time.Now()
	return nil
}

// farewell ends the stream if the error says that the viewer may not look
// any more. What was made for them is not given.
func (s *Stream) farewell(err error) bool {
	var reason string
	switch {
	case errors.Is(err, ErrSignedOut):
		reason = "signed_out"
	case errors.Is(err, desk.ErrNotFound):
		reason = "disabled"
	default:
		return false
	}
	s.frames, s.ended = s.frames[:0], true
	s.say("", "bye", marshal(struct {
		Reason string `json:"reason"`
	}{reason}))
	return true
}

// patience is how long to wait if nothing happens.
func (s *Stream) patience() time.Duration {
	if s.pause > 0 {
		return s.pause
	}
	until := s.spoke.Add(heartbeat)
	if due := s.checked.Add(checkEvery); s.viewer.Check != nil && due.Before(until) {
		until = due
	}
	if s.list != nil {
		if due, ok := s.list.expiry(); ok && due.Add(-s.ahead).Before(until) {
			until = due.Add(-s.ahead)
		}
	}
	return max(time.Until(until), time.Millisecond)
}

func (s *Stream) say(id, event string, data []byte) {
	s.frames = append(s.frames, Frame{ID: id, Event: event, Data: data})
	if id != "" {
		s.said, s.silent = id, 0
	}
}

// bookmark tells how far everything was given, or only shows life.
func (s *Stream) bookmark() {
	if number, at := s.room.present(); !s.behind && number == s.number {
		s.at = at
	}
	id := s.at.String()
	if id == s.said {
		id = ""
	}
	s.say(id, "", nil)
}

// events tells what has happened, a chunk of it, and which conversations it
// was about.
func (s *Stream) events(ctx context.Context) (touched []*subject, more bool, err error) {
	ring := s.room.ring
	if !s.behind {
		es, has := ring.from(make([]*entry, 0, min(chunk, ring.head.Load()-s.number)), s.number, chunk)
		if has {
			if len(es) == 0 {
				return nil, false, nil
			}
			if err := s.fresh(ctx); err != nil {
				return nil, false, err
			}
			s.number += int64(len(es))
			return s.tell(es), s.number < ring.head.Load(), nil
		}
		s.behind = true
		s.list = nil // what the agent has read may be among the lost
	}
	touched, more, err = s.catchUp(ctx)
	if errors.Is(err, storage.ErrReset) {
		s.reset()
		return nil, true, nil
	}
	return touched, more, err
}

// fresh takes a new view if what happened since may have changed it, or if
// it is old.
func (s *Stream) fresh(ctx context.Context) error {
	ring := s.room.ring
	head := ring.head.Load()
	stale := time.Since(s.viewed) >= checkEvery
	for n := max(s.scanned, s.number); n < head && !stale; n++ {
		e := ring.at(n)
		stale = e == nil || e.reset || s.view.Stale(e.event)
	}
	if stale {
		return s.look(ctx)
	}
	s.scanned = head
	return nil
}

// look takes a new view. If it sees something else, the list begins anew.
func (s *Stream) look(ctx context.Context) error {
	now, head := time.Now(), s.room.ring.head.Load()
	view, err := s.viewer.Seat.View(ctx)
	if err != nil {
		return err
	}
	was, is := s.view.Viewer(), view.Viewer()
	if was.All != is.All || !slices.Equal(was.Queues, is.Queues) || s.view.Agent().TimeZone != view.Agent().TimeZone {
		s.list = nil
	}
	s.view, s.viewed, s.scanned = view, now, head
	return nil
}

// tell makes the frames of entries.
func (s *Stream) tell(es []*entry) (touched []*subject) {
	for _, e := range es {
		switch {
		case e.reset:
			s.at, s.list = e.at, nil
			s.say(e.id, "reset", []byte("{}"))
		case e.signal != nil:
			if e.signal.Agent != s.viewer.Agent && s.view.Sees(e.conversation()) {
				s.say("", "signal", e.signal.data.of(func() any { return e.signal }))
			}
		case e.read != nil:
			if e.read.agent == s.viewer.Agent {
				s.list.read(e.read.Conversation, e.read.Received)
				s.say("", "read", e.read.data.of(func() any { return e.read }))
			}
		case e.at.Epoch == s.at.Epoch && e.at.Pos <= s.at.Pos:
			// The viewer had it from the store.
		default:
			s.at = e.at
			s.silent++
			if item, ok := s.view.Judge(e.event, e.conversation()); ok {
				s.say(e.id, "event", e.data(item))
			}
			if e.event.Kind == handoff.EventBotChanged {
				s.list = nil // days may begin elsewhere
			}
			if e.subject != nil && s.viewer.Criteria != nil && !slices.Contains(touched, e.subject) {
				touched = append(touched, e.subject)
			}
		}
	}
	if s.silent >= chunk {
		s.say(s.at.String(), "", nil)
	}
	return touched
}

// catchUp tells what the store has after the stream's place, a page of it,
// and goes over to the ring where that has the rest.
func (s *Stream) catchUp(ctx context.Context) (touched []*subject, more bool, err error) {
	f, err := s.room.hub.desk.Store().Events(ctx, s.at, chunk)
	if err != nil {
		return nil, false, fmt.Errorf("live: catching up: %w", err)
	}
	var es []*entry
	for _, e := range f.Entries {
		if e.Event.Bot == s.viewer.Bot {
			es = append(es, eventEntry(e.Cursor, e.Event))
		}
	}
	if err := s.room.readSubjects(ctx, es); err != nil {
		return nil, false, err
	}
	if err := s.look(ctx); err != nil {
		return nil, false, err
	}
	s.silent += len(f.Entries) - len(es)
	touched = s.tell(es)
	s.at = f.Next
	number, ok := s.room.find(s.at, true)
	if ok {
		s.number, s.behind = number, false
	}
	return touched, ok || f.Next != f.Head, nil
}

// reset tells that the cursor is no place any more, and takes the present
// one.
func (s *Stream) reset() {
	s.number, s.at = s.room.present()
	s.behind, s.list, s.viewed = false, nil, time.Time{}
	s.say(s.at.String(), "reset", []byte("{}"))
}
