package whatsapp

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

// FuzzAnswer: whatever the API answers, it is understood or it is an error
// that says what to do; never both "nothing was sent" and "it may have been".
func FuzzAnswer(f *testing.F) {
	f.Add(200, []byte(`{"messaging_product":"whatsapp","contacts":[{"input":"+1","wa_id":"1"}],"messages":[{"id":"wamid.1"}]}`))
	f.Add(200, []byte(`{"contacts":[{"user_id":"BR.1"}],"messages":[{"id":"\ud800"}]}`))
	f.Add(400, []byte(`{"error":{"message":"x","code":131047,"fbtrace_id":"A"}}`))
	f.Add(500, []byte(`{"error":{"code":99999999999999999999}}`))
	f.Add(503, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if sent, ok := readSent(body, "1"); ok {
			require.NoError(t, handoff.CheckAddress("provider", sent.Provider))
			require.True(t, sent.Address == "" || handoff.CheckAddress("address", sent.Address) == nil)
		}
		for _, sends := range []bool{true, false} {
			e := refusal(&http.Response{StatusCode: status, Header: http.Header{}}, body, sends)
			require.NotEmpty(t, e.Code)
			require.NotEmpty(t, e.Text)
			require.False(t, e.Temporary && e.Unknown)
			require.False(t, e.Unknown && !sends)
			require.True(t, e.After == 0 || e.Temporary)
		}
	})
}

// FuzzReadTemplate: a listed template is one that the desk takes, or an error.
func FuzzReadTemplate(f *testing.F) {
	f.Add([]byte(`{"id":"1","name":"a","language":"en","status":"APPROVED","components":[{"type":"BODY","text":"Hi {{name}} {{1}}"}]}`))
	f.Add([]byte(`{"name":"a","language":"en","status":"APPROVED","components":[{"type":"HEADER","format":"TEXT","text":"{{a}}{{b}}"},{"type":"BODY","text":"{{b}} {{a}} {{b}}"}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := readTemplate(json.RawMessage(raw))
		if err != nil {
			require.ErrorIs(t, err, handoff.ErrInvalid)
			return
		}
		require.NoError(t, v.Check())
	})
}
