package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// Channel is the channel of everything that this package reads.
const Channel handoff.Channel = "whatsapp"

// MaxBody is the size in bytes of the largest body: Meta sends up to 3 MB.
const MaxBody = 3 << 20

// ErrMalformed: a body is larger than [MaxBody], is not JSON, or is not a
// WhatsApp webhook. Sending it again will not make it better.
var ErrMalformed = errors.New("whatsapp: malformed webhook body")

// Update is what one webhook body tells. It shares no memory with the body.
type Update struct {
	Inbound  []handoff.Inbound // messages of contacts, in the body's order
	Receipts []handoff.Receipt // news of sent messages, in the body's order
	// Templates is what became of templates, in the body's order.
	Templates []handoff.TemplateNews
	// Skipped is what became neither: broken elements, statuses that are no
	// delivery (such as "played"), changes of other fields, and errors that
	// Meta reports about the account. It is for the log.
	Skipped []*ItemError
}

// ItemError is one element of a body that was skipped. It names no person and
// quotes nothing that one wrote.
type ItemError struct {
	Path string // such as "entry[0].changes[0].value.messages[2]"
	Err  error  // a *[handoff.FieldError]
}

func (e *ItemError) Error() string { return "whatsapp: " + e.Path + ": " + e.Err.Error() }

// Unwrap gives Err.
func (e *ItemError) Unwrap() error { return e.Err }

