package handoff_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

func TestAPreviewIsTheBeginningInWholeCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Around the limit, of characters of one to four bytes.
		runes := rapid.SliceOfN(rapid.SampledFrom([]rune("aé日👩\u200D")), handoff.PreviewRunes-3, handoff.PreviewRunes+3).Draw(t, "text")
		got := handoff.Message{Author: ana, Content: handoff.Text(string(runes))}.Preview()
		require.Equal(t, string(runes[:min(len(runes), handoff.PreviewRunes)]), got.Text)
		require.True(t, utf8.ValidString(got.Text))
		require.Equal(t, handoff.ByAgent, got.By)
		require.Equal(t, handoff.KindText, got.Kind)
	})
}

func TestWhoKeepsAPreviewDoesNotKeepTheMessage(t *testing.T) {
	t.Parallel()
	m := handoff.Message{Content: handoff.Text(strings.Repeat("x", handoff.MaxText))}
	require.NotSame(t, unsafe.StringData(m.Text), unsafe.StringData(m.Preview().Text))
}

func TestTheWindowIsOpenUntilItsEnd(t *testing.T) {
	t.Parallel()
	day := handoff.Window(24 * time.Hour)
	end := noon.Add(24 * time.Hour)
	for now, want := range map[time.Time]bool{
		noon: true, end.Add(-time.Millisecond): true, end: false, end.Add(time.Hour): false,
	} {
		ok, until := day.CanReply(noon, now)
		require.Equal(t, want, ok, now)
		require.Equal(t, end, until)
	}
	ok, until := day.CanReply(time.Time{}, noon)
	require.False(t, ok, "who never wrote")
	require.Zero(t, until)
	for _, none := range []handoff.Window{0, -1} {
		ok, until = none.CanReply(time.Time{}, noon)
		require.True(t, ok)
		require.Zero(t, until)
	}
}

func TestNotesAndTheContactsOwnAreNotOutgoing(t *testing.T) {
	t.Parallel()
	for _, a := range []handoff.Actor{bot, ana, router, contact} {
		require.Equal(t, a != contact, handoff.Message{Author: a}.Outgoing(), a.String())
		require.False(t, handoff.Message{Author: a, Private: true}.Outgoing(), a.String())
	}
}

func TestAnEnvelopeIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	good := handoff.Inbound{Channel: "whatsapp", Account: "5511", Addresses: []string{"5521", "BR.15"}, Provider: "wamid.1"}
	require.NoError(t, good.Check(), "whatever the content is")
	for field, spoil := range map[string]func(*handoff.Inbound){
		"channel":     func(in *handoff.Inbound) { in.Channel = "" },
		"account":     func(in *handoff.Inbound) { in.Account = "" },
		"address":     func(in *handoff.Inbound) { in.Addresses = []string{"5521", ""} },
		"addresses":   func(in *handoff.Inbound) { in.Addresses = nil },
		"provider id": func(in *handoff.Inbound) { in.Provider = strings.Repeat("x", handoff.MaxAddress+1) },
	} {
		in := good
		spoil(&in)
		requireField(t, field, in.Check())
	}
	good.Addresses = many(handoff.MaxAddresses + 1)
	requireField(t, "addresses", good.Check())
}

func TestAReceiptIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	good := handoff.Receipt{Channel: "whatsapp", Account: "5511", Provider: "wamid.1", Delivery: handoff.Read}
	require.NoError(t, good.Check())
	for field, spoil := range map[string]func(*handoff.Receipt){
		"receipt delivery": func(r *handoff.Receipt) { r.Delivery = handoff.Queued },
		"channel":          func(r *handoff.Receipt) { r.Channel = "" },
		"account":          func(r *handoff.Receipt) { r.Account = "" },
		"address":          func(r *handoff.Receipt) { r.Addresses = []string{""} },
		"addresses":        func(r *handoff.Receipt) { r.Addresses = many(handoff.MaxAddresses + 1) },
		"provider id":      func(r *handoff.Receipt) { r.Provider = "" },
	} {
		r := good
		spoil(&r)
		requireField(t, field, r.Check())
	}
}

func TestActorsSayWhoTheyAre(t *testing.T) {
	t.Parallel()
	require.Equal(t, "agent:ana", ana.String())
	require.Equal(t, "bot", bot.String())
	for _, a := range []handoff.Actor{bot, ana, router, contact} {
		require.True(t, a.By.Valid())
	}
	require.False(t, handoff.By("").Valid())
}
