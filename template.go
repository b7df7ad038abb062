package handoff

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Template is a pre-approved message, the only kind that some channels take
// outside their window. Body holds placeholders {{1}}, {{2}}, ...
//
// What fills a template is a list of params in the order of
// [Template.Inputs]: the header's if it takes one, the body's, the buttons'.
type Template struct {
	Bot      BotID      `json:"bot"`
	ID       TemplateID `json:"id"`
	Channel  Channel    `json:"channel,omitempty"` // "" fits every channel
	Name     string     `json:"name"`              // as the channel knows it
	Language string     `json:"language"`          // as the channel knows it, such as pt_BR
	// Business is whose template it is, where the channel lets each business
	// have its own under the same name: on WhatsApp the business account's id.
	// "" is not known, and fits each.
	Business AccountID `json:"business,omitempty"`
	Body     string    `json:"body"`
	// Names are what the channel calls the body's placeholders, where it goes
	// by names and not by numbers: as many as there are placeholders, or none.
	Names   []string         `json:"names,omitempty"`
	Header  *TemplateHeader  `json:"header,omitempty"`
	Footer  string           `json:"footer,omitempty"`
	Buttons []TemplateButton `json:"buttons,omitempty"`
	// Category is the channel's word for what it is for, such as marketing.
	Category string `json:"category,omitempty"`
	// Status is where it stands with the channel; empty is approved.
	Status TemplateStatus `json:"status,omitempty"`
	// Reason is the channel's, for a status that keeps it from being sent.
	Reason string `json:"reason,omitempty"`
}

// TemplateStatus says whether a channel takes a template. Only an approved
// one is sent, and the empty status is that.
type TemplateStatus string

// The states of a template.
const (
	TemplateApproved TemplateStatus = "approved"
	TemplateDraft    TemplateStatus = "draft"    // not submitted
	TemplatePending  TemplateStatus = "pending"  // submitted, not decided
	TemplateRejected TemplateStatus = "rejected" // refused
	TemplatePaused   TemplateStatus = "paused"   // taken back for a while, as too many complained
	TemplateDisabled TemplateStatus = "disabled" // taken back for good, or removed
)

// Valid reports whether s is one of the states, or empty.
func (s TemplateStatus) Valid() bool {
	switch s {
	case "", TemplateApproved, TemplateDraft, TemplatePending, TemplateRejected, TemplatePaused, TemplateDisabled:
		return true
	}
	return false
}

// TemplateHeader stands above the body: a line of text, or a file.
type TemplateHeader struct {
	Kind Kind   `json:"kind"`           // KindText, KindImage, KindVideo or KindDocument
	Text string `json:"text,omitempty"` // of KindText; it may hold {{1}}
	Name string `json:"name,omitempty"` // what the channel calls that placeholder, if not by its number
	// Link is where the file is, over https. Without one it is a param of each
	// message: such a link, or the channel's own id of a file.
	Link string `json:"link,omitempty"`
}

// ButtonKind says what a template's button does.
type ButtonKind string

// The kinds of a template's buttons.
const (
	ButtonReply ButtonKind = "reply" // answers with its title
	ButtonURL   ButtonKind = "url"   // opens a link, which may end in {{1}}
	ButtonPhone ButtonKind = "phone" // calls a number
	ButtonCode  ButtonKind = "code"  // copies a code, which is a param
	ButtonOther ButtonKind = "other" // anything else that takes no param
)

// TemplateButton stands below the body.
type TemplateButton struct {
	Kind  ButtonKind `json:"kind"`
	Title string     `json:"title"`
	URL   string     `json:"url,omitempty"` // of ButtonURL
}

// MaxParams is the number of placeholders a template may have, and MaxParam
// the length in bytes of what fills one.
const (
	MaxParams = 32
	MaxParam  = 1024
)

// ErrNotApproved: the channel would not take the template now. The error is a
// *[TemplateStatusError].
var ErrNotApproved = errors.New("handoff: template is not approved")

// TemplateStatusError says where the template stands that was to be sent.
type TemplateStatusError struct {
	Template TemplateID
	Status   TemplateStatus
}

func (e *TemplateStatusError) Error() string {
	return "handoff: template " + string(e.Template) + " is " + string(e.Status)
}

// Is makes every TemplateStatusError an [ErrNotApproved].
func (e *TemplateStatusError) Is(target error) bool { return target == ErrNotApproved }

