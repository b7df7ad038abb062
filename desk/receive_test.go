package desk_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

func TestTheSameMessageIsStoredOnceHoweverOftenItArrives(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := inbound("551", "oi", "wamid.1")
	first, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	require.False(t, first.Duplicate)
	require.EqualValues(t, 1, first.Message.Number)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			again, err := o.bot.Receive(o.ctx, in)
			if err != nil || !again.Duplicate || again.Message.ID != first.Message.ID {
				t.Errorf("again: %v %v", again, err)
			}
		})
	}
	wg.Wait()
	o.ok(o.desk.Settle(o.ctx))
	require.EqualValues(t, 1, o.conv(first.Conversation.ID).Messages)
}

func TestFirstMessagesAtOnceMakeOneContactAndOneConversation(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var wg sync.WaitGroup
	got := make([]desk.Received, 16)
	for i := range got {
		wg.Go(func() {
			in := inbound("551", "album", "")
			in.Provider = strings.Repeat("x", i+1)
			var err error
			if got[i], err = o.bot.Receive(o.ctx, in); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, g := range got {
		require.Equal(t, got[0].Conversation.ID, g.Conversation.ID)
		require.Equal(t, got[0].Conversation.Contact, g.Conversation.Contact)
	}
	require.EqualValues(t, len(got), o.conv(got[0].Conversation.ID).Messages)
}

func TestAContactIsFoundByAnyAddressAndABodyWithTwoLinksThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	byNumber := o.writes("5511", "from the number")
	in := inbound("5511", "both", "both")
	in.Addresses = []string{"5511", "BR.1"}
	_, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	hidden := inbound("BR.1", "number withheld", "hidden")
	hidden.Profile = handoff.Profile{Username: "zoe"}
	got, err := o.bot.Receive(o.ctx, hidden)
	o.ok(err)
	require.Equal(t, byNumber, got.Conversation.ID)
	c, err := o.bot.Contact(o.ctx, got.Conversation.Contact)
	o.ok(err)
	require.Len(t, c.Addresses, 2)
	require.Equal(t, "BR.1", got.Conversation.Address, "the answer goes where they write from")
}

func TestTwoContactsThatTurnOutToBeOneAreMergedAndKeepTheirConversations(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	old := o.writes("5511", "long ago")
	_, err := o.bot.End(o.ctx, old)
	o.ok(err)
	o.writes("5511", "under the bot")
	withPerson := o.waits("BR.1", "sales", handoff.NoPriority)
	o.settle()

	in := inbound("5511", "it is me", "link")
	in.Addresses = []string{"5511", "BR.1"}
	got, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	require.Equal(t, withPerson, got.Conversation.ID, "the one a person has goes on")
	history, err := ana.History(o.ctx, withPerson)
	o.ok(err)
	require.Len(t, history, 2)
	for _, h := range history {
		require.True(t, h.Ended())
	}
	require.Equal(t, withPerson, o.writes("5511", "still me"))
	require.Equal(t, withPerson, o.writes("BR.1", "and me"))
	_, err = o.bot.End(o.ctx, withPerson)
	o.ok(err)
	require.NotEqual(t, withPerson, o.writes("BR.1", "new"))
	for _, id := range []handoff.ConversationID{old, withPerson} {
		events, err := o.bot.Timeline(o.ctx, id, 0)
		o.ok(err)
		require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(events))
	}
}

func TestWhatAContactWroteIsNeverRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	long := strings.Repeat("é", handoff.MaxText)
	for i, text := range []string{"", "\x00\xff\xfe", "👨‍👩‍👧‍👦", long, strings.Repeat("\n", 300)} {
		in := inbound("551", text, "")
		in.Provider = strings.Repeat("p", i+1)
		got, err := o.bot.Receive(o.ctx, in)
		o.ok(err)
		if text == long {
			require.LessOrEqual(t, len(got.Message.Text), handoff.MaxText)
			data, err := o.bot.Attachment(o.ctx, got.Message.Overflow.SHA256)
			o.ok(err)
			require.Equal(t, long, string(data))
		}
	}
	in := inbound("551", "x", "unknown")
	in.Content = handoff.Content{Kind: "hologram", Raw: []byte(`{"a":1}`)}
	got, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	require.Equal(t, handoff.KindUnknown, got.Message.Kind)
	require.JSONEq(t, `{"a":1}`, string(got.Message.Raw))
}

func TestABadEnvelopeIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.dump()
	for name, spoil := range map[string]func(*handoff.Inbound){
		"no address":    func(in *handoff.Inbound) { in.Addresses = nil },
		"empty address": func(in *handoff.Inbound) { in.Addresses = []string{""} },
		"long address":  func(in *handoff.Inbound) { in.Addresses = []string{strings.Repeat("9", 300)} },
		"bad bytes":     func(in *handoff.Inbound) { in.Addresses = []string{"\xff"} },
		"no provider":   func(in *handoff.Inbound) { in.Provider = "" },
		"no account":    func(in *handoff.Inbound) { in.Account = "" },
		"no channel":    func(in *handoff.Inbound) { in.Channel = "" },
	} {
		in := inbound("551", "x", "p")
		spoil(&in)
		_, err := o.bot.Receive(o.ctx, in)
		require.ErrorIs(t, err, handoff.ErrInvalid, name)
	}
	_, err := o.desk.Bot("nobody").Receive(o.ctx, inbound("551", "x", "p"))
	require.ErrorIs(t, err, desk.ErrNotFound)
	require.Equal(t, before, o.dump())
}

// dump is the head of the feed: it moves with everything that can be seen.
func (o *office) dump() string {
	o.t.Helper()
	head, err := o.desk.Head(o.ctx)
	o.ok(err)
	return head
}

func TestTheAgentOfAMergedContactIsRemembered(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Sticky: time.Hour}))
	o.writes("5511", "first of all")
	o.clock.Advance(time.Second)
	ana := o.working("ana", 5, "sales")
	id := o.waits("BR.1", "sales", handoff.NoPriority)
	o.settle()
	o.ok(ana.ReturnToBot(o.ctx, id))
	in := inbound("5511", "it is me", "link")
	in.Addresses = []string{"5511", "BR.1"}
	_, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	require.Equal(t, handoff.AgentID("ana"), o.conv(o.waits("5511", "sales", handoff.NoPriority)).Preferred)
}

func TestEveryAddressOfAMergedContactLeadsToTheOneTheyAre(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	both := func(provider string, addresses ...string) convID {
		in := inbound(addresses[0], "x", provider)
		in.Addresses = addresses
		got, err := o.bot.Receive(o.ctx, in)
		o.ok(err)
		return got.Conversation.ID
	}
	o.writes("5511", "known first")
	o.clock.Advance(time.Second)
	both("a", "BR.1", "5522")
	id := both("b", "BR.1", "5511")
	require.Equal(t, id, o.writes("5522", "an address that the message did not name"))
}
