package postgres_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func TestThroughAPoolerThatGivesEachTransactionAnotherConnection(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("TestStore looks for races")
	}
	through := pooled(t, "transaction")
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		dsn := through(t, migrated(t)) + "&default_query_exec_mode=cache_describe"
		return func() storage.Store { return open(t, dsn) }
	})
}

func TestThroughAPoolerThatGivesEachClientAConnection(t *testing.T) {
	t.Parallel()
	dsn := pooled(t, "session")(t, migrated(t))
	mine, other := open(t, dsn), open(t, dsn)
	wakes, _ := watch(t.Context(), mine)
	<-wakes // for what came before
	require.NoError(t, other.Commit(t.Context(), batch(started("c")...)))
	<-wakes
	_, err := mine.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
}

// pooled starts a pooler, and gives the data source name of a database through
// it. What is to be set for that is what doc.go says.
func pooled(t *testing.T, mode string) func(t *testing.T, dsn string) string {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	ignored := regexp.MustCompile(`ignore_startup_parameters = .*`).FindString(string(doc))
	roles := regexp.MustCompile(`ALTER ROLE desk (SET (\w+) = .*;)`).FindAllStringSubmatch(string(doc), -1)
	ofRole := map[string]bool{}
	for _, r := range roles {
		ofRole[r[2]] = true
	}
	for name := range postgres.Settings {
		if name == "timezone" {
			continue // which a pooler passes on
		}
		require.Contains(t, ignored, name)
		if !strings.HasPrefix(name, "tcp_") { // for the connection to the pooler
			require.True(t, ofRole[name], name)
		}
	}
	pooler := testserver.PgBouncer(t, testserver.Postgres(t), "pool_mode = "+mode, ignored)
	return func(t *testing.T, dsn string) string {
		conn, err := pgx.Connect(t.Context(), dsn)
		require.NoError(t, err)
		for _, r := range roles {
			_, err := conn.Exec(t.Context(), `ALTER ROLE postgres IN DATABASE `+conn.Config().Database+` `+r[1])
			require.NoError(t, err)
		}
		require.NoError(t, conn.Close(t.Context()))
		through, err := url.Parse(dsn)
		require.NoError(t, err)
		through.Host = pooler
		return through.String()
	}
}
