// Package accounts keeps who may sign in to a console: people with an e-mail
// address and a password, their sessions, and the API keys of programs. It
// knows nothing of HTTP: a token is a string that it makes and checks, what
// carries it is the caller's.
//
// # Terms
//
// A [Person] signs in, and has a [Seat] in one or more bots: the place of one
// agent. What the agent may do is the desk's to say; here is only who they
// are. A [Session] is a device on which a person is signed in, proved by a
// token. A [Key] is a program's, for one bot, proved by a secret.
//
// # The life of an account
//
// While there is nobody, [Accounts.SetupCode] makes a code for whoever runs
// the program, and [Accounts.FirstPerson] takes it. There is no default
// account and no second code. From then on people come by
// [Accounts.Invite], with a temporary password that the inviter hands over.
// [Accounts.SignIn] gives a token, [Accounts.Session] says whose it is, until
// [Accounts.SignOut], or until the session was unused for Options.Idle or is
// older than Options.Absolute. [Accounts.ChangePassword] is how a person
// gets rid of the temporary password; [Accounts.Reset] gives them another.
//
// # Guarantees
//
//   - Passwords, tokens, codes and secrets are kept only as hashes: passwords
//     by argon2id with 46 MiB, the others, which have 100 random bits or more,
//     by SHA-256. Nothing is cut off a password, and one typed with composed
//     characters is the same as with combining ones.
//   - Changing or resetting a password, disabling a person and taking a seat
//     end every session in one write: it raises a number in the person's
//     record that sessions must match. The next call of Session, in any
//     process, sees it.
//   - Only who manages every bot of a person resets or disables them, so a
//     seat in one bot is no way into another.
//   - Attempts are counted in the store before a password is looked at. Of
//     any number of guesses at once, in any number of processes, as many as
//     the limit are looked at. Nobody is locked out for good, and nobody by
//     what others do from elsewhere, where they signed in within 30 days.
//   - Whether anybody has an e-mail address cannot be told from signing in:
//     errors, limits, reads and hashes are the same.
//   - At most two hashes are made at once by one Accounts; others wait for
//     their turn as long as their context lasts.
//   - Of any number of calls of FirstPerson at once, one makes a person; of any
//     number of people at once, one gets an e-mail address.
//
// The clock is the store's.
package accounts
