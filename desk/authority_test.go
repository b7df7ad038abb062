package desk_test

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/ticket"
)

type convID = handoff.ConversationID

// onConversation is every method of a Seat that names a conversation, with
// arguments that are good in themselves.
var onConversation = map[string]func(ctx context.Context, s *desk.Seat, id convID) error{
	"Take": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.Take(ctx, id, desk.TakeOptions{}))
	},
	"Accept":  func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Accept(ctx, id)) },
	"Decline": func(ctx context.Context, s *desk.Seat, id convID) error { return s.Decline(ctx, id, "") },
	"Reply": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.Reply(ctx, id, handoff.Text("x"), ""))
	},
	"SendTemplate": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.SendTemplate(ctx, id, "hi", nil, ""))
	},
	"Note":  func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Note(ctx, id, "x", "")) },
	"Retry": func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Retry(ctx, id, "m")) },
	"CanReply": func(ctx context.Context, s *desk.Seat, id convID) error {
		_, _, err := s.CanReply(ctx, id)
		return err
	},
	"Transfer": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.Transfer(ctx, id, desk.Transfer{Queue: "support"}))
	},
	"ReturnToBot": func(ctx context.Context, s *desk.Seat, id convID) error { return s.ReturnToBot(ctx, id) },
	"SetPriority": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.SetPriority(ctx, id, handoff.High))
	},
	"Tag": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.Tag(ctx, id, []string{"x"}, nil))
	},
	"AddTicket": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.AddTicket(ctx, id, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0]}, ""))
	},
	"MoveTicket": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.MoveTicket(ctx, id, "t", ticket.Resolved))
	},
	"EditTicket": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.EditTicket(ctx, id, "t", ticket.DefaultTypes()[0], "x"))
	},
	"Tickets": func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Tickets(ctx, id)) },
	"Messages": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.Messages(ctx, id, desk.MessageQuery{}))
	},
	"Timeline":    func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Timeline(ctx, id, 0)) },
	"Transcripts": func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Transcripts(ctx, id)) },
	"Clocks": func(ctx context.Context, s *desk.Seat, id convID) error {
		_, _, err := s.Clocks(ctx, id)
		return err
	},
	"Transcript": func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Transcript(ctx, id)) },
	"Attachment": func(ctx context.Context, s *desk.Seat, id convID) error {
		_, _, err := s.Attachment(ctx, id, "m")
		return err
	},
	"Position":     func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Position(ctx, id)) },
	"Explain":      func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Explain(ctx, id)) },
	"MarkRead":     func(ctx context.Context, s *desk.Seat, id convID) error { return s.MarkRead(ctx, id) },
	"Conversation": func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Conversation(ctx, id)) },
	"History":      func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.History(ctx, id)) },
	"HistoryAttachment": func(ctx context.Context, s *desk.Seat, id convID) error {
		_, _, err := s.HistoryAttachment(ctx, id, id, "m")
		return err
	},
	"FieldsOf": func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.FieldsOf(ctx, id)) },
	"SetContactFields": func(ctx context.Context, s *desk.Seat, id convID) error {
		return s.SetContactFields(ctx, id, nil)
	},
	"Can":          func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Can(ctx, id)) },
	"FinishWrapUp": func(ctx context.Context, s *desk.Seat, id convID) error { return s.FinishWrapUp(ctx, id) },
	"Expand": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.Expand(ctx, id, "hi"))
	},
	"Survey": func(ctx context.Context, s *desk.Seat, id convID) error { return second(s.Survey(ctx, id)) },
	"HistoryMessages": func(ctx context.Context, s *desk.Seat, id convID) error {
		return second(s.HistoryMessages(ctx, id, id, desk.MessageQuery{}))
	},
}

