package console_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console"
)

func TestQueuesComeBackAsTheyWerePut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var put console.Queue
	w.do("PUT", "/queues/new", `{"name":"New","mode":"manual","strategy":"round_robin","order":"strict","onLost":"requeue_all","stickySeconds":3600}`,
		"As", "adm@acme").into(t, &put)
	require.Equal(t, console.Queue{Bot: acme, ID: "new", Name: "New", Mode: handoff.Manual, Strategy: handoff.RoundRobin,
		Order: handoff.OrderStrict, OnLost: handoff.RequeueAll, Hours: console.QueueHours{WhenClosed: handoff.WhenClosedQueue, OnSignOut: handoff.KeepAll}, StickySeconds: 3600}, put)
	var list struct{ Queues []console.Queue }
	w.do("GET", "/queues", "", "As", "ana@acme").into(t, &list)
	require.Contains(t, list.Queues, put)
	require.Equal(t, http.StatusNoContent, w.do("DELETE", "/queues/new", "", "As", "adm@acme").Status)
	require.Equal(t, "in_use", w.do("DELETE", "/queues/"+w.ids[acme]["queue"], "", "As", "adm@acme").Code())
}

func TestChangingTheBotLeavesTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, as := range [][]string{{"As", "adm@acme"}, {"Authorization", "Bearer " + w.keys[acme]}} {
		var bot handoff.Bot
		w.do("PATCH", "/bot", `{"ticketTypes":["Billing"]}`, as...).into(t, &bot)
		require.Equal(t, []string{"Billing"}, bot.TicketTypes)
		require.Equal(t, "America/Sao_Paulo", bot.TimeZone)
	}
	var p console.Problem
	w.do("PATCH", "/bot", `{"timeZone":"Mars/Olympus"}`, "As", "adm@acme").into(t, &p)
	require.Equal(t, "invalid", p.Code)
	require.Equal(t, "timeZone", p.Field)
}

func TestChangingAQueueLeavesTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var put, changed console.Queue
	w.do("PUT", "/queues/new", `{"name":"New","mode":"manual","stickySeconds":60,"sla":"gold","silence":{"warnSeconds":60,"text":"?"},"hours":{"wrapUpSeconds":5}}`,
		"As", "adm@acme").into(t, &put)
	w.do("PUT", "/queues/new/survey", `{"kind":"csat","question":"How was it?"}`, "As", "adm@acme")
	put.Name, put.SLA, put.NoAnswer.RemindSeconds, put.Silence = "Renamed", "", 30, console.SilencePolicy{}
	w.do("PATCH", "/queues/new", `{"name":"Renamed","sla":"","noAnswer":{"remindSeconds":30},"silence":{}}`, "As", "adm@acme").into(t, &changed)
	require.Equal(t, put, changed)
	w.do("PATCH", "/queues/new", `{}`, "As", "adm@acme").into(t, &changed)
	require.Equal(t, put, changed)
	require.Equal(t, 422, w.do("PATCH", "/queues/new", `{"mode":"magic"}`, "As", "adm@acme").Status)
	require.Equal(t, 422, w.do("PATCH", "/queues/new", `{"name":""}`, "As", "adm@acme").Status)
	require.Equal(t, 404, w.do("PATCH", "/queues/none", `{"name":"None"}`, "As", "adm@acme").Status)
	w.do("PUT", "/queues/new", `{"name":"New"}`, "As", "adm@acme").into(t, &changed)
	require.Zero(t, changed.StickySeconds, "a queue that is put is all there is")
	require.Contains(t, w.do("GET", "/surveys", "", "As", "adm@acme").Body, "How was it?", "but for what has a route of its own")
}

func TestTheBotsPatienceWithContactsIsChangedLikeAQueues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	policy := console.SilencePolicy{WarnSeconds: 600, Text: "Still there?", EndSeconds: 300}
	var bot console.Bot
	w.do("PATCH", "/bot", `{"silence":{"warnSeconds":600,"text":"Still there?","endSeconds":300}}`, "As", "adm@acme").into(t, &bot)
	require.Equal(t, policy, bot.Silence)
	w.do("PATCH", "/bot", `{"name":"Acme"}`, "As", "adm@acme").into(t, &bot)
	require.Equal(t, policy, bot.Silence)
	w.do("GET", "/bot", "", "As", "ana@acme").into(t, &bot)
	require.Equal(t, policy, bot.Silence)
	var p console.Problem
	w.do("PATCH", "/bot", `{"silence":{"warnSeconds":600}}`, "As", "adm@acme").into(t, &p)
	require.Equal(t, "invalid", p.Code)
	var none console.Bot
	w.do("PATCH", "/bot", `{"silence":{}}`, "As", "adm@acme").into(t, &none)
	require.Zero(t, none.Silence)
}

