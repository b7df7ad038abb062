package console

import (
	"context"
	"net/http"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// Offered is a conversation that rings at the agent.
type Offered struct {
	Row   desk.Row  `json:"row"`
	Until time.Time `json:"until"`
}

type offerList struct {
	Offers []Offered `json:"offers"`
}

type declineInput struct {
	ID   handoff.ConversationID `path:"id" maxLength:"64"`
	Body *struct {
		Reason handoff.Reason `json:"reason,omitempty" maxLength:"64" doc:"A word of the platform's, of the form of an id."`
	}
}

// Offering is handoff.Offering with its times in seconds; 0 is the default.
type Offering struct {
	RingSeconds  int64 `json:"ringSeconds,omitempty" minimum:"0" maximum:"3600" doc:"For how long an offer stands; 0 is 30."`
	AtOnce       int   `json:"atOnce,omitempty" minimum:"0" maximum:"50" doc:"At how many agents it rings at the same time; 0 is 1."`
	PauseSeconds int64 `json:"pauseSeconds,omitempty" minimum:"0" maximum:"86400" doc:"For how long who declined is not asked again; 0 is 120."`
	Attempts     int   `json:"attempts,omitempty" minimum:"0" maximum:"1000" doc:"How many offers may come to nothing; 0 is 10."`
}

func apiOffering(o handoff.Offering) Offering {
	return Offering{int64(o.Ring / time.Second), o.AtOnce, int64(o.Pause / time.Second), o.Attempts}
}

func (o Offering) handoff() handoff.Offering {
	return handoff.Offering{Ring: time.Duration(o.RingSeconds) * time.Second, AtOnce: o.AtOnce,
		Pause: time.Duration(o.PauseSeconds) * time.Second, Attempts: o.Attempts}
}

func (c *Console) handleOffers() {
	handle(c, route{method: http.MethodGet, path: "/me/offers", name: "listMyOffers", tag: "me", audience: agent,
		summary: "What rings at one now, what ends first first"},
		func(ctx context.Context, by *caller, _ *none) (offerList, error) {
			offers, err := by.seat.Offers(ctx)
			out := offerList{Offers: make([]Offered, len(offers))}
			for i, o := range offers {
				out.Offers[i] = Offered{Row: shownRows([]desk.Row{o.Row})[0], Until: o.Until}
			}
			return out, err
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/accept", name: "acceptOffer", tag: "conversations", audience: agent,
		summary: "Take a conversation that rings at one"},
		func(ctx context.Context, by *caller, in *struct {
			ID handoff.ConversationID `path:"id" maxLength:"64"`
		}) (handoff.Conversation, error) {
			return shown(by.seat.Accept(ctx, in.ID))
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/decline", name: "declineOffer", tag: "conversations", audience: agent,
		summary: "Have others asked for a conversation that rings at one"},
		func(ctx context.Context, by *caller, in *declineInput) (none, error) {
			reason := handoff.Reason("")
			if in.Body != nil {
				reason = in.Body.Reason
			}
			return none{}, by.seat.Decline(ctx, in.ID, reason)
		})
}
