package browser_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/browser"
)

// Times that a program set are shown in whole minutes or hours, and stay to
// the second until somebody changes them.
func TestTimesThatNobodyTouchedStayToTheSecond(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	set := handoff.Queue{
		ID: support, Name: "Support", Sticky: 95 * time.Minute, Overflow: sales, OverflowAfter: 100 * time.Second,
		Survey: handoff.Survey{Kind: handoff.CSAT, Question: "1 to 5?", Keep: 95 * time.Minute},
	}
	require.NoError(t, w.bot.PutQueue(ctx, set))
	stored := func() handoff.Queue {
		queues, err := w.bot.Queues(ctx)
		require.NoError(t, err)
		for _, q := range queues {
			if q.ID == support {
				return q
			}
		}
		return handoff.Queue{}
	}
	ana := w.as("ana", "#/admin/queues/support")
	ana.Until(`document.querySelector("[name=sticky]").value === "2" && document.querySelector("[name=overflowAfter]").value === "2"`)
	ana.Fill("input[name=name]", "Help")
	ana.Click("button[type=submit]", "Save")
	w.eventually(func() bool { return stored().Name == "Help" })
	require.Equal(t, set.Sticky, stored().Sticky)
	require.Equal(t, set.OverflowAfter, stored().OverflowAfter)
	ana.Until(`document.querySelector(".form__fields:not(:disabled)")`)
	ana.Fill("input[name=sticky]", "3")
	ana.Fill("input[name=overflowAfter]", "")
	ana.Click("button[type=submit]", "Save")
	w.eventually(func() bool { return stored().Sticky == 3*time.Hour })
	require.Zero(t, stored().OverflowAfter)
	ana.SeesNo(".form__state", "Not saved")
	ana.Until(`document.querySelector(".form__fields:not(:disabled)")`)

	ana.Go(w.url + "#/admin/surveys/support")
	ana.Until(`document.querySelector("[name=keep]").value === "2"`)
	ana.Fill("textarea[name=question]", "1 or 5?")
	ana.Click("button[type=submit]", "Save")
	w.eventually(func() bool { return stored().Survey.Question == "1 or 5?" })
	require.Equal(t, set.Survey.Keep, stored().Survey.Keep)
}

// Of two who have the same form open each saves what they changed themselves.
func TestTwoFormsOfOneQueueUndoNothingOfOneAnother(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	one := w.as("ana", "#/admin/queues/support")
	two := one.Another()
	two.Go(w.url + "#/admin/queues/support")
	for _, tab := range []*browser.Tab{one, two} {
		tab.Sees("admin-members", "Caio Costa")
	}
	one.Fill("input[name=name]", "Help")
	two.Fill("input[name=sticky]", "3")
	one.Click("button[type=submit]", "Save")
	one.SeesNo(".form__state", "Not saved")
	two.Click("button[type=submit]", "Save")
	two.SeesNo(".form__state", "Not saved")
	queues, err := w.bot.Queues(ctx)
	require.NoError(t, err)
	i := slices.IndexFunc(queues, func(q handoff.Queue) bool { return q.ID == support })
	require.Equal(t, "Help", queues[i].Name)
	require.Equal(t, 3*time.Hour, queues[i].Sticky)
}

// The members are there when the form is, so that nothing moves under one's
// hand.
func TestTheFormOfAQueueComesWithItsMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.as("ana", "#/admin/agents")
	ana.Sees("main", "Caio Costa")
	ana.Until(`(globalThis.seen = [], new MutationObserver(() => {
		if (document.querySelector("admin-queues .form")) seen.push(document.querySelectorAll("admin-members li").length);
	}).observe(document.body, { childList: true, subtree: true }), true)`)
	ana.Until(`(location.hash = "#/admin/queues/support", true)`)
	ana.Sees("admin-members", "Caio Costa")
	require.Equal(t, 2, browser.Read[int](ana, "seen[0]"))
}
