package mysql_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		dsn := database(t)
		return func() storage.Store { return open(t, dsn, &mysql.Options{Readers: 3, Writers: 2}) }
	})
}

func TestOpenSaysWhatIsWrongWithTheName(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"", "desk", "root@tcp(127.0.0.1:3306)/", "u:secret@wo(rd/desk", "u:p@tcp(h:1)/d?charset=x&timeout=secret"} {
		_, err := mysql.Open(t.Context(), dsn, nil)
		require.ErrorIs(t, err, handoff.ErrInvalid, dsn)
		require.NotContains(t, err.Error(), "secret")
		require.ErrorIs(t, mysql.Migrate(t.Context(), dsn), handoff.ErrInvalid, dsn)
	}
	_, err := mysql.Open(t.Context(), "u:secret@tcp(127.0.0.1:1)/desk", nil)
	require.ErrorContains(t, err, "127.0.0.1:1")
	require.NotContains(t, err.Error(), "secret")
}

func TestOpenAsksForTheTablesOfThisVersion(t *testing.T) {
	t.Parallel()
	dsn := testserver.MariaDB(t)
	_, err := mysql.Open(t.Context(), dsn, nil)
	require.ErrorIs(t, err, mysql.ErrSchema)
	require.ErrorContains(t, err, "examples/migrate")

	require.NoError(t, mysql.Migrate(t.Context(), dsn))
	s := open(t, dsn, nil)
	_, err = s.Reads().Exec(`INSERT INTO handoff_migrations (version_id, is_applied) VALUES (900, TRUE)`)
	require.NoError(t, err)
	_, err = mysql.Open(t.Context(), dsn, nil)
	require.ErrorIs(t, err, mysql.ErrSchema)
	require.ErrorContains(t, err, "newer program")
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := testserver.MariaDB(t)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = mysql.Migrate(t.Context(), dsn) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	s := open(t, dsn, nil)
	var feeds, applied int
	require.NoError(t, s.Reads().QueryRow(`SELECT (SELECT COUNT(*) FROM feed), (SELECT COUNT(*) FROM handoff_migrations WHERE version_id > 0)`).Scan(&feeds, &applied))
	require.Equal(t, []int{1, 1}, []int{feeds, applied})
}

// MySQL commits each change of a table by itself.
func TestAMigrationThatWasCutShortIsRunAgain(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, dsn, nil)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	before, err := s.Events(t.Context(), storage.Cursor{}, 10)
	require.NoError(t, err)
	_, err = s.Reads().Exec(`DELETE FROM handoff_migrations`)
	require.NoError(t, err)
	_, err = s.Reads().Exec(`DROP TABLE batches`)
	require.NoError(t, err)

	require.NoError(t, mysql.Migrate(t.Context(), dsn))
	after, err := open(t, dsn, nil).Events(t.Context(), storage.Cursor{}, 10)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestEveryConnectionIsSetUp(t *testing.T) {
	t.Parallel()
	s := open(t, database(t)+"?sql_mode=''&tx_isolation='SERIALIZABLE'&innodb_lock_wait_timeout=50", nil)
	for _, db := range []*sql.DB{s.Reads(), s.Writes()} {
		var isolation, mode, zone string
		var wait, idle int
		require.NoError(t, db.QueryRow(`SELECT @@tx_isolation, @@sql_mode, @@time_zone, @@innodb_lock_wait_timeout, @@idle_transaction_timeout`).
			Scan(&isolation, &mode, &zone, &wait, &idle))
		require.Equal(t, "READ-COMMITTED", isolation)
		require.Contains(t, mode, "STRICT_ALL_TABLES")
		require.Equal(t, "+00:00", zone)
		require.Equal(t, []int{3, 2}, []int{wait, idle})
	}
}

// Root may write to a read-only server; the store's user here may not.
func TestAReadOnlyServerSaysSo(t *testing.T) {
	dsn := database(t)
	root := open(t, dsn, nil).Reads()
	name := dsn[strings.LastIndex(dsn, "/")+1:]
	for _, statement := range []string{
		`CREATE OR REPLACE USER plain@'%' IDENTIFIED BY 'plain'`, `GRANT ALL ON ` + name + `.* TO plain@'%'`,
	} {
		_, err := root.Exec(statement)
		require.NoError(t, err)
	}
	s := open(t, strings.Replace(dsn, "root@", "plain:plain@", 1), nil)
	b := batch(started("c")...)
	_, err := root.Exec(`SET GLOBAL read_only = 1`)
	require.NoError(t, err)
	refused := s.Commit(t.Context(), b)
	_, err = root.Exec(`SET GLOBAL read_only = 0`)
	require.NoError(t, err)
	require.ErrorIs(t, refused, mysql.ErrReadOnly)
	require.NotErrorIs(t, refused, storage.ErrConflict)
	require.NoError(t, s.Commit(t.Context(), b))
}

