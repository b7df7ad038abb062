package handoff

import "encoding/json"

// Permissions is the set of what an agent may do beyond answering the
// conversations they hold. The zero value is none of it. As JSON it is a
// list of names.
type Permissions uint32

// The permissions. Holding and answering an assigned conversation, and
// taking a waiting one of one's own queues, need none.
const (
	// PermViewAll lets an agent see every conversation of the bot.
	PermViewAll Permissions = 1 << iota
	// PermTakeFromBot lets an agent take over a conversation that the bot
	// controls and the agent can see.
	PermTakeFromBot
	// PermTransfer lets an agent give a conversation to another agent or
	// queue.
	PermTransfer
	// PermSendTemplates lets an agent send templates, also to a number that
	// never wrote.
	PermSendTemplates
	// PermManageQueues lets an agent change queues and their members.
	PermManageQueues
	// PermManageAgents lets an agent create, change and disable agents.
	PermManageAgents
	// PermManageSettings lets an agent change the bot's settings.
	PermManageSettings
	// PermExport lets an agent download transcripts of what they can see.
	PermExport
	// PermReports lets an agent read reports and the queue panel.
	PermReports
	// PermOverride lets an agent assign beyond capacity, or to an agent who
	// is not available, by saying so in the call.
	PermOverride
	// PermIntervene lets an agent act in a conversation that another agent
	// holds and they can see: answer it, end it, transfer it.
	PermIntervene
	// PermBroadcast lets an agent send a template to many, and say who wants
	// none.
	PermBroadcast
	// PermEditContacts lets an agent change the fields of contacts whose
	// conversations they see.
	PermEditContacts

	permEnd
)

// The preset roles.
const (
	// RoleAgent answers, transfers, sends templates, downloads transcripts and
	// edits contacts.
	RoleAgent = PermTransfer | PermSendTemplates | PermExport | PermEditContacts
	// RoleAdmin may do everything.
	RoleAdmin = permEnd - 1
)

var permissionNames = [...]string{
	"view_all", "take_from_bot", "transfer", "send_templates", "manage_queues",
	"manage_agents", "manage_settings", "export", "reports", "override", "intervene", "broadcast",
	"edit_contacts",
}

// Has reports whether every permission of want is in p.
func (p Permissions) Has(want Permissions) bool { return p&want == want }

// Valid reports whether p holds known permissions only.
func (p Permissions) Valid() bool { return p&^RoleAdmin == 0 }

// Names lists the permissions in p, in the order they are declared.
func (p Permissions) Names() []string {
	names := []string{}
	for i, name := range permissionNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// ParsePermissions is the inverse of [Permissions.Names].
func ParsePermissions(names []string) (Permissions, error) {
	var p Permissions
next:
	for _, n := range names {
		for i, name := range permissionNames {
			if n == name {
				p |= 1 << i
				continue next
			}
		}
		return 0, invalid("permissions", "hold an unknown name")
	}
	return p, nil
}

// MarshalJSON writes the list of names.
func (p Permissions) MarshalJSON() ([]byte, error) { return json.Marshal(p.Names()) }

// UnmarshalJSON reads the list of names. One it does not know, as a newer
// version may have written, it leaves out: that gives less, never more. For
// what people write use [ParsePermissions], which refuses it.
func (p *Permissions) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return err
	}
	*p = 0
	for _, n := range names {
		if v, err := ParsePermissions([]string{n}); err == nil {
			*p |= v
		}
	}
	return nil
}
