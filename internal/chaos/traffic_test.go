package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
)

const (
	acme    = handoff.BotID("acme")
	account = handoff.AccountID("15550001")
	keyed   = handoff.Channel("keyed") // a network that takes keys
	plain   = handoff.Channel("plain") // and one that does not
	sales   = handoff.QueueID("sales")
	support = handoff.QueueID("support")
	vip     = handoff.QueueID("vip") // nobody is given what waits here
)

var queues = []handoff.QueueID{sales, support, vip}

// expert is whom all workers play. They serve no queue, so they get only
// what is passed on to them.
const expert handoff.AgentID = "expert"

// team are the agents that a worker keeps connected and plays: ana holds one
// conversation, bruno up to two, of support only one.
func team(worker string) []handoff.AgentID {
	return []handoff.AgentID{handoff.AgentID(worker + "-ana"), handoff.AgentID(worker + "-bruno")}
}

func workerName(i int) string { return fmt.Sprint("worker", i) }

func (h house) everybody() []handoff.AgentID {
	all := []handoff.AgentID{expert}
	for i := range h.Workers {
		all = append(all, team(workerName(i))...)
	}
	return all
}

// capacity is the most that an agent ever may hold of a queue, and in all.
func (h house) capacity(id handoff.AgentID, queue handoff.QueueID) int {
	if h.Single || id == expert || id[len(id)-3:] == "ana" || queue == support {
		return 1
	}
	return 2
}

func (h house) hired(id handoff.AgentID, capacity int) handoff.Agent {
	return handoff.Agent{ID: id, Name: string(id), Capacity: capacity, Permissions: handoff.RoleAgent}
}

func (h house) member(id handoff.AgentID, q handoff.QueueID) handoff.Member {
	return handoff.Member{Queue: q, Agent: id, Capacity: h.capacity(id, q)}
}

// staff makes the bot, its queues and agents.
func (h house) staff(ctx context.Context, bot *desk.Bot) error {
	if err := bot.Put(ctx, handoff.Bot{Name: "Acme"}); err != nil {
		return err
	}
	for i, q := range queues {
		err := bot.PutQueue(ctx, handoff.Queue{
			ID: q, Name: string(q),
			Mode:   []handoff.Mode{handoff.Automatic, handoff.Automatic, handoff.Manual}[i],
			OnLost: []handoff.OnLost{handoff.RequeueAll, handoff.RequeueUnanswered, handoff.KeepAll}[i],
		})
		if err != nil {
			return err
		}
	}
	for _, id := range h.everybody() {
		if err := bot.PutAgent(ctx, h.hired(id, h.capacity(id, ""))); err != nil {
			return err
		}
		for _, q := range queues {
			if id == expert {
				continue
			}
			if err := bot.PutMember(ctx, h.member(id, q)); err != nil {
				return err
			}
		}
	}
	return nil
}

// contacts lets customers write, a message often twice and through several
// workers, and has the bot answer.
func (w *worker) contacts(ctx context.Context, r *rand.Rand) error {
	bot := w.desk.Bot(acme)
	for breath(ctx, r, 2*w.House.Pace) {
		n := r.IntN(w.House.Customers)
		contact, channel := fmt.Sprint("55", n), []handoff.Channel{keyed, plain}[n%2]
		text := fmt.Sprint(contact, "-", time.Now().UnixMilli()/100)
		in := handoff.Inbound{
			Channel: channel, Account: account, Addresses: []string{contact}, Provider: text,
			Profile: handoff.Profile{Name: "Contact " + contact, Number: contact},
			Content: handoff.Text(text), At: time.Now().Add(w.Clock),
		}
		var twin errgroup.Group
		if r.IntN(4) == 0 { // the network tells it twice at once
			twin.Go(func() error { w.receive(ctx, bot, in); return nil })
		}
		got, ok := w.receive(ctx, bot, in)
		_ = twin.Wait()
		if ok {
			w.answer(ctx, bot, r, got)
		}
	}
	return nil
}

func (w *worker) receive(ctx context.Context, bot *desk.Bot, in handoff.Inbound) (got desk.Received, ok bool) {
	ok = w.teller.make(ctx, call{Deed: received, Text: in.Provider}, func(ctx context.Context, c *call) (err error) {
		if got, err = bot.Receive(ctx, in); err == nil {
			c.Conv, c.Msg, c.Duplicate = got.Conversation.ID, got.Message.ID, got.Duplicate
		}
		return err
	})
	return got, ok
}

