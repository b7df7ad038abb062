// Command migrate makes a database's tables for this version of the library,
// or brings them up to date. Run it before the programs that need them:
//
//	go run github.com/handoffdesk/handoff/examples/migrate -dsn 'postgres://user:password@host/database'
//	go run github.com/handoffdesk/handoff/examples/migrate -dsn 'mysql://user:password@tcp(host:3306)/database'
//
// Any number of processes may do so at once: one does the work and the others
// wait. An SQLite file needs nothing; its tables are brought up to date when it
// is opened.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); errors.Is(err, flag.ErrHelp) {
		return
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	dsn := flags.String("dsn", "", "postgres://..., mysql://user:password@tcp(host:port)/database, or an SQLite file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	switch scheme, _, served := strings.Cut(*dsn, "://"); {
	case *dsn == "":
		return errors.New("name the database with -dsn")
	case !served && strings.ContainsAny(*dsn, "@="):
		// A server's name in another form. It is not repeated: it may hold a password.
		return errors.New("-dsn: a server begins with postgres:// or mysql://, and a path has no @ or =")
	case !served:
		fmt.Fprintln(out, "An SQLite file is brought up to date when it is opened: there is nothing to do.")
		return nil
	case scheme == "postgres", scheme == "postgresql":
		err = postgres.Migrate(ctx, *dsn)
	case scheme == "mysql":
		err = mysql.Migrate(ctx, *dsn)
	default:
		return fmt.Errorf("-dsn: this program knows no database of the kind %q", scheme)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "The database is up to date.")
	return nil
}
