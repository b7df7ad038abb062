package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	whatsapp = handoff.Channel("whatsapp")
	line     = handoff.AccountID("15550001")
)

// office is a desk on memory with a bot "acme", queues sales and support, and
// a hub. It lives in a bubble of virtual time.
type office struct {
	t     rapid.TB
	ctx   context.Context
	store storage.Store
	desk  *desk.Desk
	bot   *desk.Bot
	hub   *live.Hub
	n     int
}

// inOffice runs a test in an office in virtual time.
func inOffice(t *testing.T, test func(o *office)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, t.Context(), memory.New(nil))
		defer o.close()
		test(o)
	})
}

func newOffice(t rapid.TB, ctx context.Context, s storage.Store) *office {
	o := &office{t: t, ctx: ctx, store: s}
	var err error
	o.desk, err = desk.New(s, &desk.Options{Channels: map[handoff.Channel]desk.Channel{whatsapp: &desktest.Channel{}}})
	o.ok(err)
	o.bot = o.desk.Bot("acme")
	o.hub = live.New(o.desk, nil)
	o.ok(o.bot.Put(ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo"}))
	for _, q := range []handoff.QueueID{"sales", "support"} {
		o.ok(o.bot.PutQueue(ctx, handoff.Queue{ID: q, Name: string(q)}))
	}
	return o
}

func (o *office) close() {
	o.hub.Close()
	o.ok(o.store.Close())
}

func (o *office) ok(err error) {
	o.t.Helper()
	require.NoError(o.t, err)
}

// agent hires an agent for queues, who is connected and available.
func (o *office) agent(id handoff.AgentID, p handoff.Permissions, queues ...handoff.QueueID) *desk.Seat {
	o.t.Helper()
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: id, Name: string(id), Permissions: p}))
	for _, q := range queues {
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: q, Agent: id}))
	}
	s, err := o.desk.Seat(o.ctx, "acme", id)
	o.ok(err)
	_, err = s.Connect(o.ctx, "laptop")
	o.ok(err)
	o.ok(s.SetAvailability(o.ctx, handoff.Available, ""))
	return s
}

// writes is a message from a contact, and the conversation it is in.
func (o *office) writes(contact string) handoff.ConversationID {
	o.t.Helper()
	o.n++
	in, err := o.bot.Receive(o.ctx, handoff.Inbound{
		Channel: whatsapp, Account: line, Addresses: []string{contact},
		Profile:  handoff.Profile{Name: "Contact " + contact, Number: contact},
		Provider: fmt.Sprintf("in-%d", o.n), Content: handoff.Text("hello"),
	})
	o.ok(err)
	return in.Conversation.ID
}

// waits is a contact's conversation handed off to a queue.
func (o *office) waits(contact string, q handoff.QueueID) handoff.ConversationID {
	o.t.Helper()
	id := o.writes(contact)
	_, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: q}, "")
	o.ok(err)
	return id
}

// settle lets the desk and the hub do all there is to do now.
func (o *office) settle() {
	o.t.Helper()
	o.ok(o.desk.Settle(o.ctx))
	synctest.Wait()
}

// screen is what a viewer's page makes of a stream.
type screen struct {
	o      *office
	seat   *desk.Seat
	agent  handoff.AgentID
	stream *live.Stream

	cursor  string // as the browser keeps it
	hello   bool
	events  []given
	rows    []map[string]any
	listed  int      // times the list began
	entered []string // rows by steps
	more    bool
	signals []string
	resets  int
	bye     string
	ended   bool
	frames  int
}

// given is an event as the viewer got it.
type given struct {
	Cursor string        `json:"-"`
	Event  handoff.Event `json:"event"`
	Left   bool          `json:"left"`
}

// watch opens a screen for an agent.
func (o *office) watch(agent handoff.AgentID, with live.Viewer) *screen {
	o.t.Helper()
	seat, err := o.desk.Seat(o.ctx, "acme", agent)
	o.ok(err)
	with.Seat, with.Bot, with.Agent = seat, "acme", agent
	stream, err := o.hub.Watch(o.ctx, with)
	o.ok(err)
	return &screen{o: o, seat: seat, agent: agent, stream: stream, events: []given{}, rows: []map[string]any{}}
}

// read takes all frames there are, and lets a little time pass.
func (s *screen) read() {
	s.o.t.Helper()
	synctest.Wait()
	for !s.ended {
		ctx, cancel := context.WithTimeout(s.o.ctx, 5*time.Millisecond)
		frames, err := s.stream.Next(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			s.ended = true
			return
		}
		require.NotEmpty(s.o.t, frames)
		for _, f := range frames {
			s.take(f)
		}
	}
}

