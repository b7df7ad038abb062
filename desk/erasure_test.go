package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/sqlite"
	"github.com/handoffdesk/handoff/storage/storagetest"
	"github.com/handoffdesk/handoff/ticket"
)

// canary is in everything that tells of a contact; as a name it is a word that
// folding and lower case leave alone.
const canary = "zzcanaryzz"

// planted is an office where one contact left the canary in every field there
// is, in two conversations, and another contact who wrote none.
func planted(o *office) (contact handoff.ContactID, ids []handoff.ConversationID, other handoff.ConversationID) {
	n := 0
	c := func() string { n++; return fmt.Sprint(canary, n) }
	o.wa.OnSend = nil
	say := func(content handoff.Content) handoff.ConversationID {
		in, err := o.bot.Receive(o.ctx, handoff.Inbound{
			Channel: wa, Account: line, Addresses: []string{canary + "-number", canary + "-id"},
			Profile:  handoff.Profile{Name: canary + " da Silva", Username: canary + "-user", Number: canary + "-number"},
			Provider: c(), Content: content,
		})
		o.ok(err)
		contact = in.Conversation.Contact
		return in.Conversation.ID
	}
	other = o.writes("552", "nothing to hide")
	first := say(handoff.Text(c()))
	media, err := o.bot.Attach(o.ctx, []byte("file of "+c()))
	o.ok(err)
	media.Name, media.Type, media.ID, media.URL = c(), "text/plain", c(), "https://x.example/"+c()
	for _, content := range []handoff.Content{
		{Kind: handoff.KindDocument, Text: c(), Media: &media},
		{Kind: handoff.KindLocation, Location: &handoff.Location{Name: c(), Address: c()}},
		{Kind: handoff.KindContacts, Cards: []handoff.Card{{Name: c(), Phones: []string{c()}, Emails: []string{c()}, Org: c()}}},
		{Kind: handoff.KindReply, Text: c(), Reply: &handoff.Choice{ID: c(), Title: c(), Description: c()}, Quotes: c()},
		{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: c(), Emoji: c()}},
		{Kind: handoff.KindOrder, Items: []handoff.Item{{Product: c(), Quantity: 1, Price: "1"}}},
		{Kind: handoff.KindUnknown, Raw: []byte(`{"x":"` + c() + `"}`)},
		handoff.Text(strings.Repeat(canary+" ", 10_000)), // goes on as an attachment
	} {
		say(content)
	}
	o.ok(second(o.bot.Send(o.ctx, first, handoff.Text(c()), c())))
	o.ok(second(o.bot.Record(o.ctx, first, handoff.Text(c()), c(), c())))
	o.ok(second(o.bot.HandOff(o.ctx, first, desk.HandOff{Queue: "sales", Note: c(), Fields: map[string]string{"k": c()}, Say: desk.Say{Queued: c()}}, c())))
	ana := o.working("ana", 5, "sales")
	o.settle()
	o.ok(second(ana.Reply(o.ctx, first, handoff.Text(c()), c())))
	o.ok(second(ana.Note(o.ctx, first, c(), c())))
	o.ok(second(ana.AddTicket(o.ctx, first, ticket.Draft{Type: ticket.DefaultTypes()[0], Description: c()}, c())))
	o.ok(ana.MarkRead(o.ctx, first))
	o.settle()
	o.ok(ana.ReturnToBot(o.ctx, first))
	for i := range 2 { // one goes out, the other is still to go when they are erased
		cast := o.broadcast(1, []handoff.Recipient{{Address: canary + "-number", Params: []string{c()}}, {Address: "557", Params: []string{"x"}}})
		if i == 0 {
			o.starts(cast)
		}
	}
	o.clock.Advance(time.Minute)
	second_ := say(handoff.Text(c()))
	return contact, []handoff.ConversationID{first, second_}, other
}

