package console_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestTheSameKeySendsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct{ path, body, other string }{
		{"/messages", `{"content":{"kind":"text","text":"one"}}`, `{"content":{"kind":"text","text":"two"}}`},
		{"/notes", `{"text":"one"}`, `{"text":"two"}`},
		{"/templates", `{"template":"{template}","params":["one"]}`, `{"template":"{template}","params":["two"]}`},
	} {
		var first, again, other, next handoff.Message
		path := "/conversations/{id}" + c.path
		w.ana("POST", path, c.body, 201, &first, "Idempotency-Key", "k")
		w.ana("POST", path, c.body, 201, &again, "Idempotency-Key", "k")
		require.Equal(t, first, again)
		w.ana("POST", path, c.other, 201, &other, "Idempotency-Key", "k")
		require.Equal(t, first, other, "the first call is what was done, whatever is said later")
		w.ana("POST", path, c.body, 201, &next, "Idempotency-Key", "k2")
		require.NotEqual(t, first.ID, next.ID)
		w.ana("POST", path, c.body, 422, nil, "Idempotency-Key", strings.Repeat("k", 257))
	}
	require.NoError(t, w.desk.Settle(t.Context()))
	require.Equal(t, []string{"one", "one", "Hello one " + canary(acme), "Hello one " + canary(acme)}, w.channel.Texts())
}

func TestAgentsSendWhatContactsUnderstand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, good := range []string{
		`{"kind":"text","text":"hello","quotes":"m2"}`,
		`{"kind":"location","location":{"latitude":-23.5,"longitude":-46.6,"name":"Here"}}`,
		`{"kind":"contacts","cards":[{"name":"Ana","phones":["+55 11 1234"]}]}`,
		`{"kind":"reaction","reaction":{"to":"m2","emoji":"👍"}}`,
		`{"kind":"buttons","text":"Well?","buttons":[{"id":"y","title":"Yes"},{"id":"n","title":"No"}]}`,
		`{"kind":"list","text":"Which?","list":{"button":"See","sections":[{"rows":[{"id":"1","title":"One"}]}]}}`,
		`{"kind":"text","text":"` + strings.Repeat("\\u0001", handoff.MaxText) + `"}`,
	} {
		var m handoff.Message
		w.ana("POST", "/conversations/{id}/messages", `{"content":`+good+`}`, 201, &m)
		require.Equal(t, handoff.AgentID("ana-acme"), m.Author.Agent)
	}
	for _, bad := range []string{
		`{}`, `{"kind":"text"}`, `{"kind":"text","text":""}`, `{"kind":"text","text":1}`, `{"kind":"text","text":["a"]}`,
		`{"kind":"template","text":"x","template":{"id":"hello"}}`, `{"kind":"brief","text":"x"}`, `{"kind":"unknown","raw":"AAAA"}`,
		`{"kind":"nonsense","text":"x"}`, `{"kind":"text","text":"x","kind2":"y"}`, `{"kind":"text","text":"x","raw":"AAAA"}`,
		`{"kind":"text","text":"x","overflow":{"sha256":"a","stored":true}}`, `{"kind":"text","text":"x","media":{"id":"1"}}`,
		`{"kind":"text","text":"x","location":{"latitude":1,"longitude":1}}`, `{"kind":"location","location":{"latitude":"1","longitude":1}}`,
		`{"kind":"location","location":{"latitude":91,"longitude":1}}`, `{"kind":"image"}`, `{"kind":"reply","reply":{"id":"1","title":"x"}}`,
		`{"kind":"text","text":"` + strings.Repeat("a", handoff.MaxText+1) + `"}`, `null`, `[]`, `"text"`,
	} {
		a := w.ana("POST", "/conversations/{id}/messages", `{"content":`+bad+`}`, 422, nil)
		require.Equal(t, "invalid", a.Code(), bad)
	}
	w.ana("POST", "/conversations/{id}/messages", `{"content":{"kind":"text","text":"`+strings.Repeat("a", 1<<20)+`"}}`, 413, nil)
	w.ana("POST", "/conversations/{id}/messages", `{"content":`, 400, nil)
}

func TestNobodyGivesAMessageMoreThanItsContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var m handoff.Message
	w.ana("POST", "/conversations/{id}/messages", `{"content":{"kind":"text","text":"one"}}`, 201, &m)
	whole, err := json.Marshal(m)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(whole, &fields))
	for name, value := range fields {
		v, err := json.Marshal(value)
		require.NoError(t, err)
		w.ana("POST", "/conversations/{id}/messages", fmt.Sprintf(`{"content":{"kind":"text","text":"x"},%q:%s}`, name, v), 422, nil)
		if name != "kind" && name != "text" {
			w.ana("POST", "/conversations/{id}/messages", fmt.Sprintf(`{"content":{"kind":"text","text":"x",%q:%s}}`, name, v), 422, nil)
		}
	}
}

func TestMessagesAreReadPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 120 {
		w.ana("POST", "/conversations/{id}/notes", fmt.Sprintf(`{"text":"note %d"}`, i), 201, nil)
	}
	var page struct{ Messages []handoff.Message }
	var numbers []int64
	for after := int64(0); ; {
		w.ana("GET", fmt.Sprintf("/conversations/{id}/messages?limit=50&after=%d", after), "", 200, &page)
		for _, m := range page.Messages {
			numbers = append(numbers, m.Number)
			after = m.Number
		}
		if len(page.Messages) < 50 {
			break
		}
	}
	require.Len(t, numbers, 121)
	for i, n := range numbers {
		require.EqualValues(t, i+1, n)
	}
	w.ana("GET", "/conversations/{id}/messages?newest=true&before=100", "", 200, &page)
	require.Len(t, page.Messages, 99)
	require.EqualValues(t, 99, page.Messages[0].Number)
	w.reads("GET", "/conversations/{id}/messages", "", 200, &page, w.key(acme)...)
	require.Len(t, page.Messages, 1, "no note is for the bot")
	for _, bad := range []string{"limit=101", "limit=0", "limit=-1", "after=-1", "before=x", "newest=maybe", "offset=1", "limit=1&limit=2"} {
		a := w.do("GET", w.path("/conversations/{id}/messages?"+bad), "", "As", "ana@acme")
		require.Equal(t, 422, a.Status, bad)
	}
	w.ana("GET", "/conversations/{id}/history/{earlier}/messages", "", 200, &page)
	require.Len(t, page.Messages, 1)
	w.ana("GET", "/conversations/{id}/history/{waiting}/messages", "", 404, nil)
}
