package browser_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/ticket"
)

// What is chosen in the dialog is what is saved: the format, one attendance or
// all, with or without notes, events and personal data, and the language.
func TestTheDialogSavesTheTranscriptThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	earlier := w.writes("5511987650010", "Elis Regina", handoff.Text("The first lamp"))
	_, err := w.bot.End(ctx, earlier.ID)
	require.NoError(t, err)
	c := w.asks("5511987650010", "Elis Regina", "Call me at +55 11 98765-0010", desk.HandOff{Queue: support})
	ana := w.seat("ana")
	_, err = ana.Take(ctx, c.ID, desk.TakeOptions{Override: true})
	require.NoError(t, err)
	_, err = ana.Note(ctx, c.ID, "A regular", "")
	require.NoError(t, err)
	_, err = ana.AddTicket(ctx, c.ID, ticket.Draft{Type: "problem", Description: "A lamp"}, "")
	require.NoError(t, err)

	tab := w.as("ana", "#/c/"+string(c.ID))
	tab.Sees(".message", "Call me")
	saved := tab.Downloads()
	download := func(format string, choices ...string) string {
		tab.Click(".head .icon-button", "More")
		tab.Click("[role^=menuitem]", "Download")
		tab.Click("dialog .check:has([name=format][value="+format+"])", "")
		for _, name := range choices {
			tab.Click("dialog .check:has("+name+")", "")
		}
		tab.Click("dialog .button--primary", "")
		name, data := saved()
		require.Equal(t, "transcript-"+string(c.ID)+"."+format, name)
		return string(data)
	}
	const all, notes, events, redact = "[name=scope][value=all]", "[name=notes]", "[name=events]", "[name=redact]"
	has := func(text string, all ...string) {
		t.Helper()
		for _, s := range all {
			require.Contains(t, text, s)
		}
	}
	hasNot := func(text string, all ...string) {
		t.Helper()
		for _, s := range all {
			require.NotContains(t, text, s)
		}
	}

	pdf := download("pdf")
	require.True(t, strings.HasPrefix(pdf, "%PDF-") && strings.HasSuffix(strings.TrimSpace(pdf), "%%EOF"))

	plain := download("txt")
	has(plain, "Elis Regina", "+55 11 98765-0010")
	hasNot(plain, "A regular", "The first lamp", "<html")

	whole := download("html", all, notes, events)
	has(whole, "<!doctype html>", "The first lamp", "98765-0010", "A regular", "A lamp")
	masked := download("html", redact)
	has(masked, "<!doctype html>", "Call me at")
	hasNot(masked, "98765", "A regular")
	require.Greater(t, len(whole), len(masked))

	var without, with struct {
		Attendances []struct {
			Messages, Events []json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal([]byte(download("json")), &without))
	require.NoError(t, json.Unmarshal([]byte(download("json", all, events)), &with))
	require.Len(t, without.Attendances, 1)
	require.Empty(t, without.Attendances[0].Events)
	require.Len(t, with.Attendances, 2)
	require.NotEmpty(t, with.Attendances[0].Events)
}
