package storage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff/storage"
)

func TestABatchIDCarriesTheStoresTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 42e6, time.UTC)
	got, err := storage.Batch{ID: storage.NewBatchID(at)}.Time()
	require.NoError(t, err)
	require.Equal(t, at, got)
	_, err = storage.Batch{ID: "5f6e9f3c-0c4f-4a8e-9a43-0d0d7b1b7a11"}.Time()
	require.ErrorIs(t, err, storage.ErrInvalid)
}

func TestRecordsAreTakenInOneOrderWhateverTheBatch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-d]{1,3}`), 1, 12, rapid.ID).Draw(t, "ids")
		var ops []storage.Op
		for _, id := range ids {
			ops = append(ops, storage.Check{Key: storage.Key{Bot: "b", Kind: "k", ID: id}})
		}
		sorted := storage.Batch{Ops: ops}.Sorted()
		for i := 1; i < len(sorted); i++ {
			a, b := sorted[i-1].(storage.Check), sorted[i].(storage.Check)
			if a.Key.Compare(b.Key) >= 0 {
				t.Fatalf("%v before %v", a.Key, b.Key)
			}
		}
	})
}

func TestACursorSurvivesItsText(t *testing.T) {
	t.Parallel()
	for _, c := range []storage.Cursor{{}, {Epoch: "a1", Pos: 0}, {Epoch: "x", Pos: 1 << 60}} {
		got, err := storage.ParseCursor(c.String())
		require.NoError(t, err)
		require.Equal(t, c, got)
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{"", "a.b", "a.-1", ".1", "a.00", "a.zzzzzzzzzzzzzzzzz", "ü.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := storage.ParseCursor(s)
		if err != nil {
			require.ErrorIs(t, err, storage.ErrReset)
			return
		}
		require.Equal(t, s, c.String())
	})
}
