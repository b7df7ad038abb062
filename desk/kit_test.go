package desk_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// onBoth runs a test in an office on memory and in one on SQLite.
func onBoth(t *testing.T, f func(t *testing.T, o *office)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		f(t, newOffice(t))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		clock := &desktest.Clock{}
		s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "desk.db"), &sqlite.Options{Now: clock.Now, Synchronous: sqlite.Normal})
		require.NoError(t, err)
		o := officeOn(t, s)
		o.clock = clock
		f(t, o)
	})
}

func (o *office) ids(s interface {
	Canned(context.Context) ([]handoff.Canned, error)
}) []handoff.CannedID {
	o.t.Helper()
	all, err := s.Canned(o.ctx)
	o.ok(err)
	ids := []handoff.CannedID{}
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestACannedReplyIsTheirsWhoAreToHaveIt(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana, bia := o.working("ana", 5, "sales"), o.agent("bia", 5, handoff.RoleAgent, "support")
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		canned := func(id handoff.CannedID, text string, queues ...handoff.QueueID) handoff.Canned {
			return handoff.Canned{ID: id, Shortcut: string(id), Title: "T", Text: text, Queues: queues}
		}
		o.ok(o.bot.PutCanned(o.ctx, canned("all", "to everybody")))
		o.ok(boss.PutCanned(o.ctx, canned("sell", "to sales", "sales", "sales")))
		mine := canned("mine", "{{agent.name}}'s own")
		mine.Agent = "ana"
		o.ok(ana.PutCanned(o.ctx, mine))
		instead := canned("all", "instead")
		instead.Agent = "ana"
		o.ok(ana.PutCanned(o.ctx, instead))

		require.Equal(t, []handoff.CannedID{"all", "mine", "sell"}, o.ids(ana))
		o.ok(ana.SetAvailability(o.ctx, handoff.Away, "lunch"))
		require.Equal(t, []handoff.CannedID{"all", "mine", "sell"}, o.ids(ana), "away or not")
		require.Equal(t, []handoff.CannedID{"all"}, o.ids(bia))
		require.Equal(t, []handoff.CannedID{"all", "sell"}, o.ids(boss), "whoever manages them, without what is somebody's own")
		require.Equal(t, []handoff.CannedID{"all", "sell"}, o.ids(o.bot))

		before := o.dump()
		require.ErrorIs(t, ana.PutCanned(o.ctx, canned("new", "shared")), desk.ErrForbidden)
		mine.Agent = "bia"
		require.ErrorIs(t, ana.PutCanned(o.ctx, mine), desk.ErrForbidden)
		require.ErrorIs(t, boss.PutCanned(o.ctx, mine), desk.ErrForbidden, "nobody writes another's")
		require.ErrorIs(t, ana.RemoveCanned(o.ctx, "sell"), desk.ErrForbidden)
		require.ErrorIs(t, boss.RemoveCanned(o.ctx, "mine"), desk.ErrNotFound)
		require.Equal(t, before, o.dump())

		id := o.waits("551", "sales", handoff.NoPriority)
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		o.settle()
		x, err := ana.Expand(o.ctx, id, "all")
		o.ok(err)
		require.Equal(t, "instead", x.Text)
		o.ok(ana.RemoveCanned(o.ctx, "all"))
		x, err = ana.Expand(o.ctx, id, "all")
		o.ok(err)
		require.Equal(t, "to everybody", x.Text)
		require.ErrorIs(t, second(boss.Expand(o.ctx, id, "mine")), desk.ErrNotFound)
	})
}

func TestACannedReplyIsFilledInForItsConversation(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		o.ok(o.bot.PutCanned(o.ctx, handoff.Canned{ID: "hi", Shortcut: "hi", Title: "Hi",
			Text: "{{contact.first_name}}/{{contact.name}}/{{contact.number}}/{{agent.name}}/{{queue.name}}/{{contact.field.plan|basic}}/{{contact.field.score|unknown}}/{{contact.field.nothing}}"}))
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		for field, access := range map[handoff.FieldID]handoff.FieldAccess{"plan": handoff.FieldOpen, "score": handoff.FieldHidden} {
			o.ok(o.bot.PutContactField(o.ctx, handoff.ContactField{ID: field, Name: string(field), For: access}))
		}
		o.ok(second(o.bot.SetContactFields(o.ctx, o.conv(id).Contact, map[handoff.FieldID]string{"plan": "gold", "score": "7"})))
		before := o.dump()
		x, err := ana.Expand(o.ctx, id, "hi")
		o.ok(err)
		require.Equal(t, "Contact/Contact 551/551/ana/sales/gold/unknown/", x.Text)
		require.Equal(t, []string{"contact.field.nothing"}, x.Missing)
		require.Equal(t, before, o.dump(), "filling in sends nothing")
	})
}

