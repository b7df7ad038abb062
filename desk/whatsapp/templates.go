package whatsapp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// statuses are the API's states of a template, and the events that tell of
// one. Those that change nothing for whoever sends it are not here.
var statuses = map[string]handoff.TemplateStatus{
	"APPROVED":         handoff.TemplateApproved,
	"ACTIVE":           handoff.TemplateApproved,
	"REINSTATED":       handoff.TemplateApproved,
	"UNARCHIVED":       handoff.TemplateApproved,
	"FLAGGED":          handoff.TemplateApproved, // it may be paused soon
	"PENDING":          handoff.TemplatePending,
	"IN_APPEAL":        handoff.TemplatePending,
	"REJECTED":         handoff.TemplateRejected,
	"PAUSED":           handoff.TemplatePaused,
	"DISABLED":         handoff.TemplateDisabled,
	"ARCHIVED":         handoff.TemplateDisabled,
	"DELETED":          handoff.TemplateDisabled,
	"PENDING_DELETION": handoff.TemplateDisabled,
	"LIMIT_EXCEEDED":   handoff.TemplateDisabled,
}

const (
	templatesPage    = 100
	maxTemplatePages = 100
	templateFields   = "id,name,language,status,category,rejected_reason,components"
)

// Templates lists the templates of a business account, as
// [handoff.Template]s with the ids that [Client.SyncTemplates] gives new
// ones. Of placeholders with names the names are kept and the body has
// numbers. Those whose parts this package does not know are left out: Skipped
// says which, by name, and why.
func (c *Client) Templates(ctx context.Context, business handoff.AccountID) (all []handoff.Template, skipped []*ItemError, err error) {
	listed, skipped, err := c.list(ctx, business)
	for _, t := range listed {
		all = append(all, t.Template)
	}
	return all, skipped, err
}

// listed is a template of a business account, with the API's own id of it.
type listed struct {
	handoff.Template
	own handoff.TemplateID
}

func (c *Client) list(ctx context.Context, business handoff.AccountID) (all []listed, skipped []*ItemError, err error) {
	if err := checkPath(string(business)); err != nil {
		return nil, nil, err
	}
	after := ""
	for range maxTemplatePages {
		query := url.Values{"limit": {strconv.Itoa(templatesPage)}, "fields": {templateFields}}
		if after != "" {
			query.Set("after", after)
		}
		var page struct {
			Data   []json.RawMessage
			Paging struct {
				Cursors struct{ After string }
				Next    string
			}
		}
		// The next page's own address is not followed: it may hold the token.
		where := c.address(string(business), "message_templates") + "?" + query.Encode()
		if err := c.ask(ctx, call{method: http.MethodGet, url: where, account: business, most: 8 * maxAnswer}, &page); err != nil {
			return nil, nil, fmt.Errorf("whatsapp: listing templates: %w", err)
		}
		for _, raw := range page.Data {
			t, err := readTemplate(raw)
			if err != nil {
				skipped = append(skipped, &ItemError{Path: "template " + strconv.Quote(t.Name) + " " + t.Language, Err: err})
				continue
			}
			t.Business = business
			all = append(all, t)
		}
		if page.Paging.Next == "" || page.Paging.Cursors.After == "" || page.Paging.Cursors.After == after {
			return all, skipped, nil
		}
		after = page.Paging.Cursors.After
	}
	return all, skipped, nil
}

// SyncTemplates puts the templates of a business account into the bot's
// catalogue: one of the account's, or of nobody's yet, that is there already
// for WhatsApp under the same name and language keeps its id, and the link of
// its header. It gives how many it put. Templates that the account does not
// list, and those of others, stay as they are.
//
// Errors: *[Error], and those of [desk.Bot.PutTemplate]; what was put before
// stays. Doing it again changes nothing.
func (c *Client) SyncTemplates(ctx context.Context, bot *desk.Bot, business handoff.AccountID) (put int, skipped []*ItemError, err error) {
	theirs, skipped, err := c.list(ctx, business)
	if err != nil {
		return 0, skipped, err
	}
	ours, err := bot.Templates(ctx)
	if err != nil {
		return 0, skipped, err
	}
	for _, t := range theirs {
		t.enter(ours)
		if err := bot.PutTemplate(ctx, t.Template); err != nil {
			return put, skipped, err
		}
		put++
	}
	return put, skipped, nil
}