// Parse reads a webhook body whose signature [Verify] has found right. Its
// only error is [ErrMalformed], and then the Update is empty; anything wrong
// deeper inside skips that element alone.
func Parse(body []byte) (Update, error) {
	if len(body) > MaxBody {
		return Update{}, fmt.Errorf("%w: larger than %d bytes", ErrMalformed, MaxBody)
	}
	// encoding/json's own errors may quote the body, so they stay here.
	root, ok := object(body)
	if !ok {
		return Update{}, fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	if word(root["object"]) != "whatsapp_business_account" {
		return Update{}, fmt.Errorf("%w: not of a WhatsApp business account", ErrMalformed)
	}
	var u Update
	u.each("entry", root["entry"], func(path string, _ json.RawMessage, entry fields) {
		business := handoff.AccountID(word(entry["id"]))
		u.each(path+".changes", entry["changes"], func(path string, _ json.RawMessage, change fields) {
			u.change(path, business, change)
		})
	})
	return u, nil
}

func (u *Update) change(path string, business handoff.AccountID, change fields) {
	if word(change["field"]) == "message_template_status_update" {
		u.templateStatus(path+".value", business, change["value"])
		return
	}
	if field := word(change["field"]); field != "" && field != "messages" {
		u.skip(path, "field", "%s is not messages", term(field))
		return
	}
	path += ".value"
	value, ok := object(change["value"])
	if !ok {
		u.skip(path, "value", "is not an object")
		return
	}
	metadata, _ := object(value["metadata"])
	account := handoff.AccountID(word(metadata["phone_number_id"]))
	contacts := readContacts(value["contacts"])

	u.each(path+".messages", value["messages"], func(path string, raw json.RawMessage, m fields) {
		in := readMessage(raw, m, contacts)
		in.Channel, in.Account = Channel, account
		if err := in.Check(); err != nil {
			u.Skipped = append(u.Skipped, &ItemError{path, err})
			return
		}
		u.Inbound = append(u.Inbound, in)
	})
	u.each(path+".statuses", value["statuses"], func(path string, _ json.RawMessage, s fields) {
		status := word(s["status"])
		delivery, ok := deliveries[status]
		if !ok {
			u.skip(path, "status", "%s is no delivery", term(status))
			return
		}
		r := readStatus(s, delivery, contacts)
		r.Channel, r.Account = Channel, account
		if err := r.Check(); err != nil {
			u.Skipped = append(u.Skipped, &ItemError{path, err})
			return
		}
		u.Receipts = append(u.Receipts, r)
	})
	u.each(path+".errors", value["errors"], func(path string, _ json.RawMessage, e fields) {
		u.skip(path, "account", "has an error: %s", failure(e))
	})
}

// templateStatus reads what became of a template.
func (u *Update) templateStatus(path string, business handoff.AccountID, raw json.RawMessage) {
	value, ok := object(raw)
	if !ok {
		u.skip(path, "value", "is not an object")
		return
	}
	event := word(value["event"])
	status, ok := statuses[event]
	if !ok {
		u.skip(path, "event", "%s is no state of a template", term(strings.ToLower(event)))
		return
	}
	n := handoff.TemplateNews{
		Channel: Channel, Business: business, Name: word(value["message_template_name"]), Language: word(value["message_template_language"]),
		Status: status, Category: strings.ToLower(word(value["message_template_category"])),
	}
	if reason := word(value["reason"]); status != handoff.TemplateApproved && reason != "NONE" {
		n.Reason = reason
	}
	if err := n.Check(); err != nil {
		u.Skipped = append(u.Skipped, &ItemError{path, err})
		return
	}
	u.Templates = append(u.Templates, n)
}

func readMessage(raw json.RawMessage, m fields, contacts []contact) handoff.Inbound {
	in := handoff.Inbound{
		Provider: word(m["id"]),
		At:       seconds(m["timestamp"]),
		Content:  readContent(raw, m),
	}
	in.Addresses, in.Profile = person(contacts, word(m["from"]), word(m["from_user_id"]))
	if word(m["type"]) == "system" {
		// The sender has become another: the new addresses come first, and
		// the number, unless told anew, is the one given up.
		system, _ := object(m["system"])
		number := word(system["wa_id"])
		if number == "" {
			number = word(system["new_wa_id"]) // its name before version 12
		}
		in.Addresses = usable(append([]string{number, word(system["user_id"])}, in.Addresses...))
		in.Profile.Number = number
	}
	return in
}

// deliveries are the statuses that tell how far a message has come.
var deliveries = map[string]handoff.Delivery{
	"sent":      handoff.Sent,
	"failed":    handoff.Failed,
	"delivered": handoff.Delivered,
	"read":      handoff.Read,
}

func readStatus(s fields, d handoff.Delivery, contacts []contact) handoff.Receipt {
	r := handoff.Receipt{Provider: word(s["id"]), Delivery: d, At: seconds(s["timestamp"])}
	if word(s["recipient_type"]) != "group" { // there the recipient is no person
		r.Addresses, _ = person(contacts, word(s["recipient_id"]), word(s["recipient_user_id"]))
	}
	if d == handoff.Failed {
		list, _ := array(s["errors"])
		var why []string
		for _, raw := range list[:min(len(list), maxFailures)] {
			if e, ok := object(raw); ok {
				why = append(why, failure(e))
			}
		}
		r.Failure = strings.Join(why, "; ")
	}
	return r
}

// maxFailures and maxTitle bound the text of a failure; Meta sends one error
// with a title of a few words.
const (
	maxFailures = 4
	maxTitle    = 200
)

// failure tells an error by its code and title. Its message and details are
// left out: they may name the recipient.
func failure(e fields) string {
	code := word(e["code"])
	if code == "" {
		code = "unknown"
	}
	title := handoff.CleanText(word(e["title"]))
	if title == "" {
		return fmt.Sprintf("%.20s", code)
	}
	return fmt.Sprintf("%.20s: %.*s", code, maxTitle, title)
}

// contact is a person as a change names them, under one address or two.
type contact struct {
	number, user   string
	name, username string
}

func readContacts(raw json.RawMessage) []contact {
	list, _ := array(raw)
	var contacts []contact
	for _, raw := range list {
		c, _ := object(raw)
		profile, _ := object(c["profile"])
		contacts = append(contacts, contact{
			number: word(c["wa_id"]), user: word(c["user_id"]),
			name: word(profile["name"]), username: word(profile["username"]),
		})
	}
	return contacts
}

// person gathers what a change tells about whom a message or status names.
func person(contacts []contact, number, user string) ([]string, handoff.Profile) {
	c := match(contacts, number, user)
	if number == "" {
		number = c.number
	}
	return usable([]string{number, c.number, user, c.user}),
		handoff.Profile{Name: c.name, Username: c.username, Number: number}
}

// match finds the contact with that user id or else that number. One who
// has the number but another user id is somebody else: linking the two would
// show one person's conversations as the other's. Only where a message names
// nobody at all is the change's single contact taken for its sender.
func match(contacts []contact, number, user string) contact {
	for _, c := range contacts {
		if user != "" && c.user == user {
			return c
		}
	}
	for _, c := range contacts {
		if number != "" && c.number == number && (user == "" || c.user == "") {
			return c
		}
	}
	if number == "" && user == "" && len(contacts) == 1 {
		return contacts[0]
	}
	return contact{}
}

// usable keeps the first of each address that the desk can store.
func usable(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		if handoff.CheckAddress("address", a) == nil && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// each calls do with the place, the JSON and the fields of every object in a
// list, and skips what is none.
func (u *Update) each(path string, raw json.RawMessage, do func(path string, raw json.RawMessage, element fields)) {
	list, ok := array(raw)
	if !ok {
		u.skip(path, "value", "is not a list")
		return
	}
	for i, raw := range list {
		path := path + "[" + strconv.Itoa(i) + "]"
		element, ok := object(raw)
		if !ok {
			u.skip(path, "element", "is not an object")
			continue
		}
		do(path, raw, element)
	}
}

func (u *Update) skip(path, field, reason string, args ...any) {
	u.Skipped = append(u.Skipped, &ItemError{path, &handoff.FieldError{Field: field, Reason: fmt.Sprintf(reason, args...)}})
}

// term quotes a word of Meta's own vocabulary, and nothing that could be else.
func term(s string) string {
	if len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "(not a word)"
	}
	return strconv.Quote(s)
}

// fields is a JSON object read one level deep, so that a value of the wrong
// type spoils nothing but itself.
type fields map[string]json.RawMessage

// object reads an object; ok is false for anything else.
func object(raw json.RawMessage) (f fields, ok bool) {
	err := json.Unmarshal(raw, &f)
	return f, err == nil && f != nil
}

// array reads a list; what is absent or null is an empty one, and ok is false
// for anything else.
func array(raw json.RawMessage) (list []json.RawMessage, ok bool) {
	if len(raw) == 0 {
		return nil, true
	}
	err := json.Unmarshal(raw, &list)
	return list, err == nil
}

// word reads a string, or the digits of a number; anything else is "".
func word(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case c == '-' || '0' <= c && c <= '9':
		return string(raw)
	}
	return ""
}

// lastSecond is the end of the year 9999, the last that time's JSON can tell.
const lastSecond = 253402300799

// seconds reads a time in seconds since 1970, and gives the zero time where
// there is none or one that can't be.
func seconds(raw json.RawMessage) time.Time {
	n, err := strconv.ParseInt(word(raw), 10, 64)
	if err != nil || n <= 0 || n > lastSecond {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
