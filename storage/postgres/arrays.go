package postgres

import (
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// A group's rows go to the server as arrays, one for each column. These
// encode those of texts and numbers at once, where pgx asks of each value how
// to encode it.

// registerArrays has values encoded so.
func registerArrays(types *pgtype.Map) {
	for _, oid := range []uint32{pgtype.TextArrayOID, pgtype.Int8ArrayOID} {
		if t, ok := types.TypeForOID(oid); ok {
			types.RegisterType(&pgtype.Type{Name: t.Name, OID: oid, Codec: arrayCodec{t.Codec}})
		}
	}
}

// arrayCodec is pgx's but for those two.
type arrayCodec struct{ pgtype.Codec }

// PlanEncode has slices of exactly those types encoded here, in binary, and all
// else by pgx.
func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		switch value.(type) {
		case []string:
			if oid == pgtype.TextArrayOID {
				return texts{}
			}
		case []int64:
			if oid == pgtype.Int8ArrayOID {
				return numbers{}
			}
		}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

// texts encodes a []string as text[].
type texts struct{}

// Encode appends the array in the binary form of the wire.
func (texts) Encode(value any, buf []byte) ([]byte, error) {
	of := value.([]string)
	size := 0
	for _, s := range of {
		size += 4 + len(s)
	}
	buf = appendArray(buf, pgtype.TextOID, len(of), size)
	for _, s := range of {
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(s))), s...)
	}
	return buf, nil
}

// numbers encodes an []int64 as bigint[].
type numbers struct{}

// Encode appends the array in the binary form of the wire.
func (numbers) Encode(value any, buf []byte) ([]byte, error) {
	of := value.([]int64)
	buf = appendArray(buf, pgtype.Int8OID, len(of), 12*len(of))
	for _, n := range of {
		buf = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(buf, 8), uint64(n))
	}
	return buf, nil
}

// appendArray begins an array of n values of a type, which take so many bytes:
// of one dimension that counts from 1, without nulls.
func appendArray(buf []byte, oid uint32, n, size int) []byte {
	buf = slices.Grow(buf, 20+size)
	for _, v := range [...]uint32{1, 0, oid, uint32(n), 1} {
		buf = binary.BigEndian.AppendUint32(buf, v)
	}
	return buf
}
