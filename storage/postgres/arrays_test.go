package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestArraysAreEncodedAsPgxDoes(t *testing.T) {
	t.Parallel()
	plain, ours := pgtype.NewMap(), pgtype.NewMap()
	registerArrays(ours)
	text := "text"
	for _, v := range []struct {
		oid   uint32
		value any
	}{
		{pgtype.TextArrayOID, []string{}},
		{pgtype.TextArrayOID, []string{"", "a", "ação ✓", `{"quoted", \}`, string(make([]byte, 300))}},
		{pgtype.TextArrayOID, []handoff.QueueID{"sales", ""}},
		{pgtype.TextArrayOID, []*string{&text, nil}},
		{pgtype.TextArrayOID, []int64{1}},
		{pgtype.TextArrayOID, []string(nil)},
		{pgtype.Int8ArrayOID, []int64{}},
		{pgtype.Int8ArrayOID, []int64{0, -1, 1 << 62, -1 << 63}},
		{pgtype.Int8ArrayOID, []int{7}},
		{pgtype.Int8ArrayOID, []string{"no number"}},
		{pgtype.Int4ArrayOID, []int64{1, 2}},
	} {
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			before := []byte("before")
			want, wantErr := plain.Encode(v.oid, format, v.value, before)
			got, err := ours.Encode(v.oid, format, v.value, before)
			require.Equal(t, wantErr == nil, err == nil, "%T %v", v.value, v.value)
			require.Equal(t, want, got, "%T %v", v.value, v.value)
		}
	}
}
