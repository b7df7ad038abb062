package console_test

// kitRows are the rows of canned replies and of the catalogues.
var kitRows = map[string]row{
	"GET /canned": {own: everybody},
	"PUT /canned/{canned}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"shortcut":"oi","title":"Hello","text":"Oi {{contact.name|cliente}}"}`},
	"DELETE /canned/{canned}":                   {own: "401 403 403 403 403 204 204 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"GET /canned/{canned}/attachments/{sha256}": {own: "401 200 200 200 403 200 403 404 403", gone: noAgent},
	"POST /conversations/{id}/canned":           {own: seesAgent, gone: noAgent, body: `{"canned":"{canned}"}`},

	"GET /tags": {own: everybody},
	"PUT /tags/{tag}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"VIP","colour":"purple"}`},
	"DELETE /tags/{tag}": {own: "401 403 403 403 403 204 204 404 404", gone: "401 403 403 403 403 404 404 404 404"},

	// The bots have no reasons and no profiles.
	"GET /away-reasons": {own: everybody},
	"PUT /away-reasons/{reason}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"Lunch","minutes":60}`},
	"DELETE /away-reasons/{reason}": {own: "401 403 403 403 403 404 404 404 404", gone: "401 403 403 403 403 404 404 404 404"},

	"GET /profiles": {own: "401 403 403 403 403 200 200 200 200"},
	"PUT /profiles/{profile}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"Lead","permissions":["reports"]}`},
	"DELETE /profiles/{profile}": {own: "401 403 403 403 403 404 404 404 404", gone: "401 403 403 403 403 404 404 404 404"},

	"GET /adherence": {own: "401 403 403 403 403 200 200 200 200", query: "?from=2026-03-04T00:00:00Z&to=2026-03-05T00:00:00Z"},
}
