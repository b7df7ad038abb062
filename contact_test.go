package handoff_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func address(id string) handoff.Address {
	return handoff.Address{Channel: "whatsapp", Account: "551130000000", ID: id}
}

func maria() handoff.Contact {
	return handoff.Contact{
		Bot: "acme", ID: "p1", Name: "Maria", Since: noon,
		Addresses: []handoff.Address{address("5511988887777")},
	}
}

func TestLinkingAddsEachAddressOnceAndLeavesTheOldValue(t *testing.T) {
	t.Parallel()
	old := maria()
	old.Addresses = append(make([]handoff.Address, 0, 8), old.Addresses...) // room to write into
	got := old.Link(address("BR.15"), address("5511988887777"), address("BR.15"))
	require.Equal(t, []handoff.Address{address("5511988887777"), address("BR.15")}, got.Addresses)
	require.True(t, got.Knows(address("BR.15")))
	require.Equal(t, maria(), old)
	other := old.Link(address("x"))
	require.Equal(t, address("BR.15"), got.Addresses[1], "two links of one value share nothing")
	require.Equal(t, address("x"), other.Addresses[1])
	require.False(t, got.Knows(handoff.Address{Channel: "whatsapp", Account: "other", ID: "BR.15"}))
}

func TestLearningTakesWhatIsTold(t *testing.T) {
	t.Parallel()
	c, changed := maria().Learn(handoff.Profile{})
	require.False(t, changed)
	require.Equal(t, maria(), c)

	c, changed = c.Learn(handoff.Profile{Name: " Maria\nda\x00Silva ", Username: "@maria", Number: "+55 11 98888-7777"})
	require.True(t, changed)
	require.Equal(t, "Maria da\uFFFDSilva", c.Name)
	require.Equal(t, "@maria", c.Username)
	require.Equal(t, "+55 11 98888-7777", c.Number)
	_, changed = c.Learn(handoff.Profile{Name: "Maria\nda\x00Silva"})
	require.False(t, changed, "the same told again")

	c, _ = c.Learn(handoff.Profile{Name: " \n "})
	require.Equal(t, "Maria da\uFFFDSilva", c.Name, "nothing is told by blanks")
}

func FuzzALearntNameIsAName(f *testing.F) {
	for _, s := range []string{"Maria", "\xff", "a\x85b", strings.Repeat("é", 200), strings.Repeat("x", 255) + " y", "\u2003"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, changed := handoff.Contact{}.Learn(handoff.Profile{Name: s})
		if !changed {
			require.Empty(t, c.Name)
			return
		}
		require.NoError(t, handoff.CheckName("name", c.Name))
		require.True(t, utf8.ValidString(c.Name))
		_, changed = c.Learn(handoff.Profile{Name: c.Name})
		require.False(t, changed)
	})
}

func TestMergingJoinsWhatBothKnow(t *testing.T) {
	t.Parallel()
	other := handoff.Contact{
		Bot: "acme", ID: "p2", Name: "M. Silva", Username: "@maria", Number: "5511", Since: noon.Add(-time.Hour),
		Addresses: []handoff.Address{address("BR.15"), address("5511988887777")}, Merged: []handoff.ContactID{"p3"},
	}
	into, from := maria().Merge(other)
	require.Equal(t, handoff.Contact{
		Bot: "acme", ID: "p1", Name: "Maria", Username: "@maria", Number: "5511", Since: noon.Add(-time.Hour),
		Addresses: []handoff.Address{address("5511988887777"), address("BR.15")},
		Merged:    []handoff.ContactID{"p2", "p3"},
	}, into)
	require.Equal(t, handoff.Contact{Bot: "acme", ID: "p2", Since: noon.Add(-time.Hour), MergedInto: "p1"}, from)
	require.Equal(t, []handoff.ContactID{"p1", "p2", "p3"}, into.IDs())

	again, gone := into.Merge(from)
	require.Equal(t, into, again)
	require.Equal(t, from, gone)
	self, same := into.Merge(into)
	require.Equal(t, into, self)
	require.Equal(t, into, same)
}

func TestMergingKeepsTheTimeThatIsKnown(t *testing.T) {
	t.Parallel()
	unknown := handoff.Contact{Bot: "acme", ID: "p2"}
	into, _ := maria().Merge(unknown)
	require.Equal(t, noon, into.Since)
	into, _ = unknown.Merge(maria())
	require.Equal(t, noon, into.Since)
	require.Equal(t, "Maria", into.Name)
}

func TestAContactIsCalledByTheBestThatIsKnown(t *testing.T) {
	t.Parallel()
	c := handoff.Contact{Name: "Maria", Username: "@maria", Number: "+55 11", Addresses: []handoff.Address{address("BR.15")}}
	require.Equal(t, "Maria", c.Label())
	c.Name = ""
	require.Equal(t, "@maria", c.Label())
	c.Username = ""
	require.Equal(t, "+55 11", c.Label())
	c.Number = ""
	require.Equal(t, "BR.15", c.Label())
	require.Empty(t, handoff.Contact{}.Label())
}

func TestAnAddressNeedsAllItsParts(t *testing.T) {
	t.Parallel()
	require.NoError(t, address("5511").Check())
	for _, bad := range []handoff.Address{
		{Account: "a", ID: "i"}, {Channel: "c", ID: "i"}, {Channel: "c", Account: "a"},
		{Channel: "c", Account: "a", ID: strings.Repeat("9", handoff.MaxAddress+1)},
	} {
		require.ErrorIs(t, bad.Check(), handoff.ErrInvalid)
	}
}
