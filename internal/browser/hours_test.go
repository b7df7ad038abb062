package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
)

// An administrator writes a week with a break and a night, closes a date and
// sees the next holidays; a queue goes by it, and the panel shows that it is
// closed.
func TestOpeningHoursAreWrittenAndAQueueGoesByThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.as("ana", "#/admin/hours?new=1")
	ana.Fill("input[name=name]", "Office")
	for range 2 {
		ana.Click("[data-day=monday] button[aria-label^=Add]", "")
	}
	ana.Until("document.querySelectorAll('[data-day=monday] input').length === 4")
	ana.Until("[...document.querySelectorAll('[data-day=monday] input')].map((i) => i.value).join() === '09:00,18:00,19:00,23:00'")
	// What one types into a field for a time depends on the machine's language.
	ana.Until(`(() => {
		const to = document.querySelector('[data-day=monday] .hours__interval:nth-child(2) input:last-of-type');
		to.value = '02:00';
		return to.dispatchEvent(new Event('input', { bubbles: true }));
	})()`)
	ana.Sees("[data-day=monday] small", "next day")
	ana.Click("button", "Copy to Friday")
	ana.Until("document.querySelectorAll('[data-day=friday] input').length === 4")
	ana.Until("document.querySelectorAll('select[name=holidays] option').length > 1")
	ana.Choose("select[name=holidays]", "BR")
	ana.Sees(".hours__next li", "Christmas")
	ana.Click(".option", "Corpus Christi")
	ana.Sees(".hours__next li", "Corpus Christi")
	ana.Accessible("hours")
	ana.Shot("hours")
	ana.Click("button[type=submit]", "Create calendar")
	ana.Sees("a.entry", "Office")
	all, err := w.bot.Calendars(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	late := []calendar.Interval{{From: calendar.At(9, 0), To: calendar.At(18, 0)}, {From: calendar.At(19, 0), To: calendar.At(2, 0)}}
	require.Equal(t, calendar.Week{Monday: late, Tuesday: late, Wednesday: late, Thursday: late, Friday: late}, all[0].Week)
	require.Equal(t, "BR", all[0].Holidays)
	require.Equal(t, []string{"corpus_christi"}, all[0].Optional)

	never := calendar.Calendar{ID: all[0].ID, Name: "Office"}
	require.NoError(t, w.bot.PutCalendar(t.Context(), never))
	ana.Go(w.url + "#/admin/queues/" + string(support))
	ana.Choose("select[name=calendar]", string(never.ID))
	ana.Click(".choice", "Refuse")
	ana.Fill("input[name=wrapUp]", "30")
	ana.Accessible("queue-hours")
	ana.Click("button[type=submit]", "Save")
	w.eventually(func() bool {
		queues, err := w.bot.Queues(t.Context())
		require.NoError(t, err)
		for _, q := range queues {
			if q.ID == support {
				return q.Calendar == never.ID && q.WhenClosed == handoff.WhenClosedRefuse && q.WrapUp.Seconds() == 30
			}
		}
		return false
	})
	w.as("ana", "#/panel").Sees(".card__closed", "Closed")
}