func TestAnErasedContactIsFoundNowhere(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"memory", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			clock, path := &desktest.Clock{}, filepath.Join(t.TempDir(), "desk.db")
			var s storage.Store = memory.New(&memory.Options{Now: clock.Now})
			if kind == "sqlite" {
				var err error
				s, err = sqlite.Open(t.Context(), path, &sqlite.Options{Now: clock.Now})
				require.NoError(t, err)
			}
			o := officeOn(t, s)
			o.clock = clock
			contact, ids, other := planted(o)
			if kind == "sqlite" {
				require.True(t, inFiles(t, path), "the canary can be found at all")
			}
			require.Contains(t, o.allKept(), canary)
			e, err := o.bot.EraseContact(o.ctx, contact)
			o.ok(err)
			require.Equal(t, desk.ErasureRunning, e.State)
			o.settle()
			e, err = o.bot.Erasure(o.ctx, contact)
			o.ok(err)
			require.Equal(t, desk.ErasureDone, e.State)
			require.Equal(t, 2, e.Conversations)
			keyed, err := s.Records(t.Context(), storage.Range{Bot: "acme", Kind: "key"}, storage.MaxPage)
			require.NoError(t, err)
			require.NotEmpty(t, keyed, "results of calls are still there")
			for _, r := range keyed {
				require.NotContains(t, string(r.Data), canary)
			}
			// Uploads may be sent by their owner for a day.
			clock.Advance(25 * time.Hour)
			o.settle()
			require.NotContains(t, o.allKept(), canary)
			for _, id := range ids {
				c := o.conv(id)
				require.True(t, c.Ended())
				messages, err := o.bot.Messages(o.ctx, id, desk.MessageQuery{})
				o.ok(err)
				require.NotEmpty(t, messages)
				for _, m := range messages {
					require.Equal(t, handoff.Content{Kind: handoff.KindErased}, m.Content)
				}
				events, err := o.bot.Timeline(o.ctx, id, 0)
				o.ok(err)
				require.Equal(t, c.WithoutCopies(), handoff.Fold(events))
				require.Equal(t, handoff.EventErased, events[len(events)-1].Kind)
			}
			require.Equal(t, "nothing to hide", o.conv(other).Preview.Text)
			page, err := o.bot.Conversations(o.ctx, filter.Criteria{Search: canary, Status: filter.AnyStatus}, "")
			o.ok(err)
			require.Empty(t, page.Rows)
			all, err := exportOf(o, contact)
			o.ok(err)
			require.NotContains(t, all, canary)
			if kind == "sqlite" {
				require.False(t, inFiles(t, path), "while the store is open")
				o.ok(s.Close())
				require.False(t, inFiles(t, path), "after it was closed")
			}
		})
	}
}

// inFiles reports whether any file of a database holds the canary, as text or
// as the base64 of it that JSON makes of bytes.
func inFiles(t *testing.T, path string) bool {
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		if bytes.Contains(data, []byte(canary)) {
			t.Logf("%s holds it at %d: %q", filepath.Base(f), bytes.Index(data, []byte(canary)), around(data))
			return true
		}
	}
	return false
}

func around(data []byte) []byte {
	i := bytes.Index(data, []byte(canary))
	return data[max(0, i-150):min(len(data), i+60)]
}

func exportOf(o *office, id handoff.ContactID) (string, error) {
	var b strings.Builder
	for x, err := range o.bot.ExportContact(o.ctx, id) {
		if err != nil {
			return b.String(), err
		}
		line, err := json.Marshal(x)
		o.ok(err)
		b.Write(append(line, '\n'))
	}
	return b.String(), nil
}

func TestAnExportHasAllThatIsKeptAboutAContact(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		contact, ids, other := planted(o)
		all, err := exportOf(o, contact)
		o.ok(err)
		kinds := map[string]int{}
		for line := range strings.Lines(all) {
			var x map[string]any
			o.ok(json.Unmarshal([]byte(line), &x))
			require.Len(t, x, 1)
			for kind := range x {
				kinds[kind]++
			}
			require.NotContains(t, line, string(other))
		}
		require.Equal(t, 1, kinds["contact"])
		require.Equal(t, 2, kinds["conversation"])
		require.Equal(t, 2, kinds["attachment"])
		require.Equal(t, 1, kinds["ticket"])
		require.Greater(t, kinds["message"], 12)
		require.NotZero(t, kinds["event"])
		require.Less(t, strings.Index(all, string(ids[0])), strings.Index(all, string(ids[1])), "the oldest first")
		_, err = exportOf(o, "none")
		require.ErrorIs(t, err, desk.ErrNotFound)
	})
}

func TestOnlyWhoMayErasesAndExports(t *testing.T) {
	t.Parallel()
	o, ana, _, boss, held := staffed(t)
	contact := o.conv(held).Contact
	for name, p := range map[string]handoff.Permissions{
		"settings": handoff.PermManageSettings, "all": handoff.RoleAdmin &^ handoff.PermManageSettings, "view": handoff.RoleAdmin &^ handoff.PermViewAll,
	} {
		_, err := o.agent(handoff.AgentID(name), 1, p).EraseContact(o.ctx, contact)
		require.ErrorIs(t, err, desk.ErrForbidden, name)
	}
	for _, err := range ana.ExportContact(o.ctx, contact) {
		require.ErrorIs(t, err, desk.ErrForbidden)
	}
	_, err := ana.Erasure(o.ctx, contact)
	require.ErrorIs(t, err, desk.ErrForbidden)
	e, err := boss.EraseContact(o.ctx, contact)
	o.ok(err)
	require.Equal(t, handoff.AgentID("boss"), e.By.Agent)
	o.settle()
	require.True(t, o.conv(held).Ended(), "an open conversation ends")
	require.NotEqual(t, contact, o.conv(o.writes("551", "again")).Contact, "whoever writes now is somebody new")
	panel, err := ana.MyTickets(o.ctx)
	o.ok(err)
	require.Empty(t, panel)
}

func TestAFileThatSomethingElseHoldsStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := []byte("shared by two")
	media, err := o.bot.Attach(o.ctx, file)
	o.ok(err)
	media.Type, media.Name = "text/plain", "x.txt"
	a, b := o.writes("551", "x"), o.writes("552", "x")
	for _, id := range []handoff.ConversationID{a, b} {
		o.ok(second(o.bot.Send(o.ctx, id, handoff.Content{Kind: handoff.KindDocument, Media: &media}, "")))
	}
	o.settle()
	erase := func(id handoff.ConversationID) {
		o.ok(second(o.bot.EraseContact(o.ctx, o.conv(id).Contact)))
		o.settle()
		o.clock.Advance(25 * time.Hour)
		o.settle()
	}
	erase(a)
	got, err := o.bot.Attachment(o.ctx, media.SHA256)
	o.ok(err)
	require.Equal(t, file, got)
	erase(b)
	_, err = o.bot.Attachment(o.ctx, media.SHA256)
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestAMessageThatIsErasedIsNotSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.writes("551", "x")
	o.ok(second(o.bot.Send(o.ctx, id, handoff.Text("too late"), "")))
	// The sender comes only after the erasure.
	o.ok(second(o.bot.EraseContact(o.ctx, o.conv(id).Contact)))
	o.settle()
	m, err := o.bot.Messages(o.ctx, id, desk.MessageQuery{})
	o.ok(err)
	require.Equal(t, handoff.KindErased, m[1].Kind)
	for _, text := range o.wa.Texts() {
		require.NotEmpty(t, text, "a blank message was sent")
	}
}

// Whatever commit a process dies before, the next one finishes. Between two
// commits nothing changes.
func TestAnErasureSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	for _, byAge := range []bool{false, true} {
		for nth := 1; ; nth++ {
			commits, on := 0, false
			clock := &desktest.Clock{}
			within := memory.New(&memory.Options{Now: clock.Now})
			o := officeOn(t, storagetest.Faulty(within, func(c storagetest.Call) storagetest.Outcome {
				if on && c.Method == "Commit" {
					commits++
				}
				if on && commits >= nth {
					return storagetest.Outcome{Fault: storagetest.ErrBefore}
				}
				return storagetest.Outcome{}
			}))
			o.clock = clock
			contact, ids, _ := planted(o)
			if byAge {
				o.ok(second(o.bot.End(o.ctx, ids[1])))
				o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", RetainDays: 1}))
				o.settle()
				clock.Advance(49 * time.Hour)
			} else {
				o.ok(second(o.bot.EraseContact(o.ctx, contact)))
			}
			on = true
			err := o.desk.Settle(o.ctx)
			on = false
			if commits < nth {
				o.ok(err)
				break
			}
			o.open(within)
			for range 3 {
				clock.Advance(25 * time.Hour)
				o.settle()
			}
			require.NotContains(t, o.allKept(), canary, "commit %d, by age %t", nth, byAge)
			require.Zero(t, o.bytesStored(), "commit %d, by age %t", nth, byAge)
			if !byAge {
				e, err := o.bot.Erasure(o.ctx, contact)
				o.ok(err)
				require.Equal(t, desk.ErasureDone, e.State, "commit %d", nth)
			}
		}
	}
}

func TestABroadcastsMessageIsNotKeptOfWhoIsErasedWhileItIsSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	contact := o.conv(o.writes("551", "hello")).Contact
	id := o.broadcast(10, []handoff.Recipient{{Address: "551", Params: []string{canary}}})
	other, err := desk.New(o.store, &desk.Options{})
	o.ok(err)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		o.ok(second(o.bot.EraseContact(o.ctx, contact)))
		o.ok(other.Settle(o.ctx))
		return desk.Sent{Provider: "wamid-1"}, nil
	}
	o.starts(id)
	o.settle()
	require.NotContains(t, o.allKept(), canary)
	require.Equal(t, 1, o.progress(id).Counts.Sent)
}

// distant is a store that takes its time to give messages.
type distant struct{ storage.Store }

func (s distant) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	time.Sleep(time.Second) // virtual
	return s.Store.Messages(ctx, q)
}

