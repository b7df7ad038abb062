package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// head is what stands above a message.
type head struct {
	at     time.Time // in the zone of the options
	author string
	role   string // "" for the contact
	status string // how far an outgoing message came
}

// part is a piece of what a message says.
type part struct {
	tone tone
	text string // of any length, with any characters, in any number of lines
}

type tone int

const (
	body   tone = iota // what was written
	file               // what was sent with it
	detail             // what we say about it: a file, a place, a choice
	quote              // what it answers
	alarm              // why it didn't arrive
)

func (n *narrator) head(m said) head {
	h := head{at: m.At.In(n.o.Zone), author: n.author(m), status: n.deliveries[m.Delivery]}
	switch m.Author.By {
	case handoff.ByBot:
		h.role = n.bot
	case handoff.ByAgent:
		h.role = n.agent
	}
	if h.role == h.author {
		h.role = ""
	}
	if isNote(m.Message) {
		h.role = strings.TrimPrefix(h.role+", "+n.note, ", ")
	}
	return h
}

// author is what to call who wrote m.
func (n *narrator) author(m said) string { return cmp.Or(m.author, n.unnamed(m.Author)) }

// name is what to call somebody.
func (n *narrator) name(a handoff.Actor) string { return cmp.Or(n.t.nameOf(n.a, a), n.unnamed(a)) }

// unnamed is what to call somebody whose name is not known.
func (n *narrator) unnamed(a handoff.Actor) string {
	switch a.By {
	case handoff.ByContact:
		return n.contact
	case handoff.ByBot:
		return n.bot
	case handoff.ByAgent:
		return cmp.Or(string(a.Agent), n.agent)
	}
	return n.system
}

func (n *narrator) agentName(id handoff.AgentID) string {
	return n.name(handoff.Actor{By: handoff.ByAgent, Agent: id})
}

func (n *narrator) queueName(id handoff.QueueID) string {
	return cmp.Or(n.a.Queues[id], string(id))
}

// parts tells all that m says. There is always at least one part.
func (n *narrator) parts(m said) []part {
	var p []part
	add := func(t tone, format string, args ...any) { p = append(p, part{t, fmt.Sprintf(format, args...)}) }
	text := func() {
		if m.Text != "" {
			p = append(p, part{body, m.Text})
		}
	}
	if m.SentAt.Sub(m.At).Abs() >= time.Minute && !m.SentAt.IsZero() {
		add(quote, n.sentAt, m.SentAt.In(n.o.Zone).Format(n.stamp))
	}
	if m.Quotes != "" {
		if said, ok := n.recent.find(m.Account, m.Quotes); ok {
			add(quote, n.inReplyTo, said.author, said.excerpt())
		} else {
			add(quote, "%s", n.inReplyToEarlier)
		}
	}

	switch c := m.Content; c.Kind {
	case handoff.KindText:
		text()
	case handoff.KindImage, handoff.KindAudio, handoff.KindVideo, handoff.KindDocument, handoff.KindSticker:
		p = append(p, n.media(c.Kind, c.Media))
		text()
	case handoff.KindReply:
		add(detail, "%s", n.kinds[c.Kind])
		text()
		if r := c.Reply; r != nil && r.Title != c.Text {
			add(body, "%s", choice(*r))
		} else if r != nil && r.Description != "" {
			add(detail, "%s", r.Description)
		}
	case handoff.KindReaction:
		add(detail, "%s", n.reaction(m.Message))
		text()
	case handoff.KindButtons:
		text()
		for _, b := range c.Buttons {
			add(detail, "[ %s ]", choice(b))
		}
	case handoff.KindList:
		text()
		if l := c.List; l != nil {
			add(detail, "%s: [ %s ]", n.kinds[c.Kind], l.Button)
			for _, s := range l.Sections {
				if s.Title != "" {
					add(detail, "%s", s.Title)
				}
				for _, r := range s.Rows {
					add(detail, "• %s", choice(r))
				}
			}
		}
	case handoff.KindTemplate:
		if t := c.Template; t != nil {
			add(detail, "%s: %s (%s)", n.kinds[c.Kind], t.Name, t.Language)
		}
		text()
	case handoff.KindBrief:
		add(detail, "%s", n.kinds[c.Kind])
		text()
		for _, k := range slices.Sorted(maps.Keys(c.Fields)) {
			add(detail, "%s: %s", k, c.Fields[k])
		}
	case handoff.KindLocation:
		add(detail, "%s", n.place(c.Location))
		text()
	case handoff.KindContacts:
		for _, card := range c.Cards {
			add(detail, "%s: %s", n.kinds[c.Kind], dotted(append(append(
				[]string{card.Name, card.Org}, card.Phones...), card.Emails...)...))
		}
		text()
	case handoff.KindOrder:
		add(detail, "%s", n.kinds[c.Kind])
		for _, it := range c.Items {
			add(detail, "%d × %s", it.Quantity, dotted(it.Product, strings.TrimSpace(it.Price+" "+it.Currency)))
		}
		text()
	case handoff.KindErased:
		add(detail, "%s", n.kinds[c.Kind])
	default:
		size := ""
		if len(c.Raw) > 0 {
			size = n.bytes(int64(len(c.Raw)))
		}
		add(detail, "%s", dotted(n.kinds[handoff.KindUnknown], size))
		text()
	}

	if m.Overflow != nil {
		add(detail, "%s", n.wholeText)
		p = append(p, n.media(handoff.KindDocument, m.Overflow))
	}
	if m.Delivery == handoff.Failed && m.Failure != "" {
		add(alarm, n.failure, m.Failure)
	}
	if len(p) == 0 {
		add(detail, "%s", or(n.kinds, m.Kind))
	}
	n.recent.add(m.Message, n.author(m), p)
	return p
}