// Approved is nil if the template may be sent, else a
// *[TemplateStatusError].
func (t Template) Approved() error {
	if t.Status == "" || t.Status == TemplateApproved {
		return nil
	}
	return &TemplateStatusError{Template: t.ID, Status: t.Status}
}

// Check reports what is wrong with t, as an [ErrInvalid]; nil if nothing.
func (t Template) Check() error {
	if err := CheckID("template", t.ID); err != nil {
		return err
	}
	if err := CheckName("template name", t.Name); err != nil {
		return err
	}
	if t.Channel != "" {
		if err := CheckID("template channel", t.Channel); err != nil {
			return err
		}
	}
	if err := checkWord("template language", t.Language, MaxID); err != nil {
		return err
	}
	if t.Business != "" {
		if err := CheckAddress("template business", t.Business); err != nil {
			return err
		}
	}
	if t.Body == "" || len(t.Body) > MaxText || CleanText(t.Body) != t.Body {
		return invalid("template body", "is empty, too long or not clean UTF-8")
	}
	n, err := placeholders("template body", t.Body)
	if err != nil {
		return err
	}
	if len(t.Names) != 0 && len(t.Names) != n {
		return invalid("template names", "are not as many as the placeholders")
	}
	for _, name := range t.Names {
		if err := CheckName("template names", name); err != nil {
			return err
		}
	}
	if err := t.Header.check(); err != nil {
		return err
	}
	if len(t.Buttons) > MaxButtons {
		return invalid("template buttons", "are more than %d", MaxButtons)
	}
	for _, b := range t.Buttons {
		if err := b.check(); err != nil {
			return err
		}
	}
	if !t.Status.Valid() {
		return invalid("template status", "is unknown")
	}
	return checkTexts("template", t.Footer, t.Category, t.Reason)
}

func (h *TemplateHeader) check() error {
	if h == nil {
		return nil
	}
	if err := checkTexts("template header", h.Text, h.Name, h.Link); err != nil {
		return err
	}
	switch h.Kind {
	case KindText:
		n, err := placeholders("template header", h.Text)
		if err == nil && (n > 1 || h.Text == "" || h.Link != "") {
			return invalid("template header", "is no text with at most one placeholder")
		}
		return err
	case KindImage, KindVideo, KindDocument:
		if h.Text != "" || h.Link != "" && !strings.HasPrefix(h.Link, "https://") {
			return invalid("template header", "is a file with a text, or whose link is not https")
		}
		return nil
	}
	return invalid("template header", "is not a text, image, video or document")
}

func (b TemplateButton) check() error {
	if err := CheckName("template button", b.Title); err != nil {
		return err
	}
	switch b.Kind {
	case ButtonReply, ButtonPhone, ButtonCode, ButtonOther:
		if b.URL != "" {
			return invalid("template button", "has a link that it does not open")
		}
		return nil
	case ButtonURL:
		n, err := placeholders("template button", b.URL)
		if err == nil && (b.URL == "" || n > 1) {
			return invalid("template button", "has no link, or one with more than one placeholder")
		}
		return cmp.Or(err, checkTexts("template button", b.URL))
	}
	return invalid("template button", "is of an unknown kind")
}

// TemplateParam is something that a message of a template has to be given.
type TemplateParam struct {
	Part   string `json:"part"`           // header, body or button
	Kind   Kind   `json:"kind"`           // KindText, or a file's
	Name   string `json:"name,omitempty"` // the channel's name of the placeholder, or the button's title
	Number int    `json:"number"`         // the placeholder's within the body; the button's place, from 1
}

// Inputs lists what the params of a message are, in their order. A template
// that [Template.Check] refuses has none.
func (t Template) Inputs() []TemplateParam {
	inputs := []TemplateParam{}
	if t.Check() != nil {
		return inputs
	}
	if h := t.Header; h != nil && h.takes() {
		inputs = append(inputs, TemplateParam{Part: "header", Kind: h.Kind, Name: h.Name, Number: 1})
	}
	n, _ := placeholders("template body", t.Body)
	for i := range n {
		in := TemplateParam{Part: "body", Kind: KindText, Number: i + 1}
		if len(t.Names) > 0 {
			in.Name = t.Names[i]
		}
		inputs = append(inputs, in)
	}
	for i, b := range t.Buttons {
		if b.takes() {
			inputs = append(inputs, TemplateParam{Part: "button", Kind: KindText, Name: b.Title, Number: i + 1})
		}
	}
	return inputs
}

