package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage/sqlite"
	"github.com/handoffdesk/handoff/ticket"
)

const (
	workerPath = "DESK_TEST_WORKER_PATH"
	workerName = "DESK_TEST_WORKER_NAME"
	workers    = 4
	callers    = 2 // of each worker, as the contacts' network and the bot
	customers  = 24
)

// team are the agents that a worker keeps connected and plays.
func team(worker string) []handoff.AgentID {
	return []handoff.AgentID{handoff.AgentID(worker + "-ana"), handoff.AgentID(worker + "-bruno")}
}

// expert is whom all workers play. They serve no queue, so they get only what
// is transferred to them.
const expert handoff.AgentID = "expert"

func everybody() []handoff.AgentID {
	all := []handoff.AgentID{expert}
	for i := range workers {
		all = append(all, team(fmt.Sprint("worker", i))...)
	}
	return all
}

// lines are the queues; nobody is given what waits in the last.
var lines = []handoff.QueueID{"sales", "support", "vip"}

// hasty are options with which a second is long.
func hasty(channel desk.Channel, log io.Writer) *desk.Options {
	return &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{wa: channel},
		Logger:   slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError})),
		Lease:    800 * time.Millisecond, Heartbeat: 200 * time.Millisecond, Grace: 300 * time.Millisecond,
		Sweep: 200 * time.Millisecond, SendTimeout: 500 * time.Millisecond,
	}
}

// told is what an idempotent network does: it tells of every attempt.
func told() *desktest.Channel {
	c := &desktest.Channel{T: desk.Traits{Idempotent: true}}
	c.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		tell("sent", out.Message.ID, out.Conversation, out.Message.Number, time.Now().UnixNano())
		return desk.Sent{Provider: "out-" + out.Key}, nil
	}
	return c
}

// deeds are what workers tell of.
var deeds = []string{"received", "handedoff", "replied", "returned", "transferred", "requeued", "ticket", "took", "sent"}

// tell writes a line for the parent: what a call acknowledged, after it
// returned. A short write to a pipe is whole or not there.
func tell(what string, about ...any) {
	fmt.Print(fmt.Sprintln(append([]any{what}, about...)...))
}

// work is the life of a worker: until its standard input ends, or it is
// killed.
func work(path, name string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := sqlite.Open(ctx, path, &sqlite.Options{Synchronous: sqlite.Normal})
	if err != nil {
		return err
	}
	d, err := desk.New(s, hasty(told(), os.Stderr))
	if err != nil {
		return err
	}
	var g errgroup.Group
	g.Go(func() error { return d.Run(ctx) })
	for range callers {
		g.Go(func() error { return callIn(ctx, d.Bot("acme")) })
	}
	for _, id := range append(team(name), expert) {
		g.Go(func() error { return attend(ctx, d, id, name) })
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // its end, or its failure, is the sign
	stop()
	return errors.Join(g.Wait(), s.Close(), goleak.Find())
}

// breath waits a moment by chance, and says whether to go on.
func breath(ctx context.Context, most time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(rand.N(most)):
		return true
	}
}

// expected takes away the errors that many who act at once must expect.
func expected(ctx context.Context, err error) error {
	for _, known := range []error{
		handoff.ErrInvalidState, handoff.ErrEnded, handoff.ErrInvalid,
		desk.ErrNotFound, desk.ErrForbidden, desk.ErrNotAvailable, desk.ErrAtCapacity, desk.ErrBusy,
	} {
		if errors.Is(err, known) {
			return nil
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// callIn lets contacts write, the same message often through several
// workers, and hands off whom the bot has.
func callIn(ctx context.Context, bot *desk.Bot) error {
	for breath(ctx, 40*time.Millisecond) {
		contact := fmt.Sprint("55", rand.N(customers))
		provider := fmt.Sprint(contact, "-", time.Now().UnixMilli()/100)
		in, err := bot.Receive(ctx, inbound(contact, "hello", provider))
		if err != nil {
			if err := expected(ctx, err); err != nil {
				return err
			}
			continue
		}
		id := in.Conversation.ID
		tell("received", provider, id, in.Message.ID)
		if in.Conversation.State != handoff.StateBot {
			continue
		}
		_, err = bot.HandOff(ctx, id, desk.HandOff{
			Queue: lines[rand.N(len(lines))], Note: "wants somebody", Say: desk.Say{Queued: "one moment"},
		}, desk.Key(id))
		if err == nil {
			tell("handedoff", id)
		} else if err := expected(ctx, err); err != nil {
			return err
		}
	}
	return nil
}

// attend plays an agent.
func attend(ctx context.Context, d *desk.Desk, id handoff.AgentID, device string) error {
	seat, err := d.Seat(ctx, "acme", id)
	if err == nil {
		_, err = seat.Connect(ctx, device)
	}
	if err == nil {
		err = seat.SetAvailability(ctx, handoff.Available, "")
	}
	for n := 0; err == nil && breath(ctx, 30*time.Millisecond); n++ {
		var page desk.Page
		if page, err = seat.Conversations(ctx, filter.Criteria{}, ""); err != nil || len(page.Rows) == 0 {
			err = expected(ctx, err)
			continue
		}
		err = expected(ctx, deal(ctx, seat, id, page.Rows, n))
	}
	return expected(ctx, err)
}

// deal does something with one of the conversations an agent sees.
func deal(ctx context.Context, seat *desk.Seat, me handoff.AgentID, rows []desk.Row, n int) error {
	row := rows[rand.N(len(rows))]
	for _, r := range rows {
		if r.Agent == me {
			row = r
		}
	}
	id := row.ID
	if row.Agent != me {
		_, err := seat.Take(ctx, id, desk.TakeOptions{})
		if err == nil {
			tell("took", id, me)
		}
		return err
	}
	switch rand.N(10) {
	case 0, 1, 2, 3:
		for i := range 6 { // three messages in a row, each twice with its key
			text := fmt.Sprintf("%s-%d-%d-%d", me, os.Getpid(), n, i/2)
			m, err := seat.Reply(ctx, id, handoff.Text(text), desk.Key(text))
			if err != nil {
				return err
			}
			tell("replied", id, m.ID, text)
		}
	case 4:
		for _, to := range everybody() { // to the first who has room
			_, err := seat.Transfer(ctx, id, desk.Transfer{Agent: to})
			if err == nil {
				tell("transferred", id, to)
				return nil
			}
			if !errors.Is(err, desk.ErrAtCapacity) && !errors.Is(err, handoff.ErrInvalid) {
				return err
			}
		}
	case 5:
		to := lines[rand.N(len(lines))]
		if _, err := seat.Transfer(ctx, id, desk.Transfer{Queue: to, Note: "for whoever"}); err != nil {
			return err
		}
		tell("requeued", id, to)
	case 6:
		tk, err := seat.AddTicket(ctx, id, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0]}, desk.Key(os.Getpid(), n))
		if err != nil {
			return err
		}
		tell("ticket", id, tk.ID)
	default:
		if err := seat.ReturnToBot(ctx, id); err != nil {
			return err
		}
		tell("returned", id, me)
	}
	return nil
}
