package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
)

func TestARecordedTemplateIsCheckedLikeAnyMessage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.writes("551", "oi")
	good := handoff.Content{Kind: handoff.KindTemplate, Text: "Hi!", Template: &handoff.TemplateUse{ID: "hi", Name: "hi", Language: "en"}}
	before := o.dump()
	for name, spoil := range map[string]func(c *handoff.Content){
		"long":        func(c *handoff.Content) { c.Text = strings.Repeat("x", 1<<20) },
		"unclean":     func(c *handoff.Content) { c.Text = "a\x00\xff" },
		"empty":       func(c *handoff.Content) { c.Text = "" },
		"no template": func(c *handoff.Content) { c.Template = nil },
		"no id":       func(c *handoff.Content) { c.Template = &handoff.TemplateUse{Name: "x"} },
		"bad param": func(c *handoff.Content) {
			c.Template = &handoff.TemplateUse{ID: "hi", Name: "hi", Language: "en", Params: []string{"\xff"}}
		},
		"stowaway": func(c *handoff.Content) { c.Raw = []byte("{}") },
	} {
		c := good
		spoil(&c)
		require.ErrorIs(t, second(o.bot.Record(o.ctx, id, c, "p", "")), handoff.ErrInvalid, name)
	}
	require.Equal(t, before, o.dump())
	o.ok(second(o.bot.Record(o.ctx, id, good, "p", "")))
}

func TestAnIdOfAnotherMessageIsRefusedAndNothingIsLostUnnoticed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.says("551", "one")
	o.settle() // the provider calls it out-1
	in := inbound("551", "mine", "out-1")
	require.ErrorIs(t, second(o.bot.Receive(o.ctx, in)), handoff.ErrInvalid)
	o.ok(second(o.bot.Receive(o.ctx, inbound("551", "here", "7"))))
	in = inbound("551", "there", "7")
	in.Channel = "telegram"
	require.ErrorIs(t, second(o.bot.Receive(o.ctx, in)), handoff.ErrInvalid, "of another channel with the same account and id")
}

func TestDurationsThatAreNoWholeMillisecondsWork(t *testing.T) {
	t.Parallel()
	odd := func(d time.Duration) time.Duration { return d + 333*time.Nanosecond }
	o := newOffice(t)
	d, err := desk.New(o.store, &desk.Options{
		Lease: odd(20 * time.Second), Heartbeat: odd(time.Second), Grace: odd(time.Minute), Sweep: 5,
		SendTimeout: odd(time.Second), SendFor: odd(time.Minute), KeepFeed: odd(time.Hour),
		Channels: map[handoff.Channel]desk.Channel{wa: o.wa},
	})
	o.ok(err)
	o.desk, o.bot = d, d.Bot("acme")
	o.working("ana", 5, "sales")
	o.says("551", "one")
	o.settle()
	require.Equal(t, []string{"one"}, o.wa.Texts())
	from := o.dump()
	o.clock.Advance(30 * time.Second)
	o.settle()
	require.Equal(t, []handoff.EventKind{handoff.EventDisconnected}, o.since(from))
}

func TestTheCallersOptionsAreNotSharedWithTheDesk(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	channels := map[handoff.Channel]desk.Channel{wa: o.wa}
	d, err := desk.New(o.store, &desk.Options{Channels: channels})
	o.ok(err)
	delete(channels, wa)
	id := o.writes("551", "oi")
	o.ok(second(d.Bot("acme").Send(o.ctx, id, handoff.Text("x"), "")))
}

func TestNobodyCanReplyAfterTheEndOrTheWindow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	late, ended := o.writes("551", "oi"), o.writes("552", "oi")
	o.ok(second(o.bot.End(o.ctx, ended)))
	can := func(id convID) {
		ok, until, err := o.bot.CanReply(o.ctx, id)
		o.ok(err)
		require.False(t, ok)
		require.Zero(t, until)
	}
	can(ended)
	o.clock.Advance(25 * time.Hour)
	can(late)
}

// garbled is a store whose records of a kind cannot be read.
type garbled struct {
	storage.Store
	kind string
}

func (g garbled) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	recs, err := g.Store.Lookup(ctx, keys)
	for i := range recs {
		if recs[i].Key.Kind == g.kind && recs[i].Version != 0 {
			recs[i].Data = []byte("\x00")
		}
	}
	return recs, err
}

func TestAnErrorNamesNoAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.writes("5511987654321", "oi")
	o.open(garbled{o.store, "address"})
	_, err := o.bot.Receive(o.ctx, inbound("5511987654321", "again", "p"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "5511987654321")
	require.False(t, errors.Is(err, handoff.ErrInvalid))
}

func TestAKeyIsOfOneAddressOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutTemplate(o.ctx, hi))
	start := func(account handoff.AccountID, id string) handoff.MessageID {
		m, err := o.bot.Start(o.ctx, handoff.Address{Channel: wa, Account: account, ID: id}, "hi", nil, "k")
		o.ok(err)
		return m.ID
	}
	require.NotEqual(t, start("a b", "c"), start("a", "b c"))
	require.Equal(t, start("a", "b c"), start("a", "b c"))
}

func TestAnAgentHasSoManyDevicesAndAConversationSoManyTickets(t *testing.T) {
	t.Parallel()
	o, ana, _, _, held := staffed(t) // ana is on her laptop
	for i := range desk.MaxDevices - 1 {
		o.ok(second(ana.Connect(o.ctx, fmt.Sprint("d", i))))
	}
	o.ok(second(ana.Connect(o.ctx, "d0"))) // she is on it already
	require.ErrorIs(t, second(ana.Connect(o.ctx, "one more")), handoff.ErrInvalid)

	written := ticket.Draft{Type: ticket.DefaultTypes()[0]}
	for range desk.MaxTickets {
		o.ok(second(ana.AddTicket(o.ctx, held, written, "")))
	}
	require.ErrorIs(t, second(ana.AddTicket(o.ctx, held, written, "")), handoff.ErrInvalid)
	require.Equal(t, desk.MaxTickets, o.conv(held).Tickets)
}
