package console

import (
	"context"
	"net/http"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/routing/rules"
)

// rulesBody is as large as the rules of a bot may be, and what a dry run says
// beside them.
const rulesBody = rules.MaxSize + 128<<10

type ruleList struct {
	Rules []rules.Rule `json:"rules" doc:"In the order in which they are asked."`
}

type rulesInput struct {
	Body ruleList
}

type dryRunInput struct {
	Body desk.Sample
}

type fieldList struct {
	Fields []handoff.ContactField `json:"fields"`
}

type fieldPath struct {
	Field handoff.FieldID `path:"field"`
}

type fieldInput struct {
	Field handoff.FieldID `path:"field"`
	Body  struct {
		Name    string              `json:"name"`
		Type    handoff.FieldType   `json:"type,omitempty" doc:"text is the default"`
		For     handoff.FieldAccess `json:"for,omitempty" doc:"What agents have of it: open is the default"`
		Choices []string            `json:"choices,omitempty"`
		Pattern string              `json:"pattern,omitempty" doc:"A regular expression that the whole of a text has to fit"`
		Min     string              `json:"min,omitempty" doc:"Of a number or a date"`
		Max     string              `json:"max,omitempty"`
	}
}

type fieldValues struct {
	Fields []desk.FieldValue `json:"fields"`
}

type fieldsOfInput struct {
	ID   handoff.ConversationID `path:"id" maxLength:"64"`
	Body fieldChange
}

type contactFieldsInput struct {
	Contact handoff.ContactID `path:"contact"`
	Body    fieldChange
}

type fieldChange struct {
	Values map[handoff.FieldID]string `json:"values" doc:"By field; empty takes the value away. Those that are not named stay."`
}

type contactFields struct {
	Values map[handoff.FieldID]string `json:"values"`
}

// handleRules adds the routes for routing rules and contact fields.
func (c *Console) handleRules() {
	handle(c, route{method: http.MethodGet, path: "/rules", name: "listRules", tag: "admin", audience: both,
		summary: "The routing rules, in their order"},
		func(ctx context.Context, by *caller, _ *none) (ruleList, error) {
			all, err := by.side().Rules(ctx)
			return ruleList{list(all)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/rules", name: "putRules", tag: "admin", audience: both, body: rulesBody,
		summary: "Put all routing rules in place of those before"},
		func(ctx context.Context, by *caller, in *rulesInput) (ruleList, error) {
			return ruleList{list(in.Body.Rules)}, by.side().PutRules(ctx, in.Body.Rules)
		})
	handle(c, route{method: http.MethodPost, path: "/rules/dry-run", name: "dryRunRules", tag: "admin", audience: both, body: rulesBody,
		summary: "What rules would decide, and why; nothing changes"},
		func(ctx context.Context, by *caller, in *dryRunInput) (desk.Trial, error) {
			return by.side().DryRun(ctx, in.Body)
		})
	handle(c, route{method: http.MethodGet, path: "/contact-fields", name: "listContactFields", tag: "desk", audience: both,
		summary: "The fields of contacts"},
		func(ctx context.Context, by *caller, _ *none) (fieldList, error) {
			fields, err := by.side().ContactFields(ctx)
			for i := range fields {
				fields[i] = fields[i].WithDefaults()
			}
			return fieldList{list(fields)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/contact-fields/{field}", name: "putContactField", tag: "admin", audience: both,
		summary: "Define a field of contacts, or change it"},
		func(ctx context.Context, by *caller, in *fieldInput) (handoff.ContactField, error) {
			f := handoff.ContactField{ID: in.Field, Name: in.Body.Name, Type: in.Body.Type, For: in.Body.For, Choices: in.Body.Choices,
				Pattern: in.Body.Pattern, Min: in.Body.Min, Max: in.Body.Max}
			return f.WithDefaults(), by.side().PutContactField(ctx, f)
		})
	handle(c, route{method: http.MethodDelete, path: "/contact-fields/{field}", name: "removeContactField", tag: "admin", audience: both,
		summary: "Remove a field of contacts"},
		func(ctx context.Context, by *caller, in *fieldPath) (none, error) {
			return none{}, by.side().RemoveContactField(ctx, in.Field)
		})
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/fields", name: "fieldsOf", tag: "conversations", audience: agent,
		summary: "The fields of the conversation's contact, with their values"},
		func(ctx context.Context, by *caller, in *inConversation) (fieldValues, error) {
			fields, err := by.seat.FieldsOf(ctx, in.ID)
			return fieldValues{list(fields)}, err
		})
	handle(c, route{method: http.MethodPatch, path: "/conversations/{id}/fields", name: "setFieldsOf", tag: "conversations", audience: agent,
		body: 128 << 10, summary: "Change fields of the conversation's contact"}, setFieldsOf)
	handle(c, route{method: http.MethodPatch, path: "/contacts/{contact}/fields", name: "setContactFields", tag: "platform", audience: platform,
		body: 128 << 10, summary: "Change fields of a contact"},
		func(ctx context.Context, by *caller, in *contactFieldsInput) (contactFields, error) {
			contact, err := by.bot.SetContactFields(ctx, in.Contact, in.Body.Values)
			if contact.Fields == nil {
				contact.Fields = map[handoff.FieldID]string{}
			}
			return contactFields{contact.Fields}, err
		})
}

func setFieldsOf(ctx context.Context, by *caller, in *fieldsOfInput) (fieldValues, error) {
	if err := by.seat.SetContactFields(ctx, in.ID, in.Body.Values); err != nil {
		return fieldValues{}, err
	}
	fields, err := by.seat.FieldsOf(ctx, in.ID)
	return fieldValues{list(fields)}, err
}
