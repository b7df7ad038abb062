package console_test

// coreRows are the rows of sign-in, me and admin. In the order of roles:
// anonymous, agent, agent of other queue, former owner, disabled, admin, key,
// admin of other bot, key of other bot.
var coreRows = map[string]row{
	// The roles of the matrix are signed in by other means than the session
	// cookie that these work on: see TestSignIn for what they do with it.
	"GET /setup":            {own: "200 200 200 200 200 200 200 200 200"},
	"POST /setup":           {own: "401 401 401 401 401 401 401 401 401", body: `{"code":"x","email":"a@example.com","name":"A","password":"a long password","bot":"new"}`},
	"POST /session":         {own: "401 401 401 401 401 401 401 401 401", body: `{"email":"a@example.com","password":"a long password"}`},
	"DELETE /session":       {own: "204 204 204 204 204 204 204 204 204"},
	"GET /sessions":         {own: "401 401 401 401 401 401 403 401 403"},
	"DELETE /sessions":      {own: "401 401 401 401 401 401 403 401 403"},
	"PUT /session/password": {own: "401 401 401 401 401 401 403 401 403", body: `{"old":"an old password","new":"a new password"}`},

	"GET /me":              {own: "401 200 200 200 403 200 403 200 403"},
	"PATCH /me":            {own: "401 200 200 200 403 200 403 200 403", body: `{"language":"en"}`},
	"PUT /me/availability": {own: "401 200 200 200 403 200 403 200 403", body: `{"availability":"away","reason":"lunch"}`},
	"GET /me/tickets":      {own: "401 200 200 200 403 200 403 200 403"},
	"GET /me/views":        {own: "401 200 200 200 403 200 403 200 403"},
	"PUT /me/views/{view}": {own: "401 200 200 200 403 200 403 200 403",
		gone: "401 200 200 200 403 200 403 200 403", body: `{"name":"Mine","criteria":{"mine":true}}`},
	"DELETE /me/views/{view}": {own: "401 404 404 404 403 404 403 404 403", gone: "401 404 404 404 403 404 403 404 403"},

	"GET /queues": {own: "401 200 200 200 403 200 200 200 200"},
	"PUT /queues/{queue}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"Sales"}`},
	"PATCH /queues/{queue}": {own: "401 403 403 403 403 200 200 404 404",
		gone: "401 403 403 403 403 404 404 404 404", body: `{"name":"Sales"}`},
	"DELETE /queues/{queue}":      {own: "401 403 403 403 403 409 409 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"GET /queues/{queue}/members": {own: "401 403 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"PUT /queues/{queue}/members/{agent}": {own: "401 403 403 403 403 200 200 404 404",
		gone: "401 403 403 403 403 404 404 404 404", body: `{"capacity":2}`},
	"DELETE /queues/{queue}/members/{agent}": {own: "401 403 403 403 403 204 204 404 404", gone: "401 403 403 403 403 404 404 404 404"},

	"PUT /templates/{template}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"hello","language":"en","body":"Hello"}`},
	"DELETE /templates/{template}": {own: "401 403 403 403 403 204 204 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	"GET /bot":                     {own: "401 200 200 200 403 200 200 200 200"},
	"PATCH /bot":                   {own: "401 403 403 403 403 200 200 200 200", body: `{"name":"New name"}`},

	"GET /agents": {own: "401 403 403 403 403 200 200 200 200"},
	"PUT /agents/{agent}": {own: "401 403 403 403 403 200 200 200 200",
		gone: "401 403 403 403 403 200 200 200 200", body: `{"name":"Ana","permissions":["transfer"]}`},
	"GET /agents/{agent}/explain": {own: "401 200 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404"},
	// The agents have no e-mail address.
	"POST /agents/{agent}/invitation": {own: "401 403 403 403 403 422 403 404 403",
		gone: "401 403 403 403 403 404 403 404 403", body: `{}`},
	"GET /events": {own: "401 200 200 200 403 200 403 200 403", query: "?list=true&device=tab", endless: true},

	"GET /keys":          {own: "401 403 403 403 403 200 403 200 403"},
	"POST /keys":         {own: "401 403 403 403 403 201 403 201 403", body: `{"name":"Another"}`},
	"DELETE /keys/{key}": {own: "401 403 403 403 403 204 403 404 403", gone: "401 403 403 403 403 404 403 404 403"},
}
