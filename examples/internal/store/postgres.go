package store

import (
	"errors"
	"net/url"
	"strings"
)

// isPostgres reports whether the DSN is one of PostgreSQL: an address, or pairs
// as libpq has them (host=... dbname=...).
func isPostgres(dsn string) bool {
	return isAddress(dsn) || strings.Contains(dsn, "host=") || strings.Contains(dsn, "dbname=")
}

func isAddress(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Beside returns the DSN of another database on the same PostgreSQL.
func Beside(dsn, database string) (string, error) {
	switch {
	case !isPostgres(dsn):
		return "", errors.New("store: the DSN is not PostgreSQL's") // which may hold a password
	case !isAddress(dsn):
		return dsn + " dbname=" + database, nil // of equal keys the last one counts
	}
	at, err := url.Parse(dsn)
	if err != nil {
		return "", errors.New("store: the DSN is no address")
	}
	at.Path = "/" + database
	return at.String(), nil
}