func (h *TemplateHeader) takes() bool {
	return h.Kind != KindText && h.Link == "" || strings.Contains(h.Text, "{{1}}")
}

func (b TemplateButton) takes() bool {
	return b.Kind == ButtonCode || strings.Contains(b.URL, "{{1}}")
}

// Render fills the template with params, in the order of [Template.Inputs],
// and gives the message to send. They must be as many, and the text as
// rendered no longer than [MaxText]. What a param holds is never taken for a
// placeholder.
//
// Errors: [ErrNotApproved]; [ErrInvalid].
func (t Template) Render(params []string) (Content, error) {
	if err := t.Check(); err != nil {
		return Content{}, err
	}
	if err := t.Approved(); err != nil {
		return Content{}, err
	}
	inputs := t.Inputs()
	if len(params) != len(inputs) {
		return Content{}, invalid("template params", "are %d where the template has %d", len(params), len(inputs))
	}
	use := &TemplateUse{ID: t.ID, Name: t.Name, Language: t.Language, Names: slices.Clone(t.Names)}
	header := ""
	if h := t.Header; h != nil {
		header = h.Text
		if h.Link != "" {
			use.Header = &HeaderUse{Kind: h.Kind, Value: h.Link}
		}
	}
	for i, in := range inputs {
		p := params[i]
		if p == "" || len(p) > MaxParam || CleanText(p) != p {
			return Content{}, invalid("template params", "hold one that is empty, too long or not clean UTF-8")
		}
		switch in.Part {
		case "header":
			use.Header = &HeaderUse{Kind: in.Kind, Value: p, Name: in.Name}
			header = strings.ReplaceAll(header, "{{1}}", p)
		case "body":
			use.Params = append(use.Params, p)
		case "button":
			use.Buttons = append(use.Buttons, ButtonUse{Index: in.Number - 1, Kind: t.Buttons[in.Number-1].Kind, Value: p})
		}
	}
	pairs := make([]string, 0, 2*len(use.Params))
	for i, p := range use.Params {
		pairs = append(pairs, "{{"+strconv.Itoa(i+1)+"}}", p)
	}
	text := strings.NewReplacer(pairs...).Replace(t.Body)
	if header != "" {
		text = header + "\n\n" + text
	}
	if t.Footer != "" {
		text += "\n\n" + t.Footer
	}
	if len(text) > MaxText {
		return Content{}, invalid("template text", "is longer than %d bytes", MaxText)
	}
	return Content{Kind: KindTemplate, Text: text, Template: use}, nil
}

// placeholders counts those of a text, which must be {{1}} to {{n}} without a
// gap.
func placeholders(field, text string) (int, error) {
	seen := map[int]bool{}
	rest := text
	for {
		_, after, ok := strings.Cut(rest, "{{")
		if !ok {
			break
		}
		name, tail, ok := strings.Cut(after, "}}")
		n, err := strconv.Atoi(name)
		if !ok || err != nil || n < 1 || n > MaxParams || strconv.Itoa(n) != name {
			return 0, invalid(field, "has a placeholder that is not one of {{1}} to {{%d}}", MaxParams)
		}
		seen[n] = true
		rest = tail
	}
	for i := range len(seen) {
		if !seen[i+1] {
			return 0, invalid(field, "lacks the placeholder {{%d}}", i+1)
		}
	}
	return len(seen), nil
}

// TemplateNews is what a channel tells about a template.
type TemplateNews struct {
	Channel  Channel        `json:"channel"`
	Name     string         `json:"name"`               // as the channel knows it
	Language string         `json:"language"`           // as the channel knows it
	Business AccountID      `json:"business,omitempty"` // whose it is; "" is not known
	Status   TemplateStatus `json:"status"`
	Category string         `json:"category,omitempty"` // "" tells nothing
	Reason   string         `json:"reason,omitempty"`
}

// Check reports what is wrong with n, as an [ErrInvalid]; nil if nothing.
func (n TemplateNews) Check() error {
	if err := CheckID("template channel", n.Channel); err != nil {
		return err
	}
	if err := checkWord("template name", n.Name, MaxName); err != nil {
		return err
	}
	if err := checkWord("template language", n.Language, MaxID); err != nil {
		return err
	}
	if n.Business != "" {
		if err := CheckAddress("template business", n.Business); err != nil {
			return err
		}
	}
	if n.Status == "" || !n.Status.Valid() {
		return invalid("template status", "is unknown")
	}
	return checkTexts("template", n.Category, n.Reason)
}