func TestIdsAreExactBytes(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), nil)
	ids := []handoff.ConversationID{"a", "A", "a ", " a", "á", "a\u0301", "ａ", "a\t", "'", `\`, `\'`, `"`, "?", "%", "😀", "😁", "\u2028", "<&>"}
	for i, id := range ids {
		ops := append(started(id), storage.PutRecord{Record: storage.Record{
			Key: storage.Key{Bot: "b", Kind: "k", Parent: string(id), ID: string(id)}, Version: int64(i + 1)}})
		require.NoError(t, s.Commit(t.Context(), batch(ops...)), "%q", id)
	}
	var keys []storage.Key
	for _, id := range ids {
		c, err := s.Conversation(t.Context(), "b", id)
		require.NoError(t, err, "%q", id)
		require.Equal(t, id, c.ID)
		ms, err := s.Messages(t.Context(), storage.MessageQuery{Bot: "b", Conversation: id, Limit: 9})
		require.NoError(t, err)
		require.Len(t, ms, 1, "%q", id)
		keys = append(keys, storage.Key{Bot: "b", Kind: "k", Parent: string(id), ID: string(id)})
	}
	records, err := s.Lookup(t.Context(), keys)
	require.NoError(t, err)
	for i, r := range records {
		require.EqualValues(t, i+1, r.Version, "%q", r.Key.ID)
	}
}

// A message and a record of the largest size, of what quoting makes longest.
func TestWhatIsLargestFits(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), nil)
	ops := started("c")
	for i := range 8 {
		m := message("c", handoff.MessageID(fmt.Sprint("large", i)), at)
		m.Content = handoff.Text(strings.Repeat(`"\`, storage.MaxMessage/16))
		ops = append(ops, storage.AppendMessage{Message: m},
			storage.PutRecord{Record: storage.Record{Key: storage.Key{Bot: "b", Kind: "k", ID: fmt.Sprint(i)}, Version: 1,
				Data: []byte(strings.Repeat("'", storage.MaxData))}})
	}
	require.NoError(t, s.Commit(t.Context(), batch(ops...)))
	m, err := s.Message(t.Context(), "b", "c", "large7")
	require.NoError(t, err)
	require.Len(t, m.Text, storage.MaxMessage/8)
	r, err := s.Lookup(t.Context(), []storage.Key{{Bot: "b", Kind: "k", ID: "7"}})
	require.NoError(t, err)
	require.Len(t, r[0].Data, storage.MaxData)
}

func TestTermsThatAConversationLosesAreGone(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), nil)
	c := conversation("c")
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutConversation{Conversation: c})))
	c.Version, c.Terms = 2, []string{"wana", "wnew", "wnew"}
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutConversation{Conversation: c, Expect: 1})))
	var terms string
	require.NoError(t, s.Reads().QueryRow(`SELECT GROUP_CONCAT(term ORDER BY term) FROM terms`).Scan(&terms))
	require.Equal(t, "wana,wnew", terms)
}

func TestWhatHasExpiredIsTakenAway(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), nil)
	long := time.Now().Add(-2*storage.BatchMemory - time.Minute)
	for i := range 50 {
		id := storage.NewBatchID(long)
		_, err := s.Reads().Exec(`INSERT INTO batches (id) VALUES (UNHEX(?))`, strings.ReplaceAll(id, "-", ""))
		require.NoError(t, err)
		r := storage.Record{Key: storage.Key{Kind: "lease", ID: fmt.Sprint(i)}, Version: 1, Expires: at}
		require.NoError(t, s.Commit(t.Context(), batch(storage.PutRecord{Record: r})))
	}
	kept := storage.Record{Key: storage.Key{Kind: "lease", ID: "kept"}, Version: 1, Expires: at.AddDate(50, 0, 0)}
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutRecord{Record: kept})))
	together(8, 300, func(i int) {
		timer := storage.Timer{Kind: "k", ID: fmt.Sprint(i), At: at}
		require.NoError(t, s.Commit(t.Context(), batch(storage.SetTimer{Timer: timer})))
	})
	var batches, records int
	require.NoError(t, s.Reads().QueryRow(`SELECT (SELECT COUNT(*) FROM batches), (SELECT COUNT(*) FROM records)`).Scan(&batches, &records))
	require.Equal(t, []int{50 + 1 + 300, 1}, []int{batches, records})
}

func TestAClosedStoreHoldsNoGoroutine(t *testing.T) {
	dsn := database(t) // may start the server that tests share
	before := goleak.IgnoreCurrent()
	s, err := mysql.Open(t.Context(), dsn, nil)
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	require.NoError(t, s.Close())
	goleak.VerifyNone(t, before)
}

// database makes one with its tables.
func database(t testing.TB) string {
	dsn := testserver.MariaDB(t)
	require.NoError(t, mysql.Migrate(t.Context(), dsn))
	return dsn
}

func open(t testing.TB, dsn string, o *mysql.Options) *mysql.Store {
	s, err := mysql.Open(t.Context(), dsn, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