// enter makes t the template that it is in a catalogue, or one that takes
// nobody's place there.
func (t *listed) enter(catalogue []handoff.Template) {
	at, taken := -1, false
	for i, known := range catalogue {
		taken = taken || known.ID == t.ID
		if known.Name != t.Name || known.Language != t.Language || known.Channel != "" && known.Channel != Channel {
			continue
		}
		if known.Business == t.Business || known.Business == "" && at < 0 {
			at = i
		}
	}
	if at < 0 {
		if taken {
			t.ID = t.own
		}
		return
	}
	known := catalogue[at]
	t.ID = known.ID
	if t.Header != nil && known.Header != nil && t.Header.Kind == known.Header.Kind {
		t.Header.Link = known.Header.Link
	}
}

// readTemplate reads a template as the API lists it.
func readTemplate(raw json.RawMessage) (listed, error) {
	var p struct {
		ID, Name, Language, Status, Category string
		Reason                               string `json:"rejected_reason"`
		Components                           []struct {
			Type, Format, Text string
			Buttons            []struct{ Type, Text, URL string }
		}
	}
	if json.Unmarshal(raw, &p) != nil {
		return listed{}, &handoff.FieldError{Field: "template", Reason: "is not of the documented form"}
	}
	t := listed{own: handoff.TemplateID(p.ID), Template: handoff.Template{
		Channel: Channel, Name: p.Name, Language: p.Language, Category: strings.ToLower(p.Category),
	}}
	t.ID = handoff.TemplateID(p.Name + "." + p.Language)
	if len(t.ID) > handoff.MaxID {
		t.ID = t.own
	}
	status, ok := statuses[p.Status]
	if !ok {
		return t, &handoff.FieldError{Field: "template status", Reason: "is unknown"}
	}
	t.Status = status
	if p.Reason != "NONE" && status != handoff.TemplateApproved {
		t.Reason = p.Reason
	}
	for _, part := range p.Components {
		switch part.Type {
		case "HEADER":
			h, err := readHeader(part.Format, part.Text)
			if err != nil {
				return t, err
			}
			t.Header = h
		case "BODY":
			t.Body, t.Names = numbered(part.Text)
		case "FOOTER":
			t.Footer = part.Text
		case "BUTTONS":
			for _, b := range part.Buttons {
				t.Buttons = append(t.Buttons, readTemplateButton(b.Type, b.Text, b.URL))
			}
		default:
			return t, &handoff.FieldError{Field: "template", Reason: "has a part of an unknown kind"}
		}
	}
	return t, t.Check()
}

func readHeader(format, text string) (*handoff.TemplateHeader, error) {
	h := &handoff.TemplateHeader{}
	switch format {
	case "TEXT":
		var names []string
		h.Kind = handoff.KindText
		if h.Text, names = numbered(text); len(names) == 1 {
			h.Name = names[0]
		}
	case "IMAGE":
		h.Kind = handoff.KindImage
	case "VIDEO":
		h.Kind = handoff.KindVideo
	case "DOCUMENT":
		h.Kind = handoff.KindDocument
	default:
		return nil, &handoff.FieldError{Field: "template header", Reason: "is of an unknown kind"}
	}
	return h, nil
}

func readTemplateButton(kind, title, link string) handoff.TemplateButton {
	b := handoff.TemplateButton{Kind: handoff.ButtonOther, Title: title}
	switch kind {
	case "QUICK_REPLY":
		b.Kind = handoff.ButtonReply
	case "URL":
		b.Kind = handoff.ButtonURL
		b.URL, _ = numbered(link)
	case "PHONE_NUMBER":
		b.Kind = handoff.ButtonPhone
	case "COPY_CODE":
		b.Kind = handoff.ButtonCode
	}
	return b
}

// numbered replaces placeholders by name, such as {{first_name}}, with
// numbers in the order in which they first occur, and gives their names. A
// text whose placeholders are numbers, or are none at all, stays as it is.
func numbered(s string) (string, []string) {
	var out strings.Builder
	var names []string
	places := map[string]int{}
	rest := s
	for {
		before, after, ok := strings.Cut(rest, "{{")
		out.WriteString(before)
		if !ok {
			break
		}
		name, tail, ok := strings.Cut(after, "}}")
		if !ok || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || strings.Trim(name, "0123456789") == "" {
			return s, nil
		}
		if places[name] == 0 {
			names = append(names, name)
			places[name] = len(names)
		}
		out.WriteString("{{" + strconv.Itoa(places[name]) + "}}")
		rest = tail
	}
	return out.String(), names
}