func TestAFileOfACannedReplyIsSentLongAfterItWasUploaded(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana, boss := o.working("ana", 5, "sales"), o.agent("boss", 5, handoff.RoleAdmin)
		bia := o.working("bia", 5, "support")
		file, err := boss.Attach(o.ctx, []byte("prices"))
		o.ok(err)
		file.Type, file.Name = "application/pdf", "prices.pdf"
		c := handoff.Canned{ID: "prices", Shortcut: "prices", Title: "Prices", Attachments: []handoff.Media{file}, Queues: []handoff.QueueID{"sales"}}
		o.ok(boss.PutCanned(o.ctx, c))
		thief := c
		thief.ID, thief.Queues, thief.Agent = "stolen", nil, "bia"
		require.ErrorIs(t, bia.PutCanned(o.ctx, thief), handoff.ErrInvalid, "nobody has a file by naming its hash")

		o.clock.Advance(30 * 24 * time.Hour)
		_, err = ana.Connect(o.ctx, "laptop")
		o.ok(err)
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: "ana"}))
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		c.Title = "Our prices"
		o.ok(boss.PutCanned(o.ctx, c)) // it keeps the file it had
		reply := handoff.Content{Kind: handoff.KindDocument, Media: &file}
		require.ErrorIs(t, second(ana.Reply(o.ctx, id, reply, "")), handoff.ErrInvalid, "not before she uses the reply")
		got, data, err := ana.CannedAttachment(o.ctx, "prices", file.SHA256)
		o.ok(err)
		require.Equal(t, file, got)
		require.Equal(t, "prices", string(data))
		x, err := ana.Expand(o.ctx, id, "prices")
		o.ok(err)
		require.Equal(t, []handoff.Media{file}, x.Attachments)
		m, err := ana.Reply(o.ctx, id, reply, "")
		o.ok(err)
		_, data, err = ana.Attachment(o.ctx, id, m.ID)
		o.ok(err)
		require.Equal(t, "prices", string(data))

		_, _, err = bia.CannedAttachment(o.ctx, "prices", file.SHA256)
		require.ErrorIs(t, err, desk.ErrNotFound)
		_, _, err = ana.CannedAttachment(o.ctx, "prices", "0")
		require.ErrorIs(t, err, desk.ErrNotFound)
		o.clock.Advance(25 * time.Hour)
		require.ErrorIs(t, second(ana.Reply(o.ctx, id, reply, "")), handoff.ErrInvalid, "a day after she used it")
	})
}

func TestAnAgentHasSoManyCannedRepliesOfTheirOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	c := handoff.Canned{Shortcut: "x", Title: "x", Text: "x", Agent: "ana"}
	for i := range desk.MaxOwnCanned {
		c.ID = handoff.CannedID(rune('A'+i/26)) + handoff.CannedID(rune('a'+i%26))
		o.ok(ana.PutCanned(o.ctx, c))
	}
	o.ok(ana.PutCanned(o.ctx, c)) // one she has
	c.ID = "one more"
	require.ErrorIs(t, ana.PutCanned(o.ctx, c), handoff.ErrInvalid)
}

func TestNobodyIsToldOfAnothersOwnReply(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana, boss := o.working("ana", 5), o.agent("boss", 5, handoff.RoleAdmin)
	o.ok(ana.PutCanned(o.ctx, handoff.Canned{ID: "secret", Shortcut: "x", Title: "x", Text: "x", Agent: "ana"}))
	event := o.last()
	require.Equal(t, "secret", event.Item)
	for s, told := range map[*desk.Seat]bool{ana: true, boss: false} {
		v, err := s.View(o.ctx)
		o.ok(err)
		_, ok := v.Judge(event, handoff.Conversation{})
		require.Equal(t, told, ok)
	}
}

