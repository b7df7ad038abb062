package desk_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing/rules"
)

// A day of 60 agents, 8 queues and 5,000 conversations, or of a tenth of it in
// a short test, with everything on that a contact centre may want. Each
// timeline folds to what is stored, nobody is given what they may not have,
// webhooks hear of each thing once and in order, and the report is what the
// events say.
func TestATeamsDayAddsUp(t *testing.T) {
	t.Parallel()
	agents, contacts := 60, 5000
	if testing.Short() {
		agents, contacts = 12, 500
	}
	d := newCentre(t, agents)
	began := d.clock.Now()
	for len(d.ids) < contacts {
		for range min(agents, contacts-len(d.ids)) {
			d.arrives()
		}
		d.round()
	}
	for range 3 {
		d.round()
	}
	d.goesHome()

	count := newRecount()
	told := map[handoff.ConversationID][]int64{}
	for _, id := range d.ids {
		events := d.events(id)
		c := d.conv(id)
		require.Equal(t, handoff.StateEnded, c.State)
		require.Equal(t, c.WithoutCopies(), handoff.Fold(events))
		count.add(events)
		for _, e := range events {
			if slices.Contains(d.hook.Events, e.Kind) {
				told[id] = append(told[id], e.Seq)
			}
		}
	}
	require.Equal(t, told, d.told, "of each conversation all that was asked for, once and in order")
	require.Positive(t, d.failures)
	loads, err := d.store.Loads(d.ctx, "acme")
	d.ok(err)
	for _, l := range loads {
		require.Zero(t, l.Held, "%s holds nothing any more", l.Agent)
	}
	d.checkFeed()

	r := d.report(desk.ReportQuery{From: began, To: d.clock.Now().Add(time.Hour)})
	require.EqualValues(t, contacts, r.Total.Ended)
	require.Zero(t, r.Open.Held+r.Open.Waiting)
	count.equals(t, r)
	for what, n := range map[string]int64{
		"transfers": r.Total.Transfers, "requeues": r.Total.Requeues, "moves": r.Total.Moved, "abandoned": r.Total.Abandoned,
		"promises broken": r.Total.SLAMissed, "answers of contacts": r.Total.CSATAnswered * r.Total.NPSAnswered,
		"refused hand-offs": d.refused, "offers": d.seen[handoff.EventOffered], "declined": d.seen[handoff.EventDeclined],
		"rung out": d.seen[handoff.EventOfferExpired], "reminders": d.seen[handoff.EventReminded],
		"not answered": d.reasons[handoff.ReasonNoAnswer], "silent": d.reasons[handoff.ReasonSilence],
		"overflows": d.reasons[handoff.ReasonOverflow], "wrapped up": d.seen[handoff.EventWrappedUp],
		"signed out": d.reasons[handoff.ReasonSignedOut], "moved in line": d.seen[handoff.EventRanked], "untagged ends": d.untagged,
	} {
		require.True(t, n > 0 || testing.Short(), "%s: not once", what)
	}
	t.Logf("%v, %d conversations, %d stints, %.1f%% of promises kept, CSAT %.2f, %d events",
		d.clock.Now().Sub(began), r.Total.Ended, r.Total.Stints, *r.Total.SLARate, *r.Total.CSATAverage, d.happened)
}

const (
	teamCapacity = 4
	teamExclude  = 5 * time.Minute
)

// centre is an office with everything on, on its day.
type centre struct {
	*office
	by       *rand.Rand
	seats    map[handoff.AgentID]*desk.Seat
	agents   []handoff.AgentID          // in order; who asks first is among them
	release  map[handoff.AgentID]func() // of their laptop
	asked    []handoff.AgentID          // who serves the queue that asks
	ids      []handoff.ConversationID
	open     map[handoff.ConversationID]string // with its contact
	turned   []handoff.ConversationID          // away by a closed queue
	gone     []string                          // contacts who are done
	refused  int64
	untagged int64

	hook     handoff.Webhook
	mu       sync.Mutex
	told     map[handoff.ConversationID][]int64
	tries    map[string]int
	failures int

	happened int // events of the whole day: of each kind, and with each reason
	seen     map[handoff.EventKind]int64
	reasons  map[handoff.Reason]int64
}

