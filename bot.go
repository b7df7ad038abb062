package handoff

// Bot is a tenant: it has its own contacts, conversations, agents, queues,
// templates and settings, and sees no other bot's.
type Bot struct {
	ID       BotID  `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language,omitempty"` // BCP 47, such as pt-BR
	TimeZone string `json:"timeZone,omitempty"` // IANA name; "" is UTC
	// TicketTypes are the types a ticket may have; empty means the
	// defaults of package ticket.
	TicketTypes []string `json:"ticketTypes,omitempty"`
	// Survey is what contacts are asked when an agent ends the conversation.
	Survey Survey `json:"survey,omitzero"`
	// ClosedTags lets agents put on conversations only tags of the bot's
	// catalogue; otherwise any word will do.
	ClosedTags bool `json:"closedTags,omitempty"`
	// SLA and Silence are those of queues that have none of their own, and of
	// conversations that are in no queue.
	SLA     SLAID   `json:"sla,omitempty"`
	Silence Silence `json:"silence,omitzero"`
	// Queue is where a conversation goes that is handed off without saying
	// where, if no routing rule does either; "" is nowhere.
	Queue QueueID `json:"queue,omitempty"`
	// RetainDays is for how many days after its end a conversation is kept,
	// until what was written in it is erased and who it was with is forgotten.
	// 0 is for good.
	RetainDays int `json:"retainDays,omitempty"`
}

// MaxTicketTypes is the number of ticket types a bot may have.
const MaxTicketTypes = 100

// Check reports what is wrong with b, as an [ErrInvalid]; nil if nothing.
func (b Bot) Check() error {
	if err := CheckID("bot", b.ID); err != nil {
		return err
	}
	if err := CheckName("bot name", b.Name); err != nil {
		return err
	}
	if err := checkWords("bot ticket types", b.TicketTypes, MaxTicketTypes); err != nil {
		return err
	}
	if b.Queue != "" {
		if err := CheckID("bot queue", b.Queue); err != nil {
			return err
		}
	}
	if b.SLA != "" {
		if err := CheckID("bot sla", b.SLA); err != nil {
			return err
		}
	}
	if err := b.Silence.Check(); err != nil {
		return err
	}
	if err := b.Survey.Check(); err != nil {
		return err
	}
	if b.RetainDays < 0 || b.RetainDays > MaxRetainDays {
		return invalid("bot retention", "is not between 0 and %d days", MaxRetainDays)
	}
	return checkLocale("bot", b.Language, b.TimeZone)
}
