package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
)

// Colleagues lists the bot's other agents who are not disabled, as targets of
// a transfer, by name; HeldHere is 0. It takes handoff.PermTransfer or
// handoff.PermReports.
//
// Errors: ErrForbidden.
func (s *Seat) Colleagues(ctx context.Context) ([]AgentStatus, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	if !a.may(handoff.PermTransfer) && !a.may(handoff.PermReports) {
		return nil, fmt.Errorf("%w: listing agents", ErrForbidden)
	}
	now, err := s.d.Now(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.d.rosterFor(ctx, s.bot, now)
	if err != nil {
		return nil, err
	}
	loads, err := s.d.loads(ctx, s.bot)
	if err != nil {
		return nil, err
	}
	out := []AgentStatus{}
	for _, v := range r.agents {
		if v.value.ID != s.agent && !v.value.Disabled {
			out = append(out, r.status(v.value, loads))
		}
	}
	slices.SortFunc(out, func(a, b AgentStatus) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}
