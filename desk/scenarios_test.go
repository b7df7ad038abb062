package desk_test

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/ticket"
)

// as makes a call of an agent.
func (o *office) as(id handoff.AgentID, f func(ctx context.Context, s *desk.Seat) error) func(context.Context) error {
	return func(ctx context.Context) error {
		s, err := o.desk.Seat(ctx, "acme", id)
		if err != nil {
			return err
		}
		return f(ctx, s)
	}
}

// settling is the background work as a call.
func (o *office) settling() func(context.Context) error {
	return func(ctx context.Context) error { return o.desk.Settle(ctx) }
}

// present hires an agent who is available, on no device: nothing expires.
func (o *office) present(id handoff.AgentID, capacity int, p handoff.Permissions) *desk.Seat {
	o.t.Helper()
	s := o.agent(id, capacity, p, "sales", "support")
	o.ok(s.SetAvailability(o.ctx, handoff.Available, ""))
	return s
}

// held is a conversation that ana took, from a queue.
func (o *office) held(contact string) handoff.ConversationID {
	o.t.Helper()
	s := o.present("ana", 2, handoff.RoleAgent)
	id := o.waits(contact, "sales", handoff.High)
	_, err := s.Take(o.ctx, id, desk.TakeOptions{})
	o.ok(err)
	return id
}

// failed is a message of the bot that was refused.
func (o *office) failed() handoff.Message {
	o.t.Helper()
	accept := o.wa.OnSend
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "400", Text: "refused"}
	}
	m, err := o.bot.Send(o.ctx, o.writes("551", "oi"), handoff.Text("one"), "")
	o.ok(err)
	o.settle()
	o.wa.OnSend = accept
	return m
}

var home = handoff.Address{Channel: wa, Account: line, ID: "551"}