// media names a file: what it is, its name, type and size, and in a line of
// its own its hash.
// Links are left out, as they may open the file to whoever has them.
func (n *narrator) media(k handoff.Kind, m *handoff.Media) part {
	what := n.kinds[k]
	if m == nil {
		return part{file, what}
	}
	if m.Voice {
		what = n.voice
	}
	size := ""
	if m.Size > 0 {
		size = n.bytes(m.Size)
	}
	text := dotted(what, m.Name, m.Type, size)
	if m.SHA256 != "" {
		text += "\n" + digestName + " " + m.SHA256
	}
	return part{file, text}
}

func (n *narrator) place(l *handoff.Location) string {
	if l == nil {
		return n.kinds[handoff.KindLocation]
	}
	where := ""
	if isPlace(l) {
		where = fmt.Sprintf("%.6f, %.6f", l.Latitude, l.Longitude)
	}
	return dotted(n.kinds[handoff.KindLocation], l.Name, l.Address, where)
}

func (n *narrator) reaction(m handoff.Message) string {
	r := m.Reaction
	if r == nil {
		return n.kinds[m.Kind]
	}
	said, known := n.recent.find(m.Account, r.To)
	switch {
	case r.Emoji != "" && known:
		return fmt.Sprintf(n.reacted, r.Emoji, said.author, said.excerpt())
	case r.Emoji != "":
		return fmt.Sprintf(n.reactedEarlier, r.Emoji)
	case known:
		return fmt.Sprintf(n.unreacted, said.author, said.excerpt())
	}
	return n.unreactedEarlier
}

func choice(c handoff.Choice) string { return dotted(c.Title, c.Description) }

// dotted joins what there is.
func dotted(s ...string) string {
	return strings.Join(slices.DeleteFunc(s, func(s string) bool { return s == "" }), " · ")
}

// recent remembers the beginnings of the last messages, so that an answer
// can say what it answers. Only what was shown is ever in it.
type recent struct {
	said map[providerID]recalled
	ring [recentMessages]providerID
	next int
}

// recentMessages is how far back an answer finds what it answers.
const recentMessages = 1000

type providerID struct {
	account  handoff.AccountID
	provider string
}

// recalled is who said something, and how it began.
type recalled struct{ author, text string }

func (r *recent) add(m handoff.Message, author string, parts []part) {
	if m.Provider == "" {
		return
	}
	if r.said == nil {
		r.said = make(map[providerID]recalled)
	}
	tells := parts[0]
	for _, p := range parts {
		if p.tone == body || p.tone != quote && tells.tone == quote {
			tells = p
		}
		if p.tone == body {
			break
		}
	}
	id := providerID{m.Account, m.Provider}
	delete(r.said, r.ring[r.next])
	r.ring[r.next] = id
	// A copy, so as not to hold on to a long text.
	r.said[id] = recalled{author, strings.Clone(tells.text[:min(len(tells.text), 4*excerptRunes+8)])}
	r.next = (r.next + 1) % recentMessages
}

func (r *recent) find(account handoff.AccountID, provider string) (recalled, bool) {
	is, ok := r.said[providerID{account, provider}]
	return is, ok
}

const excerptRunes = 60

// excerpt is the beginning of what was said, in one line.
func (r recalled) excerpt() string {
	line := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(r.text, "")), " "))
	if len(line) > excerptRunes {
		return string(line[:excerptRunes]) + "…"
	}
	return string(line)
}
