package handoff

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SurveyKind is what a survey asks for.
type SurveyKind string

// The kinds of survey.
const (
	CSAT SurveyKind = "csat" // how satisfied, 1 to 5
	NPS  SurveyKind = "nps"  // how likely to recommend, 0 to 10
	// NoSurvey keeps a queue from asking the bot's survey.
	NoSurvey SurveyKind = "none"
)

// Range gives the lowest and the highest score of a kind that has scores.
func (k SurveyKind) Range() (low, high int) {
	if k == NPS {
		return 0, 10
	}
	return 1, 5
}

// Survey is what a contact is asked when an agent is done with them. The zero
// value asks nothing; of a queue, it is that the bot's is asked.
type Survey struct {
	Kind SurveyKind `json:"kind,omitempty"`
	// Question is what is asked. Say in it what the scores mean.
	Question string `json:"question,omitempty"`
	// Comment asks for a comment after the score; "" does not. What the
	// contact writes within SurveyComment then is the comment.
	Comment string `json:"comment,omitempty"`
	// Thanks answers the last thing the contact says; "" does not.
	Thanks string `json:"thanks,omitempty"`
	// Keep is for how long an answer counts, in whole seconds: 0 is
	// DefaultSurveyKeep, at most MaxSurveyKeep.
	Keep time.Duration `json:"keep,omitempty"`
}

// Times of surveys.
const (
	DefaultSurveyKeep = 24 * time.Hour
	MaxSurveyKeep     = 30 * 24 * time.Hour
	// SurveyComment is for how long after the score a text is its comment.
	SurveyComment = 10 * time.Minute
)

// Reasons why a survey was not asked.
const (
	ReasonWindow    Reason = "window_closed" // the channel takes templates only
	ReasonNoChannel Reason = "no_channel"
)

// MaxSurveyText is the longest question, thanks and the like, in bytes: what
// every channel takes above buttons.
const MaxSurveyText = 1024

// WithDefaults gives s with the time it keeps filled in.
func (s Survey) WithDefaults() Survey {
	if s.Keep == 0 {
		s.Keep = DefaultSurveyKeep
	}
	return s
}

// Asks reports whether there is anything to ask.
func (s Survey) Asks() bool { return s.Kind == CSAT || s.Kind == NPS }

// Check reports what is wrong with s, as an [ErrInvalid]; nil if nothing.
func (s Survey) Check() error {
	switch s.Kind {
	case "", NoSurvey:
		if s != (Survey{Kind: s.Kind}) {
			return invalid("survey", "has texts or times but no kind")
		}
		return nil
	case CSAT, NPS:
	default:
		return invalid("survey kind", "is unknown")
	}
	if s.Question == "" {
		return invalid("survey question", "is empty")
	}
	for _, f := range []struct{ field, text string }{
		{"survey question", s.Question}, {"survey comment", s.Comment}, {"survey thanks", s.Thanks},
	} {
		if len(f.text) > MaxSurveyText {
			return invalid(f.field, "is longer than %d bytes", MaxSurveyText)
		}
		if CleanText(f.text) != f.text {
			return invalid(f.field, "is not valid UTF-8 or holds a NUL")
		}
	}
	if s.Keep < 0 || s.Keep > MaxSurveyKeep || s.Keep%time.Second != 0 {
		return invalid("survey time", "is not whole seconds, 0 to %v", MaxSurveyKeep)
	}
	return nil
}

// choiceID begins the ids of the buttons of a survey, which end in the score.
const choiceID = "survey:"

// Content is the question: with a button for each score where they are few
// enough for every channel, else as a text to be answered with a number.
func (s Survey) Content() Content {
	low, high := s.Kind.Range()
	if high-low >= MaxButtons {
		return Text(s.Question)
	}
	c := Content{Kind: KindButtons, Text: s.Question}
	for n := low; n <= high; n++ {
		c.Buttons = append(c.Buttons, Choice{ID: choiceID + strconv.Itoa(n), Title: strconv.Itoa(n)})
	}
	return c
}

// Score reads an answer: a button of the survey, or a text that begins with
// a number in range, in any script or as emoji, and goes on with no word
// right behind it. "5", "5!", "5/5", "5 - great" and "5️⃣" are answers; "2
// pizzas", "5?" and "10:30" are a new concern. When in doubt it is none: a
// lost score is a smaller loss than a contact nobody hears.
func (k SurveyKind) Score(c Content) (score int, ok bool) {
	low, high := k.Range()
	switch c.Kind {
	case KindReply:
		id, found := "", false
		if c.Reply != nil {
			id, found = strings.CutPrefix(c.Reply.ID, choiceID)
		}
		n, err := strconv.Atoi(id)
		return n, found && err == nil && strconv.Itoa(n) == id && low <= n && n <= high
	case KindText:
		n, rest, ok := leadingNumber(c.Text)
		if !ok || n < low || n > high {
			return 0, false
		}
		rest = strings.TrimPrefix(rest, "/"+strconv.Itoa(high))
		return n, isRemark(rest)
	}
	return 0, false
}

// leadingNumber reads a number of one or two digits at the beginning of a
// text, behind spaces and marks that only dress it up.
func leadingNumber(s string) (n int, rest string, ok bool) {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("*_~\"'“‘(", r) })
	if rest, ok := strings.CutPrefix(s, "🔟"); ok {
		return 10, rest, true
	}
	for digits := 0; ; digits++ {
		r, size := utf8.DecodeRuneInString(s)
		d, isDigit := digitOf(r)
		if !isDigit || digits == 2 {
			return n, s, digits > 0 && !isDigit
		}
		n, s = 10*n+d, s[size:]
		s = strings.TrimPrefix(s, "\uFE0F") // a keycap is a digit in a box
		s = strings.TrimPrefix(s, "\u20E3")
	}
}

// digitOf is the value of a decimal digit of any script.
func digitOf(r rune) (int, bool) {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10, true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10, true
		}
	}
	return 0, false
}

// maxRemark is the longest remark beside a score, in characters.
const maxRemark = 60

// isRemark reports whether what follows a number leaves it a score: nothing,
// or a short remark set off from it. A number, a unit or a question makes it
// something else.
func isRemark(s string) bool {
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return true
	}
	first, _ := utf8.DecodeRuneInString(trimmed)
	space := s[:strings.Index(s, trimmed)]
	word := unicode.IsLetter(first) || unicode.Is(unicode.Sc, first) || first == '%' || first == '°'
	return !(word && !strings.Contains(space, "\n")) &&
		!strings.ContainsFunc(trimmed, func(r rune) bool { return unicode.IsNumber(r) || r == '?' || r == '？' }) &&
		utf8.RuneCountInString(trimmed) <= maxRemark
}
