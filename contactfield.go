package handoff

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ContactField is something that a bot's team wants to know of its contacts,
// such as a customer number or a plan. The values are kept by [Contact].
type ContactField struct {
	ID   FieldID     `json:"id"`
	Name string      `json:"name"`
	Type FieldType   `json:"type,omitempty"` // "" is FieldText
	For  FieldAccess `json:"for,omitempty"`  // "" is FieldOpen
	// Choices are what a FieldChoice may be.
	Choices []string `json:"choices,omitempty"`
	// Pattern is a regular expression, in Go's syntax, that the whole of a
	// FieldText has to fit; "" is any.
	Pattern string `json:"pattern,omitempty"`
	// Min and Max bound a FieldNumber or a FieldDate, both included, and are
	// written as its values are; "" is no bound.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
}

// FieldType says what values a field has.
type FieldType string

// The types, with how values are written.
const (
	FieldText   FieldType = "text"   // one line, up to MaxFieldText bytes
	FieldNumber FieldType = "number" // 12.5, with at most 15 digits
	FieldDate   FieldType = "date"   // 2026-03-31
	FieldChoice FieldType = "choice" // one of the choices
	FieldBool   FieldType = "bool"   // true or false
)

// FieldAccess says what agents have of a field. The platform and the routing
// rules have every one.
type FieldAccess string

// The accesses.
const (
	FieldOpen     FieldAccess = "open"      // agents see it, and change it by permission; the default
	FieldReadOnly FieldAccess = "read_only" // agents see it
	FieldHidden   FieldAccess = "hidden"    // agents know nothing of it
)

// Limits on contact fields.
const (
	MaxContactFields = 64   // of a bot
	MaxFieldText     = 1000 // bytes of a value
	MaxChoices       = 100
	MaxPattern       = 256 // bytes
)

// WithDefaults gives f with every empty field at its default.
func (f ContactField) WithDefaults() ContactField {
	if f.Type == "" {
		f.Type = FieldText
	}
	if f.For == "" {
		f.For = FieldOpen
	}
	return f
}

// Check reports what is wrong with f, as an [ErrInvalid]; nil if nothing.
func (f ContactField) Check() error {
	f = f.WithDefaults()
	if err := CheckID("field", f.ID); err != nil {
		return err
	}
	if err := CheckName("field name", f.Name); err != nil {
		return err
	}
	if !slices.Contains([]FieldType{FieldText, FieldNumber, FieldDate, FieldChoice, FieldBool}, f.Type) {
		return invalid("field type", "is unknown")
	}
	if !slices.Contains([]FieldAccess{FieldOpen, FieldReadOnly, FieldHidden}, f.For) {
		return invalid("field access", "is unknown")
	}
	if (f.Type == FieldChoice) != (len(f.Choices) > 0) {
		return invalid("field choices", "are missing, or not for a %s", f.Type)
	}
	if err := checkWords("field choices", f.Choices, MaxChoices); err != nil {
		return err
	}
	if len(SortedSet(f.Choices)) != len(f.Choices) {
		return invalid("field choices", "hold one twice")
	}
	if f.Pattern != "" {
		if f.Type != FieldText || len(f.Pattern) > MaxPattern {
			return invalid("field pattern", "is not for a %s, or longer than %d bytes", f.Type, MaxPattern)
		}
		_, alone := regexp.Compile(f.Pattern)
		if _, err := whole(f.Pattern); err != nil || alone != nil {
			return invalid("field pattern", "is no regular expression")
		}
	}
	return f.checkBounds()
}

func (f ContactField) checkBounds() error {
	if f.Min == "" && f.Max == "" {
		return nil
	}
	if f.Type != FieldNumber && f.Type != FieldDate {
		return invalid("field bounds", "are not for a %s", f.Type)
	}
	free := f
	free.Min, free.Max = "", ""
	for _, bound := range []string{f.Min, f.Max} {
		if bound == "" {
			continue
		}
		if clean, err := free.Clean(bound); err != nil || clean != bound {
			return invalid("field bounds", "are not written as its values are")
		}
	}
	if f.Min != "" && f.Max != "" && f.less(f.Max, f.Min) {
		return invalid("field bounds", "leave no value")
	}
	return nil
}

// decimal is how people write a number that a field takes.
var decimal = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,15})?$`)

// Clean gives a value in the form in which it is kept: equal values in equal
// form. "" stays and stands for no value. The error is an [ErrInvalid].
func (f ContactField) Clean(value string) (string, error) {
	f = f.WithDefaults()
	field := "field " + string(f.ID)
	if value = strings.TrimSpace(value); value == "" {
		return "", nil
	}
	switch f.Type {
	case FieldNumber:
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !decimal.MatchString(value) || digits(value) > 15 {
			return "", invalid(field, "is no number of up to 15 digits")
		}
		if v == 0 {
			v = 0 // not -0
		}
		value = strconv.FormatFloat(v, 'f', -1, 64)
	case FieldDate:
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "", invalid(field, "is no date as 2026-03-31")
		}
	case FieldBool:
		if value != "true" && value != "false" {
			return "", invalid(field, "is neither true nor false")
		}
	case FieldChoice:
		if !slices.Contains(f.Choices, value) {
			return "", invalid(field, "is none of its choices")
		}
	default:
		if len(value) > MaxFieldText || !utf8.ValidString(value) || strings.ContainsFunc(value, isControl) {
			return "", invalid(field, "is no line of up to %d bytes", MaxFieldText)
		}
		if f.Pattern == "" {
			return value, nil
		}
		if fits, err := whole(f.Pattern); err != nil || !fits.MatchString(value) {
			return "", invalid(field, "does not fit its pattern")
		}
	}
	if f.Min != "" && f.less(value, f.Min) || f.Max != "" && f.less(f.Max, value) {
		return "", invalid(field, "is out of its bounds")
	}
	return value, nil
}

// whole fits what the pattern fits from beginning to end.
func whole(pattern string) (*regexp.Regexp, error) { return regexp.Compile(`^(?:` + pattern + `)$`) }

func digits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// less compares two clean values of a number or date.
func (f ContactField) less(a, b string) bool {
	if f.Type == FieldDate {
		return a < b
	}
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	return x < y
}

// SetFields changes values of the contact's fields by the bot's definitions:
// "" takes a value away. changed says whether any is another now. An error,
// as for a field that is not defined, leaves c as it was.
func (c Contact) SetFields(defined []ContactField, values map[FieldID]string) (_ Contact, changed bool, err error) {
	fields := maps.Clone(c.Fields)
	for id, value := range values {
		i := slices.IndexFunc(defined, func(f ContactField) bool { return f.ID == id })
		if i < 0 {
			return c, false, invalid("field", "is not one of the bot's")
		}
		clean, err := defined[i].Clean(value)
		if err != nil {
			return c, false, err
		}
		if clean == fields[id] {
			continue
		}
		changed = true
		if clean == "" {
			delete(fields, id)
			continue
		}
		if fields == nil {
			fields = map[FieldID]string{}
		}
		fields[id] = clean
	}
	if changed {
		if c.Fields = fields; len(fields) == 0 {
			c.Fields = nil
		}
	}
	return c, changed, nil
}
