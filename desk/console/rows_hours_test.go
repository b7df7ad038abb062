package console_test

// hoursRows are the rows of opening hours and of what queues do by time.
var hoursRows = map[string]row{
	"GET /calendars": {own: everybody},
	// The bots have no calendars.
	"PUT /calendars/{calendar}": {own: "401 403 403 403 403 200 200 200 200", gone: "401 403 403 403 403 200 200 200 200",
		body: `{"name":"Office","holidays":"BR","week":{"monday":[{"from":"22:00","to":"06:00"}]},"exceptions":[{"date":"2026-12-24"}]}`},
	"DELETE /calendars/{calendar}": {own: "401 403 403 403 403 404 404 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"GET /holidays":                {own: everybody, query: "?list=BR&optional=corpus_christi"},
	"GET /queues/{queue}/opening":  {own: "401 200 200 200 403 200 200 404 404", gone: "401 404 404 404 403 404 404 404 404"},
	"GET /wrap-ups":                {own: "401 200 200 200 403 200 403 200 403"},
	"DELETE /wrap-ups/{id}":        {own: noAgent, gone: noAgent},
}
