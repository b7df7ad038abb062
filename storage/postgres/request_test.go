package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

var request = storage.Request{
	Record: storage.Record{Key: storage.Key{Bot: "b", Kind: "request", ID: "r1"}, Version: 7, Data: []byte("hand off")},
	Timer:  storage.Timer{Bot: "b", Kind: "request", ID: "r1", At: at},
}

func TestARequestIsThereExactlyIfTheHostsTransactionCommits(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s := open(t, dsn)
	host, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer host.Close(t.Context())
	_, err = host.Exec(t.Context(), `CREATE TABLE orders (id TEXT)`)
	require.NoError(t, err)
	found := func() (orders int, r storage.Record, due []storage.Timer) {
		records, err := s.Lookup(t.Context(), []storage.Key{request.Record.Key})
		require.NoError(t, err)
		due, err = s.Due(t.Context(), []string{"request"}, at, 10)
		require.NoError(t, err)
		return len(rows[string](t, s, `SELECT id FROM orders`)), records[0], due
	}
	wakes, _ := watch(t.Context(), s)
	<-wakes

	refused := errors.New("the host thinks better of it")
	order := func(end error) error {
		return pgx.BeginFunc(t.Context(), host, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO orders VALUES ('o')`)
			require.NoError(t, err)
			require.NoError(t, postgres.RequestHandOff(t.Context(), tx, request))
			require.NoError(t, postgres.RequestHandOff(t.Context(), tx, request), "twice is once")
			return end
		})
	}
	require.ErrorIs(t, order(refused), refused)
	orders, r, due := found()
	require.Zero(t, orders)
	require.Zero(t, r.Version)
	require.Empty(t, due)
	require.Empty(t, wakes)

	require.NoError(t, order(nil))
	<-wakes
	orders, r, due = found()
	require.Equal(t, 1, orders)
	require.Equal(t, request.Record, r)
	require.Equal(t, []storage.Timer{request.Timer}, due)

	// The desk has taken it up, and keeps the record to know it by.
	require.NoError(t, s.Commit(t.Context(), batch(storage.ClearTimer{Timer: request.Timer})))
	require.NoError(t, order(nil))
	orders, r, due = found()
	require.Equal(t, 2, orders)
	require.Equal(t, request.Record, r)
	require.Empty(t, due, "the same request again is not a new one")
}

func TestARequestTakesThePlaceOfOneThatHasExpired(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s := open(t, dsn)
	expired := request.Record
	expired.Version, expired.Expires = 3, at
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutRecord{Record: expired})))
	require.NoError(t, pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error {
		return postgres.RequestHandOff(t.Context(), tx, request)
	}))
	records, err := s.Lookup(t.Context(), []storage.Key{request.Record.Key})
	require.NoError(t, err)
	require.Equal(t, request.Record, records[0])
	due, err := s.Due(t.Context(), []string{"request"}, at.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
}

func TestAMalformedRequestIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	err := pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error {
		return postgres.RequestHandOff(t.Context(), tx, storage.Request{Record: request.Record})
	})
	require.ErrorIs(t, err, storage.ErrInvalid)
}

func TestTheHostsTransactionStaysAsDurableAsItWas(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	require.NoError(t, pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SET LOCAL synchronous_commit = 'remote_apply'`)
		require.NoError(t, err)
		settings := func() (all []string) {
			rows, err := tx.Query(t.Context(), `SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' ORDER BY name`)
			require.NoError(t, err)
			all, err = pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			return all
		}
		before := settings()
		require.Contains(t, before, "synchronous_commit=remote_apply")
		require.NoError(t, postgres.RequestHandOff(t.Context(), tx, request))
		require.Equal(t, before, settings())
		return nil
	}))
}
