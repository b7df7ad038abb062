package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

//go:embed customer
var customerFiles embed.FS

// chat is the page on which a visitor is the customer, at /customer/.
type chat struct {
	*town
	names map[string]string // of agents and queues, by id
}

func newChat(ctx context.Context, t *town) (http.Handler, error) {
	c := &chat{town: t, names: map[string]string{}}
	agents, err := t.bot.Agents(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range agents {
		c.names[string(a.ID)] = a.Name
	}
	queues, err := t.bot.Queues(ctx)
	if err != nil {
		return nil, err
	}
	for _, q := range queues {
		c.names[string(q.ID)] = q.Name
	}
	files, err := fs.Sub(customerFiles, "customer")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /customer/", http.StripPrefix("/customer/", http.FileServerFS(files)))
	mux.HandleFunc("GET /customer/events", c.events)
	mux.HandleFunc("GET /customer/files/{conversation}/{message}", c.file)
	mux.HandleFunc("POST /customer/messages", c.message)
	mux.HandleFunc("POST /customer/pictures", c.picture)
	mux.HandleFunc("POST /customer/seen", c.seen)
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
			"media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		cross.Handler(mux).ServeHTTP(w, r)
	}), nil
}

// fail answers with a status, and a text for whoever reads the network log.
func fail(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }

// message takes what a visitor wrote, or the button they pressed.
func (c *chat) message(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID     string          `json:"id"` // the same when the page tries again
		Name   string          `json:"name"`
		Text   string          `json:"text"`
		Choice *handoff.Choice `json:"choice"`
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		fail(w, http.StatusUnsupportedMediaType)
		return
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10))
	if err := body.Decode(&in); err != nil {
		fail(w, http.StatusBadRequest)
		return
	}
	content := handoff.Text(strings.TrimSpace(in.Text))
	if in.Choice != nil {
		content = handoff.Content{Kind: handoff.KindReply, Text: in.Choice.Title, Reply: in.Choice}
	}
	if content.Text == "" || utf8.RuneCountInString(content.Text) > maxWords || len(in.Name) > 80 || len(in.ID) > 64 {
		fail(w, http.StatusUnprocessableEntity)
		return
	}
	one := c.guests.of(w, r)
	if one == nil || !one.messages.Allow() {
		fail(w, http.StatusTooManyRequests)
		return
	}
	c.receive(w, r, one, in.Name, in.ID, content)
}

// receive stores a message of a visitor and lets the bot answer.
func (c *chat) receive(w http.ResponseWriter, r *http.Request, one *visitor, name, id string, content handoff.Content) {
	if id == "" {
		id = uuid.NewString()
	}
	who := customer{Address: one.Address, Profile: handoff.Profile{Name: strings.TrimSpace(name)}}
	received, err := c.bot.Receive(r.Context(), who.inbound(one.ID+"."+id, content))
	if err != nil {
		c.broken(w, err)
		return
	}
	c.setTalk(one, received.Conversation.ID)
	c.agenda.in(c.agenda.between(400*time.Millisecond, 900*time.Millisecond), func(ctx context.Context) error {
		return c.answer(ctx, received.Conversation.ID)
	})
	w.WriteHeader(http.StatusNoContent)
}

func (c *chat) broken(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, desk.ErrNotFound):
		fail(w, http.StatusNotFound)
	case errors.Is(err, handoff.ErrInvalid):
		fail(w, http.StatusUnprocessableEntity)
	default:
		c.agenda.log.Error("customer page", "error", err)
		fail(w, http.StatusInternalServerError)
	}
}

// pictures are the types that a page shows.
var pictures = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// picture takes a picture of a visitor's, which is what its bytes say.
func (c *chat) picture(w http.ResponseWriter, r *http.Request) {
	one := c.guests.of(w, r)
	if one == nil || !one.pictures.Allow() {
		fail(w, http.StatusTooManyRequests)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPicture))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge)
		return
	}
	kind := http.DetectContentType(data)
	if !slices.Contains(pictures, kind) {
		fail(w, http.StatusUnsupportedMediaType)
		return
	}
	media, err := c.bot.Attach(r.Context(), data)
	if errors.Is(err, desk.ErrStorageFull) { // the message arrives all the same
		media, err = handoff.Media{Size: int64(len(data))}, nil
	}
	if err != nil {
		c.broken(w, err)
		return
	}
	media.Type, media.Name = kind, strings.Replace(kind, "image/", "picture.", 1)
	c.receive(w, r, one, "", "", handoff.Content{Kind: handoff.KindImage, Media: &media})
}

// file gives a file of the visitor's conversation.
func (c *chat) file(w http.ResponseWriter, r *http.Request) {
	id, err := c.own(w, r)
	if err != nil {
		c.broken(w, err)
		return
	}
	if string(id) != r.PathValue("conversation") {
		fail(w, http.StatusNotFound)
		return
	}
	said, err := c.said(r.Context(), id)
	if err != nil {
		c.broken(w, err)
		return
	}
	for _, m := range said {
		if string(m.ID) == r.PathValue("message") && m.Media != nil && m.Media.Stored {
			data, err := c.bot.Attachment(r.Context(), m.Media.SHA256)
			if err != nil {
				c.broken(w, err)
				return
			}
			kind, how := http.DetectContentType(data), "inline"
			if !slices.Contains(pictures, kind) && kind != "audio/wave" {
				kind, how = "application/octet-stream", "attachment"
			}
			h := w.Header()
			h.Set("Content-Type", kind)
			h.Set("Content-Disposition", how)
			h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
			_, _ = w.Write(data)
			return
		}
	}
	fail(w, http.StatusNotFound)
}