// last is the last event of the feed.
func (o *office) last() handoff.Event {
	o.t.Helper()
	all := o.everything()
	return all[len(all)-1]
}

// everything is the whole feed.
func (o *office) everything() []handoff.Event {
	o.t.Helper()
	var events []handoff.Event
	for at := (storage.Cursor{}); ; {
		f, err := o.store.Events(o.ctx, at, storage.MaxPage)
		o.ok(err)
		for _, e := range f.Entries {
			events = append(events, e.Event)
		}
		if at = f.Next; f.Next == f.Head {
			return events
		}
	}
}

func TestAClosedCatalogueTakesNoOtherWordsFromAgents(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.ok(o.bot.PutTag(o.ctx, vip))
		o.ok(o.bot.PutTag(o.ctx, handoff.Tag{ID: "lead", Name: "Lead", SetBy: handoff.ByBot}))
		o.ok(o.bot.PutTag(o.ctx, handoff.Tag{ID: "checked", Name: "Checked", SetBy: handoff.ByAgent}))
		o.ok(second(ana.Tag(o.ctx, id, []string{"anything"}, nil)))

		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo", ClosedTags: true}))
		o.ok(second(ana.Tag(o.ctx, id, []string{"anything"}, nil))) // it is there already
		before := o.dump()
		for _, refused := range [][]string{{"another"}, {"vip", "another"}, {"lead"}} {
			require.ErrorIs(t, second(ana.Tag(o.ctx, id, refused, nil)), handoff.ErrInvalid)
		}
		require.ErrorIs(t, second(o.bot.Tag(o.ctx, id, []string{"checked"}, nil)), handoff.ErrInvalid)
		require.Equal(t, before, o.dump())
		o.ok(second(ana.Tag(o.ctx, id, []string{"vip", "checked"}, []string{"anything"})))
		o.ok(second(o.bot.Tag(o.ctx, id, []string{"lead", "from a flow"}, nil)))
		require.ErrorIs(t, second(ana.Tag(o.ctx, id, nil, []string{"lead"})), handoff.ErrInvalid)

		archived := vip
		archived.Archived = true
		o.ok(o.bot.PutTag(o.ctx, archived))
		o.ok(second(ana.Tag(o.ctx, id, []string{"vip"}, nil))) // where it is, it stays
		o.ok(second(ana.Tag(o.ctx, id, nil, []string{"vip"})))
		require.ErrorIs(t, second(ana.Tag(o.ctx, id, []string{"vip"}, nil)), handoff.ErrInvalid)
		require.Equal(t, []string{"checked", "from a flow", "lead"}, o.conv(id).Tags)
		o.ok(o.bot.RemoveTag(o.ctx, "checked"))
		require.Contains(t, o.conv(id).Tags, "checked", "the word stays")
		tags, err := ana.Tags(o.ctx)
		o.ok(err)
		require.Equal(t, []handoff.Tag{{ID: "lead", Name: "Lead", SetBy: handoff.ByBot}, archived}, tags)
	})
}

func TestAnAgentReturnsNothingUntaggedToTheBotWhereTagsAreRequired(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana, boss := o.working("ana", 5, "sales"), o.agent("boss", 5, handoff.RoleAdmin)
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", RequireTags: true}))
		id, other := o.waits("551", "sales", handoff.NoPriority), o.waits("552", "sales", handoff.NoPriority)
		o.settle()
		can, err := ana.Can(o.ctx, id)
		o.ok(err)
		require.True(t, can.Return && can.TagsRequired)
		before := o.dump()
		require.ErrorIs(t, ana.ReturnToBot(o.ctx, id), desk.ErrTagsRequired)
		require.ErrorIs(t, boss.ReturnToBot(o.ctx, id), desk.ErrTagsRequired, "whoever intervenes too")
		require.Equal(t, before, o.dump())
		o.ok(second(ana.Tag(o.ctx, id, []string{"sold"}, nil)))
		can, err = ana.Can(o.ctx, id)
		o.ok(err)
		require.False(t, can.TagsRequired)
		o.ok(ana.ReturnToBot(o.ctx, id))
		o.ok(second(o.bot.End(o.ctx, other))) // the platform's is exempt
	})
}

