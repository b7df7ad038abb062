package mysql_test

import (
	"testing"

	"github.com/handoffdesk/handoff/storage/internal/sqltest"
)

func TestAListIsWhatMatchesInTheOrderOfItsPositions(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), nil)
	s.LookLess()
	sqltest.Lists(t, s)
}

func TestAPageOfAFullListIsWithoutAnythingElse(t *testing.T) {
	t.Parallel()
	sqltest.FullPage(t, open(t, database(t), nil))
}
