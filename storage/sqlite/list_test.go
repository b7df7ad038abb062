package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqltest"
)

func TestAListIsWhatMatchesInTheOrderOfItsPositions(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
	s.LookLess()
	sqltest.Lists(t, s)
}

func TestAPageOfAFullListIsWithoutAnythingElse(t *testing.T) {
	t.Parallel()
	sqltest.FullPage(t, open(t, filepath.Join(t.TempDir(), "desk.db"), nil))
}

func TestTermsThatAConversationLosesAreGone(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
	c := conversation("c")
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutConversation{Conversation: c})))
	c.Version, c.Terms = 2, []string{"wana"}
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutConversation{Conversation: c, Expect: 1})))
	var terms string
	require.NoError(t, s.Reads().QueryRow(`SELECT group_concat(term) FROM terms`).Scan(&terms))
	require.Equal(t, "wana", terms)
}