func newCentre(t *testing.T, agents int) *centre {
	o := newOffice(t)
	d := &centre{
		office: o, by: rand.New(rand.NewPCG(7, 11)), seats: map[handoff.AgentID]*desk.Seat{}, release: map[handoff.AgentID]func(){},
		open: map[handoff.ConversationID]string{}, told: map[handoff.ConversationID][]int64{}, tries: map[string]int{},
		seen: map[handoff.EventKind]int64{}, reasons: map[handoff.Reason]int64{},
	}
	o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour, Webhooks: &receiver{answers: d.hears}})
	o.at(11, 40) // soon everybody has a break, from noon to one
	d.setUp()
	queues := d.queues()
	for i := range agents {
		id := handoff.AgentID(fmt.Sprint("a", i))
		own := []handoff.QueueID{queues[i%8], queues[(i+3)%8]}
		d.hires(id, handoff.RoleAgent, own...)
		if slices.Contains(own, "q5") {
			d.asked = append(d.asked, id)
		}
	}
	d.hires("boss", handoff.RoleAdmin)
	o.settle()
	return d
}

func (d *centre) hires(id handoff.AgentID, p handoff.Permissions, queues ...handoff.QueueID) {
	d.seats[id] = d.agent(id, teamCapacity, p, queues...)
	d.agents = append(d.agents, id)
	d.connects(id)
	d.ok(d.seats[id].SetAvailability(d.ctx, handoff.Available, ""))
}

func (d *centre) connects(id handoff.AgentID) {
	release, err := d.seats[id].Connect(d.ctx, "laptop")
	d.ok(err)
	d.release[id] = func() { d.ok(release(d.ctx)) }
}

func (d *centre) queues() []handoff.QueueID {
	return []handoff.QueueID{"q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7"}
}

