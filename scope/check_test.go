package scope_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
)

// told is a server that answers questions about itself as a test tells it to:
// the key of the first answer that stands in the question is taken. Everything
// else has no rows.
type told map[string]any // [][]string or error

func (s told) Connect(context.Context) (driver.Conn, error) { return s, nil }
func (s told) Driver() driver.Driver                        { return nil }
func (s told) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }
func (s told) Close() error                                 { return nil }
func (s told) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (s told) QueryContext(_ context.Context, q string, _ []driver.NamedValue) (driver.Rows, error) {
	for key, answer := range s {
		if !strings.Contains(q, key) {
			continue
		}
		if err, ok := answer.(error); ok {
			return nil, err
		}
		return &toldRows{answer.([][]string)}, nil
	}
	return &toldRows{}, nil
}

type toldRows struct{ rows [][]string }

func (r *toldRows) Columns() []string {
	if len(r.rows) == 0 {
		return nil
	}
	return make([]string, len(r.rows[0]))
}
func (r *toldRows) Close() error { return nil }
func (r *toldRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	for i, v := range r.rows[0] {
		dest[i] = []byte(v)
	}
	r.rows = r.rows[1:]
	return nil
}

func row(cells ...string) [][]string { return [][]string{cells} }

var errNoVersion = errors.New("no such function: version")

func toldCheck(t *testing.T, d scope.Dialect, s told) (*scope.SchemaReport, error) {
	t.Helper()
	db, err := scope.OpenDB(s, scope.Policy{Dialect: d, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return scope.Check(context.Background(), sqlx.NewDb(db, "any"))
}

// TestCheckVersions: the versions of servers that no test machine has.
func TestCheckVersions(t *testing.T) {
	for _, c := range []struct {
		dialect scope.Dialect
		version string
		want    string // the findings' severity and code
	}{
		{scope.Postgres, "PostgreSQL 12.22 on x86_64-pc-linux-gnu", "error server-version"},
		{scope.Postgres, "PostgreSQL 9.6.24 on x86_64-pc-linux-gnu", "error server-version"},
		{scope.Postgres, "PostgreSQL 13.0 on x86_64-pc-linux-gnu", ""},
		{scope.Postgres, "PostgreSQL 19beta1 on x86_64-pc-linux-gnu", ""},
		{scope.Postgres, "CockroachDB CCL v23.1.1", "warning server-version"},
		{scope.Postgres, "PostgreSQL 11.2-YB-2.20.0.0 on x86_64-pc-linux-gnu", "warning server-version"},
		{scope.Postgres, "8.4.2", "error server-dialect"},
		{scope.MySQL, "5.7.44-log", "error server-version"},
		{scope.MySQL, "8.0.36", ""},
		{scope.MySQL, "10.5.23-MariaDB-log", "error server-version"},
		{scope.MySQL, "10.6.1-MariaDB", ""},
		{scope.MySQL, "11.4.2-MariaDB-ubu2404", ""},
		{scope.MySQL, "8.0.11-TiDB-v7.5.0", "warning server-version"},
		{scope.MySQL, "PostgreSQL 15.2", "error server-dialect"},
		{scope.SQLite, "3.36.0", "error server-version"},
		{scope.SQLite, "3.37.0", ""},
		{scope.SQLite, "4.0", ""},
	} {
		s := told{
			"SELECT version()":            row(c.version),
			"standard_conforming_strings": row("on", "UTF8"),
			"@@sql_mode":                  row("STRICT_TRANS_TABLES", "0", "utf8mb4"),
			"@@session.sql_mode":          row("", "utf8mb4"),
			"pragma_foreign_keys":         row("1"),
		}
		if c.dialect == scope.SQLite {
			s["SELECT version()"], s["sqlite_version()"] = errNoVersion, row(c.version)
		}
		report, err := toldCheck(t, c.dialect, s)
		require.NoError(t, err, c.version)
		var got []string
		for _, f := range report.Findings {
			got = append(got, f.Severity.String()+" "+f.Code)
		}
		require.Equal(t, c.want, strings.Join(got, ", "), c.version)
	}
}

// TestCheckAnswers: settings that a running server can not be given, and
// questions that fail.
func TestCheckAnswers(t *testing.T) {
	mysql := told{
		"SELECT version()":   row("8.0.36"),
		"@@sql_mode":         row("", "1", "utf8mb4"),
		"@@session.sql_mode": row("", "utf8mb4"),
		"COLUMN_TYPE":        row("app", "notes", "table", "plain", "tenant_id", "varchar(63)", "", "", "nullable", ""),
		"SEQ_IN_INDEX = 1":   row("app", "notes", "tenant_id"),
		"IS NULL LIMIT 1":    errors.New("SELECT command denied"),
	}
	report, err := toldCheck(t, scope.MySQL, mysql)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Equal(t, `errors 0, warnings 2, infos 2
warning: not-checked: table notes: the server did not say whether it has rows without a tenant: SELECT command denied
warning: tenant-column-nullable: table notes: the tenant column tenant_id may be NULL, and nobody sees such a row; make it NOT NULL, or classify the table as mixed if those rows are everybody's
info: server-names: lower_case_table_names is 1: the server ignores the case of table names, the policy does not; write names in statements and in the policy as the schema has them
info: unlisted: table notes: the policy does not name it, so it is per-tenant`, report.String())

	mysql["IS NULL LIMIT 1"] = row("1")
	report, err = toldCheck(t, scope.MySQL, mysql)
	require.NoError(t, err)
	require.ErrorContains(t, report.Err(), "error: row-without-tenant: table notes: it has rows")
	require.NotContains(t, report.Err().Error(), "warning")
	text, err := json.Marshal(report)
	require.NoError(t, err)
	require.Contains(t, string(text), `{"severity":"error","code":"row-without-tenant","table":"notes","message":"it has`)

	broken := errors.New("the server is gone")
	for question := range mysql {
		if question == "IS NULL LIMIT 1" {
			continue
		}
		before := mysql[question]
		mysql[question] = broken
		if question == "SELECT version()" {
			mysql["sqlite_version()"] = broken
		}
		_, err = toldCheck(t, scope.MySQL, mysql)
		require.ErrorIs(t, err, broken, question)
		delete(mysql, "sqlite_version()")
		mysql[question] = before
	}
}
