package filter

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"

	"github.com/handoffdesk/handoff"
)

// Cursor is where somebody is in walking a list page by page. Make one with
// [ParseCursor]; the zero Cursor belongs to no criteria.
//
// Its text is opaque but neither secret nor signed: whoever makes one up only
// gets to another place of what they may see, never beyond the limits.
type Cursor struct {
	// After is the position of the last row given; the zero Position before
	// the first page.
	After Position
	// Walked is how many rows the pages so far have given, 0 to MaxLimit.
	Walked int

	criteria uint64 // fingerprint of the criteria it belongs to
}

// ParseCursor reads what [Cursor.String] wrote for the same criteria; ""
// begins the walk. Text that is malformed or comes from other criteria is a
// *[handoff.FieldError]. Criteria that mean the same are the same, whatever
// the order of their lists.
func ParseCursor(text string, c Criteria) (Cursor, error) {
	k := Cursor{criteria: c.fingerprint()}
	if text == "" {
		return k, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > maxCursor || len(raw) < 9 || raw[0] != cursorVersion {
		return Cursor{}, invalid("cursor", "is malformed")
	}
	criteria, rest := binary.BigEndian.Uint64(raw[1:]), raw[9:]
	walked, n := binary.Uvarint(rest)
	key, m := binary.Varint(rest[max(n, 0):])
	if n <= 0 || m <= 0 || walked > MaxLimit {
		return Cursor{}, invalid("cursor", "is malformed")
	}
	k.Walked = int(walked)
	k.After = Position{Key: key, ID: handoff.ConversationID(rest[n+m:])}
	if k.After != (Position{}) && handoff.CheckID("cursor", k.After.ID) != nil {
		return Cursor{}, invalid("cursor", "is malformed")
	}
	if criteria != k.criteria {
		return Cursor{}, invalid("cursor", "belongs to other criteria")
	}
	if k.String() != text {
		return Cursor{}, invalid("cursor", "is malformed")
	}
	return k, nil
}

const (
	cursorVersion = 1
	maxCursor     = 9 + 2*binary.MaxVarintLen64 + handoff.MaxID
)

// String gives the cursor's text, of characters that need no escaping in a
// URL.
func (k Cursor) String() string {
	raw := append(make([]byte, 0, maxCursor), cursorVersion)
	raw = binary.BigEndian.AppendUint64(raw, k.criteria)
	raw = binary.AppendUvarint(raw, uint64(k.Walked))
	raw = binary.AppendVarint(raw, k.After.Key)
	return base64.RawURLEncoding.EncodeToString(append(raw, k.After.ID...))
}

// Rows is how many rows the next page may give: as many as wanted (0 being
// [MaxPage]), no more than MaxPage and no more than the limit leaves. 0 means
// the walk is over.
func (k Cursor) Rows(limit, want int) int {
	if want <= 0 {
		want = MaxPage
	}
	return max(0, min(want, MaxPage, limit-k.Walked))
}

// Next is the cursor after a page that gave so many rows, and all down to the
// position to.
func (k Cursor) Next(to Position, rows int) Cursor {
	k.After = to
	k.Walked = min(k.Walked+rows, MaxLimit)
	return k
}

// fingerprint tells criteria of different meaning apart.
func (c Criteria) fingerprint() uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.canonical().Values().Encode()))
	return h.Sum64()
}
