package sqlite

import (
	"slices"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// apply does what test found nothing against.
func (w *work) apply(ops []storage.Op) {
	for _, op := range ops {
		switch o := op.(type) {
		case storage.PutRecord:
			w.putRecord(o.Record)
		case storage.DeleteRecord:
			w.exec(`DELETE FROM records WHERE bot = ? AND kind = ? AND parent = ? AND id = ?`,
				o.Key.Bot, o.Key.Kind, o.Key.Parent, o.Key.ID)
		case storage.PutConversation:
			c := w.conversation(o.Conversation.Bot, o.Conversation.ID)
			c.after = c.after.Replaced(o.Conversation)
		case storage.AppendMessage:
			w.append(o.Message)
		case storage.UpdateMessage:
			w.update(o)
		case storage.Erase:
			w.erase(o)
		case storage.Load:
			w.load(o)
		case storage.SetTimer:
			w.exec(`INSERT INTO timers (bot, kind, id, at) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET at = excluded.at`,
				o.Timer.Bot, o.Timer.Kind, o.Timer.ID, o.Timer.At.UnixMilli())
		case storage.ClearTimer:
			w.exec(`DELETE FROM timers WHERE bot = ? AND kind = ? AND id = ?`, o.Timer.Bot, o.Timer.Kind, o.Timer.ID)
		case storage.AppendEvents:
			w.events(o.Events)
		case storage.Trim:
			w.trim(o)
		}
	}
	for _, c := range w.conversations {
		w.store(c)
	}
}

func (w *work) putRecord(r storage.Record) {
	var expires any
	if !r.Expires.IsZero() {
		expires = r.Expires.UnixMilli()
	}
	data := r.Data
	if data == nil {
		data = []byte{}
	}
	w.exec(`INSERT INTO records (bot, kind, parent, id, version, expires, data) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET version = excluded.version, expires = excluded.expires, data = excluded.data`,
		r.Key.Bot, r.Key.Kind, r.Key.Parent, r.Key.ID, r.Version, expires, data)
}

func (w *work) append(m handoff.Message) {
	c := w.conversation(m.Bot, m.Conversation)
	c.after = c.after.WithMessage(m)
	m.Number = c.after.Messages
	w.exec(`INSERT INTO messages (bot, conversation, number, id, account, provider, value) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		m.Bot, m.Conversation, m.Number, m.ID, m.Account, m.Provider, w.encode(m))
}

func (w *work) update(o storage.UpdateMessage) {
	m := w.messages[0]
	w.messages = w.messages[1:]
	m.value = o.Updated(m.value)
	w.exec(`UPDATE messages SET account = ?, provider = ?, value = ? WHERE rowid = ?`,
		m.value.Account, m.value.Provider, w.encode(m.value), m.row)
}

func (w *work) erase(o storage.Erase) {
	rows, values := w.values(`SELECT rowid, value FROM messages
		WHERE bot = ? AND conversation = ? AND number BETWEEN ? AND ?`, o.Bot, o.Conversation, o.From, o.To)
	for i, row := range rows {
		var m handoff.Message
		w.decode(values[i], &m)
		w.exec(`UPDATE messages SET value = ? WHERE rowid = ?`, w.encode(storage.Erased(m)), row)
	}
	if c := w.conversation(o.Bot, o.Conversation); c.row != 0 || c.put {
		c.after.Preview = handoff.Preview{}
	}
}

func (w *work) load(o storage.Load) {
	l := w.loads[0]
	w.loads = w.loads[1:]
	if o.Delta == 0 {
		return
	}
	w.exec(`INSERT INTO loads (bot, agent, queue, held, last, freed) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET held = excluded.held, last = excluded.last, freed = excluded.freed`,
		o.Bot, o.Agent, o.Queue, l.Held, sqlstore.Millis(l.Last), sqlstore.Millis(l.Freed))
}

func (w *work) events(events []handoff.Event) {
	feed := w.bounds()
	for _, e := range events {
		if e.Conversation != "" {
			c := w.conversation(e.Bot, e.Conversation)
			c.after.Seq++
			e.Seq = c.after.Seq
		}
		feed.head++
		feed.moved = true
		w.exec(`INSERT INTO events (place, bot, conversation, seq, at, value) VALUES (?, ?, ?, ?, ?, ?)`,
			feed.head, e.Bot, e.Conversation, e.Seq, sqlstore.Millis(e.At), w.encode(e))
	}
}

// trim moves the floor of the feed. Events of conversations stay, for their
// timelines.
func (w *work) trim(o storage.Trim) {
	feed := w.bounds()
	floor := min(feed.floor+storage.MaxTrim, feed.head)
	var kept int64
	if w.row(`SELECT place FROM events WHERE place > ? AND place <= ? AND at >= ? ORDER BY place LIMIT 1`,
		args(feed.floor, floor, sqlstore.Millis(o.Before)), &kept) {
		floor = kept - 1
	}
	w.exec(`DELETE FROM events WHERE place > ? AND place <= ? AND conversation = ''`, feed.floor, floor)
	feed.floor, feed.moved = floor, true
}

// store writes a conversation that the batch has changed, and its terms. It
// names only columns that differ: SQLite renews every index that has one of
// those named.
func (w *work) store(c *conversation) {
	if c.row == 0 && !c.put {
		return
	}
	was, is := sqlstore.Row(&c.before), sqlstore.Row(&c.after)
	value := w.encode(c.after)
	if c.row == 0 {
		c.row = w.insert(insertConversation, append(is[:], value)...)
		w.terms(c, nil, c.after.Terms)
		return
	}
	var set strings.Builder
	var values []any
	for i, column := range sqlstore.Columns {
		if was[i] != is[i] {
			set.WriteString(column.Name + ` = ?, `)
			values = append(values, is[i])
		}
	}
	w.exec(`UPDATE conversations SET `+set.String()+`value = ? WHERE rowid = ?`, append(values, value, c.row)...)
	w.terms(c, c.before.Terms, c.after.Terms)
}

var insertConversation = `INSERT INTO conversations (` + strings.Join(sqlstore.ColumnNames(), `, `) +
	`, value) VALUES (` + strings.Repeat(`?, `, len(sqlstore.Columns)) + `?)`

func (w *work) terms(c *conversation, was, are []string) {
	for _, term := range was {
		if !slices.Contains(are, term) {
			w.exec(`DELETE FROM terms WHERE bot = ? AND term = ? AND conversation = ?`, c.after.Bot, term, c.row)
		}
	}
	for _, term := range are {
		if !slices.Contains(was, term) {
			w.exec(`INSERT INTO terms (bot, term, conversation) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
				c.after.Bot, term, c.row)
		}
	}
}
