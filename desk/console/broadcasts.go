package console

import (
	"context"
	"errors"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

const (
	// maxBroadcast is the largest body of one, in bytes.
	maxBroadcast = 4 << 20
	// broadcastTries is how often one recipient is tried while it is not
	// known whether the message was stored, or others are in the way.
	broadcastTries = 3
)

type recipient struct {
	Channel handoff.Channel   `json:"channel" maxLength:"64"`
	Account handoff.AccountID `json:"account" maxLength:"256"`
	ID      string            `json:"id" maxLength:"256" doc:"As the channel calls the contact."`
	Params  []string          `json:"params,omitempty" maxItems:"32"`
}

func (r recipient) address() handoff.Address {
	return handoff.Address{Channel: r.Channel, Account: r.Account, ID: r.ID}
}

type broadcastInput struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"256" doc:"Calling again with it within 24 hours sends only what was not sent."`
	Body struct {
		Template handoff.TemplateID `json:"template" maxLength:"64"`
		To       []recipient        `json:"to" minItems:"1" maxItems:"100" doc:"Each address once."`
	}
}

type broadcastResults struct {
	Results []broadcastResult `json:"results" doc:"In the order of the recipients."`
}

// broadcastResult is either a message or an error.
type broadcastResult struct {
	To      handoff.Address  `json:"to"`
	Message *handoff.Message `json:"message,omitempty"`
	Error   *broadcastError  `json:"error,omitempty"`
}

type broadcastError struct {
	Code   string `json:"code" doc:"As of a problem. After busy, outcome_unknown and internal call again with the same key."`
	Detail string `json:"detail,omitempty"`
	Field  string `json:"field,omitempty"`
}

// broadcast sends to one recipient after the other, each under a key that
// holds for their address alone: whatever happens on the way,
// the same call again gives those who have the message their first result and
// goes on with the others. What is wrong with one stops none.
func (c *Console) broadcast(ctx context.Context, by *caller, in *broadcastInput) (broadcastResults, error) {
	seen := map[handoff.Address]bool{}
	for _, r := range in.Body.To {
		if seen[r.address()] {
			return broadcastResults{}, &handoff.FieldError{Field: "to", Reason: "names an address twice"}
		}
		seen[r.address()] = true
	}
	key := desk.Key("broadcast", in.Key) // which the desk keeps for each address
	out := broadcastResults{}
	for _, r := range in.Body.To {
		to := r.address()
		m, err := by.bot.Start(ctx, to, in.Body.Template, r.Params, key)
		for try := 1; try < broadcastTries && (errors.Is(err, desk.ErrOutcomeUnknown) || errors.Is(err, desk.ErrBusy)); try++ {
			m, err = by.bot.Start(ctx, to, in.Body.Template, r.Params, key)
		}
		result := broadcastResult{To: to}
		if err == nil {
			result.Message = &m
		} else {
			p := c.problem(ctx, err)
			result.Error = &broadcastError{p.Code, p.Detail, p.Field}
		}
		out.Results = append(out.Results, result)
	}
	return out, nil
}