// ofTheBot is every other method of a Seat that answers at once, and the
// permission it takes.
var ofTheBot = map[string]struct {
	takes handoff.Permissions
	call  func(ctx context.Context, s *desk.Seat) error
}{
	"Me":              {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Me(ctx)) }},
	"SetAvailability": {0, func(ctx context.Context, s *desk.Seat) error { return s.SetAvailability(ctx, handoff.Unavailable, "") }},
	"Connect":         {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Connect(ctx, "laptop")) }},
	"Conversations": {0, func(ctx context.Context, s *desk.Seat) error {
		return second(s.Conversations(ctx, filter.Criteria{}, ""))
	}},
	"Offers": {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Offers(ctx)) }},
	"View":   {0, func(ctx context.Context, s *desk.Seat) error { return second(s.View(ctx)) }},
	"Report": {handoff.PermReports, func(ctx context.Context, s *desk.Seat) error {
		return second(s.Report(ctx, desk.ReportQuery{From: day, To: day.AddDate(0, 0, 1)}))
	}},
	"Facts": {handoff.PermReports, func(ctx context.Context, s *desk.Seat) error {
		for _, err := range s.Facts(ctx, desk.ReportQuery{From: day, To: day.AddDate(0, 0, 1)}) {
			return err
		}
		return nil
	}},
	"Rows":      {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Rows(ctx, nil)) }},
	"Attach":    {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Attach(ctx, []byte("x"))) }},
	"Bot":       {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Bot(ctx)) }},
	"SetLocale": {0, func(ctx context.Context, s *desk.Seat) error { return s.SetLocale(ctx, "pt-BR", "America/Sao_Paulo") }},
	"Names": {0, func(ctx context.Context, s *desk.Seat) error {
		_, _, err := s.Names(ctx)
		return err
	}},
	"ChangeBot": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return second(s.ChangeBot(ctx, func(b *handoff.Bot) error { b.Name = "New"; return nil }))
	}},
	"ChangeQueue": {handoff.PermManageQueues, func(ctx context.Context, s *desk.Seat) error {
		return second(s.ChangeQueue(ctx, "new", func(q *handoff.Queue) error { q.Name = "New"; return nil }))
	}},
	"PutBot": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return s.PutBot(ctx, handoff.Bot{ID: "acme", Name: "Acme Ltd"})
	}},
	"Agents":       {handoff.PermManageAgents, func(ctx context.Context, s *desk.Seat) error { return second(s.Agents(ctx)) }},
	"Members":      {handoff.PermManageQueues, func(ctx context.Context, s *desk.Seat) error { return second(s.Members(ctx, "support")) }},
	"MyTickets":    {0, func(ctx context.Context, s *desk.Seat) error { return second(s.MyTickets(ctx)) }},
	"Colleagues":   {handoff.PermTransfer, func(ctx context.Context, s *desk.Seat) error { return second(s.Colleagues(ctx)) }},
	"ExplainAgent": {handoff.PermReports, func(ctx context.Context, s *desk.Seat) error { return second(s.ExplainAgent(ctx, "ana")) }},
	"Queues":       {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Queues(ctx)) }},
	"Templates":    {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Templates(ctx)) }},
	"Start": {handoff.PermSendTemplates, func(ctx context.Context, s *desk.Seat) error {
		return second(s.Start(ctx, handoff.Address{Channel: wa, Account: line, ID: "999"}, "hi", nil, desk.TakeOptions{}, ""))
	}},
	"QueuePanel": {handoff.PermReports, func(ctx context.Context, s *desk.Seat) error { return second(s.QueuePanel(ctx, "", "")) }},
	"PutAgent": {handoff.PermManageAgents, func(ctx context.Context, s *desk.Seat) error {
		return s.PutAgent(ctx, handoff.Agent{ID: "new", Name: "New"})
	}},
	"PutQueue": {handoff.PermManageQueues, func(ctx context.Context, s *desk.Seat) error {
		return s.PutQueue(ctx, handoff.Queue{ID: "new", Name: "New"})
	}},
	"RemoveQueue": {handoff.PermManageQueues, func(ctx context.Context, s *desk.Seat) error { return s.RemoveQueue(ctx, "spare") }},
	"PutMember": {handoff.PermManageQueues, func(ctx context.Context, s *desk.Seat) error {
		return s.PutMember(ctx, handoff.Member{Queue: "sales", Agent: "bruno"})
	}},
	"RemoveMember": {handoff.PermManageQueues, func(ctx context.Context, s *desk.Seat) error { return s.RemoveMember(ctx, "support", "bruno") }},
	"PutTemplate":  {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.PutTemplate(ctx, hi) }},
	"CountBulk": {0, func(ctx context.Context, s *desk.Seat) error {
		_, _, err := s.CountBulk(ctx, filter.Criteria{})
		return err
	}},
	"StartBulk": {0, func(ctx context.Context, s *desk.Seat) error {
		return second(s.StartBulk(ctx, filter.Criteria{}, handoff.BulkAction{End: true}, ""))
	}},
	"Bulks": {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Bulks(ctx)) }},
	"PutWebhook": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return second(s.PutWebhook(ctx, handoff.Webhook{ID: "new", URL: "https://new.example/"}))
	}},
	"RotateWebhook":     {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return second(s.RotateWebhook(ctx, "crm")) }},
	"RemoveWebhook":     {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.RemoveWebhook(ctx, "crm") }},
	"Webhooks":          {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return second(s.Webhooks(ctx)) }},
	"DeadWebhookEvents": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return second(s.DeadWebhookEvents(ctx, "crm")) }},
	"ReplayWebhook": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return second(s.ReplayWebhook(ctx, "crm", desk.WebhookReplay{Every: true}))
	}},
	"TestWebhook": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.TestWebhook(ctx, "crm") }},
	"NewBroadcast": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error {
		return second(s.NewBroadcast(ctx, handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "hi"}, ""))
	}},
	"AddRecipients": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error {
		return second(s.AddRecipients(ctx, drafted(ctx), 2, to(1)))
	}},
	"StartBroadcast": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error {
		return second(s.StartBroadcast(ctx, drafted(ctx)))
	}},
	"PauseBroadcast": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error {
		_, _ = s.StartBroadcast(ctx, drafted(ctx)) // only what was started is paused
		return second(s.PauseBroadcast(ctx, drafted(ctx)))
	}},
	"CancelBroadcast": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error {
		return second(s.CancelBroadcast(ctx, drafted(ctx)))
	}},
	"Broadcasts": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error { return second(s.Broadcasts(ctx)) }},
	"Broadcast":  {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error { return second(s.Broadcast(ctx, drafted(ctx))) }},
	"Recipients": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error {
		_, _, err := s.Recipients(ctx, drafted(ctx), desk.RecipientQuery{})
		return err
	}},
	"SetOptOut": {handoff.PermBroadcast, func(ctx context.Context, s *desk.Seat) error {
		return s.SetOptOut(ctx, handoff.Address{Channel: wa, Account: line, ID: "999"}, true)
	}},
	"RemoveTemplate": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.RemoveTemplate(ctx, "bye") }},
	"PutCanned":      {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.PutCanned(ctx, oi) }},
	"RemoveCanned": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return both(s.PutCanned(ctx, oi), s.RemoveCanned(ctx, oi.ID))
	}},
	"Canned": {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Canned(ctx)) }},
	"CannedAttachment": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		m, err := s.Attach(ctx, []byte("prices"))
		c := oi
		c.Attachments = []handoff.Media{m}
		err = both(err, s.PutCanned(ctx, c))
		_, _, read := s.CannedAttachment(ctx, oi.ID, m.SHA256)
		return both(err, read)
	}},
	"PutTag": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.PutTag(ctx, vip) }},
	"RemoveTag": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return both(s.PutTag(ctx, vip), s.RemoveTag(ctx, vip.ID))
	}},
	"PutCalendar": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return s.PutCalendar(ctx, calendar.Calendar{ID: "office", Name: "Office"})
	}},
	"RemoveCalendar": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return both(s.PutCalendar(ctx, calendar.Calendar{ID: "office", Name: "Office"}), s.RemoveCalendar(ctx, "office"))
	}},
	"Calendars": {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Calendars(ctx)) }},
	"Openings":  {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Openings(ctx)) }},
	"WrapUps":   {0, func(ctx context.Context, s *desk.Seat) error { return second(s.WrapUps(ctx)) }},
	"Tags":      {0, func(ctx context.Context, s *desk.Seat) error { return second(s.Tags(ctx)) }},
	"PutSLA":    {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.PutSLA(ctx, gold) }},
	"RemoveSLA": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return both(s.PutSLA(ctx, gold), s.RemoveSLA(ctx, gold.ID))
	}},
	"SLAs": {0, func(ctx context.Context, s *desk.Seat) error { return second(s.SLAs(ctx)) }},
	"PutAwayReason": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return s.PutAwayReason(ctx, handoff.AwayReason{ID: "lunch", Name: "Lunch"})
	}},
	"RemoveAwayReason": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return both(s.PutAwayReason(ctx, handoff.AwayReason{ID: "lunch", Name: "Lunch"}), s.RemoveAwayReason(ctx, "lunch"))
	}},
	"AwayReasons": {0, func(ctx context.Context, s *desk.Seat) error { return second(s.AwayReasons(ctx)) }},
	"Adherence": {handoff.PermReports, func(ctx context.Context, s *desk.Seat) error {
		from := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
		return second(s.Adherence(ctx, from, from.Add(24*time.Hour)))
	}},
	"PutRules": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return s.PutRules(ctx, toSales) }},
	"Rules":    {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return second(s.Rules(ctx)) }},
	"DryRun":   {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error { return second(s.DryRun(ctx, desk.Sample{})) }},
	"PutContactField": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return s.PutContactField(ctx, plan)
	}},
	"RemoveContactField": {handoff.PermManageSettings, func(ctx context.Context, s *desk.Seat) error {
		return both(s.PutContactField(ctx, plan), s.RemoveContactField(ctx, plan.ID))
	}},
	"ContactFields": {0, func(ctx context.Context, s *desk.Seat) error { return second(s.ContactFields(ctx)) }},
	"PutProfile": {handoff.PermManageAgents, func(ctx context.Context, s *desk.Seat) error {
		return s.PutProfile(ctx, handoff.AgentProfile{ID: "lead", Name: "Lead"})
	}},
	"RemoveProfile": {handoff.PermManageAgents, func(ctx context.Context, s *desk.Seat) error {
		return both(s.PutProfile(ctx, handoff.AgentProfile{ID: "lead", Name: "Lead"}), s.RemoveProfile(ctx, "lead"))
	}},
	"Profiles": {handoff.PermManageAgents, func(ctx context.Context, s *desk.Seat) error { return second(s.Profiles(ctx)) }},
}

