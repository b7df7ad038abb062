package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
)

// replayed is an office as the planner sees it, moved by recorded events.
type replayed struct {
	routing.Snapshot
	planner routing.Planner
}

func (r *replayed) agent(id handoff.AgentID) *routing.Agent {
	return &r.Agents[slices.IndexFunc(r.Agents, func(a routing.Agent) bool { return a.ID == id })]
}

func (r *replayed) holds(id handoff.AgentID, q handoff.QueueID, n int) {
	a := r.agent(id)
	a.Load += n
	for i := range a.Seats {
		if a.Seats[i].Queue == q {
			a.Seats[i].Load += n
		}
	}
}

// moves takes in what happened but for who got what: that the planner says.
func (r *replayed) moves(events []handoff.Event) (assigned map[handoff.ConversationID]handoff.AgentID) {
	assigned = map[handoff.ConversationID]handoff.AgentID{}
	for _, e := range events {
		switch e.Kind {
		case handoff.EventHandedOff:
			r.Waiting = append(r.Waiting, routing.Waiting{
				ID: e.Conversation, Queue: e.Queue, Rank: e.Rank, Priority: e.Priority, Since: e.WaitingSince,
			})
		case handoff.EventEnded:
			if r.holds(e.FromAgent, e.Queue, -1); r.agent(e.FromAgent).Load == 0 {
				r.agent(e.FromAgent).IdleSince = e.At
			}
		case handoff.EventAssigned:
			assigned[e.Conversation] = e.Agent
		}
	}
	return assigned
}

func (r *replayed) plan(now time.Time) map[handoff.ConversationID]handoff.AgentID {
	given := map[handoff.ConversationID]handoff.AgentID{}
	for nth, as := range r.planner.Plan(r.Snapshot, now) {
		given[as.Conversation] = as.Agent
		r.holds(as.Agent, as.Queue, 1)
		r.agent(as.Agent).LastAssigned = now.Add(time.Duration(nth) * time.Millisecond)
		r.Waiting = slices.DeleteFunc(r.Waiting, func(w routing.Waiting) bool { return w.ID == as.Conversation })
	}
	return given
}

func TestARecordedDayPlayedAgainGivesEachToTheSameAgent(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		by := rand.New(rand.NewPCG(3, 5))
		r := &replayed{}
		for id, s := range map[handoff.QueueID]handoff.Strategy{"sales": handoff.LeastLoaded, "support": handoff.RoundRobin, "night": handoff.LongestIdle} {
			o.put(handoff.Queue{ID: id, Name: string(id), Strategy: s})
			r.Queues = append(r.Queues, routing.Queue{ID: id, Strategy: s})
		}
		queues := []handoff.QueueID{"sales", "support", "night"}
		for i := range 4 {
			a := routing.Agent{ID: handoff.AgentID(fmt.Sprint("a", i)), Available: true, Connected: true, Limit: 1 + i%2}
			for _, q := range queues[i%3:] {
				a.Seats = append(a.Seats, routing.Seat{Queue: q, Limit: a.Limit})
			}
			o.working(a.ID, a.Limit, queues[i%3:]...)
			r.Agents = append(r.Agents, a)
		}
		o.settle()
		held, assigned := map[handoff.ConversationID]bool{}, 0
		for i := range 40 {
			from := o.dump()
			for n := range by.IntN(4) {
				o.clock.Advance(time.Second)
				o.waits(fmt.Sprint("55", i, n), queues[by.IntN(3)], handoff.Priority(by.IntN(4)))
			}
			for _, id := range slices.Sorted(maps.Keys(held)) {
				if by.IntN(3) == 0 {
					o.clock.Advance(time.Second)
					o.ok(second(o.bot.End(o.ctx, id)))
					delete(held, id)
				}
			}
			o.clock.Advance(time.Minute)
			o.settle()
			var events []handoff.Event
			if o.dump() != from {
				for _, item := range o.upTo(o.bot.Subscribe(o.ctx, from)) {
					events = append(events, item.Event)
				}
			}
			recorded := r.moves(events)
			require.Equal(t, recorded, r.plan(o.clock.Now()))
			for id := range recorded {
				held[id] = true
			}
			assigned += len(recorded)
		}
		require.Greater(t, assigned, 20)
	})
}

