package memory

import (
	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// ByEveryPlan answers a query in every way there is, the cheapest or not.
func (s *Store) ByEveryPlan(ask storage.Query) (answers [][]handoff.Conversation) {
	t := s.bot(ask.Bot).conversations
	for i := range t.compile(ask).plans() {
		slots := t.compile(ask).plans()[i].run()
		answers = append(answers, t.copyOut(slots[:min(ask.Limit, len(slots))]))
	}
	return answers
}
