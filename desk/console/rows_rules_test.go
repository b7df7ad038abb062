package console_test

// ruleRows are the rows of routing rules and contact fields.
var ruleRows = map[string]row{
	"GET /rules": {own: "401 403 403 403 403 200 200 200 200"},
	"PUT /rules": {own: "401 403 403 403 403 200 200 422 422", gone: "401 403 403 403 403 422 422 422 422",
		body: `{"rules":[{"id":"r","name":"R","when":[{"on":"text","is":["oi"]}],"then":{"queue":"{queue}"}}]}`},
	"POST /rules/dry-run": {own: "401 403 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404",
		body: `{"conversation":"{id}","rules":[{"id":"r","name":"R","then":{"priority":"high"}}]}`},

	"GET /contact-fields": {own: everybody},
	"PUT /contact-fields/{field}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"Plan","type":"choice","choices":["gold"]}`},
	"DELETE /contact-fields/{field}": {own: "401 403 403 403 403 204 204 404 404", gone: "401 403 403 403 403 404 404 404 404"},

	"GET /conversations/{id}/fields": {own: seesAgent, gone: noAgent},
	"PATCH /conversations/{id}/fields": {own: seesAgent, gone: noAgent,
		body: `{"values":{"{field}":"gold"}}`},
	"PATCH /contacts/{contact}/fields": {own: "401 403 403 403 403 403 200 403 404", gone: "401 403 403 403 403 403 404 403 404",
		body: `{"values":{"{field}":"gold"}}`},
}