func TestNobodyInvitesOrResetsWhoMayDoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(agent, body string) {
		require.Equal(t, http.StatusOK, w.do("PUT", "/agents/"+agent, body, "As", "adm@acme").Status)
	}
	put("lead-acme", `{"name":"Lead","permissions":["manage_agents","transfer"]}`)
	put("boss-acme", `{"name":"Boss","email":"me@evil.example","permissions":["manage_agents","view_all"]}`)
	put("peer-acme", `{"name":"Peer","email":"peer@example.com","permissions":["transfer"]}`)
	lead := []string{"As", "lead@acme"}
	require.Equal(t, "forbidden", w.do("POST", "/agents/boss-acme/invitation", `{}`, lead...).Code())
	require.Equal(t, "forbidden", w.do("POST", "/agents/boss-acme/invitation", `{"reset":true}`, lead...).Code())
	require.Equal(t, "not_found", w.do("POST", "/agents/peer-acme/invitation", `{"reset":true}`, lead...).Code(), "nobody has the seat")

	var first, again, reset console.Invited
	w.do("POST", "/agents/peer-acme/invitation", `{}`, lead...).into(t, &first)
	w.do("POST", "/agents/peer-acme/invitation", `{}`, lead...).into(t, &again)
	w.do("POST", "/agents/peer-acme/invitation", `{"reset":true}`, lead...).into(t, &reset)
	require.NotEmpty(t, first.TemporaryPassword)
	require.Empty(t, again.TemporaryPassword)
	require.NotEmpty(t, reset.TemporaryPassword)
	require.NotEqual(t, first, reset)
	require.Equal(t, "forbidden", w.do("PUT", "/agents/peer-acme", `{"name":"Peer","permissions":["export"]}`, lead...).Code(), "giving what one lacks")
}

func TestASeatOfLittlePowerIsNoWayIntoAnotherOfItsPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	adm, lead := []string{"As", "adm@acme"}, []string{"As", "lead@acme"}
	for _, put := range []struct {
		agent, body string
		as          []string
	}{
		{"lead-acme", `{"name":"Lead","permissions":["manage_agents"]}`, adm},
		{"boss-acme", `{"name":"Boss","email":"boss@example.com","permissions":["manage_agents","view_all"]}`, adm},
		{"low-acme", `{"name":"Low","email":"boss@example.com","permissions":[]}`, lead},
	} {
		require.Equal(t, http.StatusOK, w.do("PUT", "/agents/"+put.agent, put.body, put.as...).Status)
	}
	require.Equal(t, http.StatusOK, w.do("POST", "/agents/boss-acme/invitation", `{}`, adm...).Status)
	require.Equal(t, http.StatusOK, w.do("POST", "/agents/low-acme/invitation", `{}`, lead...).Status)
	for _, headers := range [][]string{lead, {"As", "lead@acme,ana@acme"}} {
		require.Equal(t, "forbidden", w.do("POST", "/agents/low-acme/invitation", `{"reset":true}`, headers...).Code())
	}
	require.Equal(t, http.StatusOK, w.do("POST", "/agents/low-acme/invitation", `{"reset":true}`, adm...).Status)
	key := []string{"Authorization", "Bearer " + w.keys[acme]}
	require.Equal(t, "forbidden", w.do("POST", "/agents/low-acme/invitation", `{"reset":true}`, key...).Code(), "a key lets nobody in")
}

func TestAPersonOfTwoBotsIsResetOnlyByWhoManagesThemInBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, bot := range []handoff.BotID{acme, other} {
		as := []string{"As", "adm@" + string(bot)}
		require.Equal(t, http.StatusOK, w.do("PUT", "/agents/eva", `{"name":"Eva","email":"eva@example.com","permissions":[]}`, as...).Status)
		require.Equal(t, http.StatusOK, w.do("POST", "/agents/eva/invitation", `{}`, as...).Status)
	}
	reset := func(headers ...string) string {
		return w.do("POST", "/agents/eva/invitation", `{"reset":true}`, headers...).Code()
	}
	require.Equal(t, "forbidden", reset("As", "adm@acme"))
	require.Equal(t, "forbidden", reset("Authorization", "Bearer "+w.keys[acme]))
	require.Equal(t, "forbidden", reset("As", "adm@acme,ana@other"), "who is no admin there")
	require.Empty(t, reset("As", "adm@acme,adm@other"))
}

