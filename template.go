package handoff

import (
	"slices"
	"strconv"
	"strings"
)

// Template is a pre-approved message, the only kind that some channels take
// outside their window. Body holds placeholders {{1}}, {{2}}, ...
type Template struct {
	Bot      BotID      `json:"bot"`
	ID       TemplateID `json:"id"`
	Channel  Channel    `json:"channel,omitempty"` // "" fits every channel
	Name     string     `json:"name"`              // as the channel knows it
	Language string     `json:"language"`          // as the channel knows it, such as pt_BR
	Body     string     `json:"body"`
}

// MaxParams is the number of placeholders a template may have, and MaxParam
// the length in bytes of what fills one.
const (
	MaxParams = 32
	MaxParam  = 1024
)

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
	if t.Body == "" || len(t.Body) > MaxText || CleanText(t.Body) != t.Body {
		return invalid("template body", "is empty, too long or not clean UTF-8")
	}
	_, err := t.params()
	return err
}

// Render fills the placeholders, in order, and gives the message to send.
// The number of params must be the number of placeholders, and the text as
// rendered no longer than [MaxText]. What a param holds is never taken for a
// placeholder. Errors are [ErrInvalid].
func (t Template) Render(params []string) (Content, error) {
	n, err := t.params()
	if err != nil {
		return Content{}, err
	}
	if len(params) != n {
		return Content{}, invalid("template params", "are %d where the template has %d", len(params), n)
	}
	pairs := make([]string, 0, 2*n)
	for i, p := range params {
		if p == "" || len(p) > MaxParam || CleanText(p) != p {
			return Content{}, invalid("template params", "hold one that is empty, too long or not clean UTF-8")
		}
		pairs = append(pairs, "{{"+strconv.Itoa(i+1)+"}}", p)
	}
	text := strings.NewReplacer(pairs...).Replace(t.Body)
	if len(text) > MaxText {
		return Content{}, invalid("template text", "is longer than %d bytes", MaxText)
	}
	use := &TemplateUse{ID: t.ID, Name: t.Name, Language: t.Language, Params: slices.Clone(params)}
	return Content{Kind: KindTemplate, Text: text, Template: use}, nil
}

// params counts the placeholders, which must be {{1}} to {{n}} without a gap.
func (t Template) params() (int, error) {
	seen := map[int]bool{}
	rest := t.Body
	for {
		_, after, ok := strings.Cut(rest, "{{")
		if !ok {
			break
		}
		name, tail, ok := strings.Cut(after, "}}")
		n, err := strconv.Atoi(name)
		if !ok || err != nil || n < 1 || n > MaxParams || strconv.Itoa(n) != name {
			return 0, invalid("template body", "has a placeholder that is not one of {{1}} to {{%d}}", MaxParams)
		}
		seen[n] = true
		rest = tail
	}
	for i := range len(seen) {
		if !seen[i+1] {
			return 0, invalid("template body", "lacks the placeholder {{%d}}", i+1)
		}
	}
	return len(seen), nil
}
