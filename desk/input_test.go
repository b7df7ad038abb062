package desk_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing/rules"
)

// byPlatform is every method of a Bot that names a conversation, with
// arguments that are good in themselves.
var byPlatform = map[string]func(o *office, b *desk.Bot, id convID) error{
	"Conversation": func(o *office, b *desk.Bot, id convID) error { return second(b.Conversation(o.ctx, id)) },
	"Messages": func(o *office, b *desk.Bot, id convID) error {
		return second(b.Messages(o.ctx, id, desk.MessageQuery{}))
	},
	"Timeline":    func(o *office, b *desk.Bot, id convID) error { return second(b.Timeline(o.ctx, id, 0)) },
	"Transcripts": func(o *office, b *desk.Bot, id convID) error { return second(b.Transcripts(o.ctx, id)) },
	"Clocks": func(o *office, b *desk.Bot, id convID) error {
		_, _, err := b.Clocks(o.ctx, id)
		return err
	},
	"Transcript":   func(o *office, b *desk.Bot, id convID) error { return second(b.Transcript(o.ctx, id)) },
	"Send":         func(o *office, b *desk.Bot, id convID) error { return second(b.Send(o.ctx, id, handoff.Text("x"), "")) },
	"SendTemplate": func(o *office, b *desk.Bot, id convID) error { return second(b.SendTemplate(o.ctx, id, "hi", nil, "")) },
	"Record": func(o *office, b *desk.Bot, id convID) error {
		return second(b.Record(o.ctx, id, handoff.Text("x"), "", ""))
	},
	"Retry": func(o *office, b *desk.Bot, id convID) error { return second(b.Retry(o.ctx, id, "m")) },
	"CanReply": func(o *office, b *desk.Bot, id convID) error {
		_, _, err := b.CanReply(o.ctx, id)
		return err
	},
	"HandOff": func(o *office, b *desk.Bot, id convID) error {
		return second(b.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, ""))
	},
	"Withdraw": func(o *office, b *desk.Bot, id convID) error { return second(b.Withdraw(o.ctx, id)) },
	"End":      func(o *office, b *desk.Bot, id convID) error { return second(b.End(o.ctx, id)) },
	"Transfer": func(o *office, b *desk.Bot, id convID) error {
		return second(b.Transfer(o.ctx, id, desk.Transfer{Queue: "sales"}))
	},
	"SetPriority": func(o *office, b *desk.Bot, id convID) error { return second(b.SetPriority(o.ctx, id, handoff.High)) },
	"Tag":         func(o *office, b *desk.Bot, id convID) error { return second(b.Tag(o.ctx, id, []string{"x"}, nil)) },
	"Position":    func(o *office, b *desk.Bot, id convID) error { return second(b.Position(o.ctx, id)) },
	"Explain":     func(o *office, b *desk.Bot, id convID) error { return second(b.Explain(o.ctx, id)) },
	"Survey":      func(o *office, b *desk.Bot, id convID) error { return second(b.Survey(o.ctx, id)) },
}

// badWords are no ids.
var badWords = []string{"", "\x00", "a\nb", "\xff", strings.Repeat("x", 65)}

func TestABadIdIsNamedAndChangesNothing(t *testing.T) {
	t.Parallel()
	o, _, _, _, held := staffed(t)
	rival := o.desk.Bot("rival")
	o.ok(rival.Put(o.ctx, handoff.Bot{Name: "Rival"}))
	before := o.dump()
	for name, call := range byPlatform {
		for _, bad := range badWords {
			require.ErrorIs(t, call(o, o.bot, convID(bad)), handoff.ErrInvalid, "%s(%q)", name, bad)
		}
		require.ErrorIs(t, call(o, o.bot, "0190163d-8694-739b-aea5-966c26f8ad90"), desk.ErrNotFound, name)
		require.ErrorIs(t, call(o, rival, held), desk.ErrNotFound, "%s of another bot", name)
		require.ErrorIs(t, call(o, o.desk.Bot("nobody"), held), desk.ErrNotFound, "%s of an unknown bot", name)
	}
	require.Equal(t, before, o.dump())
}

