package rules_test

import (
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing/rules"
)

func Example() {
	all, err := rules.Parse([]byte(`[
	  {"id": "vip", "name": "Gold customers first", "continue": true,
	   "when": [{"on": "field", "field": "plan", "is": ["gold"]}],
	   "then": {"priority": "high", "tags": ["vip"]}},
	  {"id": "invoice", "name": "Invoices",
	   "when": [{"on": "text", "is": ["segunda via", "boleto"], "last": 3}],
	   "then": {"queue": "billing"}}
	]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	decision, trace := rules.Decide(all, rules.Facts{
		Fields: map[handoff.FieldID]string{"plan": "Gold"},
		Texts:  []string{"por favor!", "Preciso da 2ª via do BOLETO"},
	})
	fmt.Println(decision.Rule, decision.Queue, decision.Priority, decision.Tags)
	for _, step := range trace {
		fmt.Println(step.Rule, step.Result, step.Held)
	}
	// Output:
	// invoice billing high [vip]
	// vip fired [true]
	// invoice fired [true]
}