var hi = handoff.Template{ID: "hi", Name: "hi", Language: "en", Body: "Hi!"}

func second[T any](_ T, err error) error { return err }

// both gives the first of two errors.
func both(first, then error) error { return cmp.Or(first, then) }

var (
	oi  = handoff.Canned{ID: "oi", Shortcut: "oi", Title: "Hello", Text: "Oi, {{contact.first_name|cliente}}!"}
	vip = handoff.Tag{ID: "vip", Name: "VIP", Colour: handoff.Purple}
)

// staffed is an office with a conversation that ana holds, and others.
func staffed(t *testing.T) (o *office, ana, bruno, boss *desk.Seat, held convID) {
	o = newOffice(t)
	o.ok(o.bot.PutTemplate(o.ctx, hi))
	o.ok(second(o.bot.PutWebhook(o.ctx, crm)))
	bye := hi
	bye.ID = "bye"
	o.ok(o.bot.PutTemplate(o.ctx, bye))
	draft := o.drafts()
	o.ctx = context.WithValue(o.ctx, draftKey{}, draft)
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "spare", Name: "Spare"}))
	ana = o.working("ana", 5, "sales")
	bruno = o.working("bruno", 5, "support")
	boss = o.agent("boss", 5, handoff.RoleAdmin)
	held = o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(held).Agent)
	return o, ana, bruno, boss, held
}

