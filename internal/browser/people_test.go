package browser_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/browser"
)

// signs lets somebody in with a temporary password, and chooses their own.
func signs(tab *browser.Tab, email, temporary string) {
	tab.Fill("input[name=email]", email)
	tab.Fill("input[name=password]", temporary)
	tab.Click("button", "Sign in")
	tab.Fill("input[name=old]", temporary)
	tab.Fill("input[name=new]", "a long way to tipperary")
	tab.Click("button", "Save and go on")
	tab.Sees(".bar", "Acme")
}

// An administrator makes an agent, and hands them a password that serves only
// to choose another.
func TestAnAdministratorHiresSomebodyWhoSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	w.start(nil) // with passwords
	email, temporary := w.person("ana")
	ana := browser.Open(t)
	ana.Go(w.url)
	signs(ana, email, temporary)
	ana.Go(w.url + "#/admin/agents?new=1")
	ana.Fill("input[name=name]", "Dora Dias")
	ana.Fill("input[name=email]", "dora@acme.example")
	ana.Click("button[type=submit]", "Create agent")
	ana.Sees("dialog", "dora@acme.example")
	temporary = browser.Read[string](ana, "document.querySelector('dialog .secret').value")
	ana.Click("dialog button.button--primary", "")

	dora := browser.Open(t)
	dora.Go(w.url)
	signs(dora, "dora@acme.example", temporary)
	agents, err := w.bot.Agents(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Dora Dias", agents[len(agents)-1].Name)
	require.Equal(t, handoff.RoleAgent, agents[len(agents)-1].Permissions)
}

// An administrator makes a key; the program that has it brings customers in
// and hands them off, until the key is deleted.
func TestAProgramActsForTheBotWithAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.as("ana", "#/admin/keys")
	ana.Click("button", "New key")
	ana.Fill("dialog input[name=name]", "Shop")
	ana.Click("dialog button", "Create key")
	ana.Sees("dialog", "Put it where the program reads its secrets")
	key := browser.Read[string](ana, "document.querySelector('dialog .secret').value")
	ana.Click("dialog button.button--primary", "")

	call := func(path, body string, into any) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"api/v1/"+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		require.NoError(t, json.NewDecoder(answer.Body).Decode(into))
		return answer.StatusCode
	}
	var in struct{ Conversation handoff.Conversation }
	require.Equal(t, 200, call("messages", `{"channel":"whatsapp","account":"5511","addresses":["5511987650009"],"provider":"p1",`+
		`"profile":{"name":"Elza Soares"},"content":{"kind":"text","text":"Is it open?"}}`, &in))
	var out map[string]any
	require.Equal(t, 201, call("conversations/"+string(in.Conversation.ID)+"/messages", `{"content":{"kind":"text","text":"One moment"}}`, &out))
	w.sent("One moment")
	require.Equal(t, 200, call("conversations/"+string(in.Conversation.ID)+"/hand-off", `{"queue":"support","note":"asks for the hours"}`, &out))
	bia := w.available("bia")
	bia.Click(".row", "Elza Soares")
	bia.Sees("desk-conversation", "asks for the hours")

	ana.Click("button[aria-label='Delete key Shop']", "")
	ana.Click("dialog button", "Delete")
	ana.Sees("main", "No keys yet")
	require.Equal(t, 401, call("messages", `{}`, &out))
}
