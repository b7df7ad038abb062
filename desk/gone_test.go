package desk_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// An assignment that found an agent connected may hang while their lease runs
// out. Whoever looks on then, tells that they are gone after it at the
// earliest, or else the assignment comes to nothing.

func TestNothingIsGivenAfterTheNewsThatAnAgentIsGoneOnPostgres(t *testing.T) {
	t.Parallel()
	dsn := testserver.Postgres(t)
	require.NoError(t, postgres.Migrate(t.Context(), dsn))
	moments := 0
	nobodyIsGivenWhatHung(t, func(now time.Time) storage.Store {
		moments++
		moment := fmt.Sprint("moment", moments)
		db := opened(t, "pgx", dsn)
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(`CREATE SCHEMA %s; CREATE FUNCTION %[1]s.clock_timestamp()
			RETURNS timestamptz LANGUAGE sql AS 'SELECT to_timestamp(%[2]d / 1000.0)'`, moment, now.UnixMilli()))
		require.NoError(t, err)
		s, err := postgres.Open(t.Context(), dsn+"&search_path="+moment+",public,pg_catalog", nil)
		require.NoError(t, err)
		return s
	}, opened(t, "pgx", dsn), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
}

func TestNothingIsGivenAfterTheNewsThatAnAgentIsGoneOnMariaDB(t *testing.T) {
	t.Parallel()
	dsn := testserver.MariaDB(t)
	require.NoError(t, mysql.Migrate(t.Context(), dsn))
	nobodyIsGivenWhatHung(t, func(now time.Time) storage.Store {
		s, err := mysql.Open(t.Context(), fmt.Sprintf("%s?timestamp=%.3f", dsn, float64(now.UnixMilli())/1000), nil)
		require.NoError(t, err)
		return s
	}, opened(t, "mysql", dsn), `SELECT count(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p
		ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = database()`)
}

func opened(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// again is how often waiting is asked: MariaDB gives the same answer until it
// was not asked for 100 ms.
const again = 150 * time.Millisecond

// nobodyIsGivenWhatHung lets an assignment hang on its conversation, which db
// locks, until the agent is gone by the clock of a second process. open opens
// a store as of a moment, and waiting counts who waits for a lock.
func nobodyIsGivenWhatHung(t *testing.T, open func(now time.Time) storage.Store, db *sql.DB, waiting string) {
	now := time.Now()
	o := officeOn(t, open(now))
	ana := o.agent("ana", 5, handoff.RoleAgent, "sales")
	for _, device := range []string{"phone", "laptop"} {
		_, err := ana.Connect(o.ctx, device)
		o.ok(err)
	}
	o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
	o.waits("550", "sales", handoff.NoPriority) // for her first one there is no load to guess
	o.settle()
	o.ok(ana.SetAvailability(o.ctx, handoff.Away, ""))
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))

	from := o.dump()
	lock, err := db.BeginTx(o.ctx, nil)
	o.ok(err)
	_, err = lock.ExecContext(o.ctx, `SELECT id FROM conversations FOR UPDATE`)
	o.ok(err)
	waits := func(n int) bool {
		there := 0
		o.ok(db.QueryRowContext(o.ctx, waiting).Scan(&there))
		return there >= n
	}
	settles := func(d *desk.Desk) <-chan error {
		done := make(chan error, 1)
		go func() { done <- d.Settle(context.WithoutCancel(o.ctx)) }()
		return done
	}
	routed := settles(o.desk)
	require.Eventually(t, func() bool { return waits(1) }, 10*time.Second, again)

	later := open(now.Add(21 * time.Second))
	t.Cleanup(func() { later.Close() })
	second, err := desk.New(later, nil)
	o.ok(err)
	swept := settles(second)
	require.Eventually(t, func() bool { return waits(2) || len(swept) > 0 }, 10*time.Second, again)
	o.ok(lock.Rollback())
	o.ok(<-routed)
	o.ok(<-swept)

	o.open(later)
	told := slices.DeleteFunc(o.since(from), func(k handoff.EventKind) bool {
		return k != handoff.EventAssigned && k != handoff.EventDisconnected
	})
	require.Equal(t, []handoff.EventKind{handoff.EventAssigned, handoff.EventDisconnected}, told)
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
}
