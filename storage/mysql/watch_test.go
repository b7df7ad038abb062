package mysql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

func TestWhatAStoreCommitsItselfIsNotAnothers(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	mine, theirs := open(t, dsn, nil), open(t, dsn, nil)
	changed := func() storage.Batch {
		return batch(storage.AppendEvents{Events: []handoff.Event{{Kind: handoff.EventBotChanged, Bot: "b", At: at}}})
	}
	others := func() int64 {
		n, err := mine.Others(t.Context())
		require.NoError(t, err)
		return n
	}
	for range 3 {
		require.NoError(t, mine.Commit(t.Context(), changed()))
	}
	require.EqualValues(t, 0, others())
	require.NoError(t, theirs.Commit(t.Context(), changed()))
	require.EqualValues(t, 1, others())
	require.NoError(t, mine.Commit(t.Context(), changed()))
	require.EqualValues(t, 1, others())
}
