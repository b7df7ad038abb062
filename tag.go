package handoff

import "slices"

// Tag is an entry of a bot's catalogue of tags. What conversations carry are
// the ids, as plain words; the catalogue says how they look and who sets them.
type Tag struct {
	ID     TagID  `json:"id"`
	Name   string `json:"name"`
	Colour Colour `json:"colour,omitempty"` // "" is Grey
	// SetBy is who puts it on conversations and takes it off: [ByAgent],
	// [ByBot] for the platform and the desk's rules, or "" for all.
	SetBy By `json:"setBy,omitempty"`
	// Archived tags are put on nothing any more, and stay where they are.
	Archived bool `json:"archived,omitempty"`
}

// Colour is one of a fixed palette, whose members can be told apart and read
// on light and dark pages.
type Colour string

// The palette.
const (
	Grey   Colour = "grey"
	Red    Colour = "red"
	Orange Colour = "orange"
	Yellow Colour = "yellow"
	Green  Colour = "green"
	Teal   Colour = "teal"
	Blue   Colour = "blue"
	Purple Colour = "purple"
	Pink   Colour = "pink"
)

// Colours lists the palette.
func Colours() []Colour {
	return []Colour{Grey, Red, Orange, Yellow, Green, Teal, Blue, Purple, Pink}
}

// WithDefaults gives t with every empty field at its default.
func (t Tag) WithDefaults() Tag {
	if t.Colour == "" {
		t.Colour = Grey
	}
	return t
}

// Check reports what is wrong with t, as an [ErrInvalid]; nil if nothing.
func (t Tag) Check() error {
	if err := CheckID("tag", t.ID); err != nil {
		return err
	}
	if err := CheckName("tag name", t.Name); err != nil {
		return err
	}
	switch {
	case !slices.Contains(Colours(), t.WithDefaults().Colour):
		return invalid("tag colour", "is not of the palette")
	case t.SetBy != "" && t.SetBy != ByAgent && t.SetBy != ByBot:
		return invalid("tag set by", "is neither agent nor bot")
	}
	return nil
}

// MaySet reports why somebody may not put the tag on a conversation (add) or
// take it off, as an [ErrInvalid]; nil if they may.
func (t Tag) MaySet(by Actor, add bool) error {
	if add && t.Archived {
		return invalid("tags", "hold one that is archived")
	}
	agent := by.By == ByAgent
	if t.SetBy == ByAgent && !agent || t.SetBy == ByBot && agent {
		return invalid("tags", "hold one that others set")
	}
	return nil
}
