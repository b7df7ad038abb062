package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

var (
	// ErrReadOnly: the server takes no writes, being a replica, or none at the
	// moment, as it is stopped, starts or fails over. The same batch may be
	// committed again, later or elsewhere.
	ErrReadOnly = errors.New("postgres: the server takes no writes")
	// ErrSchema: the tables are not there, or not of this program's version.
	// The error says what to do.
	ErrSchema = sqlstore.ErrSchema
)

// fault gives an error of the server the form that callers know.
func fault(err error) error {
	switch sqlState(err) {
	case "25006", // read-only transaction
		"57P01", "57P02", "57P03": // shut down, crashed, not up yet
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}

// undone gives an error of a group's transaction the form that the committer
// knows. Where the server has refused a statement it has rolled back.
func undone(err error) error {
	switch sqlState(err) {
	case "40001", "40P01", "55P03", // serialization, deadlock, lock timeout
		"23505": // somebody was faster to put what was not there
		return fmt.Errorf("%w: %w", sqlstore.ErrRaced, err)
	}
	err = fault(err)
	var e *pgconn.PgError
	if errors.As(err, &e) && e.SeverityUnlocalized == "ERROR" && !errors.Is(err, ErrReadOnly) {
		return fmt.Errorf("%w: %w", sqlstore.ErrRefused, err)
	}
	return err
}

// sqlState gives the server's code of an error, "" if it is not the server's.
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// failed gives an error of a call the form that callers know: one cut short by
// its context has the context's.
func failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("postgres: %w", fault(err))
}
