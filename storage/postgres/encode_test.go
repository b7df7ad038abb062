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
	registerTypes(ours)
	sales := "sales"
	for _, v := range []struct {
		oid   uint32
		value any
	}{
		{pgtype.TextArrayOID, []string{}},
		{pgtype.TextArrayOID, []string{"", "a", "ação ✓", `{"quoted", \}`, string(make([]byte, 300))}},
		{pgtype.TextArrayOID, []string{string(make([]byte, roomSize+1))}},
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
		{pgtype.TextOID, text(make([]byte, roomSize+1))},
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
	types := pgtype.NewMap()
	registerTypes(types)
	value, sent := any(text(make([]byte, 4096))), roomToSend{make(room, roomSize)}
	fresh := make([]byte, 0, 256) // as pgx begins
	require.Zero(t, testing.AllocsPerRun(10, func() {
		got, err := types.Encode(pgtype.TextOID, pgtype.TextFormatCode, value, fresh)
		if err != nil || len(got) != 4096 {
			t.Error(len(got), err)
		}
		if buf, _ := sent.Encode(fresh); cap(buf) < roomSize {
			t.Error(cap(buf))
		}
	}))
	grown := make([]byte, 3, 2*roomSize)
	require.Equal(t, 2*roomSize, cap(sent.hold(grown)), "what has grown beyond the room stays as it is")
	require.Equal(t, []byte("so far"), sent.hold(append(fresh, "so far"...)))
}

func TestWhatIsEncodedInPartsDoesNotOverwriteWhatWasEncodedBefore(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	registerTypes(types)
	buf, err := types.Encode(pgtype.TextOID, pgtype.TextFormatCode, text("the first parameter"), make([]byte, 0, 256))
	require.NoError(t, err)
	for _, second := range []any{[]text{"another"}, []string{"another"}} {
		all, err := types.Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, second, buf)
		require.NoError(t, err)
		require.Equal(t, `the first parameter{another}`, string(all))
	}
}
