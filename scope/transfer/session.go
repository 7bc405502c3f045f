package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/scope"
)

// How a server writes values down depends on its session. The probes are values
// whose text is known, or has to be the same where rows leave and where they
// arrive.
const (
	postgresForms = `SELECT CAST(CAST('1999-12-31 12:34:56.789' AS timestamp) AS text),
	CAST(CAST('0.30000000000000004' AS double precision) AS text), CAST(CAST('\x00ff' AS bytea) AS text),
	CAST(CAST('1900-01-01 00:00:00+00' AS timestamptz) AS text), CAST(CAST('2000-01-01 00:00:00+00' AS timestamptz) AS text),
	CAST(CAST('2024-07-01 00:00:00+00' AS timestamptz) AS text), CAST(CAST('1 mon -2 days 03:04:05' AS interval) AS text)`

	postgresMoney = `SELECT CAST(CAST(1234.5 AS money) AS text)`

	mysqlForms = `SELECT CAST(CAST('0.30000000000000004' AS DOUBLE) AS CHAR)`

	mysqlZone = `SELECT CAST(FROM_UNIXTIME(%d) AS CHAR)`
)

// probe returns the text forms of this session, or ErrSession where they lose
// something.
func (l *layout) probe(ctx context.Context, tx *sql.Tx) ([]string, error) {
	switch l.dialect {
	case scope.Postgres:
		return l.probePostgres(ctx, tx)
	case scope.MySQL:
		return l.probeMySQL(ctx, tx)
	}
	return nil, nil
}

func (l *layout) probePostgres(ctx context.Context, tx *sql.Tx) ([]string, error) {
	f := make([]string, 7)
	if err := tx.QueryRowContext(ctx, postgresForms).Scan(&f[0], &f[1], &f[2], &f[3], &f[4], &f[5], &f[6]); err != nil {
		return nil, err
	}
	switch {
	case f[0] != "1999-12-31 12:34:56.789" || !strings.HasPrefix(f[4], "2000-01-01 ") && !strings.HasPrefix(f[4], "1999-12-31 "):
		return nil, fmt.Errorf("%w: DateStyle is not ISO", ErrSession)
	case f[1] != "0.30000000000000004":
		return nil, fmt.Errorf("%w: extra_float_digits is below 1", ErrSession)
	case f[2] != `\x00ff`:
		return nil, fmt.Errorf("%w: bytea_output is not hex", ErrSession)
	}
	if l.hasType("money") {
		var money string
		if err := tx.QueryRowContext(ctx, postgresMoney).Scan(&money); err != nil {
			return nil, err
		}
		f = append(f, money)
	}
	return f[3:], nil
}

// probeMySQL: a TIMESTAMP is written in the zone of the session, and in one with
// summer time an hour of each autumn is written like the one before it.
func (l *layout) probeMySQL(ctx context.Context, tx *sql.Tx) ([]string, error) {
	var number string
	if err := tx.QueryRowContext(ctx, mysqlForms).Scan(&number); err != nil {
		return nil, err
	}
	if number != "0.30000000000000004" {
		return nil, fmt.Errorf("%w: it rounds numbers of type double", ErrSession)
	}
	if !l.hasType("timestamp") {
		return nil, nil
	}
	var offset time.Duration
	for i, at := range []int64{31536000, 47174400, 820454400, 836179200, 1704067200, 1719792000, 2082758400} {
		var s string
		if err := tx.QueryRowContext(ctx, fmt.Sprintf(mysqlZone, at)).Scan(&s); err != nil {
			return nil, err
		}
		local, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			return nil, err
		}
		d := local.Sub(time.Unix(at, 0).UTC())
		if i > 0 && d != offset {
			return nil, fmt.Errorf("%w: time_zone is one with summer time, in which a TIMESTAMP is not exact; open the pool with time_zone='+00:00'", ErrSession)
		}
		offset = d
	}
	return []string{offset.String()}, nil
}

func (l *layout) hasType(name string) bool {
	return slices.ContainsFunc(l.travelling(), func(t *table) bool {
		return slices.ContainsFunc(t.columns, func(c column) bool { return strings.Contains(strings.ToLower(c.Type), name) })
	})
}

// sameSession compares the forms of the session that wrote a file with this one's.
func sameSession(wrote, reads []string) error {
	if slices.Equal(wrote, reads) {
		return nil
	}
	return fmt.Errorf("%w than the one that exported them: let both have the same TimeZone, IntervalStyle and lc_monetary, or time_zone in MySQL, by the data source name", ErrSession)
}
