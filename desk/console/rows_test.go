package console_test

// coreRows are the rows of sign-in, me, admin and stream. In the order of
// roles: anonymous, agent, agent of other queue, former owner, disabled,
// admin, key, admin of other bot, key of other bot.
var coreRows = map[string]row{
	"GET /me":     {own: "401 200 200 200 403 200 403 200 403"},
	"GET /queues": {own: "401 200 200 200 403 200 200 200 200"},
}
