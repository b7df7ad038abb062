package postgres

import (
	"errors"
	"math/bits"

	"github.com/jackc/pgx/v5"
)

// A connection drops the buffers of what it encoded and sent where they came
// to more than a kilobyte, and grows others from nothing with the next batch:
// that was a third of all that a process allocates for handoffs. So each is
// given some to keep.

// rooms are the buffers of one connection.
type rooms struct {
	values, sent room
	encoded      int // bytes, since it was last sent something together
}

// room is such a buffer, empty. It has what was needed so far, up to mostRoom.
type room []byte

// Enough for a group of few batches, and for all but the largest.
const leastRoom, mostRoom = 16 << 10, 512 << 10

// hold gives a buffer with the same content and, if that is not too much, space
// for so many bytes more. It is that of the room unless it has grown beyond it.
// What pgx begins to encode in is larger than leastHeld; what is smaller is for a
// part of a value, and does not belong here.
func (r *room) hold(buf []byte, more int) []byte {
	if cap(buf) < leastHeld {
		return buf
	}
	if need := len(buf) + more; need > cap(*r) && need <= mostRoom {
		*r = make(room, 0, max(leastRoom, 1<<bits.Len(uint(need-1))))
	}
	if cap(buf) >= cap(*r) {
		return buf
	}
	return append((*r)[:0], buf...)
}

const leastHeld = 128

// encode gives the buffer for a value's so many bytes.
func (r *rooms) encode(buf []byte, size int) []byte {
	r.encoded += size
	return r.values.hold(buf, size)
}

const roomsOf = "handoff.rooms" // in what belongs to a connection

// keepRooms gives a connection its buffers, when it is made.
func keepRooms(conn *pgx.Conn) {
	r := &rooms{}
	registerTypes(conn.TypeMap(), r)
	conn.PgConn().CustomData()[roomsOf] = roomToSend{r}
}

// makeRoom has a connection put what it sends next into the buffer for that.
// One trip is about as large as the last.
func makeRoom(conn *pgx.Conn) {
	if r, ok := conn.PgConn().CustomData()[roomsOf].(roomToSend); ok && !conn.IsClosed() {
		conn.PgConn().Frontend().Send(r)
		r.encoded = 0
	}
}

// roomToSend is, as a message of the protocol, one without bytes: it is where
// those of the next ones go.
type roomToSend struct{ *rooms }

// Encode implements pgproto3.Message.
func (r roomToSend) Encode(sent []byte) ([]byte, error) {
	return r.sent.hold(sent, r.encoded+r.encoded/4+leastRoom/2), nil // and what is around the values
}

// Decode implements pgproto3.Message.
func (roomToSend) Decode([]byte) error { return errors.ErrUnsupported }

// Frontend implements pgproto3.FrontendMessage.
func (roomToSend) Frontend() {}
