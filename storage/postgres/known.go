package postgres

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// row is a conversation, which nobody changes any more, and what is stored of
// it.
type row struct {
	*handoff.Conversation
	value string
}

func conversation(r pgx.CollectableRow) (c row, err error) {
	if err = r.Scan(&c.value); err == nil {
		err = c.decode()
	}
	return c, err
}

func (c *row) decode() error {
	c.Conversation = &handoff.Conversation{}
	return json.Unmarshal([]byte(c.value), c.Conversation)
}

// known is conversations as this process has last read or written them, of
// which the server can tell whether they still are. The oldest are forgotten.
type known struct {
	mu           sync.Mutex
	newer, older map[sqlstore.ConversationKey]row
}

// mostKnown is how many are kept, of the newer as of the older.
const mostKnown = 8192

// note keeps rows, but for those of conversations that have ended: few change
// again, and they would take the place of others that do.
func (k *known) note(rows ...row) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range rows {
		key := sqlstore.ConversationKey{Bot: r.Bot, ID: r.ID}
		if r.State == handoff.StateEnded {
			delete(k.newer, key)
			delete(k.older, key)
			continue
		}
		if k.newer == nil || len(k.newer) == mostKnown {
			k.newer, k.older = map[sqlstore.ConversationKey]row{}, k.newer
		}
		k.newer[key] = r
	}
}

func (k *known) find(key sqlstore.ConversationKey) (row, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := k.newer[key]
	if !ok {
		r, ok = k.older[key]
	}
	return r, ok
}

// all gives the rows of conversations, of which it reads those that are not
// known. Those that are not there are left out.
func (k *known) all(ctx context.Context, conn *pgxpool.Conn, keys []sqlstore.ConversationKey) ([]row, error) {
	rows := make([]row, 0, len(keys))
	var unknown []sqlstore.ConversationKey
	for _, key := range keys {
		if r, ok := k.find(key); ok {
			rows = append(rows, r)
		} else {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return rows, nil
	}
	read := &trip{}
	read.rows(`SELECT c.value FROM `+conversationKeys+` JOIN conversations c USING (bot, id)`,
		conversationKeyArrays(unknown)...).Query(func(found pgx.Rows) (err error) {
		rows, err = pgx.AppendRows(rows, found, conversation)
		return err
	})
	if err := read.send(ctx, conn).Close(); err != nil {
		return nil, err
	}
	k.note(rows[len(keys)-len(unknown):]...)
	return rows, nil
}

// reader reads the row of one conversation; what is as it is known is not decoded
// again.
func (k *known) reader(key sqlstore.ConversationKey) pgx.RowToFunc[row] {
	return func(r pgx.CollectableRow) (c row, err error) {
		if err = r.Scan(&c.value); err != nil {
			return c, err
		}
		if was, ok := k.find(key); ok && was.value == c.value {
			return was, nil
		}
		return c, c.decode()
	}
}

// shown keeps what is read, and gives it to whoever reads.
func (k *known) shown(rows []row) []handoff.Conversation {
	given := column(rows, func(r row) handoff.Conversation { return r.Clone() })
	k.note(rows...)
	return given
}
