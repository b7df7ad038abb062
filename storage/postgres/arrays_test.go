package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
)

func TestArraysAreEncodedAsPgxDoes(t *testing.T) {
	t.Parallel()
	m := pgtype.NewMap()
	for _, v := range []struct {
		oid   uint32
		value any
	}{
		{pgtype.TextArrayOID, []string{}},
		{pgtype.TextArrayOID, []string{"", "a", "ação ✓", string(make([]byte, 300))}},
		{pgtype.Int8ArrayOID, []int64{}},
		{pgtype.Int8ArrayOID, []int64{0, -1, 1 << 62, -1 << 63}},
		{pgtype.TextArrayOID, []int64(nil)},
	} {
		before := []byte("before")
		want, wantErr := m.Encode(v.oid, pgtype.BinaryFormatCode, v.value, before)
		ours := pgtype.NewMap()
		registerArrays(ours)
		got, err := ours.Encode(v.oid, pgtype.BinaryFormatCode, v.value, before)
		require.Equal(t, wantErr == nil, err == nil)
		require.Equal(t, want, got, "%T %v", v.value, v.value)
	}
}
