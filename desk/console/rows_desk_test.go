package console_test

// Statuses that many routes share, in the order of roles: anonymous, agent,
// agent of other queue, former owner, disabled, admin, key, admin of other
// bot, key of other bot.
const (
	everybody = "401 200 200 200 403 200 200 200 200" // in their own bot
	agents    = "401 200 200 200 403 200 403 200 403"
	keys      = "401 403 403 403 403 403 200 403 200"
	sees      = "401 200 404 404 403 200 200 404 404" // who sees the conversation
	seesAgent = "401 200 404 404 403 200 403 404 403"
	nobody    = "401 404 404 404 403 404 404 404 404" // it is not there
	noAgent   = "401 404 404 404 403 404 403 404 403"
	noKey     = "401 403 403 403 403 403 404 403 404"
)

// deskRows are the rows of conversations, lists and the platform. {id} is
// held by the agent, and {message} is the contact's, without a file.
var deskRows = map[string]row{
	"GET /conversations":                                                      {own: everybody},
	"GET /conversations/{id}":                                                 {own: sees, gone: nobody},
	"GET /conversations/{id}/events":                                          {own: sees, gone: nobody},
	"GET /conversations/{id}/messages":                                        {own: sees, gone: nobody},
	"GET /conversations/{id}/history":                                         {own: seesAgent, gone: noAgent},
	"GET /conversations/{id}/history/{earlier}/messages":                      {own: seesAgent, gone: noAgent},
	"GET /conversations/{id}/position":                                        {own: "401 409 404 404 403 409 409 404 404", gone: nobody},
	"GET /conversations/{id}/explain":                                         {own: "401 403 404 404 403 409 409 404 404", gone: nobody},
	"GET /conversations/{id}/tickets":                                         {own: seesAgent, gone: noAgent},
	"GET /conversations/{id}/transcript":                                      {own: sees, gone: nobody, query: "?format=txt&all=1&notes=1&events=1"},
	"GET /conversations/{id}/messages/{message}/attachment":                   {own: nobody, gone: nobody},
	"GET /conversations/{id}/history/{earlier}/messages/{message}/attachment": {own: noAgent, gone: noAgent},

	// The other bot has no line to start on.
	"POST /conversations": {own: "401 201 201 201 403 201 201 422 404", gone: "401 404 404 404 403 404 404 422 404",
		body: `{"channel":"web","account":"main","address":"new","template":"{template}","params":["x"]}`},
	// A person is in control, so the bot is refused.
	"POST /conversations/{id}/messages": {own: "401 201 404 404 403 201 409 404 404", gone: nobody,
		body: `{"content":{"kind":"text","text":"hello"}}`},
	"POST /conversations/{id}/templates": {own: "401 201 404 404 403 201 409 404 404", gone: nobody,
		body: `{"template":"{template}","params":["x"]}`},
	"POST /conversations/{id}/messages/{message}/retry": {own: "401 422 404 404 403 422 422 404 404", gone: nobody},
	"POST /conversations/{id}/notes":                    {own: "401 201 404 404 403 201 403 404 403", gone: noAgent, body: `{"text":"hello"}`},
	"POST /conversations/{id}/read":                     {own: "401 204 404 404 403 204 403 404 403", gone: noAgent},
	"POST /conversations/{id}/signal":                   {own: "401 204 404 404 403 204 403 404 403", gone: noAgent, body: `{"looking":true,"typing":false}`},
	"POST /conversations/{id}/take":                     {own: "401 200 404 404 403 409 403 404 403", gone: noAgent, body: `{}`},
	"GET /me/offers":                                    {own: "401 200 200 200 403 200 403 200 403"},
	"POST /conversations/{id}/accept":                   {own: "401 200 404 404 403 409 403 404 403", gone: noAgent},
	"POST /conversations/{id}/decline":                  {own: "401 409 404 404 403 409 403 404 403", gone: noAgent, body: `{}`},
	"POST /conversations/{id}/transfer":                 {own: sees, gone: nobody, body: `{"queue":"{support}"}`},
	"POST /conversations/{id}/return":                   {own: "401 204 404 404 403 204 204 404 404", gone: nobody},
	"PUT /conversations/{id}/priority":                  {own: sees, gone: nobody, body: `{"priority":"high"}`},
	"POST /conversations/{id}/tags":                     {own: sees, gone: nobody, body: `{"add":["vip"]}`},
	"POST /conversations/{id}/tickets":                  {own: "401 201 404 404 403 201 403 404 403", gone: noAgent, body: `{"type":"question"}`},
	"PATCH /conversations/{id}/tickets/{ticket}":        {own: seesAgent, gone: noAgent, body: `{"status":"resolved"}`},
	"POST /attachments": {own: "401 201 201 201 403 201 201 201 201", body: "some text",
		headers: []string{"Handoff-Upload", "1", "Handoff-Filename", "a.txt"}},

	"GET /waiting":    {own: agents},
	"GET /panel":      {own: "401 403 403 403 403 200 403 200 403"},
	"GET /colleagues": {own: agents},
	"GET /names":      {own: everybody},
	"GET /templates":  {own: everybody},

	"POST /messages": {own: keys,
		body: `{"channel":"web","account":"main","addresses":["new"],"provider":"p1","content":{"kind":"text","text":"hello"}}`},
	"POST /receipts": {own: "401 403 403 403 403 403 204 403 204",
		body: `{"channel":"web","account":"main","provider":"unheard of","delivery":"read"}`},
	"POST /conversations/{id}/hand-off": {own: "401 403 403 403 403 403 409 403 404", gone: noKey, body: `{"queue":"{queue}"}`},
	"POST /conversations/{id}/withdraw": {own: "401 403 403 403 403 403 409 403 404", gone: noKey},
	"POST /conversations/{id}/record": {own: "401 403 403 403 403 403 201 403 404", gone: noKey,
		body: `{"content":{"kind":"text","text":"hello"},"provider":"p2"}`},
	"POST /send": {own: "401 403 403 403 403 403 201 403 201",
		body: `{"to":{"channel":"web","account":"main","id":"new"},"content":{"kind":"text","text":"hello"}}`},
}
