package report

import (
	"strconv"
	"time"

	"github.com/handoffdesk/handoff"
)

// Kind says what a fact is about.
type Kind string

// The kinds of fact.
const (
	Started   Kind = "started"    // a conversation began
	HandedOff Kind = "handed_off" // a person was asked for
	Wait      Kind = "wait"       // a wait is over
	Stint     Kind = "stint"      // an agent's stint is over
	Ended     Kind = "ended"      // a conversation is over
	Promise   Kind = "promise"    // a service level was met or missed
	Survey    Kind = "survey"     // a survey was asked, skipped or answered
)

// How says how something came out.
type How string

// The ways in which a wait, a stint, a promise or a survey comes out.
const (
	Assigned    How = "assigned"    // wait: an agent has it
	Moved       How = "moved"       // wait, stint: it waits in another queue now
	Withdrawn   How = "withdrawn"   // wait: no person was wanted any more
	Transferred How = "transferred" // stint: another agent has it
	Requeued    How = "requeued"    // stint: it waits again in its queue
	Closed      How = "closed"      // wait, stint: the conversation ended
	Merged      How = "merged"      // wait, stint: it goes on as another conversation
	Met         How = "met"         // promise
	Missed      How = "missed"      // promise
	Asked       How = "asked"       // survey
	Skipped     How = "skipped"     // survey
	Answered    How = "answered"    // survey
)

// Fact is one thing that happened or is finished. Which fields it has depends
// on its Kind.
type Fact struct {
	Kind         Kind                   `json:"kind"`
	Conversation handoff.ConversationID `json:"conversation"`
	Seq          int64                  `json:"seq"` // of the event that finished it
	At           time.Time              `json:"at"`  // of that event
	Channel      handoff.Channel        `json:"channel,omitempty"`
	// Queue is where it waited, or was handed to last.
	Queue handoff.QueueID `json:"queue,omitempty"`
	// Agent had the stint, ended the wait, gave the promise, or held the
	// conversation that the survey is about.
	Agent handoff.AgentID `json:"agent,omitempty"`

	// From is when the wait, the stint or the conversation began.
	From time.Time `json:"from,omitzero"`
	How  How       `json:"how,omitempty"`
	// Reason of the event that finished the wait, stint or conversation.
	Reason handoff.Reason `json:"reason,omitempty"`

	// Since is when the contact began to wait, maybe in another queue: of a
	// wait.
	Since time.Time `json:"since,omitzero"`

	// ReplyAt is when the agent first wrote to the contact in the stint, or
	// when any agent first did in the conversation since a person was asked
	// for; zero if never.
	ReplyAt time.Time `json:"replyAt,omitzero"`
	// Outbound: the agent wrote first, so nobody waited for a reply.
	Outbound bool `json:"outbound,omitempty"`
	// Received are the contact's messages, Replies the agent's (of a
	// conversation: all agents'), Automatic the bot's and the desk's.
	Received  int64 `json:"received,omitempty"`
	Replies   int64 `json:"replies,omitempty"`
	Automatic int64 `json:"automatic,omitempty"`

	// AskedAt is when a person first was asked for or had the conversation:
	// of a conversation, zero if never.
	AskedAt time.Time `json:"askedAt,omitzero"`

	// Clock is what the promise is about, as the event names it.
	Clock handoff.SLAClock `json:"clock,omitempty"`

	// Score is the contact's answer to a survey of the kind Asks.
	Asks  handoff.SurveyKind `json:"asks,omitempty"`
	Score int                `json:"score,omitempty"`
}

// ID names the fact within its bot, the same each time it is found: the
// conversation, the event and what it finished.
func (f Fact) ID() string {
	return string(f.Conversation) + "/" + strconv.FormatInt(f.Seq, 10) + "/" + string(f.Kind)
}

// Hour names the hour of UTC in which t is. The names sort as the hours do,
// for the years 0 to 9999.
func Hour(t time.Time) string { return t.UTC().Format("2006-01-02T15") }
