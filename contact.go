package handoff

import (
	"maps"
	"slices"
	"time"
)

// Address is one way to reach a contact: what an account of a channel calls
// them. ID is opaque and compared byte for byte. On WhatsApp it is the
// number (wa_id), or the business-scoped user id where no number is known.
type Address struct {
	Channel Channel   `json:"channel"`
	Account AccountID `json:"account"`
	ID      string    `json:"id"`
}

// Check reports what is wrong with a, as an [ErrInvalid]; nil if nothing.
func (a Address) Check() error {
	if err := CheckID("channel", a.Channel); err != nil {
		return err
	}
	if err := CheckAddress("account", a.Account); err != nil {
		return err
	}
	return CheckAddress("address", a.ID)
}

// Limits on contacts.
const (
	// MaxAddresses is the number of addresses one inbound message may name.
	MaxAddresses = 8
	// MaxFields is the number of fields a hand-off may carry, and MaxField
	// the length in bytes of a field's value.
	MaxFields = 64
	MaxField  = 4096
)

// Contact is an end user, known by one or more addresses.
type Contact struct {
	Bot       BotID     `json:"bot"`
	ID        ContactID `json:"id"`
	Name      string    `json:"name,omitempty"`
	Username  string    `json:"username,omitempty"`
	Number    string    `json:"number,omitempty"` // telephone number as the channel tells it, may be unknown
	Addresses []Address `json:"addresses,omitempty"`
	Since     time.Time `json:"since,omitzero"` // when the desk first heard of them
	// Fields are the values of the bot's contact fields, each in the form that
	// [ContactField.Clean] gives; a field without a value is not there.
	Fields map[FieldID]string `json:"fields,omitempty"`
	// Merged lists the contacts that turned out to be this one; their
	// conversations keep their id.
	Merged []ContactID `json:"merged,omitempty"`
	// MergedInto is the contact that this one turned out to be.
	MergedInto ContactID `json:"mergedInto,omitempty"`
}

// IDs lists every id under which the contact has conversations.
func (c Contact) IDs() []ContactID { return append([]ContactID{c.ID}, c.Merged...) }

// Knows reports whether a is among the contact's addresses.
func (c Contact) Knows(a Address) bool { return slices.Contains(c.Addresses, a) }

// Link adds addresses the contact is now known to have.
func (c Contact) Link(addresses ...Address) Contact {
	c.Addresses = slices.Clone(c.Addresses)
	for _, a := range addresses {
		if !c.Knows(a) {
			c.Addresses = append(c.Addresses, a)
		}
	}
	return c
}

// Profile is what a channel tells about a contact besides their addresses.
// Empty fields tell nothing and change nothing.
type Profile struct {
	Name     string `json:"name,omitempty"`
	Username string `json:"username,omitempty"`
	Number   string `json:"number,omitempty"`
}

// Learn takes what a profile tells, cleaned and cut to [MaxName]; changed
// says whether it was new.
func (c Contact) Learn(p Profile) (_ Contact, changed bool) {
	for _, f := range []struct {
		to   *string
		from string
	}{{&c.Name, p.Name}, {&c.Username, p.Username}, {&c.Number, p.Number}} {
		if v := cleanWord(f.from); v != "" && v != *f.to {
			*f.to, changed = v, true
		}
	}
	return c, changed
}

// Merge joins other into c: addresses and merged ids, and what c does not
// know of the profile and the fields. The second result is other as it is kept, pointing
// at c. Both must be of one bot, and neither merged into another already.
// Merging again adds nothing, and a contact with itself is left as it is.
func (c Contact) Merge(other Contact) (into, from Contact) {
	if c.ID == other.ID {
		return c, other
	}
	c = c.Link(other.Addresses...)
	c.Merged = slices.Clone(c.Merged)
	for _, id := range other.IDs() {
		if !slices.Contains(c.IDs(), id) {
			c.Merged = append(c.Merged, id)
		}
	}
	if c.Name == "" {
		c.Name = other.Name
	}
	if c.Username == "" {
		c.Username = other.Username
	}
	if c.Number == "" {
		c.Number = other.Number
	}
	if len(other.Fields) > 0 {
		fields := maps.Clone(other.Fields)
		maps.Copy(fields, c.Fields)
		c.Fields = fields
	}
	if c.Since.IsZero() || !other.Since.IsZero() && other.Since.Before(c.Since) {
		c.Since = other.Since
	}
	return c, Contact{Bot: other.Bot, ID: other.ID, Since: other.Since, MergedInto: c.ID}
}

// Label is what to call the contact: the name, or else the username, the
// number or the first address.
func (c Contact) Label() string {
	for _, s := range []string{c.Name, c.Username, c.Number} {
		if s != "" {
			return s
		}
	}
	if len(c.Addresses) > 0 {
		return c.Addresses[0].ID
	}
	return ""
}