func TestBadInputIsNamedAndChangesNothing(t *testing.T) {
	t.Parallel()
	o, ana, _, _, held := staffed(t)
	free := o.writes("77", "hi")
	to := handoff.Address{Channel: wa, Account: line, ID: "999"}
	long := strings.Repeat("x", 70_000)
	before := o.dump()
	invalid := map[string]error{
		"bot without a name":          o.bot.Put(o.ctx, handoff.Bot{}),
		"bot in no time zone":         o.bot.Put(o.ctx, handoff.Bot{Name: "x", TimeZone: "Mars/Base"}),
		"bot with a bad id":           o.desk.Bot("").Put(o.ctx, handoff.Bot{Name: "x"}),
		"agent without an id":         o.bot.PutAgent(o.ctx, handoff.Agent{Name: "x"}),
		"agent with a bad capacity":   o.bot.PutAgent(o.ctx, handoff.Agent{ID: "x", Name: "x", Capacity: -2}),
		"bot in a local time zone":    o.bot.Put(o.ctx, handoff.Bot{Name: "x", TimeZone: "Local"}),
		"agent in no time zone":       o.bot.PutAgent(o.ctx, handoff.Agent{ID: "x", Name: "x", TimeZone: "x/y"}),
		"agent with unknown rights":   o.bot.PutAgent(o.ctx, handoff.Agent{ID: "x", Name: "x", Permissions: 1 << 30}),
		"queue with a bad mode":       o.bot.PutQueue(o.ctx, handoff.Queue{ID: "x", Name: "x", Mode: "magic"}),
		"queue with a long name":      o.bot.PutQueue(o.ctx, handoff.Queue{ID: "x", Name: long}),
		"queue with a bad id":         o.bot.RemoveQueue(o.ctx, ""),
		"member of nothing":           o.bot.PutMember(o.ctx, handoff.Member{}),
		"member to remove":            o.bot.RemoveMember(o.ctx, "", "ana"),
		"template without a body":     o.bot.PutTemplate(o.ctx, handoff.Template{ID: "x", Name: "x", Language: "en"}),
		"template with a bad id":      o.bot.RemoveTemplate(o.ctx, "\x00"),
		"contact with a bad id":       second(o.bot.Contact(o.ctx, "")),
		"attachment with a bad hash":  second(o.bot.Attachment(o.ctx, "")),
		"empty text":                  second(o.bot.Send(o.ctx, free, handoff.Text(""), "")),
		"long text":                   second(o.bot.Send(o.ctx, free, handoff.Text(long), "")),
		"text with a NUL":             second(o.bot.Send(o.ctx, free, handoff.Text("\x00"), "")),
		"a kind that is not sent":     second(o.bot.Send(o.ctx, free, handoff.Content{Kind: handoff.KindUnknown}, "")),
		"a long key":                  second(o.bot.Send(o.ctx, free, handoff.Text("x"), long)),
		"a bad template":              second(o.bot.SendTemplate(o.ctx, free, "", nil, "")),
		"too many params":             second(o.bot.SendTemplate(o.ctx, free, "hi", []string{"x"}, "")),
		"a bad provider id":           second(o.bot.Record(o.ctx, free, handoff.Text("x"), long, "")),
		"hand-off to nowhere":         second(o.bot.HandOff(o.ctx, free, desk.HandOff{}, "")),
		"hand-off with a bad queue":   second(o.bot.HandOff(o.ctx, free, desk.HandOff{Queue: "\xff"}, "")),
		"hand-off with long text":     second(o.bot.HandOff(o.ctx, free, desk.HandOff{Queue: "sales", Note: long}, "")),
		"hand-off with bad priority":  second(o.bot.HandOff(o.ctx, free, desk.HandOff{Queue: "sales", Priority: 9}, "")),
		"hand-off with bad skills":    second(o.bot.HandOff(o.ctx, free, desk.HandOff{Queue: "sales", Skills: []string{""}}, "")),
		"hand-off with bad fields":    second(o.bot.HandOff(o.ctx, free, desk.HandOff{Queue: "sales", Fields: map[string]string{"": "x"}}, "")),
		"a bad priority":              second(o.bot.SetPriority(o.ctx, free, 7)),
		"a bad tag":                   second(o.bot.Tag(o.ctx, free, []string{""}, nil)),
		"a bad message query":         second(o.bot.Messages(o.ctx, free, desk.MessageQuery{Limit: -1})),
		"a bad timeline":              second(o.bot.Timeline(o.ctx, free, -1)),
		"an address of nobody":        second(o.bot.SendTo(o.ctx, handoff.Address{}, handoff.Text("x"), "")),
		"a start with a bad template": second(o.bot.Start(o.ctx, to, "", nil, "")),
		"a receipt of nothing":        o.bot.Receipt(o.ctx, handoff.Receipt{}),
		"a receipt of queued":         o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "p", Delivery: handoff.Queued}),
		"webhook to nowhere":          second(o.bot.PutWebhook(o.ctx, handoff.Webhook{ID: "x"})),
		"webhook with a bad id":       o.bot.RemoveWebhook(o.ctx, "\x00"),
		"a secret of nobody":          second(o.bot.RotateWebhook(o.ctx, "")),
		"a test of nothing":           o.bot.TestWebhook(o.ctx, ""),
		"a replay of nothing":         second(o.bot.ReplayWebhook(o.ctx, "crm", desk.WebhookReplay{})),
		"dead events of nothing":      second(o.bot.DeadWebhookEvents(o.ctx, "")),
		"a bulk action of nothing":    second(o.bot.StartBulk(o.ctx, filter.Criteria{}, handoff.BulkAction{}, "")),
		"a bulk action of bad rows":   second(o.bot.StartBulk(o.ctx, filter.Criteria{Limit: -1}, handoff.BulkAction{End: true}, "")),
		"a bulk action with bad id":   second(o.bot.Bulk(o.ctx, "")),
		"a bulk action to cancel":     second(o.bot.CancelBulk(o.ctx, "\x00")),
		"erasing nobody":              second(o.bot.EraseContact(o.ctx, "")),
		"an erasure of nobody":        second(o.bot.Erasure(o.ctx, "\x00")),
		"bot that keeps for ever":     o.bot.Put(o.ctx, handoff.Bot{Name: "x", RetainDays: -1}),
		"bad criteria":                second(o.bot.Conversations(o.ctx, filter.Criteria{Limit: -1}, "")),
		"a bad cursor":                second(o.bot.Conversations(o.ctx, filter.Criteria{}, "x")),
		"an agent to explain":         second(o.bot.ExplainAgent(o.ctx, "")),
		"a bad availability":          ana.SetAvailability(o.ctx, "asleep", ""),
		"a reason without being away": ana.SetAvailability(o.ctx, handoff.Available, "lunch"),
		"a device without a name":     second(ana.Connect(o.ctx, "")),
		"a long note":                 second(ana.Note(o.ctx, held, long, "")),
		"a message with a bad id":     second(ana.Retry(o.ctx, held, "")),
		"a seat of a bad bot":         second(o.desk.Seat(o.ctx, "", "ana")),
		"a seat of a bad agent":       second(o.desk.Seat(o.ctx, "acme", "\x00")),
		"canned of no text":           o.bot.PutCanned(o.ctx, handoff.Canned{ID: "x", Shortcut: "x", Title: "x"}),
		"canned with a bad variable":  o.bot.PutCanned(o.ctx, handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Text: "{{contact.nome}}"}),
		"canned of an unknown queue":  o.bot.PutCanned(o.ctx, handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Text: "x", Queues: []handoff.QueueID{"none"}}),
		"an agent's canned":           o.bot.PutCanned(o.ctx, handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Text: "x", Agent: "ana"}),
		"canned with a bad id":        o.bot.RemoveCanned(o.ctx, "\x00"),
		"tag of another colour":       o.bot.PutTag(o.ctx, handoff.Tag{ID: "x", Name: "x", Colour: "mauve"}),
		"rules that mean nothing":     o.bot.PutRules(o.ctx, []rules.Rule{{ID: "x", Name: "x"}}),
		"rules of an unknown queue":   o.bot.PutRules(o.ctx, []rules.Rule{{ID: "x", Name: "x", Then: rules.Action{Queue: "none"}}}),
		"a dry run of bad rules":      second(o.bot.DryRun(o.ctx, desk.Sample{Rules: []rules.Rule{{ID: "x"}}})),
		"field without a name":        o.bot.PutContactField(o.ctx, handoff.ContactField{ID: "x"}),
		"field with a bad id":         o.bot.RemoveContactField(o.ctx, ""),
		"fields of a bad id":          second(o.bot.SetContactFields(o.ctx, "", nil)),
		"hand-off in a bad language":  second(o.bot.HandOff(o.ctx, free, desk.HandOff{Queue: "sales", Language: "\n"}, "")),
		"tag with a bad id":           o.bot.RemoveTag(o.ctx, ""),
		"service level of no target":  o.bot.PutSLA(o.ctx, handoff.SLA{ID: "x", Name: "x"}),
		"service level of a bad id":   o.bot.RemoveSLA(o.ctx, ""),
		"clocks of a bad id":          second(o.bot.Dues(o.ctx, "\x00")),
		"too many clocks":             second(o.bot.Dues(o.ctx, make([]handoff.ConversationID, 1001)...)),
		"away for too long":           o.bot.PutAwayReason(o.ctx, handoff.AwayReason{ID: "x", Name: "x", Minutes: 10_000}),
		"away with a bad id":          o.bot.RemoveAwayReason(o.ctx, ""),
		"profile without a name":      o.bot.PutProfile(o.ctx, handoff.AgentProfile{ID: "x"}),
		"profile with a bad id":       o.bot.RemoveProfile(o.ctx, ""),
		"agent of an unknown profile": o.bot.PutAgent(o.ctx, handoff.Agent{ID: "x", Name: "x", Profile: "none"}),
		"adherence of no period":      second(o.bot.Adherence(o.ctx, time.Time{}, time.Now())),
		"adherence of a lifetime":     second(o.bot.Adherence(o.ctx, time.Unix(0, 0).AddDate(1, 0, 0), time.Now())),
		"calendar without a name":     o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "x"}),
		"calendar of no zone":         o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "x", Name: "x", TimeZone: "Mars/Olympus"}),
		"calendar of no list":         o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "x", Name: "x", Holidays: "XX"}),
		"calendar of no holiday":      o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "x", Name: "x", Holidays: "BR", Optional: []string{"x"}}),
		"calendar with a bad id":      o.bot.RemoveCalendar(o.ctx, "\x00"),
		"queue of an unknown one":     o.bot.PutQueue(o.ctx, handoff.Queue{ID: "x", Name: "x", Calendar: "none"}),
		"agent of an unknown one":     o.bot.PutAgent(o.ctx, handoff.Agent{ID: "x", Name: "x", Calendar: "none"}),
		"queue that passes to none":   o.bot.PutQueue(o.ctx, handoff.Queue{ID: "x", Name: "x", Overflow: "none"}),
		"a queue that may be open":    second(o.bot.IsOpen(o.ctx, "\x00")),
		"a list that is nil":          second(desk.New(o.store, &desk.Options{Holidays: map[string]calendar.Provider{"x": nil}})),
		"a list without a name":       second(desk.New(o.store, &desk.Options{Holidays: map[string]calendar.Provider{"": calendar.Brazil}})),
		"no store":                    second(desk.New(nil, nil)),
		"a negative option":           second(desk.New(o.store, &desk.Options{Sweep: -1})),
		"a nil channel":               second(desk.New(o.store, &desk.Options{Channels: map[handoff.Channel]desk.Channel{"x": nil}})),
		"a heartbeat beyond its life": second(desk.New(o.store, &desk.Options{Heartbeat: 15e9})),
	}
	for name, err := range invalid {
		require.ErrorIs(t, err, handoff.ErrInvalid, name)
		require.NotContains(t, err.Error(), "xxxxxxxx", "an error quotes what it was given")
	}
	unknown := map[string]error{
		"queue":    second(o.bot.HandOff(o.ctx, free, desk.HandOff{Queue: "none"}, "")),
		"agent":    second(o.bot.HandOff(o.ctx, free, desk.HandOff{Agent: "none"}, "")),
		"member":   o.bot.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: "none"}),
		"canned":   o.bot.RemoveCanned(o.ctx, "none"),
		"field":    o.bot.RemoveContactField(o.ctx, "none"),
		"fields":   second(o.bot.SetContactFields(o.ctx, "none", nil)),
		"dry run":  second(o.bot.DryRun(o.ctx, desk.Sample{Conversation: "none"})),
		"tag":      o.bot.RemoveTag(o.ctx, "none"),
		"calendar": o.bot.RemoveCalendar(o.ctx, "none"),
		"opening":  second(o.bot.IsOpen(o.ctx, "none")),
		"sla":      o.bot.RemoveSLA(o.ctx, "none"),
		"away":     o.bot.RemoveAwayReason(o.ctx, "none"),
		"profile":  o.bot.RemoveProfile(o.ctx, "none"),
		"template": second(o.bot.SendTemplate(o.ctx, free, "none", nil, "")),
		"contact":  second(o.bot.Contact(o.ctx, "none")),
		"webhook":  o.bot.RemoveWebhook(o.ctx, "none"),
		"erased":   second(o.bot.EraseContact(o.ctx, "none")),
		"bulk":     second(o.bot.Bulk(o.ctx, "none")),
		"bot":      o.desk.Bot("none").PutQueue(o.ctx, handoff.Queue{ID: "x", Name: "x"}),
	}
	for name, err := range unknown {
		require.ErrorIs(t, err, desk.ErrNotFound, name)
	}
	require.Equal(t, before, o.dump())
}

