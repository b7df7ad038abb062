package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
)

// line is a message as it stands in the file.
type line struct {
	At         time.Time        `json:"at"`
	Author     handoff.By       `json:"author"`
	Name       string           `json:"name"`
	Text       string           `json:"text"`
	Private    bool             `json:"private"`
	Delivery   handoff.Delivery `json:"delivery"`
	Attachment *attachment      `json:"attachment"`
}

type attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Path string `json:"path"`
}

// check says what is wrong with a line.
func (l line) check() error {
	switch {
	case l.At.IsZero():
		return errors.New(`"at" is missing`)
	case !l.Author.Valid():
		return fmt.Errorf(`"author" is %q, not contact, bot, agent or system`, l.Author)
	case !l.Delivery.Valid():
		return fmt.Errorf(`"delivery" is %q, not queued, sent, failed, delivered or read`, l.Delivery)
	}
	return nil
}

// log is a file of messages and of what they attach.
type log struct {
	name string
	open func(path string) (fs.File, error)
	path func(attachment string) []string // where an attachment may be
}

//go:embed sample
var sampleFiles embed.FS

// sample is the conversation that comes with the program.
func sample() log {
	return log{"sample/conversation.jsonl", sampleFiles.Open, func(path string) []string { return []string{"sample/" + path} }}
}

// file is a log on disk. Its attachments are found from where it is, or else
// from where the program runs.
func file(name string) log {
	return log{name, func(path string) (fs.File, error) { return os.Open(path) }, func(path string) []string {
		if filepath.IsAbs(path) {
			return []string{path}
		}
		return []string{filepath.Join(filepath.Dir(name), path), path}
	}}
}

// maxLine is the longest line, in bytes.
const maxLine = 64 << 20

// each passes on the messages. Lines of nothing but spaces are passed over.
// The error is that of a line, with its number, or of yield.
func (f log) each(yield func(line) error) error {
	opened, err := f.open(f.name)
	if err != nil {
		return err
	}
	defer opened.Close()
	in := bufio.NewScanner(opened)
	in.Buffer(make([]byte, 64<<10), maxLine)
	for number := 1; in.Scan(); number++ {
		raw := in.Bytes()
		if number == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		var l line
		err := json.Unmarshal(raw, &l)
		if err == nil {
			err = l.check()
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", f.name, number, err)
		}
		if err := yield(l); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// talk is what a log tells before its messages are written.
type talk struct {
	log          log
	contact, bot string // the first name that each has
	agents       map[handoff.AgentID]string
	from, to     time.Time
}

// read goes through the log once, so that a line that is wrong is found before
// anything is written.
func (f log) read() (talk, error) {
	t := talk{log: f, agents: map[handoff.AgentID]string{}}
	err := f.each(func(l line) error {
		switch l.Author {
		case handoff.ByContact:
			t.contact = cmp.Or(t.contact, l.Name)
		case handoff.ByBot:
			t.bot = cmp.Or(t.bot, l.Name)
		case handoff.ByAgent:
			if l.Name != "" {
				t.agents[handoff.AgentID(l.Name)] = l.Name
			}
		}
		if t.from.IsZero() || l.At.Before(t.from) {
			t.from = l.At
		}
		if l.At.After(t.to) {
			t.to = l.At
		}
		return nil
	})
	return t, err
}

func (t talk) attendance() export.Attendance {
	base := filepath.Base(t.log.name)
	id := handoff.ConversationID(strings.TrimSuffix(base, filepath.Ext(base)))
	name := "" // of who wrote the present message, if several wrote as one
	return export.Attendance{
		Conversation: handoff.Conversation{ID: id, State: handoff.StateEnded, StartedAt: t.from, EndedAt: t.to},
		Agents:       t.agents,
		Name:         func(handoff.Message) string { return name },
		Messages: func(yield func(handoff.Message, error) bool) {
			number, stopped := int64(0), errors.New("stopped")
			err := t.log.each(func(l line) error {
				number++
				m := t.message(l)
				m.Number, m.Conversation, m.ID = number, id, handoff.MessageID(fmt.Sprintf("m%d", number))
				if name = ""; l.Author != handoff.ByAgent {
					name = l.Name
				}
				if !yield(m, nil) {
					return stopped
				}
				return nil
			})
			if err != nil && err != stopped {
				yield(handoff.Message{}, err)
			}
		},
	}
}

func (t talk) message(l line) handoff.Message {
	m := handoff.Message{
		Author: handoff.Actor{By: l.Author}, At: l.At, Private: l.Private, Delivery: l.Delivery, Content: handoff.Text(l.Text),
	}
	if l.Author == handoff.ByAgent {
		m.Author.Agent = handoff.AgentID(l.Name)
	}
	if a := l.Attachment; a != nil {
		m.Kind = kind(a.Type)
		m.Media = &handoff.Media{ID: a.Path, Name: cmp.Or(a.Name, filepath.Base(filepath.ToSlash(a.Path))), Type: a.Type}
		m.Media.Size, m.Media.SHA256 = t.sum(a.Path)
	}
	return m
}

// kind is what a file of a MIME type is sent as.
func kind(mime string) handoff.Kind {
	switch major, _, _ := strings.Cut(mime, "/"); strings.ToLower(major) {
	case "image":
		return handoff.KindImage
	case "audio":
		return handoff.KindAudio
	case "video":
		return handoff.KindVideo
	}
	return handoff.KindDocument
}

// sum tells size and hash of an attachment, if it can be read.
func (t talk) sum(path string) (int64, string) {
	f, err := t.find(path)
	if err != nil {
		return 0, ""
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return 0, ""
	}
	return size, hex.EncodeToString(sum.Sum(nil))
}

// open gives the file of a message.
func (t talk) open(_ context.Context, m handoff.Message) (io.ReadCloser, error) {
	return t.find(m.Media.ID)
}

// find opens an attachment: a file, and nothing that only looks like one.
func (t talk) find(path string) (fs.File, error) {
	if path == "" {
		return nil, fs.ErrNotExist
	}
	var failed error
	for _, candidate := range t.log.path(path) {
		f, err := t.regular(candidate)
		if err == nil {
			return f, nil
		}
		failed = cmp.Or(failed, err)
	}
	return nil, failed
}

func (t talk) regular(path string) (fs.File, error) {
	// Opening a pipe would wait for a writer, so it is looked at before.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fs.ErrInvalid
	}
	return t.log.open(path)
}
