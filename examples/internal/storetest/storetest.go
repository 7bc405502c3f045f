// Package storetest gives the tests of the examples databases on a server.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/examples/internal/store"
)

// Postgres returns a new database on the PostgreSQL that TENANCY_POSTGRES_DSN
// names, or that of this machine, and drops it with the test. Where there is
// none the test is left out, except in CI, where it fails.
func Postgres(tb testing.TB) (dsn string) {
	tb.Helper()
	server := os.Getenv("TENANCY_POSTGRES_DSN")
	if server == "" {
		server = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	if server == "off" { // make test has said so, which it does not in CI
		if os.Getenv("CI") == "true" {
			tb.Fatal("TENANCY_POSTGRES_DSN switches PostgreSQL off")
		}
		tb.Skip("left out: PostgreSQL")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("PostgreSQL does not answer: %v", err)
		}
		tb.Skipf("left out: PostgreSQL does not answer: %v", err)
	}
	defer admin.Close(ctx) //nolint:errcheck // it was for one statement
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	name := "tenancy_example_" + hex.EncodeToString(b[:])
	if dsn, err = store.Beside(server, name); err != nil {
		tb.Fatalf("TENANCY_POSTGRES_DSN: %v", err)
	}
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("making a database: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		admin, err := pgx.Connect(ctx, server)
		if err != nil {
			tb.Errorf("dropping the database: %v", err)
			return
		}
		defer admin.Close(ctx) //nolint:errcheck // it was for one statement
		if _, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("dropping the database: %v", err)
		}
	})
	return dsn
}
