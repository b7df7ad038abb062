package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/handoffdesk/handoff"
)

// How long the network may be silent. Reading waits for longer than any
// statement may run.
const (
	dialTimeout  = 5 * time.Second
	readTimeout  = 15 * time.Second
	writeTimeout = 10 * time.Second
)

// config reads a data source name and sets what the store relies on.
func config(dsn string) (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(dsn, "mysql://"))
	if err != nil {
		// The driver's error may repeat part of a password.
		return nil, &handoff.FieldError{Field: "dsn", Reason: "is not of the form user:password@tcp(host:port)/database?parameters"}
	}
	if cfg.DBName == "" {
		return nil, &handoff.FieldError{Field: "dsn", Reason: "names no database"}
	}
	// Parameters go into the statement's text, quoted by the driver, which
	// saves the round trip of preparing. In utf8mb4 no character can hide a
	// quote.
	cfg.InterpolateParams = true
	cfg.MultiStatements = false
	cfg.Logger = &mysql.NopLogger{} // what matters comes back as an error; a library prints nothing
	cfg.ParseTime = false
	cfg.MaxAllowedPacket = 0        // the server's
	cfg.Logger = &mysql.NopLogger{} // what it has to say is in the errors too
	if err := cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, err
	}
	for given, otherwise := range map[*time.Duration]time.Duration{
		&cfg.Timeout: dialTimeout, &cfg.ReadTimeout: readTimeout, &cfg.WriteTimeout: writeTimeout,
	} {
		if *given == 0 {
			*given = otherwise
		}
	}
	return cfg, nil
}

// session is what every connection is set to. What only MariaDB or only MySQL
// knows stands in a comment that it alone reads. The timeouts bound what a
// process that froze, or was cut off, keeps from others: its transactions and
// their locks. One may wait for another of the same process, and stays for as
// long after it: two writers, as there are by default, keep others waiting for 4
// seconds.
const session = `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00',
	autocommit = 1, innodb_lock_wait_timeout = 3
	/*M! , tx_isolation = 'READ-COMMITTED', idle_transaction_timeout = 2, max_statement_time = 10 */
	/*!80000 , transaction_isolation = 'READ-COMMITTED', wait_timeout = 10, max_execution_time = 10000 */`

// idleTime is for how long a connection is kept that nobody uses: less than
// wait_timeout.
const idleTime = 5 * time.Second

// connector makes connections and sets them up.
type connector struct{ driver.Connector }

// Connect makes a connection.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, session, nil); err != nil {
		conn.Close()
		return nil, fmt.Errorf("set up the connection: %w", err)
	}
	return conn, nil
}

// pool gives a database handle of at most n connections.
func pool(c driver.Connector, n int) *sql.DB {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	db.SetConnMaxIdleTime(idleTime)
	db.SetConnMaxLifetime(10 * time.Minute) // so that all move when a name moves to another server
	return db
}

// minPacket is what a server must take at once: a message of the largest
// size, with its quotes.
const minPacket = 8 << 20

// checkServer asks for what the contract needs and cannot be set on a
// connection.
func checkServer(ctx context.Context, db *sql.DB) error {
	var packet int64
	var binlog bool
	var format string
	err := db.QueryRowContext(ctx, `SELECT @@max_allowed_packet, @@log_bin, @@binlog_format`).Scan(&packet, &binlog, &format)
	switch {
	case err != nil:
		return err
	case packet < minPacket:
		return fmt.Errorf("the server's max_allowed_packet is %d, less than %d", packet, minPacket)
	case binlog && format == "STATEMENT":
		return errors.New("the server's binlog_format is STATEMENT, which READ COMMITTED cannot be written to; it must be MIXED or ROW")
	}
	return nil
}