func TestEveryMethodOfASeatIsInTheTables(t *testing.T) {
	t.Parallel()
	for m := range reflect.TypeFor[*desk.Seat]().Methods() {
		_, a := onConversation[m.Name]
		_, b := ofTheBot[m.Name]
		require.True(t, a || b || m.Name == "EraseContact" || m.Name == "Erasure" || m.Name == "ExportContact" || m.Name == "Bulk" || m.Name == "CancelBulk" || m.Name == "Subscribe" || m.Name == "Waiting" || m.Name == "Lose", "%s is in no table: who may call it?", m.Name)
	}
}

func TestWhatAnAgentMayNotSeeIsNotThereByAnyMethod(t *testing.T) {
	t.Parallel()
	for name, call := range onConversation {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, ana, bruno, boss, held := staffed(t)
			other := o.desk.Bot("rival")
			o.ok(other.Put(o.ctx, handoff.Bot{Name: "Rival"}))
			in, err := other.Receive(o.ctx, inbound("551", "x", "theirs"))
			o.ok(err)
			before := o.dump()
			require.ErrorIs(t, call(o.ctx, bruno, held), desk.ErrNotFound, "another agent's")
			for _, s := range []*desk.Seat{ana, boss} {
				require.ErrorIs(t, call(o.ctx, s, "0190163d-8694-739b-aea5-966c26f8ad90"), desk.ErrNotFound, "nobody's")
				require.ErrorIs(t, call(o.ctx, s, in.Conversation.ID), desk.ErrNotFound, "another bot's")
				for _, bad := range []convID{"", "\x00", "\xff", convID(strings.Repeat("x", 65))} {
					require.ErrorIs(t, call(o.ctx, s, bad), handoff.ErrInvalid, "malformed %q", bad)
				}
			}
			require.Equal(t, before, o.dump(), "something changed")

			o.ok(ana.ReturnToBot(o.ctx, held))
			before = o.dump()
			require.ErrorIs(t, call(o.ctx, ana, held), desk.ErrNotFound, "the former agent's")
			require.Equal(t, before, o.dump())
		})
	}
}

