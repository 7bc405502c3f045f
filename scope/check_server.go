package scope

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// server looks at the server itself: what it is, its version, and the settings
// of the connection. It returns false where there is no point in going on.
func (s *survey) server(ctx context.Context) (bool, error) {
	d := s.rules.Dialect
	speaks, version, err := s.version(ctx)
	if err != nil {
		return false, err
	}
	if speaks != d {
		s.add(SeverityError, "server-dialect", "", "the policy says %v, but the server speaks %v: %s; set Policy.Dialect to what the server is", d, speaks, version)
		return false, nil
	}
	switch least, older, akin := olderThanProved(d, version); {
	case older:
		s.add(SeverityError, "server-version", "", "it is %s, and what is older than %s is not supported; upgrade the server", version, least)
		return false, nil
	case akin:
		s.add(SeverityWarning, "server-version", "", "it is %s, on which this package is not proved; run its tests, and yours, on that server", version)
	}
	switch d {
	case Postgres:
		return s.postgresModes(ctx)
	case MySQL:
		return s.mysqlModes(ctx)
	default:
		return true, s.sqliteModes(ctx)
	}
}

// version asks the server what it is in the ways of all of them, since the
// policy may be wrong about it.
func (s *survey) version(ctx context.Context) (Dialect, string, error) {
	row, err := s.askOne(ctx, `SELECT version()`)
	if err == nil {
		version := row[0]
		if strings.HasPrefix(version, "PostgreSQL") || strings.HasPrefix(version, "Cockroach") {
			return Postgres, version, nil
		}
		return MySQL, version, nil
	}
	row, err2 := s.askOne(ctx, `SELECT sqlite_version()`)
	if err2 == nil {
		return SQLite, row[0], nil
	}
	return 0, "", fmt.Errorf("asking the server for its version: %w", errors.Join(err, err2))
}

// olderThanProved compares a version with the oldest one that package tenant
// lists. Other products that speak a dialect are akin to it.
func olderThanProved(d Dialect, version string) (least string, older, akin bool) {
	number := version
	switch {
	case d == Postgres:
		least = "PostgreSQL 13"
		rest, ok := strings.CutPrefix(version, "PostgreSQL ")
		if akin = !ok || strings.Contains(version, "-YB-"); akin {
			return least, false, true
		}
		number = rest
	case d == MySQL && strings.Contains(version, "MariaDB"):
		least = "MariaDB 10.6"
	case d == MySQL:
		least = "MySQL 8.0"
		akin = strings.Contains(version, "TiDB") || strings.Contains(version, "Vitess")
	default:
		least = "SQLite 3.37"
	}
	return least, before(number, least[strings.LastIndexByte(least, ' ')+1:]), akin
}

// before compares the first two numbers of two versions.
func before(version, least string) bool {
	a, b := numbers(version), numbers(least)
	return a[0] < b[0] || a[0] == b[0] && a[1] < b[1]
}

func numbers(version string) (out [2]int) {
	for i, part := range strings.SplitN(version, ".", 3)[:min(2, 1+strings.Count(version, "."))] {
		digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if digits < 0 {
			digits = len(part)
		}
		out[i], _ = strconv.Atoi(part[:digits])
	}
	return out
}
