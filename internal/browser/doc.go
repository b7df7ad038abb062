// Package browser lets tests look at the console as its users do: in a browser
// that runs without a window.
//
// A Tab is one tab of a browser that has nothing of any other test's: no
// cookie, no storage. A click is a press on whatever lies on top at that place,
// and is made once the thing is there and nothing covers it; nothing waits for
// a time to pass. A test fails on anything the page complains of: an exception,
// an error in the console, what the content security policy refused.
//
// One browser serves all tests of a binary. Without chromium they are skipped,
// unless HANDOFF_REQUIRE_TOOLS is 1.
package browser