func TestADisabledAgentMayDoNothing(t *testing.T) {
	t.Parallel()
	o, _, _, boss, held := staffed(t)
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "boss", Name: "Boss", Permissions: handoff.RoleAdmin, Disabled: true}))
	before := o.dump()
	for name, call := range onConversation {
		require.ErrorIs(t, call(o.ctx, boss, held), desk.ErrNotFound, name)
	}
	for name, m := range ofTheBot {
		require.ErrorIs(t, m.call(o.ctx, boss), desk.ErrNotFound, name)
	}
	require.Equal(t, before, o.dump())
	_, err := o.desk.Seat(o.ctx, "acme", "boss")
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestEachMethodTakesItsPermissionAndNoOther(t *testing.T) {
	t.Parallel()
	for name, m := range ofTheBot {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, _, _, _, _ := staffed(t)
			if m.takes != 0 {
				without := o.agent("without", 5, handoff.RoleAdmin&^m.takes&^handoff.PermManageQueues&^handoff.PermReports)
				before := o.dump()
				require.ErrorIs(t, m.call(o.ctx, without), desk.ErrForbidden)
				require.Equal(t, before, o.dump())
			}
			with := o.agent("with", 5, m.takes)
			o.ok(m.call(o.ctx, with))
		})
	}
}

func TestNobodyGivesAPermissionTheyLack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chief := o.agent("chief", 1, handoff.PermManageAgents|handoff.PermExport)
	err := chief.PutAgent(o.ctx, handoff.Agent{ID: "chief", Name: "Chief", Permissions: handoff.RoleAdmin})
	require.ErrorIs(t, err, desk.ErrForbidden)
	o.ok(chief.PutAgent(o.ctx, handoff.Agent{ID: "new", Name: "New", Permissions: handoff.PermExport}))
}