var scenarios = []scenario{
	{name: "a contact's first message", given: func(o *office) func(context.Context) error {
		return func(ctx context.Context) error {
			return second(o.bot.Receive(ctx, inbound("551", "oi", "in-1")))
		}
	}},
	{name: "a contact's next message", given: func(o *office) func(context.Context) error {
		o.waits("551", "sales", handoff.Low)
		return func(ctx context.Context) error {
			return second(o.bot.Receive(ctx, inbound("551", "hello?", "in-2")))
		}
	}},
	{name: "a message that came before", given: func(o *office) func(context.Context) error {
		o.writes("551", "oi")
		return func(ctx context.Context) error {
			return second(o.bot.Receive(ctx, inbound("551", "oi", "in-1")))
		}
	}},
	{name: "a message of which two contacts turn out to be one", given: func(o *office) func(context.Context) error {
		o.held("551")
		tick()
		o.writes("BR.1", "oi")
		return func(ctx context.Context) error {
			in := inbound("551", "it is me", "in-9")
			in.Addresses = []string{"551", "BR.1"}
			return second(o.bot.Receive(ctx, in))
		}
	}},
	{name: "hand-off to a queue", given: func(o *office) func(context.Context) error {
		id := o.writes("551", "oi")
		return func(ctx context.Context) error {
			return second(o.bot.HandOff(ctx, id, desk.HandOff{
				Queue: "sales", Priority: handoff.High, Note: "wants a quote", Say: desk.Say{Queued: "one moment"},
			}, "k"))
		}
	}},
	{name: "hand-off to an agent", given: func(o *office) func(context.Context) error {
		o.present("ana", 1, handoff.RoleAgent)
		id := o.writes("551", "oi")
		return func(ctx context.Context) error {
			return second(o.bot.HandOff(ctx, id, desk.HandOff{
				Queue: "sales", Agent: "ana", Say: desk.Say{Assigned: "Ana is here"},
			}, "k"))
		}
	}},
	{name: "withdrawing", again: handoff.ErrInvalidState, given: func(o *office) func(context.Context) error {
		id := o.waits("551", "sales", handoff.High)
		return func(ctx context.Context) error { return second(o.bot.Withdraw(ctx, id)) }
	}},
	{name: "routing", steps: true, given: func(o *office) func(context.Context) error {
		o.working("ana", 1, "sales")
		o.working("bruno", 1, "sales", "support")
		for _, contact := range []string{"551", "552", "553"} {
			o.waits(contact, "sales", handoff.NoPriority)
			tick()
		}
		return o.settling()
	}, holds: func(o *office) {
		// Nobody waits for one who could not be assigned, so who waits in the
		// end may differ.
		busy := map[handoff.AgentID]bool{}
		for _, contact := range []string{"551", "552", "553"} {
			busy[o.conv(o.writes(contact, "?")).Agent] = true
		}
		require.Equal(o.t, map[handoff.AgentID]bool{"ana": true, "bruno": true, "": true}, busy)
	}},
	{name: "taking", given: func(o *office) func(context.Context) error {
		o.present("ana", 1, handoff.RoleAgent)
		id := o.waits("551", "sales", handoff.High)
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return second(s.Take(ctx, id, desk.TakeOptions{}))
		})
	}},
	{name: "taking back what is not answered", steps: true, rest: 11 * time.Second, given: func(o *office) func(context.Context) error {
		o.strict(ladder)
		o.held("551")
		o.settle()
		time.Sleep(ladder.Requeue)
		return o.settling()
	}},
	{name: "asking a silent contact", steps: true, rest: time.Minute, given: func(o *office) func(context.Context) error {
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Silence: quiet}))
		id := o.held("551")
		tick()
		o.ok(second(o.seat("ana").Reply(o.ctx, id, handoff.Text("so?"), "")))
		o.settle()
		time.Sleep(quiet.Warn)
		return o.settling()
	}},
	{name: "ending after a silence", steps: true, rest: 11 * time.Second, given: func(o *office) func(context.Context) error {
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Silence: handoff.Silence{End: time.Minute}}))
		id := o.held("551")
		tick()
		o.ok(second(o.seat("ana").Reply(o.ctx, id, handoff.Text("so?"), "")))
		o.settle()
		time.Sleep(time.Minute)
		return o.settling()
	}},
	{name: "missing a deadline", steps: true, rest: 11 * time.Second, given: func(o *office) func(context.Context) error {
		o.agrees(gold)
		o.held("551")
		o.settle()
		time.Sleep(gold.First.Within)
		return o.settling()
	}},
	{name: "a reply", given: func(o *office) func(context.Context) error {
		id := o.held("551")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return second(s.Reply(ctx, id, handoff.Text("hi"), "k"))
		})
	}},
	{name: "sending a reply", steps: true, rest: 2 * time.Hour, given: func(o *office) func(context.Context) error {
		id := o.held("551")
		s, err := o.desk.Seat(o.ctx, "acme", "ana")
		o.ok(err)
		for _, text := range []string{"one", "two"} {
			_, err = s.Reply(o.ctx, id, handoff.Text(text), "")
			o.ok(err)
			tick()
		}
		return o.settling()
	}, holds: func(o *office) {
		// An attempt with an unknown outcome is made again, under its key.
		calls := o.wa.Calls()
		order := []string{}
		keys := map[string]string{}
		for _, out := range calls {
			if text := out.Message.Text; keys[text] == "" {
				keys[text] = out.Key
				order = append(order, text)
			}
			require.Equal(o.t, keys[out.Message.Text], out.Key)
		}
		require.Equal(o.t, []string{"one", "two"}, order)
		require.Equal(o.t, []handoff.Delivery{handoff.Sent, handoff.Sent}, o.deliveries(calls[0].Conversation))
	}},
	{name: "sending where no key counts", steps: true, rest: 2 * time.Hour, given: func(o *office) func(context.Context) error {
		o.wa.T.Idempotent = false
		o.says("551", "one", "two")
		return o.settling()
	}, holds: func(o *office) {
		// An attempt with an unknown outcome is left to a person.
		attempts := map[string]int{}
		var id handoff.ConversationID
		for _, out := range o.wa.Calls() {
			attempts[out.Message.Text]++
			id = out.Conversation
			require.Equal(o.t, 1, attempts[out.Message.Text])
		}
		failed := 0
		for i, d := range o.deliveries(id) {
			if d == handoff.Failed {
				failed++
			} else {
				require.Equal(o.t, handoff.Sent, d)
				require.Equal(o.t, 1, attempts[[]string{"one", "two"}[i]])
			}
		}
		require.LessOrEqual(o.t, failed, 1)
	}},
	{name: "a receipt before its message was sent", steps: true, rest: 2 * time.Hour, given: func(o *office) func(context.Context) error {
		_, ids := o.says("551", "one")
		return func(ctx context.Context) error {
			err := o.bot.Receipt(ctx, handoff.Receipt{
				Channel: wa, Account: line, Provider: "out-" + string(ids[0]), Delivery: handoff.Delivered,
			})
			if err != nil {
				return err
			}
			return o.desk.Settle(ctx)
		}
	}},
	{name: "a receipt", given: func(o *office) func(context.Context) error {
		_, ids := o.says("551", "one")
		o.settle()
		return func(ctx context.Context) error {
			return o.bot.Receipt(ctx, handoff.Receipt{
				Channel: wa, Account: line, Provider: "out-" + string(ids[0]), Delivery: handoff.Read,
			})
		}
	}},
	{name: "a receipt that tells another address", given: func(o *office) func(context.Context) error {
		_, ids := o.says("551", "one")
		o.settle()
		return func(ctx context.Context) error {
			return o.bot.Receipt(ctx, handoff.Receipt{
				Channel: wa, Account: line, Provider: "out-" + string(ids[0]), Delivery: handoff.Read,
				Addresses: []string{"551", "BR.1"},
			})
		}
	}},
	{name: "the bot's message", given: func(o *office) func(context.Context) error {
		id := o.writes("551", "oi")
		return func(ctx context.Context) error { return second(o.bot.Send(ctx, id, handoff.Text("hi"), "k")) }
	}},
	{name: "the bot's message to an address", given: func(o *office) func(context.Context) error {
		o.writes("551", "oi")
		return func(ctx context.Context) error { return second(o.bot.SendTo(ctx, home, handoff.Text("hi"), "k")) }
	}},
	{name: "recording what the platform sent", given: func(o *office) func(context.Context) error {
		id := o.writes("551", "oi")
		o.ok(o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "theirs", Delivery: handoff.Read}))
		return func(ctx context.Context) error {
			return second(o.bot.Record(ctx, id, handoff.Text("hi"), "theirs", "k"))
		}
	}},
	{name: "a template to whom never wrote", given: func(o *office) func(context.Context) error {
		o.ok(o.bot.PutTemplate(o.ctx, hi))
		o.present("ana", 1, handoff.RoleAgent)
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return second(s.Start(ctx, home, "hi", nil, desk.TakeOptions{}, "k"))
		})
	}},
	{name: "the bot's template to whom never wrote", given: func(o *office) func(context.Context) error {
		o.ok(o.bot.PutTemplate(o.ctx, hi))
		return func(ctx context.Context) error { return second(o.bot.Start(ctx, home, "hi", nil, "k")) }
	}},
	{name: "a retry", again: handoff.ErrInvalid, given: func(o *office) func(context.Context) error {
		m := o.failed()
		return func(ctx context.Context) error { return second(o.bot.Retry(ctx, m.Conversation, m.ID)) }
	}},
	{name: "a note", given: func(o *office) func(context.Context) error {
		id := o.held("551")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return second(s.Note(ctx, id, "between us", "k"))
		})
	}},
	{name: "a ticket", given: func(o *office) func(context.Context) error {
		id := o.held("551")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return second(s.AddTicket(ctx, id, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0]}, "k"))
		})
	}},
	{name: "a ticket and its end", steps: true, given: func(o *office) func(context.Context) error {
		id := o.held("551")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			tk, err := s.AddTicket(ctx, id, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0]}, "k")
			if err != nil {
				return err
			}
			return second(s.MoveTicket(ctx, id, tk.ID, ticket.Resolved))
		})
	}},
	{name: "transfer to an agent", again: desk.ErrNotFound, given: func(o *office) func(context.Context) error {
		id := o.held("551")
		o.ok(second(o.present("bruno", 1, handoff.RoleAgent).Connect(o.ctx, "laptop")))
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return second(s.Transfer(ctx, id, desk.Transfer{Agent: "bruno", Note: "yours"}))
		})
	}},
	{name: "transfer to a queue", again: handoff.ErrInvalid, given: func(o *office) func(context.Context) error {
		id := o.held("551")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return second(s.Transfer(ctx, id, desk.Transfer{Queue: "support", Note: "for whoever"}))
		})
	}},
	{name: "return to the bot", again: desk.ErrNotFound, given: func(o *office) func(context.Context) error {
		id := o.held("551")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error { return s.ReturnToBot(ctx, id) })
	}},
	{name: "the end", again: handoff.ErrEnded, given: func(o *office) func(context.Context) error {
		id := o.held("551")
		return func(ctx context.Context) error { return second(o.bot.End(ctx, id)) }
	}},
	{name: "priority", given: func(o *office) func(context.Context) error {
		id := o.waits("551", "sales", handoff.Low)
		return func(ctx context.Context) error { return second(o.bot.SetPriority(ctx, id, handoff.High)) }
	}},
	{name: "tags", given: func(o *office) func(context.Context) error {
		id := o.waits("551", "sales", handoff.Low)
		return func(ctx context.Context) error { return second(o.bot.Tag(ctx, id, []string{"vip"}, nil)) }
	}},
	{name: "disabling an agent", given: func(o *office) func(context.Context) error {
		o.held("551")
		tick()
		own := o.writes("552", "oi") // given to her, from no queue
		boss := o.agent("boss", 1, handoff.RoleAdmin)
		o.ok(second(boss.Take(o.ctx, own, desk.TakeOptions{Override: true})))
		o.ok(second(boss.Transfer(o.ctx, own, desk.Transfer{Agent: "ana", Override: true})))
		return func(ctx context.Context) error {
			return o.bot.PutAgent(ctx, handoff.Agent{ID: "ana", Name: "ana", Disabled: true})
		}
	}},
	{name: "disabling an agent and leaving it at that", steps: true, given: func(o *office) func(context.Context) error {
		o.held("551")
		return func(ctx context.Context) error {
			agents, err := o.bot.Agents(ctx)
			if err != nil {
				return err
			}
			if agents[0].Disabled {
				return o.desk.Settle(ctx)
			}
			return o.bot.PutAgent(ctx, handoff.Agent{ID: "ana", Name: "ana", Disabled: true})
		}
	}},
	{name: "a new order of a queue and leaving it at that", steps: true, given: func(o *office) func(context.Context) error {
		o.waits("551", "sales", handoff.Low)
		tick()
		o.waits("552", "sales", handoff.High)
		return func(ctx context.Context) error {
			queues, err := o.bot.Queues(ctx)
			if err != nil {
				return err
			}
			if queues[0].Order == handoff.OrderStrict {
				return o.desk.Settle(ctx)
			}
			return o.bot.PutQueue(ctx, handoff.Queue{ID: "sales", Name: "sales", Order: handoff.OrderStrict})
		}
	}},
	{name: "a new order of a queue", given: func(o *office) func(context.Context) error {
		o.waits("551", "sales", handoff.Low)
		tick()
		o.waits("552", "sales", handoff.High)
		return func(ctx context.Context) error {
			return o.bot.PutQueue(ctx, handoff.Queue{ID: "sales", Name: "sales", Order: handoff.OrderStrict})
		}
	}},
	{name: "connecting", given: func(o *office) func(context.Context) error {
		o.agent("ana", 1, handoff.RoleAgent, "sales")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error { return second(s.Connect(ctx, "laptop")) })
	}},
	{name: "going away", given: func(o *office) func(context.Context) error {
		o.working("ana", 1, "sales")
		return o.as("ana", func(ctx context.Context, s *desk.Seat) error {
			return s.SetAvailability(ctx, handoff.Away, "lunch")
		})
	}},
	{name: "a hand-off that a host requested", steps: true, given: func(o *office) func(context.Context) error {
		r, err := o.bot.RequestHandOff(o.ctx, o.writes("551", "oi"), desk.HandOff{Queue: "sales", Note: "shop"}, "order 7")
		o.ok(err)
		o.written(r)
		return o.settling()
	}},
	{name: "an agent who is gone", steps: true, rest: 2 * time.Minute, given: func(o *office) func(context.Context) error {
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "sales", OnLost: handoff.RequeueAll}))
		o.working("ana", 2, "sales")
		o.waits("551", "sales", handoff.Low)
		tick()
		o.waits("552", "sales", handoff.Low)
		o.settle()
		time.Sleep(2 * time.Hour)
		o.settle()
		time.Sleep(2 * time.Minute)
		return o.settling()
	}},
}
