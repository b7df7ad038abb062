package handoff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

func many(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprint("w", i)
	}
	return words
}

func TestCapacityInForce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		agent  handoff.Agent
		member int
		all    int
		queue  int
	}{
		{handoff.Agent{}, 0, handoff.DefaultCapacity, handoff.DefaultCapacity},
		{handoff.Agent{}, 2, handoff.DefaultCapacity, 2},
		{handoff.Agent{Capacity: 3}, 9, 3, 3},
		{handoff.Agent{Capacity: handoff.NoCapacity}, 2, 0, 0},
		{handoff.Agent{Capacity: 8, Disabled: true}, 2, 0, 0},
	} {
		require.Equal(t, tc.all, tc.agent.Limit())
		require.Equal(t, tc.queue, handoff.Member{Capacity: tc.member}.Limit(tc.agent))
	}
}

func TestAnAgentIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	good := handoff.Agent{
		ID: "ana", Name: "Ana", Email: "ana@acme.example", Permissions: handoff.RoleAdmin, Capacity: handoff.MaxCapacity,
		Skills: many(handoff.MaxSkills), Language: "pt-BR", TimeZone: "America/Sao_Paulo",
	}
	require.NoError(t, good.Check())
	require.NoError(t, handoff.Agent{ID: "ana", Name: "Ana", Capacity: handoff.NoCapacity}.Check())
	for field, spoil := range map[string]func(*handoff.Agent){
		"agent":             func(a *handoff.Agent) { a.ID = "" },
		"agent name":        func(a *handoff.Agent) { a.Name = "" },
		"agent email":       func(a *handoff.Agent) { a.Email = "a\r\nb" },
		"agent permissions": func(a *handoff.Agent) { a.Permissions++ },
		"agent capacity":    func(a *handoff.Agent) { a.Capacity++ },
		"agent skills":      func(a *handoff.Agent) { a.Skills = many(handoff.MaxSkills + 1) },
		"agent language":    func(a *handoff.Agent) { a.Language = strings.Repeat("x", handoff.MaxID+1) },
		"agent time zone":   func(a *handoff.Agent) { a.TimeZone = "\x00" },
	} {
		a := good
		spoil(&a)
		requireField(t, field, a.Check())
	}
	good.Capacity = handoff.NoCapacity - 1
	requireField(t, "agent capacity", good.Check())
}

func requireField(t *testing.T, field string, err error) {
	t.Helper()
	var fe *handoff.FieldError
	require.ErrorAs(t, err, &fe, field)
	require.Equal(t, field, fe.Field)
	require.ErrorIs(t, err, handoff.ErrInvalid)
	require.Equal(t, "handoff: "+field+" "+fe.Reason, err.Error())
}

func TestAvailabilityIsSetWithItsReasonAndTime(t *testing.T) {
	t.Parallel()
	a, err := handoff.Agent{ID: "ana"}.Set(handoff.Available, "", noon)
	require.NoError(t, err)
	require.Equal(t, handoff.Agent{ID: "ana", Availability: handoff.Available, Since: noon}, a)

	same, err := a.Set(handoff.Available, "", noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, a, same, "the same again is no change")

	a, err = a.Set(handoff.Away, "lunch", noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, "lunch", a.AwayReason)
	a, err = a.Set(handoff.Away, "", noon.Add(2*time.Hour))
	require.NoError(t, err)
	require.Empty(t, a.AwayReason)
	require.Equal(t, noon.Add(2*time.Hour), a.Since)

	for _, bad := range []struct {
		to     handoff.Availability
		reason string
	}{{"", ""}, {"busy", ""}, {handoff.Available, "lunch"}, {handoff.Unavailable, "lunch"}, {handoff.Away, "a\nb"}} {
		got, err := a.Set(bad.to, bad.reason, noon.Add(3*time.Hour))
		require.ErrorIs(t, err, handoff.ErrInvalid)
		require.Equal(t, a, got)
	}
}

func TestAnAgentHasAllTheSkillsThatAreAsked(t *testing.T) {
	t.Parallel()
	a := handoff.Agent{Skills: []string{"es", "pt"}}
	require.True(t, a.HasSkills(nil))
	require.True(t, a.HasSkills([]string{"pt", "es"}))
	require.False(t, a.HasSkills([]string{"pt", "en"}))
}

func TestASortedSetHoldsTheSameWordsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-c]{0,2}`)).Draw(t, "words")
		kept := append([]string{}, words...)
		got := handoff.SortedSet(words)
		require.Equal(t, kept, append([]string{}, words...), "the argument stays")
		require.Subset(t, got, words)
		require.Subset(t, words, got)
		for i := 1; i < len(got); i++ {
			require.Less(t, got[i-1], got[i])
		}
	})
	require.Nil(t, handoff.SortedSet([]string{}))
}
