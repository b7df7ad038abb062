package console_test

// webhookRows are the rows of webhooks, bulk actions and erasing.
var webhookRows = map[string]row{
	"GET /webhooks": {own: "401 403 403 403 403 200 200 200 200"},
	"PUT /webhooks/{webhook}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"url":"https://crm.example/","events":["ended"]}`},
	"DELETE /webhooks/{webhook}":      {own: "401 403 403 403 403 204 204 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"POST /webhooks/{webhook}/secret": {own: "401 403 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"POST /webhooks/{webhook}/test":   {own: "401 403 403 403 403 204 204 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"GET /webhooks/{webhook}/dead":    {own: "401 403 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"POST /webhooks/{webhook}/replay": {own: "401 403 403 403 403 200 200 404 404",
		gone: "401 403 403 403 403 404 404 404 404", body: `{"every":true}`},

	"POST /bulk/count": {own: everybody, body: `{"criteria":{"status":"any"}}`},
	"POST /bulk":       {own: "401 201 201 201 403 201 201 201 201", body: `{"criteria":{},"action":{"priority":"high"}}`},
	"GET /bulk":        {own: everybody},
	// The platform began it.
	"GET /bulk/{bulk}":    {own: "401 404 404 404 403 200 200 404 404", gone: "401 404 404 404 403 404 404 404 404"},
	"DELETE /bulk/{bulk}": {own: "401 404 404 404 403 200 200 404 404", gone: "401 404 404 404 403 404 404 404 404"},

	"GET /contacts/{contact}/export":   {own: "401 403 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"POST /contacts/{contact}/erasure": {own: "401 403 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	// Nobody is being erased.
	"GET /contacts/{contact}/erasure": {own: "401 403 403 403 403 404 404 404 404", gone: "401 403 403 403 403 404 404 404 404"},
}