func TestAReasonToBeAwayIsOneOfTheCatalogueIfThereIsOne(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5)
		o.ok(ana.SetAvailability(o.ctx, handoff.Away, "whatever"))
		require.Empty(t, o.last().AwayReason, "no free text in events")
		o.ok(o.bot.PutAwayReason(o.ctx, handoff.AwayReason{ID: "lunch", Name: "Lunch", Minutes: 60}))
		before := o.dump()
		for _, reason := range []string{"", "dinner", "\x00"} {
			require.ErrorIs(t, ana.SetAvailability(o.ctx, handoff.Away, reason), handoff.ErrInvalid, reason)
		}
		require.Equal(t, before, o.dump())
		o.ok(ana.SetAvailability(o.ctx, handoff.Away, "lunch"))
		require.Equal(t, handoff.AwayReasonID("lunch"), o.last().AwayReason)
		o.ok(ana.SetAvailability(o.ctx, handoff.Unavailable, ""))
		o.ok(o.bot.RemoveAwayReason(o.ctx, "lunch"))
		o.ok(ana.SetAvailability(o.ctx, handoff.Away, "anything"))
	})
}

func TestAdherenceIsWhatTheEventsTell(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.ok(o.bot.PutAwayReason(o.ctx, handoff.AwayReason{ID: "lunch", Name: "Lunch", Minutes: 60}))
		o.ok(o.bot.PutAwayReason(o.ctx, handoff.AwayReason{ID: "pause", Name: "Pause"}))
		begin, err := o.desk.Now(o.ctx)
		o.ok(err)
		ana, bia := o.working("ana", 5), o.working("bia", 5)
		o.clock.Advance(2 * time.Hour)
		o.ok(ana.SetAvailability(o.ctx, handoff.Away, "lunch"))
		o.clock.Advance(65 * time.Minute)
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, "")) // nothing new
		o.ok(bia.SetAvailability(o.ctx, handoff.Away, "pause"))
		o.clock.Advance(time.Hour)
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "bia", Name: "bia", Disabled: true}))
		o.clock.Advance(time.Hour)

		now, err := o.desk.Now(o.ctx)
		o.ok(err)
		got, err := o.bot.Adherence(o.ctx, begin, now.Add(time.Hour))
		o.ok(err)
		require.Equal(t, []handoff.Adherence{
			{Agent: "ana", Available: 4 * time.Hour, Away: 65 * time.Minute, Reasons: []handoff.AwayTime{
				{Reason: "lunch", Times: 1, Actual: 65 * time.Minute, Planned: time.Hour, Over: 5 * time.Minute},
			}},
			{Agent: "bia", Available: 185 * time.Minute, Away: time.Hour, Unavailable: time.Hour, Reasons: []handoff.AwayTime{
				{Reason: "pause", Times: 1, Actual: time.Hour},
			}},
		}, got)
		plans := map[handoff.AwayReasonID]time.Duration{"lunch": time.Hour}
		for _, period := range [][2]time.Duration{{0, 5 * time.Hour}, {time.Hour, 2 * time.Hour}, {130 * time.Minute, 190 * time.Minute}, {4 * time.Hour, 20 * time.Hour}} {
			from, to := begin.Add(period[0]), begin.Add(period[1])
			got, err := o.bot.Adherence(o.ctx, from, to)
			o.ok(err)
			require.Equal(t, handoff.Adhere(handoff.StatusSpans(o.everything()), plans, from, to, now), got)
		}
	})
}

