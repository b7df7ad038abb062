package postgres

import (
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// A group's rows go to the server as arrays, one for each column, and a lone
// one as its values: see given. These encode those of texts and numbers at once,
// where pgx asks of each value how to encode it, and into a buffer that the
// connection keeps.

// registerTypes has values encoded so on a connection.
func registerTypes(types *pgtype.Map, kept *rooms) {
	for _, oid := range []uint32{pgtype.TextOID, pgtype.TextArrayOID, pgtype.Int8ArrayOID} {
		if t, ok := types.TypeForOID(oid); ok {
			types.RegisterType(&pgtype.Type{Name: t.Name, OID: oid, Codec: codec{t.Codec, kept}})
		}
	}
}

// codec is pgx's but for those.
type codec struct {
	pgtype.Codec
	rooms *rooms
}

// PlanEncode has values of exactly those types encoded here, slices in binary,
// and all else by pgx.
func (c codec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	switch value.(type) {
	case text:
		if oid == pgtype.TextOID {
			return textIn(c)
		}
	case []string:
		if oid == pgtype.TextArrayOID && format == pgtype.BinaryFormatCode {
			return textsIn(c)
		}
	case []int64:
		if oid == pgtype.Int8ArrayOID && format == pgtype.BinaryFormatCode {
			return numbersIn(c)
		}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

// text is a string that is encoded here.
type text string

type textIn codec

// Encode appends the text, which is the same in binary.
func (in textIn) Encode(value any, buf []byte) ([]byte, error) {
	of := value.(text)
	return append(in.rooms.encode(buf, len(of)), of...), nil
}

// textsIn encodes a []string as text[].
type textsIn codec

// Encode appends the array in the binary form of the wire.
func (in textsIn) Encode(value any, buf []byte) ([]byte, error) {
	of := value.([]string)
	size := arrayHead
	for _, s := range of {
		size += 4 + len(s)
	}
	buf = appendArray(in.rooms.encode(buf, size), pgtype.TextOID, len(of), size)
	for _, s := range of {
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(s))), s...)
	}
	return buf, nil
}

// numbersIn encodes an []int64 as bigint[].
type numbersIn codec

// Encode appends the array in the binary form of the wire.
func (in numbersIn) Encode(value any, buf []byte) ([]byte, error) {
	of := value.([]int64)
	size := arrayHead + 12*len(of)
	buf = appendArray(in.rooms.encode(buf, size), pgtype.Int8OID, len(of), size)
	for _, n := range of {
		buf = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(buf, 8), uint64(n))
	}
	return buf, nil
}

// appendArray begins an array of n values of a type, which takes so many bytes:
// of one dimension that counts from 1, without nulls.
func appendArray(buf []byte, oid uint32, n, size int) []byte {
	buf = slices.Grow(buf, size)
	for _, v := range [...]uint32{1, 0, oid, uint32(n), 1} {
		buf = binary.BigEndian.AppendUint32(buf, v)
	}
	return buf
}

const arrayHead = 5 * 4 // bytes
