package console_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

func TestAnAgentPutWithAProfileMayDoWhatItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	adm := []string{"As", "adm@acme"}
	a := w.do("PUT", "/profiles/lead", `{"name":"Lead","permissions":["reports","transfer"]}`, adm...)
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	a = w.do("PUT", "/agents/ana-acme", `{"name":"Ana","permissions":["transfer"],"profile":"lead"}`, adm...)
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	var agent handoff.Agent
	require.NoError(t, json.Unmarshal([]byte(a.Body), &agent))
	require.Equal(t, handoff.ProfileID("lead"), agent.Profile)
	require.Equal(t, handoff.PermReports|handoff.PermTransfer, agent.Permissions)
	a = w.do("PUT", "/agents/ana-acme", `{"name":"Ana","permissions":[],"profile":"none"}`, adm...)
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, `"field":"profile"`)
}

func TestACannedReplyIsFilledInAndItsFileSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := []string{"As", "ana@acme"}
	conversation := "/conversations/" + w.ids[acme]["id"]
	a := w.do("POST", conversation+"/canned", `{"canned":"canned-acme"}`, ana...)
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	var x desk.Expanded
	require.NoError(t, json.Unmarshal([]byte(a.Body), &x))
	require.Equal(t, "Hi Contact "+canary(acme), x.Text)
	media, err := json.Marshal(x.Attachments[0])
	require.NoError(t, err)
	a = w.do("POST", conversation+"/messages", `{"content":{"kind":"document","media":`+string(media)+`}}`, ana...)
	require.Equal(t, http.StatusCreated, a.Status, a.Body)

	// One's own takes the place of the shared one for oneself alone.
	a = w.do("PUT", "/canned/canned-acme", `{"shortcut":"hi","title":"Mine","text":"Hey","own":true,"attachments":[`+string(media)+`]}`, ana...)
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	require.Contains(t, w.do("GET", "/canned", "", ana...).Body, "Mine")
	require.NotContains(t, w.do("GET", "/canned", "", "As", "adm@acme").Body, "Mine")
	a = w.do("PUT", "/canned/other", `{"shortcut":"hi","title":"Hi","text":"Hi {{contact.nome}}","own":true}`, ana...)
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, `"field":"text"`)
}

func TestWhereTagsAreRequiredTheEndSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue, conversation := "/queues/"+w.ids[acme]["queue"], "/conversations/"+w.ids[acme]["id"]
	require.Equal(t, http.StatusOK, w.do("PUT", queue, `{"name":"Sales","requireTags":true}`, "As", "adm@acme").Status)
	a := w.do("POST", conversation+"/return", "", "As", "ana@acme")
	require.Equal(t, http.StatusConflict, a.Status)
	require.Equal(t, "tags_required", a.Code())
	require.Contains(t, w.do("GET", conversation, "", "As", "ana@acme").Body, `"tagsRequired":true`)
	require.Equal(t, http.StatusOK, w.do("POST", conversation+"/tags", `{"add":["vip"],"remove":[]}`, "As", "ana@acme").Status)
	require.Equal(t, http.StatusNoContent, w.do("POST", conversation+"/return", "", "As", "ana@acme").Status)
}
