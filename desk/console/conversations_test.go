package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/ticket"
)

// ana makes a request as ana, of a path with {names}, and reads the answer.
func (w *world) ana(method, path, body string, status int, into any, headers ...string) answer {
	w.t.Helper()
	return w.reads(method, path, body, status, into, append(headers, "As", "ana@acme")...)
}

func (w *world) reads(method, path, body string, status int, into any, headers ...string) answer {
	w.t.Helper()
	a := w.do(method, w.path(path), w.path(body), headers...)
	require.Equal(w.t, status, a.Status, "%s %s: %s", method, path, a.Body)
	if into != nil {
		reflect.ValueOf(into).Elem().SetZero() // what JSON leaves out stays from the answer before
		a.into(w.t, into)
	}
	return a
}

type rowPage struct {
	Rows []desk.Row
	Next string
}

func TestPagesGoThroughAListToItsEndAndGiveEachRowOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const extra = 230
	for i := range extra {
		w.receive(acme, fmt.Sprintf("c%d", i), fmt.Sprintf("p%d", i))
	}
	for _, who := range [][]string{{"As", "adm@acme"}, w.key(acme)} {
		seen, pages, after := map[handoff.ConversationID]bool{}, 0, ""
		for {
			var page rowPage
			w.reads("GET", "/conversations?control=bot&sortBy=started&after="+url.QueryEscape(after), "", 200, &page, who...)
			require.LessOrEqual(t, len(page.Rows), 100)
			for _, r := range page.Rows {
				require.False(t, seen[r.ID], "given twice")
				require.Equal(t, acme, r.Bot)
				seen[r.ID] = true
			}
			pages++
			if after = page.Next; after == "" {
				break
			}
		}
		require.Len(t, seen, extra)
		require.Equal(t, 3, pages)
	}
	var page rowPage
	w.ana("GET", "/conversations", "", 200, &page)
	require.Len(t, page.Rows, 2, "an agent sees what they hold and who waits in their queue")
	require.Contains(t, w.ana("GET", "/conversations?search=nobody", "", 200, nil).Body, `"rows":[]`)
}

func TestCriteriaAreTakenStrictly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, field := range map[string]string{
		"nonsense=1":                           "",
		"sortBy=startedAt+desc":                "sortBy",
		"sortBy=" + url.QueryEscape("1;--"):    "sortBy",
		"period=yesterday":                     "period",
		"limit=1e3":                            "limit",
		"limit=100000":                         "limit",
		"mine=yes":                             "mine",
		"mine=true&mine=true":                  "mine",
		"priorities=urgent":                    "priorities",
		"control=nobody":                       "control",
		"from=yesterday&period=custom":         "from",
		"after=x":                              "",
		"after=&after=":                        "after",
		"search=" + strings.Repeat("a", 300):   "search",
		"agents=bruno-acme":                    "agents", // others' are for who sees all
		"status=ended&mine=true&control=bot":   "",
		"search=" + url.QueryEscape("%' or 1"): "-",
	} {
		a := w.do("GET", "/conversations?"+query, "", "As", "ana@acme")
		if field == "-" {
			require.Equal(t, 200, a.Status, query)
			continue
		}
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, query)
		require.Equal(t, "invalid", a.Code(), query)
		if field != "" {
			require.Contains(t, a.Body, `"field":"`+field+`"`, query)
		}
	}
	require.Equal(t, "malformed", w.ana("GET", "/conversations?sortBy=started;drop+table", "", 400, nil).Code())
	w.ana("GET", "/conversations?bot=acme&mine=true&queues={queue}&priorities=none&priorities=high", "", 200, nil)
}

type view struct {
	desk.Row
	CanReply     bool
	WindowUntil  time.Time
	WindowReason string
	Can          *desk.Actions
}