func TestWhoMayViewAllSeesButActsOnlyByPermission(t *testing.T) {
	t.Parallel()
	o, _, _, boss, held := staffed(t)
	watcher := o.agent("watcher", 5, handoff.PermViewAll|handoff.PermTransfer|handoff.PermSendTemplates)
	o.ok(second(watcher.Messages(o.ctx, held, desk.MessageQuery{})))
	for name, want := range map[string]error{
		"Reply": desk.ErrForbidden, "SendTemplate": desk.ErrForbidden, "Transfer": desk.ErrForbidden,
		"ReturnToBot": desk.ErrForbidden, "Transcript": desk.ErrForbidden, "Transcripts": desk.ErrForbidden, "Take": handoff.ErrInvalidState,
	} {
		require.ErrorIs(t, onConversation[name](o.ctx, watcher, held), want, name)
	}
	bot := o.writes("552", "oi")
	require.ErrorIs(t, onConversation["Take"](o.ctx, watcher, bot), desk.ErrForbidden)
	require.ErrorIs(t, onConversation["Take"](o.ctx, boss, bot), desk.ErrNotAvailable)
	o.ok(second(boss.Take(o.ctx, bot, desk.TakeOptions{Override: true})))
	o.ok(onConversation["Reply"](o.ctx, boss, held)) // by permission to intervene
	o.ok(onConversation["ReturnToBot"](o.ctx, boss, held))
}

func TestPrivateNotesReachNeitherBotNorContact(t *testing.T) {
	t.Parallel()
	o, ana, _, _, held := staffed(t)
	const canary = "CANARY-7f3a"
	o.ok(second(ana.Note(o.ctx, held, canary, "")))
	o.ok(second(ana.Reply(o.ctx, held, handoff.Text("public"), "")))
	o.settle()
	ms, err := o.bot.Messages(o.ctx, held, desk.MessageQuery{})
	o.ok(err)
	require.NotContains(t, fmt.Sprintf("%+v", ms), canary)
	require.NotContains(t, fmt.Sprintf("%+v", o.wa.Calls()), canary)
	require.NotContains(t, o.conv(held).Preview.Text, canary)
	seen, err := ana.Messages(o.ctx, held, desk.MessageQuery{})
	o.ok(err)
	require.Contains(t, fmt.Sprintf("%+v", seen), canary)
}

func TestANestedIdIsCheckedAgainstItsConversation(t *testing.T) {
	t.Parallel()
	o, ana, _, _, held := staffed(t)
	tk, err := ana.AddTicket(o.ctx, held, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0]}, "")
	o.ok(err)
	other := o.waits("559", "sales", handoff.NoPriority)
	o.settle()
	ms, err := ana.Messages(o.ctx, held, desk.MessageQuery{})
	o.ok(err)
	require.ErrorIs(t, second(ana.MoveTicket(o.ctx, other, tk.ID, ticket.Resolved)), desk.ErrNotFound)
	require.ErrorIs(t, second(ana.Retry(o.ctx, other, ms[0].ID)), desk.ErrNotFound)
	_, _, err = ana.Attachment(o.ctx, other, ms[0].ID)
	require.ErrorIs(t, err, desk.ErrNotFound)
	require.ErrorIs(t, second(ana.HistoryMessages(o.ctx, other, held, desk.MessageQuery{})), desk.ErrNotFound)
}

