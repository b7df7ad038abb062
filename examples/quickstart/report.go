package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/whatsapp"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/storage"
)

// row is a conversation in conversations.json.
type row struct {
	ID          handoff.ConversationID   `json:"id"`
	Contact     string                   `json:"contact"`
	Status      string                   `json:"status"`
	Control     handoff.Control          `json:"control"`
	Queue       handoff.QueueID          `json:"queue"`
	Agent       handoff.AgentID          `json:"agent"` // the present or last one
	Priority    handoff.Priority         `json:"priority"`
	Tickets     int                      `json:"tickets"`
	OpenTickets int                      `json:"openTickets"`
	Inbound     int                      `json:"inbound"`
	Outbound    int                      `json:"outbound"`
	Deliveries  map[handoff.Delivery]int `json:"deliveries"` // of the outbound ones, by present state

	name string
}

// happened is an event in events.jsonl.
type happened struct {
	Conversation handoff.ConversationID `json:"conversation"`
	Seq          int64                  `json:"seq"`
	Type         handoff.EventKind      `json:"type"`
	At           time.Time              `json:"at"`
	Actor        string                 `json:"actor"`
}

// report prints the table and writes the files.
func (o *office) report(ctx context.Context, dir string, stdout io.Writer) error {
	rows, err := o.summary(ctx)
	if err != nil {
		return err
	}
	if err := table(stdout, rows); err != nil {
		return err
	}
	forget(dir)
	err = write(filepath.Join(dir, "conversations.json"), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(rows)
	})
	if err != nil {
		return err
	}
	err = write(filepath.Join(dir, "events.jsonl"), func(w io.Writer) error { return o.events(ctx, w) })
	if err != nil {
		return err
	}
	for _, r := range rows {
		err := write(filepath.Join(dir, string(r.ID)+".pdf"), func(w io.Writer) error {
			return o.transcript(ctx, w, r.ID)
		})
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdout, "\n%s: conversations.json, events.jsonl and %d transcripts\n", dir, len(rows))
	return err
}

// forget removes the transcripts that an earlier run left in the folder: those
// of its conversations.json, and only what is named as such.
func forget(dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "conversations.json"))
	var old []row
	if err != nil || json.Unmarshal(data, &old) != nil {
		return // there was none
	}
	for _, r := range old {
		if uuid.Validate(string(r.ID)) == nil {
			_ = os.Remove(filepath.Join(dir, string(r.ID)+".pdf")) // it may be gone already
		}
	}
}

// summary gives a row for each conversation, the oldest first.
func (o *office) summary(ctx context.Context) ([]row, error) {
	all, err := o.everything(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(all)) // none is [], not null
	for _, c := range all {
		contact, err := o.bot.Contact(ctx, c.Contact)
		if err != nil {
			return nil, err
		}
		t, err := o.talk(ctx, c)
		if err != nil {
			return nil, err
		}
		r := row{
			ID: c.ID, Contact: string(whatsapp.Channel) + ":" + number(contact),
			Status: "active", Control: c.Control(), Queue: c.Queue, Agent: c.LastAgent, Priority: c.Priority,
			Tickets: c.Tickets, OpenTickets: c.OpenTickets, Inbound: len(t.heard), Outbound: len(t.written),
			Deliveries: map[handoff.Delivery]int{
				handoff.Queued: 0, handoff.Sent: 0, handoff.Delivered: 0, handoff.Read: 0, handoff.Failed: 0,
			},
			name: contact.Label(),
		}
		if c.Ended() {
			r.Status = "ended"
		}
		for _, m := range t.written {
			r.Deliveries[m.Delivery]++
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// table prints the rows; the names, whose width no program knows, come last.
func table(w io.Writer, rows []row) error {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "#\tstatus\tcontrol\tqueue\tagent\tpriority\ttickets\tin\tout\t✓✓ read\t✓✓\t✓\t✗\tcontact")
	for i, r := range rows {
		d := r.Deliveries
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n",
			i+1, r.Status, r.Control, r.Queue, r.Agent, r.Priority, r.Tickets, r.Inbound, r.Outbound,
			d[handoff.Read], d[handoff.Delivered], d[handoff.Sent], d[handoff.Failed], plain(r.name))
	}
	return t.Flush()
}

// events writes the events of conversations, in the order of the feed.
func (o *office) events(ctx context.Context, w io.Writer) error {
	e := json.NewEncoder(w)
	for at := (storage.Cursor{}); ; {
		feed, err := o.store.Events(ctx, at, storage.MaxPage)
		if err != nil {
			return fmt.Errorf("reading the events: %w", err)
		}
		if len(feed.Entries) == 0 {
			return nil
		}
		at = feed.Next
		for _, entry := range feed.Entries {
			v := entry.Event
			if v.Bot != demo || v.Conversation == "" {
				continue
			}
			err := e.Encode(happened{v.Conversation, v.Seq, v.Kind, v.At, v.Actor.String()})
			if err != nil {
				return err
			}
		}
	}
}

// transcript writes a conversation as PDF.
func (o *office) transcript(ctx context.Context, w io.Writer, id handoff.ConversationID) error {
	t, err := o.bot.Transcript(ctx, id)
	if err != nil {
		return err
	}
	return export.WritePDF(ctx, w, export.Transcript{
		Bot: t.Bot.Name, Contact: t.Contact,
		Attendances: export.Values(export.Attendance{
			Conversation: t.Conversation, Agents: t.Agents, Queues: t.Queues, Tickets: t.Tickets,
			Messages: t.Messages, Events: t.Events,
		}),
	}, export.Options{Language: t.Bot.Language, Zone: o.story.zone, Tickets: true, Events: true})
}

// write makes a file of what f writes.
func write(path string, f func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	if err = f(w); err == nil {
		err = w.Flush()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
