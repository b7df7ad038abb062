package handoff

import (
	"strings"
	"unicode/utf8"
)

// Ids the host chooses: 1 to [MaxID] bytes of UTF-8 without control
// characters, compared byte for byte ("ana", "Ana" and "ana " are three
// agents), unique within their bot.
type (
	// BotID names a bot: the tenant. Nothing is ever visible across bots.
	BotID string
	// AgentID names an agent of a bot.
	AgentID string
	// QueueID names a queue of a bot.
	QueueID string
	// TemplateID names a message template of a bot.
	TemplateID string
	// CalendarID names a calendar of opening hours of a bot.
	CalendarID string
	// CannedID names a canned reply: of a bot, or of an agent's own.
	CannedID string
	// TagID names a tag of a bot's catalogue, and is the word on conversations.
	TagID string
	// AwayReasonID names a reason to be away of a bot's catalogue.
	AwayReasonID string
	// ProfileID names an [AgentProfile] of a bot.
	ProfileID string
	// SLAID names a service level agreement of a bot.
	SLAID string
	// RuleID names a routing rule of a bot.
	RuleID string
	// FieldID names a [ContactField] of a bot.
	FieldID string
)

// Ids the desk makes, time-ordered UUIDs in their usual text form.
type (
	// ContactID names a contact of a bot.
	ContactID string
	// ConversationID names a conversation of a bot.
	ConversationID string
	// MessageID names a message of a conversation.
	MessageID string
	// TicketID names a ticket of a conversation.
	TicketID string
)

// Channel names a kind of network, such as "whatsapp" or "webchat".
type Channel string

// AccountID names the bot's own account on a channel, as the channel gives
// it: on WhatsApp the phone number id. Two accounts of one channel are two
// separate lines: a contact may have an open conversation on each.
type AccountID string

// Limits on what the desk takes, in bytes unless said otherwise.
const (
	// MaxID is the longest id.
	MaxID = 64
	// MaxAddress is the longest address of a contact, channel account or
	// provider's message id.
	MaxAddress = 256
	// MaxName is the longest name of a person, queue, tag or ticket type.
	MaxName = 256
	// MaxText is the longest text of a message that is kept inline. What a
	// contact writes beyond it goes on as an attachment.
	MaxText = 64 << 10
	// MaxTags is the number of tags on one conversation.
	MaxTags = 64
	// MaxSkills is the number of skills of an agent or asked of one.
	MaxSkills = 64
)

// CheckID reports whether id may name something: nil, or an error that is
// [ErrInvalid] and names field.
func CheckID[ID ~string](field string, id ID) error {
	return checkWord(field, string(id), MaxID)
}

// CheckName reports whether s may be the name of a person, queue, tag or
// the like: 1 to [MaxName] bytes of UTF-8 without control characters.
func CheckName(field, s string) error { return checkWord(field, s, MaxName) }

// CheckAddress reports whether s may be an address, a channel account or a
// provider's id: 1 to [MaxAddress] bytes of UTF-8 without control characters.
func CheckAddress[S ~string](field string, s S) error {
	return checkWord(field, string(s), MaxAddress)
}

func checkWord(field, s string, most int) error {
	switch {
	case s == "":
		return invalid(field, "is empty")
	case len(s) > most:
		return invalid(field, "is longer than %d bytes", most)
	case !utf8.ValidString(s):
		return invalid(field, "is not valid UTF-8")
	case strings.ContainsFunc(s, isControl):
		return invalid(field, "holds a control character")
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// CleanText makes any text storable without losing a character that could be
// shown: each run of invalid UTF-8 and each NUL become U+FFFD, everything
// else stays.
func CleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// cleanWord makes any text fit to be a name: clean, without control
// characters, and no longer than MaxName bytes.
func cleanWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, CleanText(s))
	return strings.TrimSpace(cut(strings.TrimSpace(s), MaxName))
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
