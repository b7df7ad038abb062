package mysql_test

import (
	"context"
	"fmt"
	"io/fs"
	"log"
	"os"

	"github.com/handoffdesk/handoff/storage/mysql"
)

// A deployment migrates once; every process then opens the database.
func ExampleOpen() {
	ctx := context.Background()
	dsn := os.Getenv("DSN") // user:password@tcp(host:3306)/database
	if err := mysql.Migrate(ctx, dsn); err != nil {
		log.Fatal(err)
	}
	store, err := mysql.Open(ctx, dsn, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	now, err := store.Now(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the database's time is", now)
}

// The migrations may be read, or applied by a tool of your own.
func ExampleMigrations() {
	names, err := fs.Glob(mysql.Migrations(), "*.sql")
	fmt.Println(names[0], err)
	// Output: 00001_tables.sql <nil>
}
