package console_test

// slaRows are the rows of service level agreements, of which the bots have
// none.
var slaRows = map[string]row{
	"GET /slas": {own: everybody},
	"PUT /slas/{sla}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"Gold","first":{"withinSeconds":300,"warnSeconds":60}}`},
	"DELETE /slas/{sla}": {own: "401 403 403 403 403 404 404 404 404", gone: "401 403 403 403 403 404 404 404 404"},
}
