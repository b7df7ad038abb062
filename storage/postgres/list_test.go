package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqltest"
)

func TestAListIsWhatMatchesInTheOrderOfItsPositions(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	s.LookLess()
	sqltest.Lists(t, s)
}

func TestAPageOfAFullListIsWithoutAnythingElse(t *testing.T) {
	t.Parallel()
	sqltest.FullPage(t, open(t, migrated(t)))
}

func TestTermsThatAConversationLosesAreGone(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	c := conversation("c")
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutConversation{Conversation: c})))
	c.Version, c.Terms = 2, []string{"wana"}
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutConversation{Conversation: c, Expect: 1})))
	require.Equal(t, []string{"wana"}, rows[string](t, s, `SELECT term FROM terms`))
}