func TestTheLogOfAnAttendanceTellsWhatBecameOfItAndByWhom(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.surveys(csat)
		o.agrees(handoff.SLA{ID: "gold", Name: "Gold", First: handoff.Target{Within: time.Hour}})
		ana, bia, boss := o.working("ana", 5, "sales"), o.working("bia", 5, "support"), o.agent("boss", 5, handoff.RoleAdmin)
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.ok(second(ana.SetPriority(o.ctx, id, handoff.High)))
		o.ok(second(ana.Tag(o.ctx, id, []string{"vip"}, nil)))
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("oi"), "")))
		o.ok(second(ana.AddTicket(o.ctx, id, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0]}, "")))
		o.ok(second(ana.Note(o.ctx, id, "between us", "")))
		o.ok(second(ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bia"})))
		o.settle()
		o.ok(bia.ReturnToBot(o.ctx, id))
		o.reply("551", "5")
		o.settle()

		events, err := boss.Timeline(o.ctx, id, 0)
		o.ok(err)
		var log []string
		for i, e := range events {
			require.Equal(t, int64(i+1), e.Seq)
			if e.Kind == handoff.EventDelivery || e.Kind == handoff.EventSLAClock {
				continue
			}
			log = append(log, strings.TrimSpace(fmt.Sprint(e.Kind, " ", e.Actor.By, " ", e.Actor.Agent)))
		}
		require.Equal(t, []string{
			"contact_created contact", "started contact", "message contact", "handed_off bot", "assigned system",
			"priority agent ana", "tags agent ana", "message agent ana", "ticket agent ana", "message agent ana", "transferred agent ana",
			"sla_met system", "ended agent bia", "survey_asked system", "message system",
			"message contact", "survey_answered contact", "message system",
		}, log)
		require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(events))
		_, err = ana.Timeline(o.ctx, id, 0)
		require.ErrorIs(t, err, desk.ErrNotFound, "it left her view")
	})
}

func TestWhoGetsACustomerOrAMessageIsToldOfItAndNobodyElse(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana, bruno := o.working("ana", 1, "sales"), o.working("bruno", 1, "support")
		told := func(s *desk.Seat, from string) (news []string) {
			for _, item := range o.upTo(s.Subscribe(o.ctx, from)) {
				if e := item.Event; e.Conversation != "" && e.Kind != handoff.EventDelivery {
					news = append(news, string(e.Kind)+" "+string(e.State))
				}
			}
			return news
		}
		from := o.dump()
		o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.waits("552", "sales", handoff.NoPriority)
		o.settle()
		o.writes("551", "hello?")
		require.Contains(t, told(ana, from), "assigned assigned", "a customer of hers")
		require.Contains(t, told(ana, from), "handed_off waiting", "one that waits in her queue")
		require.Contains(t, told(ana, from), "message ", "a message")
		require.Empty(t, told(bruno, from))
	})
}

func TestAllOfAContactsAttendancesBecomeOneDocument(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		first := o.attended(ana, "551")
		o.clock.Advance(time.Hour)
		now := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.ok(second(ana.Reply(o.ctx, now, handoff.Text("de novo"), "")))
		for name, write := range map[string]func(to *bytes.Buffer, d export.Transcript) error{
			"text": func(to *bytes.Buffer, d export.Transcript) error {
				return export.WriteText(o.ctx, to, d, export.Options{})
			},
			"pdf": func(to *bytes.Buffer, d export.Transcript) error {
				return export.WritePDF(o.ctx, to, d, export.Options{})
			},
		} {
			all, err := ana.Transcripts(o.ctx, now)
			o.ok(err)
			require.Len(t, all, 2)
			require.Equal(t, first, all[0].Conversation.ID)
			attendances := make([]export.Attendance, len(all))
			for i, a := range all {
				attendances[i] = export.Attendance{Conversation: a.Conversation, Agents: a.Agents, Queues: a.Queues, Tickets: a.Tickets, Messages: a.Messages, Events: a.Events}
			}
			var out bytes.Buffer
			o.ok(write(&out, export.Transcript{Bot: "Acme", Contact: all[0].Contact, Attendances: export.Values(attendances...)}))
			if name == "pdf" {
				require.True(t, strings.HasPrefix(out.String(), "%PDF-"))
				continue
			}
			before, after := strings.Index(out.String(), "pronto"), strings.Index(out.String(), "de novo")
			require.True(t, before >= 0 && before < after, out.String())
		}
	})
}

func TestWhoAttendedManyBeforeIsNoMoreLoadedThanWhoAttendedNone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		for i := range 5 {
			o.attended(ana, fmt.Sprint("55", i))
		}
		o.working("bia", 5, "sales")
		next := func(contact string) handoff.AgentID {
			o.clock.Advance(time.Second)
			id := o.waits(contact, "sales", handoff.NoPriority)
			o.settle()
			return o.conv(id).Agent
		}
		require.Equal(t, handoff.AgentID("bia"), next("561"), "nobody holds anything, and she never got one")
		require.Equal(t, handoff.AgentID("ana"), next("562"), "what she holds counts, and not what she held")
		require.Equal(t, handoff.AgentID("bia"), next("563"), "both hold one, and hers is from before")
	})
}

func TestAFormerAgentWhoIsNotThereKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Sticky: time.Hour})
		ana := o.working("ana", 5, "sales")
		o.attended(ana, "551")
		o.working("bia", 5, "sales")
		o.ok(ana.SetAvailability(o.ctx, handoff.Away, "lunch"))
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Preferred)
		require.Equal(t, handoff.AgentID("bia"), o.conv(id).Agent)
	})
}

