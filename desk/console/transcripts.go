package console

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/emoji"
	"github.com/handoffdesk/handoff/export/fonts/noto"
	"github.com/handoffdesk/handoff/export/redact"
)

// transcriptFormats are the documents that a transcript can be.
var transcriptFormats = map[string]struct {
	mediaType string
	write     func(context.Context, io.Writer, export.Transcript, export.Options) error
}{
	"pdf":  {"application/pdf", export.WritePDF},
	"html": {"text/html; charset=utf-8", export.WriteHTML},
	"txt":  {"text/plain; charset=utf-8", export.WriteText},
	"json": {"application/json", export.WriteJSON},
}

type transcriptInput struct {
	ID     handoff.ConversationID `path:"id" maxLength:"64"`
	Format string                 `query:"format" enum:"pdf,html,txt,json" default:"pdf"`
	All    bool                   `query:"all" doc:"With the contact's other conversations."`
	Notes  bool                   `query:"notes" doc:"With what only agents see: private notes and tickets."`
	Events bool                   `query:"events" doc:"With what happened between the messages."`
	Redact bool                   `query:"redact" doc:"With telephone numbers, e-mail addresses, CPF and CNPJ masked, and without pictures."`
	Lang   string                 `query:"lang" maxLength:"64" doc:"BCP 47; the agent's or the bot's if not said."`
}

func (c *Console) handleTranscripts() {
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/transcript", name: "exportTranscript", tag: "conversations", audience: both,
		summary: "All of a conversation as a document to save", produce: "application/pdf,text/html,text/plain,application/json"},
		c.transcript)
}

func (c *Console) transcript(ctx context.Context, by *caller, in *transcriptInput) (raw, error) {
	var all []desk.Transcript
	var err error
	if in.All {
		all, err = by.side().Transcripts(ctx, in.ID)
	} else {
		var one desk.Transcript
		one, err = by.side().Transcript(ctx, in.ID)
		all = []desk.Transcript{one}
	}
	if err != nil {
		return nil, err
	}
	var agent handoff.Agent
	if by.seat != nil {
		if agent, err = by.seat.Me(ctx); err != nil {
			return nil, err
		}
	}
	bot := all[0].Bot
	zone, err := time.LoadLocation(cmp.Or(agent.TimeZone, bot.TimeZone))
	if err != nil {
		return nil, fmt.Errorf("console: time zone of bot %s: %w", bot.ID, err)
	}
	options := export.Options{Language: cmp.Or(in.Lang, agent.Language, bot.Language), Zone: zone,
		Notes: in.Notes, Tickets: in.Notes, Events: in.Events, GeneratedAt: time.Now().Truncate(time.Minute),
		Open: by.pictures(in.ID), Emoji: emoji.Picture, Fonts: append(noto.Families(), c.o.Fonts...)}
	if in.Redact {
		options.Redact = redact.Personal()
	}
	attendances := make([]export.Attendance, len(all))
	for i, t := range all {
		attendances[i] = export.Attendance{Conversation: t.Conversation, Agents: t.Agents, Queues: t.Queues,
			Tickets: t.Tickets, Messages: t.Messages, Events: t.Events}
	}
	document := export.Transcript{Bot: bot.Name, Contact: all[0].Contact, Attendances: export.Values(attendances...)}
	format := transcriptFormats[in.Format]
	return func(w http.ResponseWriter, r *http.Request) {
		c.download(w, r, format.mediaType, "transcript-"+string(in.ID)+"."+in.Format, func(to io.Writer) error {
			return format.write(ctx, to, document, options)
		})
	}, nil
}

// pictures opens the stored files of a conversation's messages, and of those
// before it, as far as the caller sees them.
func (by *caller) pictures(present handoff.ConversationID) func(context.Context, handoff.Message) (io.ReadCloser, error) {
	return func(ctx context.Context, m handoff.Message) (io.ReadCloser, error) {
		var file []byte
		var err error
		switch {
		case !m.Media.Stored:
			return nil, nil // the channel may have it
		case by.seat == nil:
			file, err = by.bot.Attachment(ctx, m.Media.SHA256)
		case m.Conversation == present:
			_, file, err = by.seat.Attachment(ctx, present, m.ID)
		default:
			_, file, err = by.seat.HistoryAttachment(ctx, present, m.Conversation, m.ID)
		}
		if err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(file)), nil
	}
}

// download answers with a document to save, as it is written. If writing it
// fails, the client gets an error, or, when part of it has gone out, a
// broken connection: nothing that looks like the whole.
func (c *Console) download(w http.ResponseWriter, r *http.Request, mediaType, name string, write func(io.Writer) error) {
	out := &document{w: w, mediaType: mediaType, name: name}
	buffer := bufio.NewWriterSize(out, 64<<10)
	err := write(buffer)
	if err == nil {
		err = buffer.Flush()
	}
	if err == nil && !out.begun {
		_, err = out.Write(nil) // nothing is a document too
	}
	switch {
	case err == nil:
	case out.begun:
		c.problem(r.Context(), err) // logs it, unless the client is gone
		panic(http.ErrAbortHandler)
	default:
		c.problem(r.Context(), err).write(w)
	}
}

// document says what it is with its first byte.
type document struct {
	w               http.ResponseWriter
	mediaType, name string
	begun           bool
}

func (d *document) Write(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.w.Header()
		h.Set("Content-Type", d.mediaType)
		h.Set("Content-Disposition", disposition("attachment", cleanName(d.name)))
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	}
	return d.w.Write(b)
}
