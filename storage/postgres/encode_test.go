package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestValuesAreEncodedAsPgxDoes(t *testing.T) {
	t.Parallel()
	plain, ours := pgtype.NewMap(), pgtype.NewMap()
	registerTypes(ours, &rooms{})
	sales := "sales"
	for _, v := range []struct {
		oid   uint32
		value any
	}{
		{pgtype.TextArrayOID, []string{}},
		{pgtype.TextArrayOID, []string{"", "a", "ação ✓", `{"quoted", \}`, string(make([]byte, 300))}},
		{pgtype.TextArrayOID, []string{string(make([]byte, mostRoom+1))}},
		{pgtype.TextArrayOID, []handoff.QueueID{"sales", ""}},
		{pgtype.TextArrayOID, []*string{&sales, nil}},
		{pgtype.TextArrayOID, []int64{1}},
		{pgtype.TextArrayOID, []string(nil)},
		{pgtype.Int8ArrayOID, []int64{}},
		{pgtype.Int8ArrayOID, []int64{0, -1, 1 << 62, -1 << 63}},
		{pgtype.Int8ArrayOID, []int{7}},
		{pgtype.Int8ArrayOID, []string{"no number"}},
		{pgtype.Int4ArrayOID, []int64{1, 2}},
		{pgtype.TextOID, text("")},
		{pgtype.TextOID, text("ação ✓")},
		{pgtype.TextOID, text(make([]byte, mostRoom+1))},
		{pgtype.TextOID, handoff.QueueID("sales")},
		{pgtype.TextOID, &sales},
		{pgtype.TextOID, 7},
		{pgtype.Int8OID, text("12")},
		{pgtype.VarcharOID, text("12")},
	} {
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			before := func() []byte { return append(make([]byte, 0, 256), "before"...) } // as large as pgx's
			want, wantErr := plain.Encode(v.oid, format, v.value, before())
			got, err := ours.Encode(v.oid, format, v.value, before())
			require.Equal(t, wantErr == nil, err == nil, "%T %v", v.value, v.value)
			require.Equal(t, want, got, "%T %v", v.value, v.value)
		}
	}
}

func TestWhatIsEncodedAndSentTakesNoMemoryAnew(t *testing.T) {
	types, kept := pgtype.NewMap(), &rooms{}
	registerTypes(types, kept)
	fresh := make([]byte, 0, 256) // as pgx begins
	for _, size := range []int{100, 4 << 10, leastRoom, 100 << 10, mostRoom / 4} {
		value := any(text(make([]byte, size)))
		trip := func() {
			first, err := types.Encode(pgtype.TextOID, pgtype.TextFormatCode, value, fresh)
			if err != nil || len(first) != size {
				t.Error(len(first), err)
			}
			if both, err := types.Encode(pgtype.TextOID, pgtype.TextFormatCode, value, first); err != nil || len(both) != 2*size {
				t.Error(len(both), err)
			}
		}
		trip()
		require.Zero(t, testing.AllocsPerRun(10, func() {
			kept.encoded = 0
			trip()
			if buf, _ := (roomToSend{kept}).Encode(fresh); cap(buf) < 2*size {
				t.Error(cap(buf))
			}
		}), size)
	}
}

func TestRoomIsGivenUpToALimit(t *testing.T) {
	t.Parallel()
	var r room
	so, fresh := []byte("so far"), make([]byte, 0, 256)
	require.Equal(t, so, r.hold(append(fresh, so...), 1), "it keeps what there is")
	require.Equal(t, leastRoom, cap(r))
	require.Equal(t, so, r.hold(r.hold(append(fresh, so...), 1), leastRoom), "also when it grows")
	require.Equal(t, 2*leastRoom, cap(r))
	grown := make([]byte, 3, 4*leastRoom)
	require.Equal(t, cap(grown), cap(r.hold(grown, 1)), "what has grown beyond the room stays as it is")
	require.Equal(t, 2*leastRoom, cap(r.hold(fresh, mostRoom+1)), "what is too large for any grows by itself")
	require.Equal(t, 2*leastRoom, cap(r))
	require.Equal(t, mostRoom, cap(r.hold(fresh, mostRoom)))
}

func TestWhatIsEncodedInPartsDoesNotOverwriteWhatWasEncodedBefore(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	registerTypes(types, &rooms{})
	buf, err := types.Encode(pgtype.TextOID, pgtype.TextFormatCode, text("the first parameter"), make([]byte, 0, 256))
	require.NoError(t, err)
	for _, second := range []any{[]text{"another"}, []string{"another"}} {
		all, err := types.Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, second, buf)
		require.NoError(t, err)
		require.Equal(t, `the first parameter{another}`, string(all))
	}
}