func TestKeysOpenTheirBotUntilTheyAreDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var key console.NewAPIKey
	w.do("POST", "/keys", `{"name":"Robot"}`, "As", "adm@acme").into(t, &key)
	bearer := []string{"Authorization", "Bearer " + key.Secret}
	require.Equal(t, http.StatusOK, w.do("GET", "/queues", "", bearer...).Status)
	var list struct{ Keys []console.APIKey }
	a := w.do("GET", "/keys", "", "As", "adm@acme")
	a.into(t, &list)
	require.Len(t, list.Keys, 2)
	require.NotContains(t, a.Body, key.Secret)
	require.Equal(t, "not_found", w.do("DELETE", "/keys/"+key.ID, "", "As", "adm@other").Code())
	require.Equal(t, http.StatusNoContent, w.do("DELETE", "/keys/"+key.ID, "", "As", "adm@acme").Status)
	require.Equal(t, "not_signed_in", w.do("GET", "/queues", "", bearer...).Code())

	// A key may do everything in its bot: it is not for who may not.
	require.Equal(t, http.StatusOK, w.do("PUT", "/agents/some-acme", `{"name":"S","permissions":["manage_settings"]}`, "As", "adm@acme").Status)
	require.Equal(t, "forbidden", w.do("POST", "/keys", `{"name":"Robot"}`, "As", "some@acme").Code())
}

func TestViewsAreTheAgentsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	views := func(as string) []console.SavedView {
		var list struct{ Views []console.SavedView }
		w.do("GET", "/me/views", "", "As", as).into(t, &list)
		return list.Views
	}
	put := func(as, id, body string) answer { return w.do("PUT", "/me/views/"+id, body, "As", as) }
	require.Empty(t, views("ana@acme"))
	require.Equal(t, http.StatusOK, put("ana@acme", "one", `{"name":"Urgent","criteria":{"priorities":["high"],"mine":true}}`).Status)
	require.Equal(t, http.StatusOK, put("ana@acme", "two", `{"name":"Ended","criteria":{"status":"ended"}}`).Status)
	require.Equal(t, http.StatusOK, put("ana@acme", "one", `{"name":"Renamed","criteria":{}}`).Status)
	got := views("ana@acme")
	require.Len(t, got, 2)
	require.Equal(t, console.SavedView{ID: "one", Name: "Renamed"}, got[0])
	require.Empty(t, views("bruno@acme"))
	require.Empty(t, views("ana@other"))
	require.Equal(t, "not_found", w.do("DELETE", "/me/views/one", "", "As", "bruno@acme").Code())
	require.Equal(t, http.StatusNoContent, w.do("DELETE", "/me/views/one", "", "As", "ana@acme").Status)
	require.Len(t, views("ana@acme"), 1)

	require.Equal(t, "invalid", put("ana@acme", "x", `{"name":"","criteria":{}}`).Code())
	require.Equal(t, "invalid", put("ana@acme", "x", `{"name":"X","criteria":{"status":"sideways"}}`).Code())
	for i := range 49 {
		require.Equal(t, http.StatusOK, put("ana@acme", fmt.Sprint("v", i), `{"name":"X","criteria":{}}`).Status)
	}
	require.Equal(t, "invalid", put("ana@acme", "fifty-first", `{"name":"X","criteria":{}}`).Code())
	require.Equal(t, http.StatusOK, put("ana@acme", "v1", `{"name":"Y","criteria":{}}`).Status)
}

func TestMeChangesOnlyWhatIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var a handoff.Agent
	w.do("PATCH", "/me", `{"timeZone":"Europe/Lisbon"}`, "As", "ana@acme").into(t, &a)
	w.do("PATCH", "/me", `{"language":"es"}`, "As", "ana@acme").into(t, &a)
	require.Equal(t, "Europe/Lisbon", a.TimeZone)
	require.Equal(t, "es", a.Language)
	require.Equal(t, handoff.RoleAgent, a.Permissions)
	w.do("PUT", "/me/availability", `{"availability":"away","reason":"lunch"}`, "As", "ana@acme").into(t, &a)
	require.Equal(t, handoff.Away, a.Availability)
	require.Equal(t, "lunch", a.AwayReason)
	for _, body := range []string{`{"permissions":["view_all"]}`, `{"capacity":99}`, `{"disabled":false}`, `{"id":"adm-acme"}`, `{"bot":"other"}`, `{"name":"X"}`} {
		require.Equal(t, "invalid", w.do("PATCH", "/me", body, "As", "ana@acme").Code(), body)
	}
}