func TestAConversationTellsWhatCanBeDoneInIt(t *testing.T) {
	t.Parallel()
	clock := &desktest.Clock{}
	w := newWorldOn(t, memory.New(&memory.Options{Now: clock.Now}), desk.Options{})
	w.channel.T.Window = handoff.Window(24 * time.Hour)
	var v view
	w.ana("GET", "/conversations/{id}", "", 200, &v)
	require.Equal(t, w.ids[acme]["id"], string(v.ID))
	require.True(t, v.CanReply)
	require.Equal(t, clock.Now().Add(24*time.Hour), v.WindowUntil)
	require.Equal(t, desk.Actions{Reply: true, Templates: true, Note: true, Transfer: true, Return: true,
		Priority: true, Tags: true, Tickets: true, Export: true, Fields: true}, *v.Can)
	require.EqualValues(t, 1, v.Unread)
	w.ana("POST", "/conversations/{id}/read", "", 204, nil)
	w.ana("GET", "/conversations/{id}", "", 200, &v)
	require.Zero(t, v.Unread)

	w.reads("GET", "/conversations/{id}", "", 200, &v, w.key(acme)...)
	require.Nil(t, v.Can, "a key may do everything")
	require.True(t, v.CanReply)

	clock.Advance(25 * time.Hour)
	w.ana("GET", "/conversations/{id}", "", 200, &v)
	require.False(t, v.CanReply)
	require.Equal(t, "closed", v.WindowReason)
	require.Zero(t, v.WindowUntil)

	w.reads("GET", "/conversations/{earlier}", "", 200, &v, "As", "adm@acme")
	require.Equal(t, "ended", v.WindowReason)
	require.False(t, v.CanReply)
	require.False(t, v.Can.Reply)

	r, err := w.desk.Bot(acme).Receive(t.Context(), handoff.Inbound{Channel: "pigeon", Account: "main", Addresses: []string{"x"}, Provider: "p", Content: handoff.Text("hi")})
	require.NoError(t, err)
	w.reads("GET", "/conversations/"+string(r.Conversation.ID), "", 200, &v, "As", "adm@acme")
	require.Equal(t, "no_channel", v.WindowReason)
}

func TestEachErrorOfTheDeskHasItsCode(t *testing.T) {
	t.Parallel()
	clock := &desktest.Clock{}
	w := newWorldOn(t, memory.New(&memory.Options{Now: clock.Now}), desk.Options{})
	w.channel.T.Window = handoff.Window(24 * time.Hour)
	b := w.desk.Bot(acme)
	code := func(status int, code, method, path, body, who string) {
		t.Helper()
		a := w.reads(method, path, body, status, nil, "As", who)
		require.Equal(t, code, a.Code())
	}
	const text = `{"content":{"kind":"text","text":"hello"}}`
	code(404, "not_found", "POST", "/conversations/{id}/messages", text, "bruno@acme")
	code(403, "forbidden", "GET", "/conversations/{id}/explain", "", "ana@acme")
	code(409, "invalid_state", "POST", "/conversations/{id}/take", "", "adm@acme")
	code(409, "invalid_state", "GET", "/conversations/{id}/position", "", "ana@acme")
	code(409, "not_available", "POST", "/conversations/{id}/transfer", `{"agent":"adm-acme"}`, "ana@acme")
	code(404, "not_found", "POST", "/conversations/{id}/transfer", `{"queue":"none"}`, "ana@acme")
	code(422, "invalid", "POST", "/conversations/{id}/transfer", `{}`, "ana@acme")
	code(403, "forbidden", "POST", "/conversations/{id}/transfer", `{"agent":"adm-acme","override":true}`, "ana@acme")
	code(409, "ended", "POST", "/conversations/{earlier}/return", "", "adm@acme")
	code(409, "ended", "PUT", "/conversations/{earlier}/priority", `{"priority":"low"}`, "adm@acme")
	code(409, "ended", "POST", "/conversations/{earlier}/messages", text, "adm@acme")
	code(409, "invalid_state", "POST", "/conversations/{waiting}/messages", text, "adm@acme")
	code(422, "invalid", "POST", "/conversations/{id}/messages/{message}/retry", "", "ana@acme")

	agent, err := w.agent(acme, "ana")
	require.NoError(t, err)
	agent.Capacity = 1
	require.NoError(t, b.PutAgent(t.Context(), agent))
	code(409, "at_capacity", "POST", "/conversations/{waiting}/take", "", "ana@acme")
	code(409, "at_capacity", "POST", "/conversations", `{"channel":"web","account":"main","address":"new","template":"{template}","params":["x"]}`, "ana@acme")
	code(403, "forbidden", "POST", "/conversations/{waiting}/take", `{"override":true}`, "ana@acme")

	clock.Advance(25 * time.Hour)
	code(409, "window_closed", "POST", "/conversations/{id}/messages", text, "ana@acme")
	w.ana("POST", "/conversations/{id}/templates", `{"template":"{template}","params":["x"]}`, 201, nil)

	r, err := b.Receive(t.Context(), handoff.Inbound{Channel: "pigeon", Account: "main", Addresses: []string{"x"}, Provider: "p", Content: handoff.Text("hi")})
	require.NoError(t, err)
	a := w.do("POST", "/conversations/"+string(r.Conversation.ID)+"/messages", text, w.key(acme)...)
	require.Equal(t, 409, a.Status)
	require.Equal(t, "no_channel", a.Code())
}

func TestControlGoesFromAgentToAgentAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var c handoff.Conversation
	w.ana("PUT", "/conversations/{waiting}/priority", `{"priority":"high"}`, 200, &c)
	require.Equal(t, handoff.High, c.Priority)
	w.ana("POST", "/conversations/{waiting}/tags", `{"add":["vip","new"]}`, 200, &c)
	w.ana("POST", "/conversations/{waiting}/tags", `{"add":["old"],"remove":["new"]}`, 200, &c)
	require.Equal(t, []string{"old", "vip"}, c.Tags)
	var p struct {
		Queue handoff.QueueID
		Ahead int
		More  bool
	}
	w.ana("GET", "/conversations/{waiting}/position", "", 200, &p)
	require.Equal(t, w.ids[acme]["queue"], string(p.Queue))
	require.Zero(t, p.Ahead)
	a := w.reads("GET", "/conversations/{waiting}/explain", "", 200, nil, "As", "adm@acme")
	require.Contains(t, a.Body, `"candidates":[{`)

	w.ana("POST", "/conversations/{waiting}/take", "", 200, &c)
	require.Equal(t, handoff.AgentID("ana-acme"), c.Agent)
	w.ana("POST", "/conversations/{waiting}/transfer", `{"queue":"{support}","note":"for you"}`, 200, &c)
	require.Equal(t, handoff.StateWaiting, c.State)
	w.ana("GET", "/conversations/{waiting}", "", 404, nil)
	w.reads("POST", "/conversations/{waiting}/take", `{}`, 200, &c, "As", "bruno@acme")
	var events struct{ Events []handoff.Event }
	w.reads("GET", "/conversations/{waiting}/events", "", 200, &events, "As", "bruno@acme")
	last := events.Events[len(events.Events)-1]
	require.Equal(t, handoff.AgentID("bruno-acme"), last.Agent)
	w.reads("GET", "/conversations/{waiting}/events?after="+strconv.FormatInt(last.Seq-1, 10), "", 200, &events, "As", "bruno@acme")
	require.Len(t, events.Events, 1)
	w.reads("POST", "/conversations/{waiting}/return", "", 204, nil, "As", "bruno@acme")
	w.reads("GET", "/conversations/{waiting}", "", 200, &c, w.key(acme)...)
	require.Equal(t, handoff.StateEnded, c.State)

	var rows rowPage
	w.ana("GET", "/conversations/{id}/history", "", 200, &rows)
	require.Len(t, rows.Rows, 1)
	require.Equal(t, w.ids[acme]["earlier"], string(rows.Rows[0].ID))
}

func TestAgentsStartConversationsOnTheirLinesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rest = `"template":"{template}","params":["you"]}`
	var m handoff.Message
	w.ana("POST", "/conversations", `{"channel":"web","account":"main","number":"+55 (11) 91234-5678",`+rest, 201, &m, "Idempotency-Key", "k")
	var again handoff.Message
	w.ana("POST", "/conversations", `{"channel":"web","account":"main","number":"5511912345678",`+rest, 201, &again, "Idempotency-Key", "k")
	require.Equal(t, m.ID, again.ID)
	var c handoff.Conversation
	w.ana("GET", "/conversations/"+string(m.Conversation), "", 200, &c)
	require.Equal(t, "5511912345678", c.Address)
	require.Equal(t, handoff.AgentID("ana-acme"), c.Agent)
	for _, bad := range []string{
		`"channel":"web","account":"secret","address":"x",`, `"channel":"pigeon","account":"main","address":"x",`,
		`"channel":"web","account":"main",`, `"channel":"web","account":"main","address":"x","number":"5511912345678",`,
		`"channel":"web","account":"main","number":"hello",`, `"channel":"web","account":"main","number":"0800 123456",`,
		`"channel":"web","account":"main","number":"123",`, `"channel":"web","account":"main","number":"1234567890123456",`,
		`"channel":"web","account":"main","address":"x\u0000",`,
	} {
		w.ana("POST", "/conversations", "{"+bad+rest, 422, nil)
	}
	w.reads("POST", "/conversations", `{"channel":"web","account":"any","address":"x",`+rest, 201, nil, w.key(acme)...)
	w.reads("POST", "/conversations", `{"channel":"web","account":"any","address":"x","override":true,`+rest, 422, nil, w.key(acme)...)
}

