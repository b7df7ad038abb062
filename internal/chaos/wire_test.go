package chaos

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire follows what goes over one connection to a server, to know the answer
// that tells of a commit of something. By then the server has done it.
type wire interface {
	ask(b []byte)                     // the client sends it
	answer(b []byte) (committed bool) // the server does
}

func newWire(kind string) wire {
	if kind == onPostgres {
		return &postgresWire{}
	}
	return &mysqlWire{}
}

// postgresWire takes for a commit what batches are committed by: statements
// that insert something are done, none sent with them has failed, and no
// transaction is open any more. It is all the same whether a COMMIT was among
// them or they were a transaction by being sent together.
type postgresWire struct {
	rest   []byte // of a message that has not come whole
	wrote  bool   // a statement of those that are being answered
	failed bool
}

func (*postgresWire) ask([]byte) {}

// answer reads messages: a kind, a length that counts itself, and a body.
func (w *postgresWire) answer(b []byte) (committed bool) {
	w.rest = append(w.rest, b...)
	for len(w.rest) >= 5 {
		end := 1 + int(binary.BigEndian.Uint32(w.rest[1:]))
		if len(w.rest) < end {
			break
		}
		switch kind, body := w.rest[0], string(w.rest[5:end]); kind {
		case 'C': // a statement is done
			w.wrote = w.wrote || strings.HasPrefix(body, "INSERT 0 ") && body != "INSERT 0 0\x00"
		case 'E':
			w.failed = true
		case 'Z': // all is answered
			committed = committed || w.wrote && !w.failed && body == "I"
			w.wrote, w.failed = false, false
		}
		w.rest = w.rest[end:]
	}
	return committed
}

// mysqlWire waits for the answer to a COMMIT that was sent.
type mysqlWire struct{ asked atomic.Bool }

// commitQuery is a packet: its length, its number, a command and its text. A
// client sends one and then waits for the answer.
var commitQuery = []byte("\x07\x00\x00\x00\x03COMMIT")

func (w *mysqlWire) ask(b []byte) {
	if bytes.Equal(b, commitQuery) {
		w.asked.Store(true)
	}
}

// answer is well if the first byte of its packet is 0.
func (w *mysqlWire) answer(b []byte) (committed bool) {
	return w.asked.Swap(false) && len(b) > 4 && b[4] == 0
}

func TestOfPostgresOnlyAnswersToWhatWasCommittedAreLost(t *testing.T) {
	t.Parallel()
	message := func(kind byte, body string) string {
		return string(kind) + string(binary.BigEndian.AppendUint32(nil, uint32(4+len(body)))) + body
	}
	done := func(tag string) string { return message('C', tag+"\x00") }
	ready := func(status string) string { return message('Z', status) }
	const parsed, described = "1\x00\x00\x00\x04", "n\x00\x00\x00\x04"
	refused := message('E', "SERROR\x00C22012\x00\x00")
	for name, c := range map[string]struct {
		answers   string
		committed bool
	}{
		"COMMIT is prepared":           {parsed + described + ready("T"), false},
		"an INSERT is prepared":        {parsed + described + ready("I"), false},
		"begins, and locks":            {done("BEGIN") + done("SELECT 3") + ready("T"), false},
		"writes, and commits":          {done("INSERT 0 1") + done("UPDATE 2") + done("COMMIT") + ready("I"), true},
		"writes, and has yet to":       {done("INSERT 0 1") + ready("T"), false},
		"rolls back":                   {refused + ready("E") + done("ROLLBACK") + ready("I"), false},
		"a guess that comes out":       {done("SELECT 1") + done("INSERT 0 2") + ready("I"), true},
		"a guess that does not":        {done("INSERT 0 2") + refused + ready("I"), false},
		"one that does not, then does": {done("INSERT 0 2") + refused + ready("I") + done("INSERT 0 2") + ready("I"), true},
		"reads":                        {message('D', "INSERT 0 1\x00") + message('D', "COMMIT\x00") + done("SELECT 2") + ready("I"), false},
		"tidies up":                    {done("DELETE 5") + ready("I"), false},
		"inserts what is there":        {done("INSERT 0 0") + ready("I"), false},
		"a notification comes between": {done("INSERT 0 1") + message('A', "INSERT 0 1\x00") + ready("I"), true},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.committed, newWire(onPostgres).answer([]byte(c.answers)), "in one piece")
			byByte := newWire(onPostgres)
			for i := range c.answers {
				require.Equal(t, c.committed && i == len(c.answers)-1, byByte.answer([]byte(c.answers[i:i+1])), "byte %d", i)
			}
		})
	}
}

func TestOfMariaDBOnlyAnswersToWhatWasCommittedAreLost(t *testing.T) {
	t.Parallel()
	const (
		commit  = "\x07\x00\x00\x00\x03COMMIT"
		ok      = "\x07\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
		refused = "\x09\x00\x00\x01\xff\xbd\x04#40001"
	)
	for name, c := range map[string]struct {
		asked, answered string
		committed       bool
	}{
		"commits":            {commit, ok, true},
		"cannot":             {commit, refused, false},
		"does something":     {"\x09\x00\x00\x00\x03ROLLBACK", ok, false},
		"speaks of a COMMIT": {"\x10\x00\x00\x00\x03SELECT 'COMMIT'", ok, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(onMariaDB)
			w.ask([]byte(c.asked))
			require.Equal(t, c.committed, w.answer([]byte(c.answered)))
			require.False(t, w.answer([]byte(ok)), "the answer to something else")
		})
	}
}