// setUp turns everything on: hours, rules, offers, service levels, surveys,
// tags, canned replies, away reasons and a webhook.
func (d *centre) setUp() {
	d.ok(d.bot.PutCalendar(d.ctx, officeHours))
	d.ok(d.bot.PutSLA(d.ctx, handoff.SLA{
		ID: "std", Name: "Standard", First: handoff.Target{Within: 2 * time.Minute, Warn: time.Minute},
		Next: handoff.Target{Within: 5 * time.Minute}, Duration: handoff.Target{Within: 20 * time.Minute}, Pause: true,
	}))
	d.ok(d.bot.PutSLA(d.ctx, handoff.SLA{
		ID: "hours", Name: "In hours", First: handoff.Target{Within: 4 * time.Minute}, FromHandOff: true, BusinessHours: true,
	}))
	for _, q := range []handoff.Queue{
		{ID: "q0", WrapUp: 30 * time.Second, OnSignOut: handoff.RequeueUnanswered},
		{ID: "q1", Calendar: "office", WhenClosed: handoff.WhenClosedRefuse, RequireTags: true},
		{ID: "q3", Strategy: handoff.RoundRobin, Survey: handoff.Survey{Kind: handoff.NPS, Question: "0 a 10?"}},
		{ID: "q2", Order: handoff.OrderDue, Calendar: "office", WhenClosed: handoff.WhenClosedOverflow, Overflow: "q3", SLA: "hours",
			Silence: handoff.Silence{Warn: 30 * time.Second, Text: "Alô?", End: time.Minute}},
		{ID: "q4", Calendar: "office", Order: handoff.OrderStrict, SLA: "hours", Sticky: time.Hour},
		{ID: "q5", Mode: handoff.Offer, Offering: handoff.Offering{AtOnce: 2, Pause: time.Minute, Attempts: 5},
			OverflowAfter: 10 * time.Minute, Overflow: "q0"},
		{ID: "q7", Strategy: handoff.LongestIdle, OverflowAfter: 5 * time.Minute, Overflow: "q0"},
		{ID: "q6", NoAnswer: handoff.NoAnswer{Remind: time.Minute, Requeue: 4 * time.Minute, Exclude: teamExclude, Rounds: 1, Overflow: "q7"}},
	} {
		q.Name = string(q.ID)
		d.put(q)
	}
	d.ok(d.bot.Put(d.ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo", Language: "pt-BR", SLA: "std", Survey: csat, Queue: "q0", ClosedTags: true}))
	for _, tag := range []handoff.TagID{"vip", "done", "evening"} {
		d.ok(d.bot.PutTag(d.ctx, handoff.Tag{ID: tag, Name: string(tag)}))
	}
	d.ok(d.bot.PutAwayReason(d.ctx, handoff.AwayReason{ID: "lunch", Name: "Lunch", Minutes: 60}))
	d.ok(d.bot.PutCanned(d.ctx, handoff.Canned{ID: "hi", Shortcut: "hi", Title: "Hi", Text: "Oi {{contact.first_name}}, plano {{contact.field.plan|básico}}."}))
	d.ok(d.bot.PutContactField(d.ctx, plan))
	book := []rules.Rule{
		{ID: "gold", Name: "Gold", Continue: true, When: []rules.Condition{{On: rules.OnField, Field: "plan", Is: []string{"gold"}}},
			Then: rules.Action{Priority: handoff.High, Tags: []string{"vip"}}},
		{ID: "known", Name: "Known", Continue: true, When: []rules.Condition{{On: rules.OnAgent, Test: rules.Known}}, Then: rules.Action{Previous: true}},
	}
	for _, q := range d.queues()[1:] { // what speaks of none goes to q0
		book = append(book, rules.Rule{ID: handoff.RuleID(q), Name: string(q),
			When: []rules.Condition{{On: rules.OnText, Is: []string{"fila " + string(q)}}}, Then: rules.Action{Queue: q}})
	}
	d.ok(d.bot.PutRules(d.ctx, book))
	d.settle()
	d.hook = handoff.Webhook{ID: "crm", URL: "https://crm.example/hook", Events: []handoff.EventKind{
		handoff.EventAssigned, handoff.EventTransferred, handoff.EventRequeued, handoff.EventEnded, handoff.EventSLAMissed, handoff.EventSurveyAnswered,
	}}
	d.ok(second(d.bot.PutWebhook(d.ctx, d.hook)))
}

// hears is the other end of the webhook, which is down now and then.
func (d *centre) hears(p handoff.WebhookPost, e handoff.Event) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := fmt.Sprint(e.Conversation, e.Seq)
	if d.tries[k]++; d.tries[k] == 1 && len(d.tries)%97 == 0 {
		d.failures++
		return 503, nil
	}
	d.told[e.Conversation] = append(d.told[e.Conversation], e.Seq)
	return 200, nil
}

// arrives is a contact, sometimes one who was there before, whom the bot hands
// off without saying where.
func (d *centre) arrives() {
	contact := fmt.Sprint("55119", len(d.ids))
	if n := len(d.gone); n > 0 && d.by.IntN(10) == 0 {
		contact, d.gone = d.gone[n-1], d.gone[:n-1]
	}
	id := d.writes(contact, fmt.Sprintf("fila q%d, por favor", d.by.IntN(8)))
	d.ids, d.open[id] = append(d.ids, id), contact
	if d.by.IntN(8) == 0 {
		d.ok(second(d.bot.SetContactFields(d.ctx, d.conv(id).Contact, map[handoff.FieldID]string{"plan": "gold"})))
	}
	d.handsOver(id)
}

func (d *centre) handsOver(id handoff.ConversationID) {
	out := d.handsOff(id, desk.HandOff{Priority: handoff.Priority(d.by.IntN(4)), Say: desk.Say{Closed: "Voltamos " + desk.NextOpening + "."}})
	if out.State == handoff.StateBot {
		d.refused++
		d.turned = append(d.turned, id)
	}
}

// round is some minutes of work.
func (d *centre) round() {
	again := d.turned
	d.turned = nil
	for _, id := range again {
		d.handsOver(id)
	}
	d.breaks()
	out := d.agents[d.by.IntN(len(d.agents)/8)*8] // who serves q0
	d.release[out]()
	d.settle()
	d.checkLoads()
	for _, id := range d.asked {
		d.isAsked(d.seats[id])
	}
	for _, id := range d.ids {
		if d.open[id] != "" {
			d.worksOn(id)
		}
	}
	d.connects(out)
	d.pass(time.Duration(30+d.by.IntN(30)) * time.Second)
	d.checkLoads()
}

// breaks has every fourth agent away from noon to one.
func (d *centre) breaks() {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	d.ok(err)
	v, reason := handoff.Available, ""
	if d.clock.Now().In(zone).Hour() == 12 {
		v, reason = handoff.Away, "lunch"
	}
	for i := 0; i < len(d.agents)-1; i += 4 {
		d.ok(d.seats[d.agents[i]].SetAvailability(d.ctx, v, reason))
	}
}

// isAsked accepts, declines or does not hear what rings at an agent.
func (d *centre) isAsked(s *desk.Seat) {
	for _, id := range d.rings(s) {
		var err error
		switch n := d.by.IntN(10); {
		case n < 6:
			_, err = s.Accept(d.ctx, id)
		case n < 8:
			err = s.Decline(d.ctx, id, "busy")
		}
		if !errors.Is(err, desk.ErrOfferGone) && !errors.Is(err, desk.ErrNotFound) { // somebody was faster
			d.ok(err)
		}
	}
}

// worksOn is what becomes of one conversation in a round.
func (d *centre) worksOn(id handoff.ConversationID) {
	c, contact := d.conv(id), d.open[id]
	if c.Ended() { // the contact was silent
		d.done(id)
		return
	}
	if c.State == handoff.StateWaiting && d.by.IntN(60) == 0 {
		d.ok(second(d.bot.Withdraw(d.ctx, id)))
		d.ok(second(d.bot.End(d.ctx, id)))
		d.done(id)
	}
	if c.State != handoff.StateAssigned {
		return
	}
	d.clock.Advance(time.Duration(d.by.IntN(90_000/len(d.agents))) * time.Millisecond)
	seat := d.seats[c.Agent]
	switch d.by.IntN(14) {
	case 0:
		to := d.queues()[d.by.IntN(8)] // to its own: a requeue
		d.ok(second(seat.Transfer(d.ctx, id, desk.Transfer{Queue: to})))
	case 1:
		to := d.agents[d.by.IntN(len(d.agents)-1)]
		_, err := seat.Transfer(d.ctx, id, desk.Transfer{Agent: to, Note: "é teu"})
		if !errors.Is(err, desk.ErrNotAvailable) && !errors.Is(err, desk.ErrAtCapacity) && to != c.Agent {
			d.ok(err)
		}
	case 2:
		if d.by.IntN(8) == 0 && c.Agent != "boss" { // a takeover
			d.ok(second(d.seats["boss"].Transfer(d.ctx, id, desk.Transfer{Agent: "boss", Override: true})))
		}
	case 3, 4:
		x, err := seat.Expand(d.ctx, id, "hi")
		d.ok(err)
		d.ok(second(seat.Reply(d.ctx, id, handoff.Text(x.Text), "")))
	case 5:
		d.ok(second(seat.Reply(d.ctx, id, handoff.Text("um momento"), "")))
	case 6:
		d.reply(contact, "obrigado")
	case 7:
		d.ok(second(seat.SetPriority(d.ctx, id, handoff.Priority(d.by.IntN(4)))))
	case 8, 9: // the agent says nothing
	default:
		d.ends(seat, c, contact)
	}
}

func (d *centre) ends(seat *desk.Seat, c handoff.Conversation, contact string) {
	err := seat.ReturnToBot(d.ctx, c.ID)
	if errors.Is(err, desk.ErrTagsRequired) {
		d.untagged++
		d.ok(second(seat.Tag(d.ctx, c.ID, []string{"done"}, nil)))
		err = seat.ReturnToBot(d.ctx, c.ID)
	}
	d.ok(err)
	if d.by.IntN(3) == 0 {
		require.True(d.t, d.reply(contact, fmt.Sprint(1+d.by.IntN(5))).Survey)
	}
	d.done(c.ID)
}

func (d *centre) done(id handoff.ConversationID) {
	d.gone = append(d.gone, d.open[id])
	delete(d.open, id)
}

// goesHome ends in two bulk actions what people have or wait for, and then what
// the bot has.
func (d *centre) goesHome() {
	boss := d.seats["boss"]
	left := filter.Criteria{Control: handoff.ControlHuman}
	n, more, err := boss.CountBulk(d.ctx, left)
	d.ok(err)
	require.Positive(d.t, n)
	require.False(d.t, more)
	for _, action := range []handoff.BulkAction{{AddTags: []string{"evening"}}, {End: true}} {
		b, err := boss.StartBulk(d.ctx, left, action, "")
		d.ok(err)
		require.Equal(d.t, n, d.bulk(b).Done)
	}
	for id := range d.open {
		if !d.conv(id).Ended() {
			d.ok(second(d.bot.End(d.ctx, id)))
		}
	}
	for range 5 { // wrap-ups, and what the webhook did not hear
		d.pass(10 * time.Minute)
	}
}

// checkLoads asks that nobody holds more than they may: the boss may.
func (d *centre) checkLoads() {
	loads, err := d.store.Loads(d.ctx, "acme")
	d.ok(err)
	for _, l := range loads {
		if l.Queue == "" && l.Agent != "boss" {
			require.LessOrEqual(d.t, l.Held, teamCapacity, "%s", l.Agent)
		}
	}
}

// checkFeed goes through the whole day once more, in the order in which it
// happened: the router gives something only to who is there, available and not
// kept from it, and asks first in one queue only.
func (d *centre) checkFeed() {
	type pair struct {
		c handoff.ConversationID
		a handoff.AgentID
	}
	available, connected := map[handoff.AgentID]bool{}, map[handoff.AgentID]bool{}
	kept := map[pair]time.Time{}
	for _, e := range d.everything() {
		d.happened++
		d.seen[e.Kind]++
		if e.Version > 0 && e.Reason != "" {
			d.reasons[e.Reason]++
		}
		switch e.Kind {
		case handoff.EventAvailability:
			available[e.Agent] = e.Availability == handoff.Available
		case handoff.EventConnected, handoff.EventDisconnected:
			connected[e.Agent] = e.Kind == handoff.EventConnected
		case handoff.EventOffered:
			require.Equal(d.t, handoff.QueueID("q5"), e.Queue)
		}
		if e.Reason == handoff.ReasonNoAnswer && e.Version > 0 {
			kept[pair{e.Conversation, e.FromAgent}] = e.At.Add(teamExclude)
		}
		if routed := e.Kind == handoff.EventAssigned && e.Actor.By == handoff.BySystem; routed || e.Kind == handoff.EventOffered {
			require.True(d.t, available[e.Agent] && connected[e.Agent], "%s was not there", e.Agent)
			require.False(d.t, e.At.Before(kept[pair{e.Conversation, e.Agent}]), "%s let it wait just before", e.Agent)
			require.False(d.t, routed && e.Queue == "q5", "nobody was asked")
		}
	}
}
