package handoff_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

func TestANumberIsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"+55 (11) 98765-4321":  "5511987654321",
		" 5511987654321 ":      "5511987654321",
		"55.11.98765.4321":     "5511987654321",
		"BR.1502576394655843":  "BR.1502576394655843",
		"ana@example.com":      "ana@example.com",
		"":                     "",
		"+":                    "+",
		"5511987654321 (casa)": "5511987654321 (casa)",
	} {
		require.Equal(t, want, handoff.RecipientAddress(written), written)
	}
	rapid.Check(t, func(t *rapid.T) {
		once := handoff.RecipientAddress(rapid.String().Draw(t, "address"))
		require.Equal(t, once, handoff.RecipientAddress(once))
	})
}

func TestABroadcastIsChecked(t *testing.T) {
	t.Parallel()
	good := handoff.Broadcast{Name: "Spring", Channel: "whatsapp", Account: "1", Template: "hi"}
	require.NoError(t, good.Check())
	for field, spoil := range map[string]func(*handoff.Broadcast){
		"broadcast name":     func(b *handoff.Broadcast) { b.Name = "" },
		"broadcast channel":  func(b *handoff.Broadcast) { b.Channel = "" },
		"broadcast account":  func(b *handoff.Broadcast) { b.Account = "" },
		"broadcast template": func(b *handoff.Broadcast) { b.Template = "" },
		"broadcast rate":     func(b *handoff.Broadcast) { b.Rate = handoff.MaxRate + 1 },
	} {
		b := good
		spoil(&b)
		requireField(t, field, b.Check())
	}
}

func TestEveryOutcomeHasItsCount(t *testing.T) {
	t.Parallel()
	var c handoff.BroadcastCounts
	for i, o := range handoff.Outcomes {
		require.True(t, o.Valid())
		*c.Count(o) = i + 1
	}
	require.Equal(t, handoff.BroadcastCounts{Queued: 1, Sent: 2, Delivered: 3, Read: 4, Failed: 5, Skipped: 6}, c)
	require.Nil(t, c.Count("none"))
	require.False(t, handoff.Outcome("none").Valid())
}
