package postgres_test

import (
	"context"
	"fmt"
	"io/fs"
	"log"

	"github.com/jackc/pgx/v5"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// Who runs migrations by means of their own finds them here.
func ExampleMigrations() {
	files, err := fs.Glob(postgres.Migrations(), "*.sql")
	fmt.Println(files, err)
	// Output: [00001_init.sql] <nil>
}

// A release migrates once; then each of its processes opens a store.
func ExampleOpen() {
	ctx := context.Background()
	const dsn = "postgres://desk:secret@db.example.com/desk?search_path=desk"
	if err := postgres.Migrate(ctx, dsn); err != nil {
		log.Fatal(err)
	}
	s, err := postgres.Open(ctx, dsn, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	now, err := s.Now(ctx)
	fmt.Println(now, err)
}

// An order and the wish that a person sees to it are there together, or not
// at all.
func ExampleRequestHandOff() {
	ctx := context.Background()
	host, err := pgx.Connect(ctx, "postgres://shop:secret@db.example.com/shop?search_path=shop,desk")
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close(ctx)
	var request storage.Request // the desk makes it
	err = pgx.BeginFunc(ctx, host, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE orders SET disputed = true WHERE id = $1`, 4711); err != nil {
			return err
		}
		return postgres.RequestHandOff(ctx, tx, request)
	})
	if err != nil {
		log.Fatal(err)
	}
}
