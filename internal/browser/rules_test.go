package browser_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/routing/rules"
)

// An admin makes a field and a rule, puts it first by keyboard, tries it, and
// fills the field in beside a conversation; then the bot's hand-off goes where
// the rule says.
func TestRulesAndContactFieldsAreMadeTriedAndUsedInTheConsole(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	require.NoError(t, w.bot.PutRules(ctx, []rules.Rule{{ID: "rest", Name: "All the rest", Then: rules.Action{Queue: sales}}}))
	c := w.writes("5511987650001", "Elis", handoff.Text("Preciso da SEGUNDA VÍA"))

	tab := w.as("ana", "#/admin/fields?new=1")
	tab.Fill("[name=name]", "Plan")
	tab.Choose("[name=type]", "choice")
	tab.Fill("[name=choices]", "gold")
	tab.Key("\r")
	tab.Click("button[type=submit]", "Create field")
	tab.Sees(".table", "Plan")
	tab.Accessible("fields")

	tab.Go(w.url + "#/c/" + string(c.ID))
	tab.Sees(".details", "Contact fields")
	tab.Click(".details button[aria-label='Edit Plan']", "")
	tab.Choose(".details select", "gold")
	tab.Click(".details form button", "Save")
	tab.Sees(".details .fact:not(:has(form))", "gold") // and not only to be chosen
	tab.Accessible("fields beside a conversation")
	contact, err := w.bot.Contact(ctx, c.Contact)
	require.NoError(t, err)
	require.Equal(t, map[handoff.FieldID]string{"plan": "gold"}, contact.Fields)

	tab.Go(w.url + "#/admin/rules?new=1")
	tab.Fill("[name=name]", "Invoices")
	tab.Click("button", "Add a condition")
	tab.Fill(".condition [name=is]", "segunda via")
	tab.Key("\r")
	tab.Click("button", "Add a condition")
	tab.Choose(".condition:nth-child(2) [name=on]", "field")
	tab.Fill(".condition:nth-child(2) [name=is]", "gold")
	tab.Key("\r")
	tab.Choose("[name=queue]", "support")
	tab.Accessible("a rule")
	tab.Click("button[type=submit]", "Create rule")
	tab.Sees(".rule:nth-child(2)", "Invoices")
	tab.Sees(".rule:nth-child(2)", "the contact wrote “segunda via”")

	// However slowly the new order is saved, it is what is tried next.
	tab.Until(`(() => {
		const ask = fetch;
		const tried = new Promise((next) => addEventListener("submit", () => setTimeout(next, 200)));
		globalThis.fetch = async (url, options) => {
			if (options?.method === "PUT") await tried;
			return ask(url, options);
		};
		return true;
	})()`)
	tab.Until(`document.querySelector(".rule:nth-child(2) .rule__name").focus() ?? true`)
	tab.Until(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", altKey: true, bubbles: true })), true`)
	tab.Sees(".rule:nth-child(1)", "Invoices")
	tab.Until(`document.activeElement.matches(".rule:nth-child(1) a")`) // the focus goes along

	tab.Fill("[name=conversation]", string(c.ID))
	tab.Click("button[type=submit]", "Try")
	tab.Sees(".trial", "“Invoices” decides: to Support")
	tab.Sees(".rule:nth-child(2)", "an earlier one decided")
	tab.Fill("[name=text]", "oi")
	tab.Click("button[type=submit]", "Try")
	tab.Sees(".trial", "“All the rest” decides: to Sales")
	tab.Sees(".rule:nth-child(1) .is-not-met", "segunda via")
	tab.Accessible("a dry run")

	out, err := w.bot.HandOff(ctx, c.ID, desk.HandOff{}, "")
	require.NoError(t, err)
	require.Equal(t, handoff.RuleID("invoices"), out.Rule)
	require.Equal(t, support, out.Queue)
}

// Whoever moves a rule, or changes one, changes nothing else: not what others
// made meanwhile, nor an end at midnight, which no field for a time can show.
func TestMovingARuleKeepsWhatOthersMadeMeanwhile(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	rule := func(id handoff.RuleID) rules.Rule {
		return rules.Rule{ID: id, Name: string(id), Then: rules.Action{Queue: sales}}
	}
	late := rule("late")
	late.When = []rules.Condition{{On: rules.OnTime, From: "00:00", To: "24:00"}}
	require.NoError(t, w.bot.PutRules(ctx, []rules.Rule{late, rule("rest")}))
	ids := func() (all []handoff.RuleID) {
		found, err := w.bot.Rules(ctx)
		require.NoError(t, err)
		for _, r := range found {
			all = append(all, r.ID)
		}
		return all
	}

	tab := w.as("ana", "#/admin/rules")
	tab.Sees(".rule:nth-child(2)", "rest")
	require.NoError(t, w.bot.PutRules(ctx, []rules.Rule{rule("new"), late, rule("rest")}))
	tab.Click(".rule:nth-child(1) [data-move=down]", "")
	w.eventually(func() bool { return slices.Equal(ids(), []handoff.RuleID{"new", "rest", "late"}) })
	tab.Sees(".rule:nth-child(1)", "new")
	tab.Until(`document.activeElement.matches(".rule:nth-child(3) [data-move=down]")`) // the focus stays on what was moved

	tab.Go(w.url + "#/admin/rules/late")
	tab.Fill("[name=name]", "All day")
	tab.Click("button[type=submit]", "Save")
	tab.Sees(".rule:nth-child(3)", "All day")
	found, err := w.bot.Rules(ctx)
	require.NoError(t, err)
	require.Equal(t, rules.Clock("24:00"), found[2].When[0].To)
}