// own gives the conversation of whoever makes a request.
func (c *chat) own(w http.ResponseWriter, r *http.Request) (handoff.ConversationID, error) {
	one := c.guests.of(w, r)
	if one == nil {
		return "", desk.ErrNotFound
	}
	id, err := c.talk(r.Context(), one)
	if err == nil && id == "" {
		return "", desk.ErrNotFound
	}
	return id, err
}

// seen is that the visitor looks at the page: what was written to them is read.
func (c *chat) seen(w http.ResponseWriter, r *http.Request) {
	id, err := c.own(w, r)
	if err == nil {
		err = c.receipts(r.Context(), id, handoff.Read)
	}
	if err != nil {
		c.broken(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// receipts tells the desk how far the messages to a visitor have come.
func (c *chat) receipts(ctx context.Context, id handoff.ConversationID, d handoff.Delivery) error {
	said, err := c.said(ctx, id)
	if err != nil {
		return err
	}
	for _, m := range said {
		if !m.Outgoing() || m.Provider == "" || m.Delivery.Advance(d) == m.Delivery {
			continue
		}
		if err := c.receipt(ctx, handoff.Address{Channel: web, Account: m.Account}, m.Provider, d); err != nil {
			return err
		}
	}
	return nil
}

// shown is what the page shows of a conversation.
type shown struct {
	Conversation handoff.ConversationID `json:"conversation"`
	State        handoff.State          `json:"state"`
	Queue        string                 `json:"queue,omitempty"`
	Agent        string                 `json:"agent,omitempty"`
	Ahead        int                    `json:"ahead"`
	Minutes      int                    `json:"minutes,omitempty"` // it may take, as far as is known
	Messages     []bubble               `json:"messages"`
}

// bubble is a message on the page.
type bubble struct {
	ID      handoff.MessageID `json:"id"`
	By      handoff.By        `json:"by"`
	Who     string            `json:"who,omitempty"` // the agent's name
	Kind    handoff.Kind      `json:"kind"`
	Text    string            `json:"text,omitempty"`
	Buttons []handoff.Choice  `json:"buttons,omitempty"`
	File    string            `json:"file,omitempty"`
	Name    string            `json:"name,omitempty"` // of the file
	At      time.Time         `json:"at"`
}

// look reads what the page shows.
func (c *chat) look(ctx context.Context, id handoff.ConversationID) (shown, error) {
	v, err := c.bot.Conversation(ctx, id)
	if err != nil {
		return shown{}, err
	}
	s := shown{Conversation: id, State: v.State, Queue: c.names[string(v.Queue)], Agent: c.names[string(v.Agent)]}
	if v.State == handoff.StateWaiting {
		if p, err := c.bot.Position(ctx, id); err == nil { // else somebody has it by now
			s.Ahead, s.Minutes = p.Ahead, int(math.Ceil(p.Wait.Minutes()))
		}
	}
	said, err := c.said(ctx, id)
	if err != nil {
		return shown{}, err
	}
	for _, m := range said {
		b := bubble{ID: m.ID, By: m.Author.By, Who: c.names[string(m.Author.Agent)], Kind: m.Kind, Text: m.Text, Buttons: m.Buttons, At: m.At}
		if m.Media != nil && m.Media.Stored {
			b.File, b.Name = fmt.Sprintf("files/%s/%s", id, m.ID), m.Media.Name
		}
		s.Messages = append(s.Messages, b)
	}
	return s, nil
}

// beat is how often a page hears of its place in line.
const beat = 5 * time.Second

// events is the stream of a page: what it shows, whenever that changes.
func (c *chat) events(w http.ResponseWriter, r *http.Request) {
	one := c.guests.of(w, r)
	if one == nil {
		fail(w, http.StatusTooManyRequests)
		return
	}
	leave, ok := c.guests.enter(one)
	if !ok {
		fail(w, http.StatusTooManyRequests)
		return
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	to := http.NewResponseController(w)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	before := []byte{}
	for {
		started := c.guests.news(one.ID)
		id, err := c.talk(r.Context(), one)
		if err != nil {
			return
		}
		var changed <-chan struct{}
		frame := []byte(`{"messages":[]}`)
		if id != "" {
			changed = c.guests.news(string(id))
			s, err := c.look(r.Context(), id)
			if err != nil {
				return
			}
			if frame, err = json.Marshal(s); err != nil {
				return
			}
		}
		if string(frame) == string(before) {
			frame = nil
		} else {
			before = frame
		}
		if err := send(to, w, frame); err != nil {
			return
		}
		if id != "" {
			if err := c.receipts(r.Context(), id, handoff.Delivered); err != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-started:
		case <-changed:
		case <-ticker.C:
		}
	}
}

// send writes one frame of a stream, or with none a sign of life.
func send(to *http.ResponseController, w io.Writer, frame []byte) error {
	if err := to.SetWriteDeadline(time.Now().Add(2 * beat)); err != nil {
		return err
	}
	text := ": \n\n"
	if frame != nil {
		text = "data: " + string(frame) + "\n\n"
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return to.Flush()
}
