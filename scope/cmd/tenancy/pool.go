package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// pool is a live database under a policy.
type pool struct {
	*sqlx.DB
	dialect tenant.Dialect
}

// openPool opens a database that is there: SQLite would make a new one where the
// name is wrong, and nothing would be found in it.
func openPool(dsn, policyFile string) (*pool, error) {
	policy, err := readPolicy(policyFile, "")
	if err != nil {
		return nil, err
	}
	driver := map[scope.Dialect]string{scope.Postgres: "pgx", scope.MySQL: "mysql", scope.SQLite: "sqlite"}[policy.Dialect]
	if policy.Dialect == scope.SQLite {
		path, _, _ := strings.Cut(dsn, "?")
		if rest, is := strings.CutPrefix(path, "file:"); is {
			if path, err = url.PathUnescape(rest); err != nil {
				return nil, fmt.Errorf("--dsn: %w", err)
			}
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("--dsn: %w", err)
		}
	}
	db, err := scope.Open(driver, dsn, policy)
	if err != nil {
		return nil, err
	}
	return &pool{db, policy.Dialect}, nil
}