func (s *screen) take(f live.Frame) {
	t := s.o.t
	t.Helper()
	s.frames++
	if f.ID != "" {
		s.cursor = f.ID
	}
	require.NotContains(t, string(f.Data), "\n")
	var data struct {
		given
		Cursor       string
		Reset        bool
		Rows         []map[string]any
		More         bool
		Agent        any
		Now          time.Time
		Conversation handoff.ConversationID
		Received     float64
		Typing       bool
		Reason       string
		Steps        []struct {
			Kind  filter.ChangeKind
			ID    string
			Index int
			Row   map[string]any
		}
	}
	if f.Event != "" {
		require.NoError(t, json.Unmarshal(f.Data, &data), "%s", f.Data)
	}
	if !s.hello {
		require.Equal(t, "hello", f.Event, "comes first")
	}
	switch f.Event {
	case "":
		require.Empty(t, f.Data)
	case "hello":
		s.hello = true
		require.Equal(t, f.ID, data.Cursor)
		require.Equal(t, string(s.agent), data.Agent.(map[string]any)["id"])
	case "event":
		require.NotEmpty(t, f.ID)
		s.events = append(s.events, given{f.ID, data.Event, data.Left})
	case "list":
		s.more = data.More
		if data.Reset {
			s.listed++
			s.rows = data.Rows
			return
		}
		for _, step := range data.Steps {
			at := slices.IndexFunc(s.rows, func(r map[string]any) bool { return r["id"] == step.ID })
			require.Equal(t, step.Kind != filter.Enter, at >= 0, "%s of %s", step.Kind, step.ID)
			switch step.Kind {
			case filter.Leave, filter.Update:
				require.Equal(t, step.Index, at)
				s.rows = slices.Delete(s.rows, at, at+1)
			case filter.Move:
				s.rows = slices.Delete(s.rows, at, at+1)
			}
			if step.Kind == filter.Enter {
				s.entered = append(s.entered, step.ID)
			}
			if step.Kind != filter.Leave {
				require.Equal(t, step.ID, step.Row["id"])
				s.rows = slices.Insert(s.rows, step.Index, step.Row)
			}
		}
	case "read":
		for _, r := range s.rows {
			if r["id"] == string(data.Conversation) {
				received, _ := r["received"].(float64)
				r["unread"] = min(r["unread"].(float64), max(0, received-data.Received))
			}
		}
	case "signal":
		s.signals = append(s.signals, fmt.Sprint(data.Agent, data.Conversation, data.Typing))
	case "reset":
		s.resets++
	case "bye":
		s.bye = data.Reason
	default:
		t.Fatalf("frame %q", f.Event)
	}
}

// ids are those of the rows, in order.
func (s *screen) ids() []handoff.ConversationID {
	ids := []handoff.ConversationID{}
	for _, r := range s.rows {
		ids = append(ids, handoff.ConversationID(r["id"].(string)))
	}
	return ids
}

// kinds are those of the events given, with a "-" where one tells of leaving.
func (s *screen) kinds() []string {
	kinds := []string{}
	for _, e := range s.events {
		kind := string(e.Event.Kind)
		if e.Left {
			kind = "-" + kind
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// listing is what listing anew gives, as JSON.
func (o *office) listing(seat *desk.Seat, c filter.Criteria) []map[string]any {
	o.t.Helper()
	rows := []map[string]any{}
	for after := ""; ; {
		page, err := seat.Conversations(o.ctx, c, after)
		if errors.Is(err, handoff.ErrInvalid) {
			return rows // not theirs to ask for now
		}
		o.ok(err)
		for _, r := range page.Rows {
			r.Terms = nil // for searching, which viewers are not told
			text, err := json.Marshal(r)
			o.ok(err)
			var row map[string]any
			o.ok(json.Unmarshal(text, &row))
			rows = append(rows, row)
		}
		if after = page.Next; after == "" {
			return rows
		}
	}
}

// feed is what a subscription gives after a cursor, up to now.
func (o *office) feed(of func(context.Context, string) iter.Seq2[desk.Item, error], after string) []given {
	o.t.Helper()
	head, err := o.desk.Head(o.ctx)
	o.ok(err)
	all := []given{}
	if after == head {
		return all
	}
	for item, err := range of(o.ctx, after) {
		o.ok(err)
		if item.Event.Kind != "" {
			all = append(all, given{item.Cursor, item.Event, item.Left})
		}
		if item.Cursor == head {
			break
		}
	}
	return all
}
