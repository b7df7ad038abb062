package console

import (
	"context"
	"iter"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/desk/report"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/routing/rules"
)

// side is what an agent's seat and the platform's bot have in common.
type side interface {
	Calendars(ctx context.Context) ([]calendar.Calendar, error)
	PutCalendar(ctx context.Context, c calendar.Calendar) error
	RemoveCalendar(ctx context.Context, id handoff.CalendarID) error
	Bulk(ctx context.Context, id handoff.BulkID) (desk.Bulk, error)
	Bulks(ctx context.Context) ([]desk.Bulk, error)
	CancelBulk(ctx context.Context, id handoff.BulkID) (desk.Bulk, error)
	CountBulk(ctx context.Context, c filter.Criteria) (n int, more bool, err error)
	DeadWebhookEvents(ctx context.Context, id handoff.WebhookID) ([]desk.DeadWebhookEvent, error)
	EraseContact(ctx context.Context, id handoff.ContactID) (desk.Erasure, error)
	Erasure(ctx context.Context, id handoff.ContactID) (desk.Erasure, error)
	ExportContact(ctx context.Context, id handoff.ContactID) iter.Seq2[desk.Exported, error]
	PutWebhook(ctx context.Context, w handoff.Webhook) (secret string, err error)
	RemoveWebhook(ctx context.Context, id handoff.WebhookID) error
	ReplayWebhook(ctx context.Context, id handoff.WebhookID, r desk.WebhookReplay) (int, error)
	RotateWebhook(ctx context.Context, id handoff.WebhookID) (secret string, err error)
	StartBulk(ctx context.Context, c filter.Criteria, a handoff.BulkAction, key string) (desk.Bulk, error)
	TestWebhook(ctx context.Context, id handoff.WebhookID) error
	Webhooks(ctx context.Context) ([]desk.WebhookState, error)
	Adherence(ctx context.Context, from, to time.Time) ([]handoff.Adherence, error)
	Agents(ctx context.Context) ([]handoff.Agent, error)
	Attach(ctx context.Context, data []byte) (handoff.Media, error)
	AwayReasons(ctx context.Context) ([]handoff.AwayReason, error)
	CanReply(ctx context.Context, id handoff.ConversationID) (ok bool, until time.Time, err error)
	Canned(ctx context.Context) ([]handoff.Canned, error)
	ContactFields(ctx context.Context) ([]handoff.ContactField, error)
	Conversations(ctx context.Context, c filter.Criteria, after string) (desk.Page, error)
	DryRun(ctx context.Context, s desk.Sample) (desk.Trial, error)
	Explain(ctx context.Context, id handoff.ConversationID) (routing.Explanation, error)
	ExplainAgent(ctx context.Context, id handoff.AgentID) (routing.AgentExplanation, error)
	Facts(ctx context.Context, q desk.ReportQuery) iter.Seq2[report.Fact, error]
	Members(ctx context.Context, queue handoff.QueueID) ([]handoff.Member, error)
	Messages(ctx context.Context, id handoff.ConversationID, q desk.MessageQuery) ([]handoff.Message, error)
	Position(ctx context.Context, id handoff.ConversationID) (desk.Position, error)
	Profiles(ctx context.Context) ([]handoff.AgentProfile, error)
	PutAgent(ctx context.Context, a handoff.Agent) error
	PutAwayReason(ctx context.Context, r handoff.AwayReason) error
	PutCanned(ctx context.Context, c handoff.Canned) error
	PutContactField(ctx context.Context, f handoff.ContactField) error
	PutMember(ctx context.Context, m handoff.Member) error
	PutProfile(ctx context.Context, p handoff.AgentProfile) error
	ChangeBot(ctx context.Context, change func(*handoff.Bot) error) (handoff.Bot, error)
	ChangeQueue(ctx context.Context, id handoff.QueueID, change func(*handoff.Queue) error) (handoff.Queue, error)
	PutRules(ctx context.Context, all []rules.Rule) error
	PutTag(ctx context.Context, t handoff.Tag) error
	PutTemplate(ctx context.Context, t handoff.Template) error
	Queues(ctx context.Context) ([]handoff.Queue, error)
	RemoveAwayReason(ctx context.Context, id handoff.AwayReasonID) error
	RemoveCanned(ctx context.Context, id handoff.CannedID) error
	RemoveContactField(ctx context.Context, id handoff.FieldID) error
	RemoveMember(ctx context.Context, q handoff.QueueID, a handoff.AgentID) error
	RemoveProfile(ctx context.Context, id handoff.ProfileID) error
	RemoveQueue(ctx context.Context, id handoff.QueueID) error
	RemoveTag(ctx context.Context, id handoff.TagID) error
	PutSLA(ctx context.Context, v handoff.SLA) error
	RemoveSLA(ctx context.Context, id handoff.SLAID) error
	SLAs(ctx context.Context) ([]handoff.SLA, error)
	RemoveTemplate(ctx context.Context, id handoff.TemplateID) error
	Report(ctx context.Context, q desk.ReportQuery) (desk.Report, error)
	Retry(ctx context.Context, id handoff.ConversationID, m handoff.MessageID) (handoff.Message, error)
	Rules(ctx context.Context) ([]rules.Rule, error)
	SendTemplate(ctx context.Context, id handoff.ConversationID, t handoff.TemplateID, params []string, key string) (handoff.Message, error)
	SetPriority(ctx context.Context, id handoff.ConversationID, p handoff.Priority) (handoff.Conversation, error)
	Survey(ctx context.Context, id handoff.ConversationID) (desk.SurveyResult, error)
	Tag(ctx context.Context, id handoff.ConversationID, add, remove []string) (handoff.Conversation, error)
	Tags(ctx context.Context) ([]handoff.Tag, error)
	Templates(ctx context.Context) ([]handoff.Template, error)
	Timeline(ctx context.Context, id handoff.ConversationID, after int64) ([]handoff.Event, error)
	Transcript(ctx context.Context, id handoff.ConversationID) (desk.Transcript, error)
	Transcripts(ctx context.Context, present handoff.ConversationID) ([]desk.Transcript, error)
	Transfer(ctx context.Context, id handoff.ConversationID, to desk.Transfer) (handoff.Conversation, error)
}

// side is the caller's, on a route for both.
func (by *caller) side() side {
	if by.seat != nil {
		return by.seat
	}
	return by.bot
}

// list is s for JSON: never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