// answer is what the bot does about a message. The key of what it does is
// made from the message: whoever else was told of it does the same.
func (w *worker) answer(ctx context.Context, bot *desk.Bot, r *rand.Rand, in desk.Received) {
	id, key := in.Conversation.ID, desk.Key(in.Message.ID)
	switch dice := r.IntN(20); {
	case in.Conversation.State == handoff.StateWaiting && dice == 0:
		w.teller.make(ctx, call{Deed: withdrawn, Conv: id}, func(ctx context.Context, _ *call) error {
			_, err := bot.Withdraw(ctx, id)
			return err
		})
	case dice == 1:
		w.teller.make(ctx, call{Deed: closed, Conv: id}, func(ctx context.Context, _ *call) error {
			_, err := bot.End(ctx, id)
			return err
		})
	case in.Conversation.State == handoff.StateBot && dice < 16:
		to := queues[int(key[0])%len(queues)] // the same for all who have the key
		w.surely(ctx, call{Deed: handedOff, Conv: id, To: string(to), Key: key, Text: "brief " + key}, func(ctx context.Context, c *call) error {
			_, err := bot.HandOff(ctx, id, desk.HandOff{
				Queue: to, Note: c.Text, Priority: handoff.Priority(r.IntN(3)), Say: desk.Say{Queued: "one moment"},
			}, key)
			return err
		})
	case in.Conversation.State == handoff.StateBot || dice < 5: // or too late
		w.surely(ctx, call{Deed: said, Conv: id, Key: key, Text: "answer " + key}, func(ctx context.Context, c *call) error {
			m, err := bot.Send(ctx, id, handoff.Text(c.Text), key)
			c.Msg = m.ID
			return err
		})
	}
}

// surely makes a call with a key, and again while nobody knows its outcome.
func (w *worker) surely(ctx context.Context, c call, f func(context.Context, *call) error) bool {
	for range 5 {
		unknown := false
		ok := w.teller.make(ctx, c, func(ctx context.Context, c *call) error {
			err := f(ctx, c)
			unknown = err != nil && !refused(err)
			return err
		})
		if ok || !unknown || ctx.Err() != nil {
			return ok
		}
	}
	return false
}

// agent plays an agent.
func (w *worker) agent(ctx context.Context, id handoff.AgentID, r *rand.Rand) error {
	for breath(ctx, r, w.House.Pace) {
		seat, err := w.desk.Seat(ctx, acme, id)
		if err != nil {
			continue // the store is down
		}
		var release func(context.Context) error
		if !w.attends(ctx, id, func(ctx context.Context) (err error) {
			release, err = seat.Connect(ctx, w.Name)
			return err
		}) {
			continue
		}
		w.attends(ctx, id, available(seat))
		for n := r.IntN(40); n > 0 && breath(ctx, r, w.House.Pace); n-- {
			page, err := seat.Conversations(ctx, filter.Criteria{}, "")
			if err != nil || len(page.Rows) == 0 {
				breath(ctx, r, 4*w.House.Pace)
				continue
			}
			row := page.Rows[r.IntN(len(page.Rows))]
			if i := slices.IndexFunc(page.Rows, func(v desk.Row) bool { return v.Agent == id }); i >= 0 {
				row = page.Rows[i]
			}
			mine := row.Agent == id || w.take(ctx, seat, id, row.ID)
			for n := 0; mine && n < 8; n++ {
				mine = w.deal(ctx, seat, id, row.ID, r)
			}
			if r.IntN(10) == 0 {
				w.attends(ctx, id, func(ctx context.Context) error { return seat.SetAvailability(ctx, handoff.Away, "lunch") })
				breath(ctx, r, w.House.Pace)
				w.attends(ctx, id, available(seat))
			}
		}
		if ctx.Err() == nil {
			w.attends(ctx, id, release)
			breath(ctx, r, 20*w.House.Pace)
		}
	}
	return nil
}

func available(seat *desk.Seat) func(context.Context) error {
	return func(ctx context.Context) error { return seat.SetAvailability(ctx, handoff.Available, "") }
}

func (w *worker) attends(ctx context.Context, id handoff.AgentID, f func(context.Context) error) bool {
	return w.teller.make(ctx, call{Deed: attended, Agent: id}, func(ctx context.Context, _ *call) error { return f(ctx) })
}

func (w *worker) take(ctx context.Context, seat *desk.Seat, me handoff.AgentID, id handoff.ConversationID) bool {
	return w.teller.make(ctx, call{Deed: took, Conv: id, Agent: me}, func(ctx context.Context, _ *call) error {
		_, err := seat.Take(ctx, id, desk.TakeOptions{})
		return err
	})
}

