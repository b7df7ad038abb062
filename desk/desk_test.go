package desk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// office is a desk on memory with a bot "acme", queues sales and support,
// and a clock that stands still.
type office struct {
	t     *testing.T
	ctx   context.Context
	clock *desktest.Clock
	store storage.Store
	wa    *desktest.Channel
	desk  *desk.Desk
	bot   *desk.Bot
	n     int
}

const (
	line = handoff.AccountID("15550001")
	wa   = handoff.Channel("whatsapp")
)

func newOffice(t *testing.T) *office {
	t.Helper()
	clock := &desktest.Clock{}
	o := officeOn(t, memory.New(&memory.Options{Now: clock.Now}))
	o.clock = clock
	return o
}

// officeOn is an office on a store, which it closes in the end.
func officeOn(t *testing.T, s storage.Store) *office {
	t.Helper()
	o := &office{t: t, ctx: t.Context(), store: s, wa: &desktest.Channel{}}
	o.wa.T.Window = handoff.Window(24 * time.Hour)
	t.Cleanup(func() { o.store.Close() })
	o.open(o.store)
	o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo"}))
	for _, q := range []handoff.QueueID{"sales", "support"} {
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: q, Name: string(q)}))
	}
	return o
}

// open puts a desk on a store, as another process would.
func (o *office) open(s storage.Store) { o.openWith(s, desk.Options{}) }

func (o *office) openWith(s storage.Store, with desk.Options) {
	with.Channels = map[handoff.Channel]desk.Channel{wa: o.wa}
	d, err := desk.New(s, &with)
	o.ok(err)
	o.desk, o.bot = d, d.Bot("acme")
}

func (o *office) ok(err error) {
	o.t.Helper()
	require.NoError(o.t, err)
}

// agent hires an agent for queues.
func (o *office) agent(id handoff.AgentID, capacity int, p handoff.Permissions, queues ...handoff.QueueID) *desk.Seat {
	o.t.Helper()
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: id, Name: string(id), Capacity: capacity, Permissions: p}))
	for _, q := range queues {
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: q, Agent: id}))
	}
	s, err := o.desk.Seat(o.ctx, "acme", id)
	o.ok(err)
	return s
}

// working is an agent who is connected and available.
func (o *office) working(id handoff.AgentID, capacity int, queues ...handoff.QueueID) *desk.Seat {
	o.t.Helper()
	s := o.agent(id, capacity, handoff.RoleAgent, queues...)
	_, err := s.Connect(o.ctx, "laptop")
	o.ok(err)
	o.ok(s.SetAvailability(o.ctx, handoff.Available, ""))
	return s
}

// writes is a message from a contact, and the conversation it is in.
func (o *office) writes(contact, text string) handoff.ConversationID {
	o.t.Helper()
	o.n++
	in, err := o.bot.Receive(o.ctx, inbound(contact, text, fmt.Sprintf("in-%d", o.n)))
	o.ok(err)
	return in.Conversation.ID
}

func inbound(contact, text, provider string) handoff.Inbound {
	return handoff.Inbound{
		Channel: wa, Account: line, Addresses: []string{contact},
		Profile:  handoff.Profile{Name: "Contact " + contact, Number: contact},
		Provider: provider, Content: handoff.Text(text),
	}
}

// waits is a contact's conversation handed off to a queue.
func (o *office) waits(contact string, q handoff.QueueID, p handoff.Priority) handoff.ConversationID {
	o.t.Helper()
	id := o.writes(contact, "hello")
	_, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: q, Priority: p}, "")
	o.ok(err)
	return id
}

func (o *office) settle() {
	o.t.Helper()
	o.ok(o.desk.Settle(o.ctx))
}

func (o *office) conv(id handoff.ConversationID) handoff.Conversation {
	o.t.Helper()
	c, err := o.bot.Conversation(o.ctx, id)
	o.ok(err)
	return c
}

func TestAConversationGoesFromBotToAgentAndBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 2, "sales")

	id := o.writes("5511987650001", "quero comprar")
	_, err := o.bot.Send(o.ctx, id, handoff.Text("Oi!"), desk.Key(id, 1))
	o.ok(err)
	out, err := o.bot.HandOff(o.ctx, id, desk.HandOff{
		Queue: "sales", Note: "wants a quote", Say: desk.Say{Queued: "Um momento."},
	}, desk.Key(id, 2))
	o.ok(err)
	require.Equal(t, handoff.StateWaiting, out.State)
	require.True(t, out.Said)
	o.settle()

	c := o.conv(id)
	require.Equal(t, handoff.StateAssigned, c.State)
	require.Equal(t, handoff.AgentID("ana"), c.Agent)
	_, err = ana.Reply(o.ctx, id, handoff.Text("Olá, sou a Ana."), "")
	o.ok(err)
	o.settle()
	require.Equal(t, []string{"Oi!", "Um momento.", "Olá, sou a Ana."}, o.wa.Texts())

	o.ok(ana.ReturnToBot(o.ctx, id))
	_, err = ana.Conversation(o.ctx, id)
	require.ErrorIs(t, err, desk.ErrNotFound, "it left the agent's view")

	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	for i, e := range events {
		require.Equal(t, int64(i+1), e.Seq)
	}
	require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(events))
	require.NotEqual(t, id, o.writes("5511987650001", "e agora?"), "the next message opens a new one")
}
