package mysql

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// ErrSchema is in the error of Open when the database's tables are older or
// newer than this program needs. It says what to run.
var ErrSchema = sqlstore.ErrSchema

// ErrReadOnly is in the error of a commit to a server that takes no writes: a
// replica, or one in the middle of a failover. Nothing was applied; the same
// batch may be committed later, by when the connection has been made anew.
var ErrReadOnly = errors.New("mysql: the server is read-only")

// Numbers of the server's errors.
const (
	errDuplicate = 1062
	errNoTable   = 1146
	errLockWait  = 1205 // innodb_lock_wait_timeout; only the statement is undone
	errDeadlock  = 1213
	errChanged   = 1020 // since the snapshot
)

// isNumber reports whether err is the server's of that number.
func isNumber(err error, number uint16) bool {
	var server *mysql.MySQLError
	return errors.As(err, &server) && server.Number == number
}

// undone says of an error before COMMIT, after which nothing was applied,
// what it means for the batches of the transaction.
func undone(ctx context.Context, err error) error {
	var server *mysql.MySQLError
	if !errors.As(err, &server) {
		if ctx.Err() != nil { // others kept the rows for too long
			return fmt.Errorf("mysql: %w: %v", sqlstore.ErrRaced, err)
		}
		return fmt.Errorf("mysql: %w", err)
	}
	switch server.Number {
	case errDuplicate, errLockWait, errDeadlock, errChanged:
		return fmt.Errorf("mysql: %w: %w", sqlstore.ErrRaced, err)
	case 1290, 1792, 1836: // of --read-only, of the transaction, of the mode
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return fmt.Errorf("mysql: %w: %w", sqlstore.ErrRefused, err)
}

// unsure says of an error of COMMIT itself what it means. A server that
// certifies then may still choose a victim; after any other error the outcome
// is unknown.
func unsure(ctx context.Context, err error) error {
	if isNumber(err, errDeadlock) {
		return undone(ctx, err)
	}
	return fmt.Errorf("mysql: commit: %w", err)
}

// readFault gives an error of a read the form that callers know: a read cut
// short by its context has the context's.
func readFault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("mysql: %w", err)
}