// deal does something with a conversation that an agent has, and says whether
// they still have it then.
func (w *worker) deal(ctx context.Context, seat *desk.Seat, me handoff.AgentID, id handoff.ConversationID, r *rand.Rand) bool {
	do := func(c call, f func(ctx context.Context) error) bool {
		c.Conv, c.Agent = id, me
		return w.teller.make(ctx, c, func(ctx context.Context, _ *call) error { return f(ctx) })
	}
	switch r.IntN(12) {
	case 0, 1, 2:
		return w.replies(ctx, seat, me, id, r)
	case 3:
		text := w.fresh(me)
		return do(call{Deed: noted, Text: text}, func(ctx context.Context) error {
			_, err := seat.Note(ctx, id, text, "")
			return err
		})
	case 4, 5, 6:
		return do(call{Deed: ranked}, func(ctx context.Context) error {
			_, err := seat.SetPriority(ctx, id, handoff.Priority(r.IntN(4)))
			return err
		})
	case 7, 8:
		all := w.House.everybody()
		for _, i := range r.Perm(len(all))[:min(len(all), 4)] {
			if to := all[i]; to != me && do(call{Deed: passed, To: string(to)}, func(ctx context.Context) error {
				_, err := seat.Transfer(ctx, id, desk.Transfer{Agent: to})
				return err
			}) {
				return false
			}
		}
		return true
	case 9:
		to := queues[r.IntN(len(queues))]
		do(call{Deed: requeued, To: string(to)}, func(ctx context.Context) error {
			_, err := seat.Transfer(ctx, id, desk.Transfer{Queue: to})
			return err
		})
	default:
		do(call{Deed: returned}, func(ctx context.Context) error { return seat.ReturnToBot(ctx, id) })
	}
	return false
}

// replies writes some messages, some of them twice at once with one key, as
// a console does that got no answer.
func (w *worker) replies(ctx context.Context, seat *desk.Seat, me handoff.AgentID, id handoff.ConversationID, r *rand.Rand) (ok bool) {
	for range 1 + r.IntN(2) {
		text := w.fresh(me)
		reply := func() bool {
			return w.surely(ctx, call{Deed: replied, Conv: id, Agent: me, Text: text, Key: text}, func(ctx context.Context, c *call) error {
				m, err := seat.Reply(ctx, id, handoff.Text(text), text)
				c.Msg = m.ID
				return err
			})
		}
		var twin errgroup.Group
		if r.IntN(2) == 0 {
			twin.Go(func() error { reply(); return nil })
		}
		ok = reply()
		_ = twin.Wait()
	}
	return ok
}

// fresh is a text that nobody wrote before.
func (w *worker) fresh(by handoff.AgentID) string {
	return fmt.Sprintf("%s %d %d %s", by, os.Getpid(), w.teller.n.Add(1), w.Name)
}

// manager changes the capacities and memberships of the team.
func (w *worker) manager(ctx context.Context, r *rand.Rand) error {
	bot := w.desk.Bot(acme)
	for breath(ctx, r, 10*w.House.Pace) {
		id := team(w.Name)[r.IntN(2)]
		do := func(f func(context.Context) error) {
			w.teller.make(ctx, call{Deed: managed, Agent: id}, func(ctx context.Context, _ *call) error { return f(ctx) })
		}
		do(func(ctx context.Context) error {
			return bot.PutAgent(ctx, w.House.hired(id, 1+r.IntN(w.House.capacity(id, ""))))
		})
		do(func(ctx context.Context) error { return bot.RemoveMember(ctx, support, id) })
		breath(ctx, r, 5*w.House.Pace)
		do(func(ctx context.Context) error { return bot.PutMember(ctx, w.House.member(id, support)) })
	}
	return nil
}

// receipts tells the desk what the network tells of messages.
func (w *worker) receipts(ctx context.Context) error {
	r := w.chance(300)
	for ctx.Err() == nil {
		some := w.network.news(ctx)
		if len(some) == 0 {
			breath(ctx, r, 4*w.House.Pace)
		}
		for _, news := range some {
			ok := w.teller.make(ctx, call{Deed: receipted, Text: news.Provider, News: news.Delivery}, func(ctx context.Context, _ *call) error {
				return w.desk.Bot(acme).Receipt(ctx, handoff.Receipt{
					Channel: news.Channel, Account: account, Provider: news.Provider, Delivery: news.Delivery,
					Failure: "1: x", At: time.Now().Add(w.Clock),
				})
			})
			if ok {
				w.network.done(ctx, news)
			}
		}
	}
	return nil
}