func TestNothingIsSoStuckThatASupervisorCannotClearIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		ana := o.agent("ana", 5, handoff.RoleAgent, "sales")
		leave, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		held, moved := o.waits("551", "sales", handoff.NoPriority), o.waits("552", "sales", handoff.NoPriority)
		o.settle()
		o.ok(leave(o.ctx)) // and what she holds stays with her
		waiting, other := o.waits("553", "support", handoff.NoPriority), o.waits("554", "support", handoff.NoPriority)
		o.settle()
		o.ok(boss.ReturnToBot(o.ctx, held))
		o.ok(second(boss.Transfer(o.ctx, moved, desk.Transfer{Queue: "support"})))
		o.ok(boss.ReturnToBot(o.ctx, waiting)) // in a queue that nobody serves
		o.ok(second(boss.Take(o.ctx, other, desk.TakeOptions{Override: true})))
		require.Equal(t, []handoff.State{handoff.StateEnded, handoff.StateWaiting, handoff.StateEnded, handoff.StateAssigned},
			[]handoff.State{o.conv(held).State, o.conv(moved).State, o.conv(waiting).State, o.conv(other).State})
		all, _ := o.taken("ana")
		require.Zero(t, all)
	})
}

func TestTurnsGoOnInAnotherProcess(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Strategy: handoff.RoundRobin})
		for _, id := range []handoff.AgentID{"ana", "bia", "caio"} {
			o.working(id, 5, "sales")
		}
		var got []handoff.AgentID
		for i := range 7 {
			o.clock.Advance(time.Second)
			id := o.waits(fmt.Sprint("55", i), "sales", handoff.NoPriority)
			o.settle()
			got = append(got, o.conv(id).Agent)
			o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
		}
		require.Equal(t, []handoff.AgentID{"ana", "bia", "caio", "ana", "bia", "caio", "ana"}, got)
	})
}

func TestEachEndIsAskedAboutAnewAndScoresWhoHeldItThen(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.surveys(csat)
		ana, bia := o.working("ana", 5, "sales"), o.working("bia", 5, "support")
		first := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.ok(second(ana.Transfer(o.ctx, first, desk.Transfer{Agent: "bia"})))
		o.ok(bia.ReturnToBot(o.ctx, first))
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "bia", Name: "Bia", Disabled: true}))
		require.True(t, o.reply("551", "2").Survey)
		again := o.attended(ana, "551")
		require.True(t, o.reply("551", "5").Survey)
		for id, want := range map[handoff.ConversationID]desk.SurveyResult{first: {Agent: "bia", Score: 2}, again: {Agent: "ana", Score: 5}} {
			got, err := o.bot.Survey(o.ctx, id)
			o.ok(err)
			require.Equal(t, want, desk.SurveyResult{Agent: got.Agent, Score: got.Score})
		}
		r := o.report(o.always())
		require.Equal(t, handoff.AgentID("ana"), r.Agents[0].Agent)
		require.Equal(t, []float64{5, 2}, []float64{*r.Agents[0].CSATAverage, *r.Agents[1].CSATAverage})
	})
}

// reading counts what is asked of a store.
type reading struct {
	storage.Store
	asked int
}

func (r *reading) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	r.asked++
	return r.Store.Conversations(ctx, q)
}

func (r *reading) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	r.asked++
	return r.Store.Conversation(ctx, bot, id)
}

func (r *reading) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	r.asked++
	return r.Store.Lookup(ctx, keys)
}

func (r *reading) Records(ctx context.Context, in storage.Range, limit int) ([]storage.Record, error) {
	r.asked++
	return r.Store.Records(ctx, in, limit)
}

func (r *reading) Timeline(ctx context.Context, bot handoff.BotID, id handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	r.asked++
	return r.Store.Timeline(ctx, bot, id, after, limit)
}

func (r *reading) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	r.asked++
	return r.Store.Messages(ctx, q)
}

// TestAPageOfAListAsksTheStoreAsOftenForManyAsForOne: with what is unread and
// due in each row.
func TestAPageOfAListAsksTheStoreAsOftenForManyAsForOne(t *testing.T) {
	t.Parallel()
	o := patient(t)
	o.agrees(gold)
	o.agent("boss", 5, handoff.RoleAdmin)
	count := func() int {
		o.settle()
		r := &reading{Store: o.store}
		other := *o
		other.open(r)
		boss := other.seat("boss")
		_, err := boss.Conversations(o.ctx, filter.Criteria{}, "") // reads settings, once
		o.ok(err)
		r.asked = 0
		page, err := boss.Conversations(o.ctx, filter.Criteria{}, "")
		o.ok(err)
		require.NotEmpty(t, page.Rows)
		return r.asked
	}
	o.waits("551", "sales", handoff.NoPriority)
	one := count()
	for i := range 40 {
		o.waits(fmt.Sprint("56", i), "sales", handoff.NoPriority)
	}
	require.Equal(t, one, count())
}
