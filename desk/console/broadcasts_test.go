package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage/memory"
)

func TestABroadcastIsMadeFilledStartedAndReadByItsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	adm := []string{"As", "adm@acme"}
	ask := func(method, path, body string, status int, into any) answer {
		t.Helper()
		a := w.do(method, path, w.path(body), adm...)
		require.Equal(t, status, a.Status, a.Body)
		if into != nil {
			a.into(t, into)
		}
		return a
	}
	var list struct {
		Recipients []struct {
			Line    int
			Address string
			Params  []string
		}
		Errors []struct {
			Line int
			Code string
		}
		Wrong int
	}
	ask("POST", "/broadcasts/check", `{"template":"{template}","channel":"web","text":"quem;nome\n=1+1;Ana\nb;Bia\n\nb;Bis\nc\n"}`, 200, &list)
	require.Len(t, list.Recipients, 2)
	require.Equal(t, 2, list.Wrong)
	require.Equal(t, "duplicate", list.Errors[0].Code)
	require.Equal(t, 5, list.Errors[0].Line)

	var b handoff.Broadcast
	ask("POST", "/broadcasts", `{"name":"Sale","channel":"web","account":"main","template":"{template}"}`, 201, &b)
	require.Equal(t, handoff.BroadcastDraft, b.State)
	at := "/broadcasts/" + string(b.ID)
	ask("POST", at+"/recipients", `{"from":1,"recipients":[{"address":"=1+1","params":["Ana"]},{"address":"b","params":["Bia"]},{"address":"b","params":["Bis"]}]}`, 200, &b)
	require.Equal(t, 3, b.Recipients)
	ask("POST", at+"/start", ``, 200, &b)
	require.Equal(t, handoff.BroadcastRunning, b.State)
	require.NoError(t, w.desk.Settle(t.Context()))

	var p desk.BroadcastProgress
	ask("GET", at, ``, 200, &p)
	require.Equal(t, handoff.BroadcastDone, p.State)
	require.Equal(t, handoff.BroadcastCounts{Sent: 2, Skipped: 1}, p.Counts)
	var page struct {
		Recipients []handoff.Recipient
		Next       int
	}
	ask("GET", at+"/recipients?outcome=sent&limit=1", ``, 200, &page)
	require.Len(t, page.Recipients, 1)
	require.Equal(t, 1, page.Next)
	a := ask("GET", at+"/outcomes", ``, 200, nil)
	require.Equal(t, "text/csv; charset=utf-8", a.Header.Get("Content-Type"))
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
	lines := strings.Split(strings.TrimSpace(a.Body), "\r\n")
	require.Equal(t, "\uFEFFnumber,address,outcome,reason,at,conversation", lines[0])
	require.Len(t, lines, 4)
	require.True(t, strings.HasPrefix(lines[1], "1,'=1+1,sent,,"), lines[1])
	require.Contains(t, lines[3], ",skipped,duplicate,")
	ask("GET", at+"/outcomes?outcome=lost", ``, 422, nil)
	ask("POST", at+"/start", ``, 409, nil)
	require.NotContains(t, w.log.b.String(), "Bia")

	a = ask("POST", "/broadcasts", `{"name":"Sale","channel":"sms","account":"main","template":"{template}"}`, 422, nil)
	require.Contains(t, a.Body, `"field":"account"`, "agents use the lines they were given")
}

func TestOnlyAnApprovedTemplateIsSentThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(status string) {
		a := w.do("PUT", "/templates/sale", `{"name":"sale","language":"en","body":"Hi","category":"marketing","status":"`+status+`","reason":"why",
			"header":{"kind":"image"},"footer":"Shop","buttons":[{"kind":"url","title":"Open","url":"https://example.com/{{1}}"}]}`, w.key(acme)...)
		require.Equal(t, 200, a.Status, a.Body)
	}
	start := func() answer {
		return w.do("POST", "/conversations", `{"channel":"web","account":"main","address":"zed","template":"sale","params":["https://example.com/a.png","7"]}`, w.key(acme)...)
	}
	put("pending")
	a := start()
	require.Equal(t, 409, a.Status)
	require.Equal(t, "template_not_approved", a.Code())
	a = w.do("GET", "/templates", "", "As", "ana@acme")
	require.Contains(t, a.Body, `"inputs":[{"part":"header","kind":"image","number":1},{"part":"button","kind":"text","name":"Open","number":1}]`)
	put("approved")
	require.Equal(t, 201, start().Status)
}

func TestALostAnswerMakesOneBroadcast(t *testing.T) {
	t.Parallel()
	store := &forgetful{Store: memory.New(nil)}
	w := newWorldOn(t, store, desk.Options{})
	for lost := range 8 {
		key := []string{"Idempotency-Key", fmt.Sprint("k", lost)}
		body := w.path(`{"name":"Sale","channel":"web","account":"main","template":"{template}"}`)
		store.lose.Store(int32(lost))
		w.do("POST", "/broadcasts", body, append(key, w.key(acme)...)...)
		store.lose.Store(0)
		w.bot("POST", "/broadcasts", body, 201, nil, key...)
	}
	var all struct{ Broadcasts []desk.BroadcastProgress }
	w.bot("GET", "/broadcasts", "", 200, &all)
	require.Len(t, all.Broadcasts, 9, "and the one of the fixture")
}
