package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/whatsapp"
	"github.com/handoffdesk/handoff/storage"
)

// clock is the time of the file: the latest that was read so far. It never
// goes back, whatever order the lines are in. Each message is at least a
// millisecond after the one before, so that who came first is known.
type clock struct{ ms atomic.Int64 } // since 1970

// Now is the store's clock, and so the desk's.
func (c *clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

func (c *clock) reach(t time.Time) { c.ms.Store(max(c.ms.Load(), t.UnixMilli())) }
func (c *clock) tick()             { c.ms.Add(1) }

// office is the desk with everybody at work.
type office struct {
	clock  *clock
	store  storage.Store
	desk   *desk.Desk
	bot    *desk.Bot
	agents []*agent
	story  *story
}

const demo handoff.BotID = "demo"

// open puts the office together. On a store that was in use before, it goes
// on from there.
func open(ctx context.Context, store storage.Store, clock *clock, stdout io.Writer) (*office, error) {
	o := &office{clock: clock, store: store}
	var err error
	if o.story, err = begin(ctx, o, stdout); err != nil {
		return nil, err
	}
	o.desk, err = desk.New(store, &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{whatsapp.Channel: sender{o}},
	})
	if err != nil {
		return nil, err
	}
	o.bot = o.desk.Bot(demo)
	if err := o.bot.Put(ctx, handoff.Bot{Name: "Demo", Language: "pt-BR", TimeZone: "America/Sao_Paulo"}); err != nil {
		return nil, err
	}
	for _, q := range []handoff.Queue{{ID: "sales", Name: "Sales"}, {ID: "support", Name: "Support"}} {
		if err := o.bot.PutQueue(ctx, q); err != nil {
			return nil, err
		}
	}
	for _, a := range []struct {
		id     handoff.AgentID
		name   string
		queues []handoff.QueueID
	}{
		{"ana", "Ana", []handoff.QueueID{"sales", "support"}},
		{"bruno", "Bruno", []handoff.QueueID{"support"}},
		{"carla", "Carla", []handoff.QueueID{"sales"}},
	} {
		err := o.bot.PutAgent(ctx, handoff.Agent{ID: a.id, Name: a.name, Capacity: 2, Permissions: handoff.RoleAgent})
		if err != nil {
			return nil, err
		}
		for _, q := range a.queues {
			if err := o.bot.PutMember(ctx, handoff.Member{Queue: q, Agent: a.id}); err != nil {
				return nil, err
			}
		}
		seat, err := o.desk.Seat(ctx, demo, a.id)
		if err != nil {
			return nil, err
		}
		o.agents = append(o.agents, &agent{Seat: seat, id: a.id, name: a.name})
	}
	return o, nil
}

// line works one webhook body. What is malformed in it is told and costs
// only itself; an error is one of the desk's own.
func (o *office) line(ctx context.Context, body []byte) (complaints []error, err error) {
	update, err := whatsapp.Parse(body)
	if err != nil {
		return []error{err}, nil
	}
	for _, skipped := range update.Skipped {
		if uninteresting(skipped) {
			o.story.note(skipped.Error())
			continue
		}
		complaints = append(complaints, skipped)
	}
	for _, in := range update.Inbound {
		o.clock.reach(in.At)
	}
	for _, r := range update.Receipts {
		o.clock.reach(r.At)
	}
	if err := o.present(ctx); err != nil {
		return nil, err
	}
	for _, in := range update.Inbound {
		o.clock.tick()
		received, err := o.bot.Receive(ctx, in)
		if err != nil {
			return nil, err
		}
		// Not asked: whether it was received before. An earlier run may have
		// ended between storing a message and answering it.
		if err := o.botWorks(ctx, received.Conversation.ID); err != nil {
			return nil, err
		}
		if err := o.rest(ctx); err != nil {
			return nil, err
		}
	}
	if len(update.Receipts) == 0 {
		return complaints, nil
	}
	for _, r := range update.Receipts {
		if err := o.bot.Receipt(ctx, r); err != nil {
			return nil, err
		}
	}
	return complaints, o.rest(ctx)
}

// uninteresting reports whether what the parser left out is in order, and
// only not for a desk: a status such as "played", a change of another field,
// news about the business account.
func uninteresting(skipped *whatsapp.ItemError) bool {
	var why *handoff.FieldError
	if !errors.As(skipped, &why) {
		return false
	}
	return why.Field == "status" || why.Field == "field" || strings.Contains(skipped.Path, ".errors[")
}

// rest lets the desk route and send, and the agents answer, in turns, until
// nobody has anything to do.
func (o *office) rest(ctx context.Context) error {
	for {
		// A service has desk.Run for this, in the background.
		if err := o.desk.Settle(ctx); err != nil {
			return err
		}
		worked := false
		for _, a := range o.agents {
			did, err := o.agentWorks(ctx, a)
			if err != nil {
				return err
			}
			worked = worked || did
		}
		if !worked {
			return o.story.tell(ctx)
		}
	}
}

// finish is the end of the input. A run that was killed while it sent a
// message still has that conversation reserved: nobody else sends there
// before some time has passed, and the file may have no more of it.
func (o *office) finish(ctx context.Context) error {
	const most = 5
	for range most {
		rows, err := o.summary(ctx)
		if err != nil {
			return err
		}
		queued := 0
		for _, r := range rows {
			queued += r.Deliveries[handoff.Queued]
		}
		if queued == 0 {
			return nil
		}
		o.clock.reach(o.clock.Now().Add(time.Minute))
		if err := o.present(ctx); err != nil {
			return err
		}
		if err := o.rest(ctx); err != nil {
			return err
		}
	}
	return nil
}
