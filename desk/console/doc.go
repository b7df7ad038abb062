// Package console is the agents' desk as one http.Handler: sign-in, the
// pages, the HTTP API they use and a platform may use too, and the stream of
// what happens.
//
// # Terms
//
// An [Identity] is who makes a request: a person with a seat in one bot or
// several. By default they sign in with e-mail and password (package
// accounts); a platform that knows its people already gives an
// [Authenticator] instead. A seat is the place of an agent of a bot, and what
// they may do there is what package desk says. An API key is the platform's
// side of one bot: it is trusted, as desk.Bot is.
//
// # The life of a request
//
// Every answer, errors too, carries headers that keep a browser from running
// or embedding what is not the console's own. A request that changes something
// must come from the console's own pages, or from no browser at all. Then the
// route says who may call it: anybody, whoever is signed in, an agent, an API
// key. Only then its input is read, within bounds and with nothing in it that
// the route does not know. What the agent may see and do is decided by package
// desk, at each call.
//
// Which bot a person acts in, the header Handoff-Bot says, or in a GET the
// parameter bot; without either it is the first they have a seat in.
//
// Errors are application/problem+json with a stable code: see [Problem].
//
// # Guarantees
//
//   - GET and HEAD change nothing but that the agent is there, and when a
//     session or key was last used.
//   - Who is disabled, loses a permission or is signed out is refused at the
//     next request, and their streams end, or show less, within a second or so.
//   - An agent or key of one bot reaches nothing of another.
//   - No answer tells of SQL, a path or a stack, and the log holds no text,
//     password, token, name or address.
//   - The pages and the API use relative addresses only, so the console works
//     below any path: mount it with http.StripPrefix.
package console