func TestWhoDoesNotSeeALineIsNotToldWhoWaitsInIt(t *testing.T) {
	t.Parallel()
	o, ana, _, boss, _ := staffed(t)
	clerk := o.agent("clerk", 1, handoff.PermReports)
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Mode: handoff.Manual}))
	id := o.waits("552", "sales", handoff.NoPriority)
	told := func(s *desk.Seat) []convID {
		e, err := s.ExplainAgent(o.ctx, "ana")
		o.ok(err)
		require.Equal(t, 1, e.Seats[0].Waiting)
		return e.Seats[0].Fits
	}
	require.Contains(t, told(ana), id)
	o.ok(ana.SetAvailability(o.ctx, handoff.Away, "lunch"))
	require.NotContains(t, told(ana), id, "who is away does not see the line")
	require.NotContains(t, told(clerk), id)
	require.Contains(t, told(boss), id)
}

func TestNobodyReadsAnAttachmentByNamingItsHash(t *testing.T) {
	t.Parallel()
	o, ana, bruno, _, held := staffed(t)
	in := inbound("other", strings.Repeat("s", handoff.MaxText+1), "long")
	got, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	theirs, err := bruno.Attach(o.ctx, []byte("bruno's"))
	o.ok(err)
	platforms, err := o.bot.Attach(o.ctx, []byte("the platform's"))
	o.ok(err)
	anas, err := ana.Attach(o.ctx, []byte("ana's"))
	o.ok(err)
	sized := anas
	sized.Size++
	before := o.dump()
	file := func(m handoff.Media) handoff.Content { return handoff.Content{Kind: handoff.KindDocument, Media: &m} }
	for _, stolen := range []handoff.Media{*got.Message.Overflow, theirs, platforms, sized} {
		require.ErrorIs(t, second(ana.Reply(o.ctx, held, file(stolen), "")), handoff.ErrInvalid)
	}
	c := handoff.Text("x")
	c.Overflow = &anas
	require.ErrorIs(t, second(ana.Reply(o.ctx, held, c, "")), handoff.ErrInvalid)
	require.ErrorIs(t, second(o.bot.Record(o.ctx, held, file(*got.Message.Overflow), "", "")), handoff.ErrInvalid)
	require.ErrorIs(t, second(o.bot.Record(o.ctx, held, file(anas), "", "")), handoff.ErrInvalid)
	in.Provider, in.Content = "stolen", file(anas)
	require.ErrorIs(t, second(o.bot.Receive(o.ctx, in)), handoff.ErrInvalid)
	require.Equal(t, before, o.dump())
}

func TestWhoUploadedAFileMaySendIt(t *testing.T) {
	t.Parallel()
	o, ana, bruno, _, held := staffed(t)
	data := []byte("the contract")
	up, err := ana.Attach(o.ctx, data)
	o.ok(err)
	up.Type, up.Name = "application/pdf", "contract.pdf"
	m, err := ana.Reply(o.ctx, held, handoff.Content{Kind: handoff.KindDocument, Media: &up}, "")
	o.ok(err)
	media, read, err := ana.Attachment(o.ctx, held, m.ID)
	o.ok(err)
	require.Equal(t, data, read)
	require.Equal(t, up, media)
	_, _, err = bruno.Attachment(o.ctx, held, m.ID)
	require.ErrorIs(t, err, desk.ErrNotFound)

	theirs, err := o.bot.Attach(o.ctx, []byte("a photo"))
	o.ok(err)
	theirs.Type = "image/jpeg"
	in := inbound("551", "", "photo")
	in.Content = handoff.Content{Kind: handoff.KindImage, Media: &theirs}
	got, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	_, read, err = ana.Attachment(o.ctx, held, got.Message.ID)
	o.ok(err)
	require.Equal(t, "a photo", string(read))

	o.ok(ana.ReturnToBot(o.ctx, held))
	again := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	_, read, err = ana.HistoryAttachment(o.ctx, again, held, m.ID)
	o.ok(err)
	require.Equal(t, data, read, "an earlier conversation's file, for the sake of the present one")
	_, err = ana.Attach(o.ctx, nil)
	require.ErrorIs(t, err, handoff.ErrInvalid)
	_, err = ana.Attach(o.ctx, make([]byte, desk.MaxAttachment+1))
	require.ErrorIs(t, err, handoff.ErrInvalid)
}
