package servers

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
)

// CreateDatabase creates an empty database under a fresh name and returns its
// DSN and a function that drops it, whoever is still connected.
func (s *Server) CreateDatabase(ctx context.Context) (dsn string, drop func(context.Context) error, err error) {
	name := "tenancy_test_" + strings.ToLower(rand.Text())
	if dsn, err = s.Kind.withDatabase(s.DSN, name); err != nil {
		return "", nil, err
	}
	if err := s.exec(ctx, s.Kind.create, name); err != nil {
		return "", nil, err
	}
	return dsn, func(ctx context.Context) error { return s.exec(ctx, s.Kind.drop, name) }, nil
}

// exec runs statements on a connection of its own, so that no pool lingers on a
// server that is about to stop.
func (s *Server) exec(ctx context.Context, statements []string, name string) error {
	db, err := sql.Open(s.Kind.Driver, s.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, fmt.Sprintf(statement, name)); err != nil {
			return err
		}
	}
	return nil
}
