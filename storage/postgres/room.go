package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"
)

// A connection drops the buffers of what it encoded and sent where they came
// to more than a kilobyte, and grows others from nothing with the next batch:
// that was a fourth of all that a process allocates for handoffs. So each is
// given some to keep.

// room is such a buffer, empty.
type room []byte

// roomSize is enough for a group of few batches.
const roomSize = 32 << 10

// hold gives a buffer with the same content, which is that of the room unless it
// has grown beyond it. What pgx begins to encode in is larger than leastHeld;
// what is smaller is for a part of a value, and does not belong here.
func (r room) hold(buf []byte) []byte {
	if cap(buf) < leastHeld || cap(buf) >= cap(r) {
		return buf
	}
	return append(r[:0], buf...)
}

const leastHeld = 128

const roomOf = "handoff.room" // in what belongs to a connection

// keepRoom gives a connection a buffer for what it sends, when it is made.
func keepRoom(conn *pgx.Conn) {
	conn.PgConn().CustomData()[roomOf] = roomToSend{make(room, roomSize)}
}

// makeRoom has a connection put what it sends next into that buffer.
func makeRoom(conn *pgx.Conn) {
	if r, ok := conn.PgConn().CustomData()[roomOf].(roomToSend); ok && !conn.IsClosed() {
		conn.PgConn().Frontend().Send(r)
	}
}

// roomToSend is, as a message of the protocol, one without bytes: it is where
// those of the next ones go.
type roomToSend struct{ room }

// Encode implements pgproto3.Message.
func (r roomToSend) Encode(sent []byte) ([]byte, error) { return r.hold(sent), nil }

// Decode implements pgproto3.Message.
func (roomToSend) Decode([]byte) error { return errors.ErrUnsupported }

// Frontend implements pgproto3.FrontendMessage.
func (roomToSend) Frontend() {}