func TestAnErasureComesToItsEndHoweverLongItTakesToLookAtWhatIsErased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		within := memory.New(nil)
		o.store = within
		o.open(within)
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme"}))
		var contact handoff.ContactID
		for range 12 {
			id := o.writes("551", canary)
			contact = o.conv(id).Contact
			o.ok(second(o.bot.End(o.ctx, id)))
		}
		o.ok(second(o.bot.EraseContact(o.ctx, contact)))
		o.open(distant{within})
		ctx, stop := context.WithCancel(o.ctx)
		go o.desk.Run(ctx)
		time.Sleep(5 * time.Minute) // virtual
		stop()
		synctest.Wait()
		e, err := o.bot.Erasure(o.ctx, contact)
		o.ok(err)
		require.Equal(t, desk.ErasureDone, e.State)
		require.Equal(t, 12, e.Conversations)
		require.NotContains(t, o.allKept(), canary)
	})
}

func TestWhatEndedLongerAgoThanItIsKeptIsErased(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		day := 24 * time.Hour
		put := func(days int) {
			o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", RetainDays: days}))
		}
		run := func(d time.Duration) {
			for range int(d / (6 * time.Hour)) {
				clock.Advance(6 * time.Hour)
				o.settle()
			}
		}
		old := o.writes("551", canary)
		open := o.writes("552", "still open")
		o.ok(second(o.bot.End(o.ctx, old)))
		run(2 * day)
		both := o.writes("553", "the first of two")
		o.ok(second(o.bot.End(o.ctx, both)))
		run(6 * day)
		late := o.writes("553", "the second")
		put(10)
		run(day)
		require.Contains(t, o.allKept(), canary, "nothing is old enough")
		run(2 * day)
		require.NotContains(t, o.allKept(), canary)
		c, err := o.bot.Contact(o.ctx, o.conv(old).Contact)
		o.ok(err)
		require.Empty(t, c.Name+c.Number)
		require.Empty(t, c.Addresses, "of whom nothing is left is forgotten too")
		require.Equal(t, "still open", o.conv(open).Preview.Text)
		require.NotEmpty(t, o.conv(both).Address)
		run(2 * day)
		require.Empty(t, o.conv(both).Address)
		c, err = o.bot.Contact(o.ctx, o.conv(both).Contact)
		o.ok(err)
		require.Equal(t, "Contact 553", c.Name, "who has another conversation is known")
		o.ok(second(o.bot.End(o.ctx, open)))
		o.ok(second(o.bot.End(o.ctx, late)))
		run(11 * day)
		require.Empty(t, o.conv(open).Address, "begun before the others, ended after them")
		require.Empty(t, o.conv(late).Address)
		require.Equal(t, 1, o.count(late, handoff.EventErased), "once")
		put(0)
		more := o.writes("554", "kept for good")
		o.ok(second(o.bot.End(o.ctx, more)))
		run(20 * day)
		require.NotEmpty(t, o.conv(more).Address)
	})
}

// recordKinds are all kinds of records there are.
var recordKinds = sync.OnceValue(func() []string {
	text, err := os.ReadFile("docs.go")
	if err != nil {
		panic(err)
	}
	var kinds []string
	for _, m := range regexp.MustCompile(`(?m)^\s*kind[A-Z]\w*\s*=\s*"(\w+)"`).FindAllStringSubmatch(string(text), -1) {
		kinds = append(kinds, m[1])
	}
	return kinds
})

// allKept is all that a store gives of a bot and the house.
func (o *office) allKept() string {
	o.t.Helper()
	var all strings.Builder
	w := filter.Where{Viewer: filter.Viewer{All: true}, SortBy: filter.Started, States: []handoff.State{
		handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded,
	}}
	q := storage.Query{Bot: "acme", Where: w, Limit: storage.MaxPage}
	for {
		page, err := o.store.Conversations(o.ctx, q)
		o.ok(err)
		for _, c := range page.Rows {
			fmt.Fprintf(&all, "%+v\n", c)
			messages, err := o.store.Messages(o.ctx, storage.MessageQuery{Bot: "acme", Conversation: c.ID, Limit: storage.MaxPage})
			o.ok(err)
			for _, m := range messages {
				text, err := json.Marshal(m)
				o.ok(err)
				fmt.Fprintf(&all, "%s %s\n", text, m.Raw)
			}
			events, err := o.store.Timeline(o.ctx, "acme", c.ID, 0, storage.MaxPage)
			o.ok(err)
			fmt.Fprintf(&all, "%+v\n", events)
		}
		if q.After = page.Next; !page.More {
			break
		}
	}
	require.Greater(o.t, len(recordKinds()), 30)
	for _, bot := range []handoff.BotID{"acme", ""} {
		for _, kind := range recordKinds() {
			recs, err := o.store.Records(o.ctx, storage.Range{Bot: bot, Kind: kind}, storage.MaxPage)
			o.ok(err)
			for _, r := range recs {
				fmt.Fprintf(&all, "%+v %s\n", r.Key, r.Data)
			}
		}
	}
	return all.String()
}