func TestAProfileIsWhatItsAgentsMayDo(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		lead := handoff.AgentProfile{ID: "lead", Name: "Lead", Permissions: handoff.PermReports | handoff.PermTransfer}
		o.ok(o.bot.PutProfile(o.ctx, lead))
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "bia", Name: "Bia", Profile: "lead", Permissions: handoff.RoleAdmin}))
		ana := o.agent("ana", 5, handoff.RoleAgent)
		bia, err := o.desk.Seat(o.ctx, "acme", "bia")
		o.ok(err)
		may := func(s *desk.Seat) handoff.Permissions {
			me, err := s.Me(o.ctx)
			o.ok(err)
			return me.Permissions
		}
		require.Equal(t, lead.Permissions, may(bia), "whatever she was put with")

		lead.Permissions = handoff.PermViewAll
		o.ok(o.bot.PutProfile(o.ctx, lead))
		require.Equal(t, handoff.PermViewAll, may(bia))
		require.Equal(t, handoff.EventAgentChanged, o.last().Kind)
		require.Equal(t, handoff.AgentID("bia"), o.last().Agent)
		require.Equal(t, handoff.RoleAgent, may(ana))

		o.ok(o.bot.RemoveProfile(o.ctx, "lead"))
		me, err := bia.Me(o.ctx)
		o.ok(err)
		require.Equal(t, handoff.PermViewAll, me.Permissions, "she keeps what she could")
		require.Empty(t, me.Profile)
	})
}

func TestNobodyGrantsByAProfileWhatTheyLack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutProfile(o.ctx, handoff.AgentProfile{ID: "strong", Name: "Strong", Permissions: handoff.RoleAdmin}))
	o.ok(o.bot.PutProfile(o.ctx, handoff.AgentProfile{ID: "weak", Name: "Weak", Permissions: handoff.PermExport}))
	hr := o.agent("hr", 1, handoff.PermManageAgents|handoff.PermExport)
	before := o.dump()
	for name, err := range map[string]error{
		"widening one":        hr.PutProfile(o.ctx, handoff.AgentProfile{ID: "weak", Name: "Weak", Permissions: handoff.PermReports}),
		"making one":          hr.PutProfile(o.ctx, handoff.AgentProfile{ID: "new", Name: "New", Permissions: handoff.PermReports}),
		"giving a strong one": hr.PutAgent(o.ctx, handoff.Agent{ID: "new", Name: "New", Profile: "strong"}),
		"giving themself one": hr.PutAgent(o.ctx, handoff.Agent{ID: "hr", Name: "hr", Profile: "strong"}),
	} {
		require.ErrorIs(t, err, desk.ErrForbidden, name)
	}
	require.Equal(t, before, o.dump())
	o.ok(hr.PutAgent(o.ctx, handoff.Agent{ID: "new", Name: "New", Profile: "weak"}))                                 // what she has, she may give
	o.ok(hr.PutProfile(o.ctx, handoff.AgentProfile{ID: "strong", Name: "Stronger", Permissions: handoff.RoleAdmin})) // the name alone
	o.ok(hr.PutProfile(o.ctx, handoff.AgentProfile{ID: "strong", Name: "Strong", Permissions: handoff.PermReports}))
}

func TestAChangeOfAProfileThatWasCutShortIsFinished(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lead := handoff.AgentProfile{ID: "lead", Name: "Lead", Permissions: handoff.PermExport}
	o.ok(o.bot.PutProfile(o.ctx, lead))
	agents := []handoff.AgentID{"a", "b", "c"}
	for _, id := range agents {
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: id, Name: string(id), Profile: "lead"}))
	}
	o.settle()
	// The process ends with the profile's own change.
	whole := o.store
	o.open(&dying{Store: whole, left: 1})
	lead.Permissions = handoff.PermReports
	require.ErrorIs(t, o.bot.PutProfile(o.ctx, lead), desk.ErrOutcomeUnknown)
	o.open(whole)
	all, err := o.bot.Agents(o.ctx)
	o.ok(err)
	require.True(t, slices.ContainsFunc(all, func(a handoff.Agent) bool { return a.Permissions == handoff.PermExport }))
	o.settle()
	all, err = o.bot.Agents(o.ctx)
	o.ok(err)
	for _, a := range all {
		require.Equal(t, handoff.PermReports, a.Permissions, a.ID)
	}
	o.settle()
}

// dying is a store that is gone after so many commits.
type dying struct {
	storage.Store
	left int
}

func (s *dying) Commit(ctx context.Context, b storage.Batch) error {
	if s.left == 0 {
		return errors.New("no store any more")
	}
	s.left--
	return s.Store.Commit(ctx, b)
}
