package console_test

// Of these roles, admins and keys may send broadcasts.
const (
	casts    = "401 403 403 403 403 200 200 404 404"
	castGone = "401 403 403 403 403 404 404 404 404"
)

// broadcastRows are the rows of broadcasts. {broadcast} is a draft with a
// recipient.
var broadcastRows = map[string]row{
	"GET /broadcasts": {own: "401 403 403 403 403 200 200 200 200"},
	"POST /broadcasts": {own: "401 403 403 403 403 201 201 422 404", gone: "401 403 403 403 403 404 404 422 404",
		body: `{"name":"Sale","channel":"web","account":"main","template":"{template}"}`},
	"POST /broadcasts/check":                  {own: casts, gone: castGone, body: `{"template":"{template}","channel":"web","text":"new,x"}`},
	"GET /broadcasts/{broadcast}":             {own: casts, gone: castGone},
	"GET /broadcasts/{broadcast}/recipients":  {own: casts, gone: castGone},
	"GET /broadcasts/{broadcast}/outcomes":    {own: casts, gone: castGone},
	"POST /broadcasts/{broadcast}/recipients": {own: casts, gone: castGone, body: `{"from":2,"recipients":[{"address":"new","params":["x"]}]}`},
	"POST /broadcasts/{broadcast}/start":      {own: casts, gone: castGone},
	"POST /broadcasts/{broadcast}/pause":      {own: "401 403 403 403 403 409 409 404 404", gone: castGone},
	"POST /broadcasts/{broadcast}/cancel":     {own: casts, gone: castGone},
	"PUT /opt-outs":                           {own: "401 403 403 403 403 204 204 204 204", body: `{"channel":"web","account":"main","address":"new","optedOut":true}`},
	"POST /template-news":                     {own: "401 403 403 403 403 403 204 403 204", body: `{"channel":"web","name":"hello","language":"pt_BR","status":"paused"}`},
}
