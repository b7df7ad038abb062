package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// Who manages them sets a service level and gives it to a queue; who answers
// sees what is left, in the list and above the conversation.
func TestAnAgentSeesHowMuchTimeIsLeftToAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	silence := handoff.Silence{Warn: 90 * time.Second, Text: "Still there?"}
	require.NoError(t, w.bot.PutQueue(t.Context(), handoff.Queue{ID: support, Name: "Support", Silence: silence}))
	ana := w.as("ana", "#/admin/slas?new=1")
	ana.Fill("input[name=name]", "Gold")
	ana.Click("button[type=submit]", "Create service level")
	ana.Sees(".field__error", "at least one")
	ana.Fill("input[name=first]", "10")
	ana.Fill("input[name=firstWarn]", "2")
	ana.Click(".option", "Pause")
	ana.Accessible("sla")
	ana.Shot("sla")
	ana.Click("button[type=submit]", "Create service level")
	ana.Sees("a.entry", "Gold")
	ana.Sees("tr", "10 min")
	all, err := w.bot.SLAs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []handoff.SLA{{Bot: acme, ID: "gold", Name: "Gold", Pause: true,
		First: handoff.Target{Within: 10 * time.Minute, Warn: 2 * time.Minute}}}, all)

	ana.Go(w.url + "#/admin/queues/" + string(support))
	ana.Choose("select[name=sla]", "gold")
	ana.Fill("input[name=requeue]", "3")
	ana.Choose("select[name=unanswered]", string(sales))
	ana.Accessible("queue-sla")
	ana.Shot("queue-sla")
	ana.Click("button[type=submit]", "Save")
	w.eventually(func() bool {
		queues, err := w.bot.Queues(t.Context())
		require.NoError(t, err)
		for _, q := range queues {
			if q.ID == support && q.SLA == "gold" {
				require.Equal(t, handoff.NoAnswer{Requeue: 3 * time.Minute, Overflow: sales}.WithDefaults(), q.NoAnswer.WithDefaults())
				require.Equal(t, silence, q.Silence, "what nobody changed stays as it was, to the second")
				return true
			}
		}
		return false
	})

	bia := w.available("bia")
	w.asks("5511987650001", "Zeca Pagodinho", "My lamp?", desk.HandOff{Queue: support})
	bia.Sees(".row .due[data-state=running]", "10 min")
	bia.Click(".row", "Zeca")
	bia.Sees(".head .due[data-state=running]", "First answer: 10 min left")
	// Less time is given, and that counts from the beginning.
	for _, to := range []struct {
		first        handoff.Target
		state, words string
	}{
		{handoff.Target{Within: 10 * time.Minute, Warn: 10*time.Minute - time.Second}, "soon", "due soon"},
		{handoff.Target{Within: time.Second}, "missed", "late"},
	} {
		require.NoError(t, w.bot.PutSLA(t.Context(), handoff.SLA{ID: "gold", Name: "Gold", First: to.first}))
		bia.Sees(".row .due[data-state="+to.state+"]", to.words)
		bia.Sees(".head .due[data-state="+to.state+"]", to.words)
		bia.AccessibleInBoth("due-" + to.state)
	}
}

// What becomes of customers who do not answer is set for the bot too; the part
// of it that nobody changes stays to the second.
func TestTheBotsPatienceWithSilentCustomersIsSet(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	bot, err := w.bot.Get(ctx)
	require.NoError(t, err)
	bot.Silence = handoff.Silence{End: 100 * time.Second}
	require.NoError(t, w.bot.Put(ctx, bot))
	ana := w.as("ana", "#/admin/bot")
	ana.Until(`document.querySelector("[name=end]").value === "2"`)
	ana.SeesNo("textarea[name=question]", "")
	ana.Fill("input[name=ask]", "10")
	ana.Click("button[type=submit]", "Save")
	ana.Sees(".field__error", "needed")
	ana.Fill("textarea[name=question]", "Still there?")
	ana.SeesNo(".field__error", "needed")
	ana.Accessible("bot-silence")
	ana.Shot("bot-silence")
	ana.Click("button[type=submit]", "Save")
	want := handoff.Silence{Warn: 10 * time.Minute, Text: "Still there?", End: 100 * time.Second}
	w.eventually(func() bool {
		bot, err = w.bot.Get(ctx)
		return err == nil && bot.Silence == want
	})
	ana.SeesNo(".form__state", "Not saved")
	ana.Until(`document.querySelector(".form__fields:not(:disabled)")`)
	ana.Fill("input[name=ask]", "")
	ana.Fill("input[name=end]", "")
	ana.Click("button[type=submit]", "Save")
	w.eventually(func() bool {
		bot, err = w.bot.Get(ctx)
		return err == nil && bot.Silence == handoff.Silence{}
	})
	require.Equal(t, "Acme", bot.Name)
}