func TestEveryMethodOfABotIsTested(t *testing.T) {
	t.Parallel()
	others := strings.Fields(`EraseContact Erasure ExportContact
		CountBulk StartBulk Bulks Bulk CancelBulk
		NewBroadcast AddRecipients StartBroadcast PauseBroadcast CancelBroadcast Broadcasts Broadcast Recipients SetOptOut TemplateNews
		PutWebhook RotateWebhook RemoveWebhook Webhooks DeadWebhookEvents ReplayWebhook TestWebhook
		Put ChangeBot PutAgent PutQueue ChangeQueue RemoveQueue PutMember RemoveMember PutTemplate RemoveTemplate
		Agents Queues Templates Contact Attachment SendTo Start Receive Receipt ExplainAgent Subscribe Conversations
		PutCanned RemoveCanned Canned PutTag RemoveTag Tags PutAwayReason RemoveAwayReason AwayReasons Adherence
		PutProfile RemoveProfile Profiles RequestHandOff Attach Members Get PutCalendar RemoveCalendar Calendars IsOpen Report Facts CountHistory
		PutSLA RemoveSLA SLAs Dues
		PutRules Rules DryRun PutContactField RemoveContactField ContactFields SetContactFields`)
	for m := range reflect.TypeFor[*desk.Bot]().Methods() {
		_, known := byPlatform[m.Name]
		require.True(t, known || slices.Contains(others, m.Name), "%s is in no table: what does it do with bad input?", m.Name)
	}
}
