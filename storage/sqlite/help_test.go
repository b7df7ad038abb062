package sqlite_test

import "github.com/handoffdesk/handoff/storage/internal/sqltest"

// What the adapters' tests share, by short names.
var (
	at           = sqltest.At
	batch        = sqltest.Batch
	conversation = sqltest.Conversation
	message      = sqltest.Message
	started      = sqltest.Started
	sorts        = sqltest.Sorts
	fill         = sqltest.Fill
	cycle        = sqltest.Cycle
	together     = sqltest.Together
	perSecond    = sqltest.PerSecond
)
