// Package testserver runs database servers for tests, from the binaries that
// are installed on the machine.
//
// A test asks for a database with [Postgres] or [MariaDB] and gets an empty
// one of its own, on a server that all tests of the binary share and that
// trades durability for speed. Its TestMain calls [Main], which stops what was
// started. Where the binaries are missing such a test is skipped, or fails if
// HANDOFF_REQUIRE_TOOLS is 1.
//
// A test that wants to crash a server starts one of its own with
// [StartPostgres] or [StartMariaDB]: they sync as the server does by default.
//
// [PgBouncer] puts a pooler before a test's database.
//
// Servers listen on a random port of the loopback address, run as another user
// where this process is root's, which both servers refuse, and on Linux die
// with this process.
package testserver
