package whatsapp

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/handoffdesk/handoff"
)

// The API's forms of what is sent, and how much it takes, in characters.
const (
	maxText        = 4096
	maxCaption     = 1024
	maxButtonsText = 1024
	maxButtons     = 3
	maxTitle20     = 20 // of a button
	maxTitle24     = 24 // of a row or section
	maxRowText     = 72
	maxButtonID    = 256
	maxRowID       = 200
)

type text struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

type reaction struct {
	To    string `json:"message_id"`
	Emoji string `json:"emoji"` // empty takes it back
}

// within refuses a text that is longer than WhatsApp takes: it says so at
// once, where WhatsApp would after a while.
func within(what, s string, most int) error {
	if utf8.RuneCountInString(s) > most {
		return refuse(ErrMalformedRequest, "131009", what+" is longer than "+strconv.Itoa(most)+" characters")
	}
	return nil
}

type somebody struct {
	Name struct {
		Formatted string `json:"formatted_name"`
		First     string `json:"first_name"` // the API wants one more part than the whole
	} `json:"name"`
	Phones []phone  `json:"phones,omitempty"`
	Emails []email  `json:"emails,omitempty"`
	Org    *company `json:"org,omitempty"`
}

type phone struct {
	Phone string `json:"phone"`
}

type email struct {
	Email string `json:"email"`
}

type company struct {
	Company string `json:"company"`
}

func people(cards []handoff.Card) []somebody {
	out := make([]somebody, len(cards))
	for i, card := range cards {
		p := &out[i]
		p.Name.Formatted, p.Name.First = card.Name, card.Name
		for _, number := range card.Phones {
			p.Phones = append(p.Phones, phone{number})
		}
		for _, address := range card.Emails {
			p.Emails = append(p.Emails, email{address})
		}
		if card.Org != "" {
			p.Org = &company{card.Org}
		}
	}
	return out
}

type interactive struct {
	Type   string `json:"type"`
	Body   body   `json:"body"`
	Action action `json:"action"`
}

type body struct {
	Text string `json:"text"`
}

type action struct {
	Buttons  []button  `json:"buttons,omitempty"`
	Button   string    `json:"button,omitempty"`
	Sections []section `json:"sections,omitempty"`
}

type button struct {
	Type  string `json:"type"`
	Reply row    `json:"reply"`
}

type section struct {
	Title string `json:"title,omitempty"`
	Rows  []row  `json:"rows"`
}

type row struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

func buttons(c handoff.Content) (interactive, error) {
	m := interactive{Type: "button", Body: body{c.Text}}
	if len(c.Buttons) > maxButtons {
		return m, refuse(ErrMalformedRequest, "131009", "there are more than "+strconv.Itoa(maxButtons)+" buttons")
	}
	err := within("the text above buttons", c.Text, maxButtonsText)
	for _, b := range c.Buttons {
		err = first(err, within("a button", b.Title, maxTitle20), within("a button's id", b.ID, maxButtonID))
		m.Action.Buttons = append(m.Action.Buttons, button{"reply", row{ID: b.ID, Title: b.Title}})
	}
	return m, err
}

func menu(c handoff.Content) (interactive, error) {
	m := interactive{Type: "list", Body: body{c.Text}}
	m.Action.Button = c.List.Button
	err := first(within("the text above a list", c.Text, maxText), within("a list's button", c.List.Button, maxTitle20))
	for _, s := range c.List.Sections {
		err = first(err, within("a section's title", s.Title, maxTitle24))
		if s.Title == "" && len(c.List.Sections) > 1 {
			err = first(err, refuse(ErrMalformedRequest, "131009", "one of several sections has no title"))
		}
		rows := make([]row, len(s.Rows))
		for i, r := range s.Rows {
			rows[i] = row(r)
			err = first(err, within("a row", r.Title, maxTitle24), within("a row's text", r.Description, maxRowText), within("a row's id", r.ID, maxRowID))
		}
		m.Action.Sections = append(m.Action.Sections, section{s.Title, rows})
	}
	return m, err
}

// first gives the first of the errors that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

type template struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []component `json:"components,omitempty"`
}

type component struct {
	Type       string      `json:"type"`
	SubType    string      `json:"sub_type,omitempty"`
	Index      string      `json:"index,omitempty"`
	Parameters []parameter `json:"parameters"`
}

// parameter has one of the fields, that of its Type.
type parameter struct {
	Type     string    `json:"type"`
	Name     string    `json:"parameter_name,omitempty"`
	Text     string    `json:"text,omitempty"`
	Code     string    `json:"coupon_code,omitempty"`
	Image    *fileLink `json:"image,omitempty"`
	Video    *fileLink `json:"video,omitempty"`
	Document *fileLink `json:"document,omitempty"`
}

// fileLink is a file by the API's own id or by a link.
type fileLink struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
}

func linkOrID(s string) *fileLink {
	if strings.HasPrefix(s, "https://") {
		return &fileLink{Link: s}
	}
	return &fileLink{ID: s}
}

// filled gives a template with what fills it.
func filled(use *handoff.TemplateUse) (template, error) {
	m := template{Name: use.Name}
	m.Language.Code = use.Language
	if h := use.Header; h != nil {
		p := parameter{Type: string(h.Kind)}
		switch h.Kind {
		case handoff.KindText:
			p.Text, p.Name = h.Value, h.Name
		case handoff.KindImage:
			p.Image = linkOrID(h.Value)
		case handoff.KindVideo:
			p.Video = linkOrID(h.Value)
		case handoff.KindDocument:
			p.Document = linkOrID(h.Value)
		default:
			return m, refuse(ErrUnsupported, "131051", "unsupported kind of header")
		}
		m.Components = append(m.Components, component{Type: "header", Parameters: []parameter{p}})
	}
	if len(use.Params) > 0 {
		c := component{Type: "body"}
		for i, s := range use.Params {
			p := parameter{Type: "text", Text: s}
			if i < len(use.Names) {
				p.Name = use.Names[i]
			}
			c.Parameters = append(c.Parameters, p)
		}
		m.Components = append(m.Components, c)
	}
	for _, b := range use.Buttons {
		c := component{Type: "button", Index: strconv.Itoa(b.Index)}
		switch b.Kind {
		case handoff.ButtonURL:
			c.SubType, c.Parameters = "url", []parameter{{Type: "text", Text: b.Value}}
		case handoff.ButtonCode:
			c.SubType, c.Parameters = "copy_code", []parameter{{Type: "coupon_code", Code: b.Value}}
		default:
			return m, refuse(ErrUnsupported, "131051", "unsupported kind of button")
		}
		m.Components = append(m.Components, c)
	}
	return m, nil
}
