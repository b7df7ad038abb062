package handoff_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestWhoMaySpeakWhen(t *testing.T) {
	t.Parallel()
	for state, want := range map[handoff.State]map[handoff.By]error{
		stBot:      {handoff.ByAgent: handoff.ErrInvalidState},
		stWaiting:  {handoff.ByBot: handoff.ErrNotBotOwned, handoff.ByAgent: handoff.ErrInvalidState},
		stAssigned: {handoff.ByBot: handoff.ErrNotBotOwned},
		stEnded: {handoff.ByBot: handoff.ErrEnded, handoff.ByAgent: handoff.ErrEnded,
			handoff.BySystem: handoff.ErrEnded, handoff.ByContact: handoff.ErrEnded},
		"": {handoff.ByBot: handoff.ErrInvalidState, handoff.ByAgent: handoff.ErrInvalidState,
			handoff.BySystem: handoff.ErrInvalidState, handoff.ByContact: handoff.ErrInvalidState},
	} {
		for _, by := range []handoff.By{handoff.ByBot, handoff.ByAgent, handoff.BySystem, handoff.ByContact} {
			err := in(t, state).MaySpeak(handoff.Actor{By: by})
			if want[by] == nil {
				require.NoError(t, err, "%s in %s", by, state)
				continue
			}
			require.ErrorIs(t, err, want[by], "%s in %s", by, state)
		}
	}
}

func TestHumanControlLastsFromTheHandOffToTheEnd(t *testing.T) {
	t.Parallel()
	for state, want := range map[handoff.State]handoff.Control{
		stBot: handoff.ControlBot, stWaiting: handoff.ControlHuman,
		stAssigned: handoff.ControlHuman, stEnded: handoff.ControlBot,
	} {
		require.Equal(t, want, in(t, state).Control(), state)
		require.True(t, state.Valid())
	}
	require.False(t, handoff.State("snoozed").Valid())
}

func TestAnAnswerIsAReplySinceThePresentAssignment(t *testing.T) {
	t.Parallel()
	c := in(t, stAssigned) // since 12:02
	said := func(by handoff.Actor, at time.Duration, private bool) {
		c = c.WithMessage(handoff.Message{Author: by, Private: private, Content: handoff.Text("oi"), At: noon.Add(at)})
	}
	said(contact, 3*time.Minute, false)
	require.False(t, c.Answered())
	said(ana, 3*time.Minute, true)
	require.False(t, c.Answered(), "a note is no answer")
	said(ana, 4*time.Minute, false)
	require.True(t, c.Answered())
	c, _, err := c.TransferToAgent(after(ana, 5*time.Minute), "bia")
	require.NoError(t, err)
	require.False(t, c.Answered(), "the next agent has not answered")
	require.False(t, in(t, stEnded).Answered())
}

func TestMessagesAreCountedDatedAndPreviewed(t *testing.T) {
	t.Parallel()
	c, _ := started(t)
	c = c.WithMessage(handoff.Message{Author: contact, Content: handoff.Text("oi"), At: noon.Add(time.Hour)})
	c = c.WithMessage(handoff.Message{Author: bot, Content: handoff.Text("Olá!"), At: noon.Add(time.Minute)})
	require.EqualValues(t, 2, c.Messages)
	require.EqualValues(t, 1, c.Received)
	require.Equal(t, noon.Add(time.Hour), c.LastMessageAt, "an earlier time never turns a later one back")
	require.Equal(t, noon.Add(time.Hour), c.LastReceivedAt)
	require.Zero(t, c.LastReplyAt)
	require.Equal(t, handoff.Preview{By: handoff.ByBot, Kind: handoff.KindText, Text: "Olá!"}, c.Preview)

	noted := c.WithMessage(handoff.Message{Author: ana, Private: true, Content: handoff.Text("rude"), At: noon.Add(2 * time.Hour)})
	c.Messages++
	require.Equal(t, c, noted, "of a note a list shows nothing")
}

func TestPuttingAConversationKeepsWhatMessagesDidToTheStoredOne(t *testing.T) {
	t.Parallel()
	read := in(t, stBot)
	stored := read.WithMessage(handoff.Message{Author: contact, Content: handoff.Text("oi"), At: noon.Add(time.Hour)})
	stored = stored.Apply(handoff.Event{Kind: handoff.EventMessage, Seq: 9})
	next, _, err := read.HandOff(later, handoff.HandOff{Queue: billing})
	require.NoError(t, err)

	put := stored.Replaced(next)
	require.Equal(t, stWaiting, put.State)
	require.Equal(t, stored.Preview, put.Preview)
	require.EqualValues(t, 9, put.Seq)
	put.Seq, put.Messages, put.Received, put.Preview = 0, 0, 0, handoff.Preview{}
	put.LastMessageAt, put.LastReceivedAt = time.Time{}, time.Time{}
	require.Equal(t, next, put, "and nothing else")
}

func TestNewCopiesOfTheContactAreAChangeThatTellsNoneOfThem(t *testing.T) {
	t.Parallel()
	for _, state := range []handoff.State{stBot, stWaiting, stAssigned, stEnded} {
		c := in(t, state)
		got, events, err := c.CopyContact(later, "Maria Silva", "+55 11 90000-0000", "BR.15")
		require.NoError(t, err)
		require.Len(t, events, 1)
		require.Equal(t, handoff.EventContactChanged, events[0].Kind)
		require.Equal(t, c.Version+1, got.Version)
		require.Equal(t, c.Apply(events[0]).WithoutCopies(), got.WithoutCopies())
		b, err := json.Marshal(events)
		require.NoError(t, err)
		for _, canary := range []string{"Silva", "silva", "90000", "BR.15"} {
			require.NotContains(t, string(b), canary)
		}

		require.Equal(t, []string{"Maria Silva", "+55 11 90000-0000", "BR.15"}, []string{got.ContactName, got.Number, got.Address})
		require.Equal(t, in(t, state), c, "the value it was called on")
		same, events, err := got.CopyContact(later, "Maria Silva", "+55 11 90000-0000", "BR.15")
		require.NoError(t, err)
		require.Equal(t, got, same)
		require.Empty(t, events)
	}
}