func TestTicketsAreWrittenMovedAndEdited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var tk, again ticket.Ticket
	w.ana("POST", "/conversations/{id}/tickets", `{"type":"problem","description":"late"}`, 201, &tk, "Idempotency-Key", "k")
	w.ana("POST", "/conversations/{id}/tickets", `{"type":"problem","description":"late"}`, 201, &again, "Idempotency-Key", "k")
	require.Equal(t, tk.ID, again.ID)
	require.Equal(t, ticket.Open, tk.Status)
	one := "/conversations/{id}/tickets/" + string(tk.ID)
	w.ana("PATCH", one, `{"status":"in_progress"}`, 200, &tk)
	require.Equal(t, ticket.InProgress, tk.Status)
	w.ana("PATCH", one, `{"type":"question","description":""}`, 200, &tk)
	require.Equal(t, "question", tk.Type)
	require.Empty(t, tk.Description)
	for _, bad := range []string{`{}`, `{"type":"question"}`, `{"status":"open","type":"question","description":""}`,
		`{"status":"done"}`, `{"type":"none","description":""}`, `{"author":"bruno"}`, `{"status":null}`} {
		require.Equal(t, "invalid", w.ana("PATCH", one, bad, 422, nil).Code(), bad)
	}
	var all struct{ Tickets []ticket.Ticket }
	w.ana("GET", "/conversations/{id}/tickets", "", 200, &all)
	require.Len(t, all.Tickets, 2)
}

func TestListsShowWhatTheAgentSees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var lines struct {
		Queues []struct {
			Queue struct{ ID, Name string }
			Rows  []desk.Row
			More  bool
		}
	}
	for i := range 60 {
		r := w.receive(acme, fmt.Sprintf("c%d", i), fmt.Sprintf("p%d", i))
		_, err := w.desk.Bot(acme).HandOff(t.Context(), r.Conversation.ID, desk.HandOff{Queue: handoff.QueueID(w.ids[acme]["queue"])}, "")
		require.NoError(t, err)
	}
	w.ana("GET", "/waiting", "", 200, &lines)
	require.Len(t, lines.Queues, 1)
	require.Equal(t, w.ids[acme]["queue"], lines.Queues[0].Queue.ID)
	require.Len(t, lines.Queues[0].Rows, 50)
	require.True(t, lines.Queues[0].More)
	require.Equal(t, w.ids[acme]["waiting"], string(lines.Queues[0].Rows[0].ID), "who came first is served first")
	w.ana("GET", "/waiting?queue={queue}", "", 200, &lines)
	require.Len(t, lines.Queues[0].Rows, 61)
	require.False(t, lines.Queues[0].More)
	w.ana("GET", "/waiting?queue={support}", "", 404, nil)
	w.reads("GET", "/waiting", "", 200, &lines, "As", "adm@acme")
	require.Len(t, lines.Queues, 2)

	var panel struct {
		Queues []struct {
			Queue   struct{ ID, Name string }
			Agents  []map[string]any
			Waiting int
			More    bool
			Oldest  time.Time
		}
	}
	w.reads("GET", "/panel?queue={queue}", "", 200, &panel, "As", "adm@acme")
	require.Len(t, panel.Queues, 1)
	require.Equal(t, 61, panel.Queues[0].Waiting)
	require.NotZero(t, panel.Queues[0].Oldest)
	require.Equal(t, "ana-acme", panel.Queues[0].Agents[0]["id"])
	require.EqualValues(t, 1, panel.Queues[0].Agents[0]["heldHere"])
	w.reads("GET", "/panel?search=nothing", "", 200, &panel, "As", "adm@acme")
	require.Empty(t, panel.Queues)
	w.reads("GET", "/panel?queue=none", "", 404, nil, "As", "adm@acme")

	var colleagues struct{ Agents []map[string]any }
	w.ana("GET", "/colleagues", "", 200, &colleagues)
	require.Len(t, colleagues.Agents, 3, "not oneself, and not who is disabled")
	var names struct{ Agents, Queues map[string]string }
	w.ana("GET", "/names", "", 200, &names)
	require.Equal(t, "Agent "+canary(acme), names.Agents["bruno-acme"])
	require.Len(t, names.Queues, 2)
}
