package scope_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// mockConnector puts sqlmock behind the scoper, so that its expectations are
// about what reaches the driver.
type mockConnector struct {
	dsn string
	drv driver.Driver
}

func (c mockConnector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.dsn) }
func (c mockConnector) Driver() driver.Driver                        { return c.drv }

func newMock(t *testing.T, d scope.Dialect, opts ...scope.Option) (*sqlx.DB, sqlmock.Sqlmock) {
	t.Helper()
	dsn := t.Name()
	plain, mock, err := sqlmock.NewWithDSN(dsn, sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	require.NoError(t, err)
	db, err := scope.OpenDB(mockConnector{dsn, plain.Driver()}, goldenPolicy(d), opts...)
	require.NoError(t, err)
	if d == scope.MySQL { // before the first statement
		mock.ExpectQuery("SELECT @@session.sql_mode, @@session.character_set_client").
			WillReturnRows(sqlmock.NewRows([]string{"sql_mode", "character_set_client"}).AddRow("", "utf8mb4"))
	}
	name := map[scope.Dialect]string{scope.Postgres: "postgres", scope.MySQL: "mysql", scope.SQLite: "sqlite3"}[d]
	t.Cleanup(func() {
		mock.ExpectClose()
		require.NoError(t, db.Close())
		require.NoError(t, mock.ExpectationsWereMet())
	})
	return sqlx.NewDb(db, name), mock
}

func as(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

type contact struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
}

// TestExactStatement holds what reaches the driver, text and arguments, under
// the ways of sqlx.
func TestExactStatement(t *testing.T) {
	rows := func() *sqlmock.Rows { return sqlmock.NewRows([]string{"id", "name"}).AddRow(1, "Ann") }
	const sent = `SELECT id, name FROM contacts WHERE contacts."tenant_id" = $3 AND (id = $1 OR name = $2)`
	db, mock := newMock(t, scope.Postgres)
	var got []contact

	mock.ExpectQuery(sent).WithArgs(1, "Ann", "acme").WillReturnRows(rows())
	require.NoError(t, db.SelectContext(as("acme"), &got, `SELECT id, name FROM contacts WHERE id = $1 OR name = $2`, 1, "Ann"))
	require.Equal(t, []contact{{1, "Ann"}}, got)

	mock.ExpectQuery(sent).WithArgs(1, "Ann", "bolt").WillReturnRows(rows())
	rs, err := db.NamedQueryContext(as("bolt"), `SELECT id, name FROM contacts WHERE id = :id OR name = :name`, contact{1, "Ann"})
	require.NoError(t, err)
	require.NoError(t, rs.Close())

	query, args, err := sqlx.In(`SELECT id FROM contacts WHERE id IN (?) AND name = ?`, []int{4, 5}, "x")
	require.NoError(t, err)
	mock.ExpectQuery(`SELECT id FROM contacts WHERE contacts."tenant_id" = $4 AND (id IN ($1, $2) AND name = $3)`).
		WithArgs(4, 5, "x", "acme").WillReturnRows(sqlmock.NewRows([]string{"id"}))
	require.NoError(t, db.SelectContext(as("acme"), &[]int{}, db.Rebind(query), args...))

	mock.ExpectExec(`UPDATE contacts SET name = $1 WHERE contacts."tenant_id" = $3 AND (id = $2)`).WithArgs("y", 2, "acme").WillReturnResult(sqlmock.NewResult(0, 1))
	_, err = db.ExecContext(as("acme"), `UPDATE contacts SET name = $1 WHERE id = $2`, "y", 2)
	require.NoError(t, err)
}

// TestOrdinalBinds: with ? the tenant goes to where its placeholder stands.
func TestOrdinalBinds(t *testing.T) {
	db, mock := newMock(t, scope.MySQL)
	mock.ExpectQuery("SELECT ? AS a FROM contacts c LEFT JOIN companies o ON o.`tenant_id` = ? AND (o.id = ?) WHERE c.`tenant_id` = ? AND (c.id = ?) LIMIT ?").
		WithArgs("a", "acme", 1, "acme", 2, 3).WillReturnRows(sqlmock.NewRows([]string{"a"}))
	rows, err := db.QueryContext(as("acme"), "SELECT ? AS a FROM contacts c LEFT JOIN companies o ON o.id = ? WHERE c.id = ? LIMIT ?", "a", 1, 2, 3)
	require.NoError(t, err)
	require.NoError(t, rows.Close())
}

// TestNothingIsSent goes through all the ways to send a statement that must not
// be sent. sqlmock fails on any statement it does not expect.
func TestNothingIsSent(t *testing.T) {
	ctx := context.Background()
	conflict := tenant.WithID(as("acme"), "bolt")
	cases := []struct {
		name   string
		ctx    context.Context
		query  string
		is     error
		reason scope.Reason
	}{
		{"no tenant", ctx, "SELECT id FROM contacts", scope.ErrNoTenant, scope.ReasonNoTenant},
		{"no tenant, shared table", ctx, "SELECT code FROM countries", scope.ErrNoTenant, scope.ReasonNoTenant},
		{"no tenant, no table", ctx, "SELECT 1", scope.ErrNoTenant, scope.ReasonNoTenant},
		{"a second tenant", conflict, "SELECT id FROM contacts", tenant.ErrTenantConflict, scope.ReasonConflict},
		{"an invalid tenant", as("Acme"), "SELECT id FROM contacts", tenant.ErrInvalidID, scope.ReasonNoTenant},
		{"an empty tenant", as(""), "SELECT id FROM contacts", tenant.ErrInvalidID, scope.ReasonNoTenant},
		{"no reason", tenant.AcrossAll(ctx, ""), "SELECT id FROM contacts", tenant.ErrNoReason, scope.ReasonNoTenant},
		{"a tenant's table, global", tenant.Global(ctx), "SELECT id FROM contacts", nil, scope.ReasonMode},
		{"a write across", tenant.Across(ctx, "test", "acme", "bolt"), "DELETE FROM contacts", nil, scope.ReasonMode},
		{"unknown table", as("acme"), "SELECT id FROM nowhere", nil, scope.ReasonUnknownTable},
		{"second statement", as("acme"), "SELECT 1; DELETE FROM contacts", nil, scope.ReasonSecond},
		{"unbalanced", as("acme"), "SELECT id FROM contacts WHERE (id = 1", nil, scope.ReasonUnbalanced},
		{"DDL", as("acme"), "DROP TABLE contacts", nil, scope.ReasonUnsupported},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			db, _ := newMock(t, scope.Postgres)
			check := func(way string, err error) {
				t.Helper()
				var refused *scope.RefusedError
				require.ErrorAs(t, err, &refused, way)
				require.ErrorIs(t, err, scope.ErrRefused, way)
				require.Equal(t, c.reason, refused.Reason, way)
				if c.is != nil {
					require.ErrorIs(t, err, c.is, way)
				}
			}
			_, err := db.QueryContext(c.ctx, c.query)
			check("query", err)
			_, err = db.ExecContext(c.ctx, c.query)
			check("exec", err)
			check("row", db.QueryRowContext(c.ctx, c.query).Scan(new(int)))
			check("get", db.GetContext(c.ctx, new(int), c.query))
			st, err := db.PreparexContext(c.ctx, c.query)
			if err == nil { // without a tenant the text is only kept
				_, err = st.QueryContext(c.ctx)
				check("prepared", err)
				_, err = st.ExecContext(c.ctx)
				require.NoError(t, st.Close())
			}
			check("prepared", err)
		})
	}
}

// TestWithoutContext: the calls that take no context have no tenant.
func TestWithoutContext(t *testing.T) {
	db, _ := newMock(t, scope.Postgres)
	_, err := db.Query("SELECT id FROM contacts")
	require.ErrorIs(t, err, scope.ErrNoTenant)
	require.ErrorContains(t, err, "QueryContext")
	_, err = db.Exec("DELETE FROM contacts")
	require.ErrorIs(t, err, scope.ErrNoTenant)
	require.Panics(t, func() { db.MustExec("DELETE FROM contacts") })
}

// TestErrorsHoldNoValues: a refusal names the construct, never what was bound.
func TestErrorsHoldNoValues(t *testing.T) {
	db, _ := newMock(t, scope.Postgres)
	for _, query := range []string{
		"INSERT INTO contacts (id, tenant_id) VALUES ($1, $2)",
		"SELECT id FROM contacts WHERE name = $1 AND id = $2 AND nowhere(1)",
		"SELECT id FROM contacts WHERE name = $1 OR id = $2)",
		"SELECT id FROM contacts WHERE name = $1",
	} {
		_, err := db.ExecContext(as("acme"), query, "hunter2", "bolt-secret")
		require.Error(t, err, query)
		require.NotContains(t, err.Error(), "hunter2")
		require.NotContains(t, err.Error(), "bolt-secret")
	}
}

// TestGivenTenantValue: an application that fills the column itself may, if the
// value is the context's tenant.
func TestGivenTenantValue(t *testing.T) {
	db, mock := newMock(t, scope.Postgres)
	const query = `INSERT INTO contacts (tenant_id, id) VALUES ($1, $2), ($3, $4)`
	mock.ExpectExec(query).WithArgs("acme", 1, "acme", 2).WillReturnResult(sqlmock.NewResult(0, 2))
	_, err := db.ExecContext(as("acme"), query, "acme", 1, tenant.ID("acme"), 2)
	require.NoError(t, err)
	for _, bad := range []any{"bolt", "", nil, 7, []byte("bolt"), "Acme", "acme "} {
		_, err = db.ExecContext(as("acme"), query, "acme", 1, bad, 2)
		require.ErrorIs(t, err, scope.ErrRefused, "%v", bad)
	}
}

// twoFaced is a value that compares as one tenant and prints as another.
type twoFaced string

func (twoFaced) String() string { return "bolt" }

// TestTenantIsSentByUs: what was compared is not what may be sent, so the
// application's own object never is.
func TestTenantIsSentByUs(t *testing.T) {
	r, err := scope.NewRewriter(goldenPolicy(scope.Postgres))
	require.NoError(t, err)
	for _, given := range []any{twoFaced("acme"), []byte("acme"), tenant.ID("acme")} {
		_, args, err := r.Rewrite(as("acme"), `INSERT INTO contacts (tenant_id, id) VALUES ($1, $2)`,
			[]driver.NamedValue{{Ordinal: 1, Value: given}, {Ordinal: 2, Value: int64(1)}})
		require.NoError(t, err)
		require.Equal(t, "acme", args[0].Value, "%T", given)
	}
}

// TestNamedArguments: the tenant goes in under a name of our own, which no
// argument may take.
func TestNamedArguments(t *testing.T) {
	r, err := scope.NewRewriter(goldenPolicy(scope.SQLite))
	require.NoError(t, err)
	const query = "SELECT id FROM contacts WHERE id = :id"
	text, args, err := r.Rewrite(as("acme"), query, []driver.NamedValue{{Ordinal: 1, Name: "id", Value: int64(1)}})
	require.NoError(t, err)
	require.Contains(t, text, `contacts."tenant_id" = :tenancy_1`)
	require.Equal(t, []driver.NamedValue{{Ordinal: 1, Name: "id", Value: int64(1)}, {Ordinal: 2, Name: "tenancy_1", Value: "acme"}}, args)
	for _, args := range [][]driver.NamedValue{
		{{Ordinal: 1, Name: "id", Value: int64(1)}, {Ordinal: 2, Name: "tenancy_1", Value: "bolt"}},
		{{Ordinal: 1, Value: int64(1)}},
	} {
		_, _, err = r.Rewrite(as("acme"), query, args)
		require.ErrorIs(t, err, scope.ErrRefused)
	}
}

type rewriting struct{}

func (rewriting) RewriteQuery() {}

// TestArgumentsDoNotRewrite: pgx lets an argument change the text, and number
// its placeholders anew. No such argument is let through, in any mode.
func TestArgumentsDoNotRewrite(t *testing.T) {
	r, err := scope.NewRewriter(goldenPolicy(scope.Postgres))
	require.NoError(t, err)
	for _, ctx := range []context.Context{as("acme"), tenant.Global(context.Background()), tenant.AcrossAll(context.Background(), "test")} {
		for _, arg := range []any{rewriting{}, &rewriting{}} {
			_, _, err := r.Rewrite(ctx, "SELECT 1", []driver.NamedValue{{Ordinal: 1, Value: arg}})
			require.ErrorIs(t, err, scope.ErrRefused)
		}
	}
	_, _, err = r.Rewrite(as("acme"), "SELECT 1", []driver.NamedValue{{Ordinal: 1, Value: "one too many"}})
	require.Error(t, err)
	// mattn's SQLite driver binds a named value by its name only: the tenant
	// column would be NULL, and a mixed row everybody's.
	_, _, err = r.Rewrite(as("acme"), "INSERT INTO templates (id, tenant_id) VALUES ($1, $2)", []driver.NamedValue{{Ordinal: 1, Value: int64(1)}, {Ordinal: 2, Name: "x", Value: "acme"}})
	require.ErrorIs(t, err, scope.ErrRefused)
}

// TestManyNames: the work on names grows with the length of the text and no
// faster; a quadratic step would not come back from these.
func TestManyNames(t *testing.T) {
	r, err := scope.NewRewriter(goldenPolicy(scope.Postgres))
	require.NoError(t, err)
	for _, query := range []string{
		"SELECT " + strings.Repeat("companies, ", 100_000) + "1 AS companies FROM countries",
		"SELECT " + strings.Repeat("c.name, ", 100_000) + "1 FROM contacts c" + strings.Repeat(", (SELECT c.name FROM contacts c) x", 1),
		"SELECT " + strings.Repeat("*, ", 300_000) + "1 FROM countries" + strings.Repeat(", clicks", 500),
		"SELECT " + strings.Repeat("countries.*, ", 100_000) + "1 FROM countries" + strings.Repeat(", clicks", 500),
	} {
		_, _, _ = r.Rewrite(as("acme"), query, nil) // what matters is that it comes back
	}
}

// TestMixedColumnTypes: one placeholder serves all tables of a statement.
func TestMixedColumnTypes(t *testing.T) {
	r, err := scope.NewRewriter(scope.Policy{Dialect: scope.MySQL, Column: "tid", Default: scope.PerTenant, Catalogue: &scope.Catalogue{Tables: map[string]scope.CatalogueTable{
		"a": {Columns: []scope.CatalogueColumn{{Name: "tid", Type: "varchar(63)"}}},
		"b": {Columns: []scope.CatalogueColumn{{Name: "tid", Type: "bigint(20) unsigned"}}},
	}}})
	require.NoError(t, err)
	_, _, err = r.Rewrite(as("7"), "SELECT 1 FROM a, b", nil)
	require.ErrorIs(t, err, scope.ErrRefused)
	_, _, err = r.Rewrite(as("7"), "SELECT 1 FROM a", nil)
	require.NoError(t, err)
}

// TestStarsAreBounded: 25 KB of text must not become gigabytes.
func TestStarsAreBounded(t *testing.T) {
	r, err := scope.NewRewriter(goldenPolicy(scope.Postgres))
	require.NoError(t, err)
	query := "SELECT " + strings.Repeat("*, ", 5000) + "* FROM contacts"
	for i := range 900 {
		query += fmt.Sprintf(", contacts a%d", i)
	}
	_, _, err = r.Rewrite(as("acme"), query, nil)
	var refused *scope.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, scope.ReasonTooLong, refused.Reason)
}

// TestColumnTypes: the id is bound in the column's own type, and refused where
// the type has another canonical text for it.
func TestColumnTypes(t *testing.T) {
	const uuid = "0189e2c4-7a3b-7c11-9a58-3f2d1c0b9a87"
	for _, c := range []struct {
		columnType string
		id         tenant.ID
		want       any // nil is refused
	}{
		{"character varying(63)", "acme", "acme"},
		{"text", "7", "7"},
		{"bigint", "7", int64(7)},
		{"integer", "07", nil},
		{"int(11) unsigned", "acme", nil},
		{"bigint", "99999999999999999999", nil},
		{"bigint", "9223372036854775807", int64(9223372036854775807)},
		{"integer", "2147483647", int64(2147483647)},
		{"integer", "2147483648", nil},
		{"smallint", "32768", nil},
		{"uuid", uuid, uuid},
		{"uuid", "0189e2c47a3b7c119a583f2d1c0b9a87", nil},
		{"uuid", "acme", nil},
		{"numeric", "7", nil},
		{"decimal(10,0)", "7", nil},
		{"oid", "7", nil},
		{"character varying(4)", "acme2", nil},
		{"character varying(4)", "acme", "acme"},
	} {
		p := scope.Policy{Dialect: scope.Postgres, Column: "tid", Default: scope.PerTenant, Catalogue: &scope.Catalogue{Tables: map[string]scope.CatalogueTable{
			"t": {Columns: []scope.CatalogueColumn{{Name: "id", Type: "integer"}, {Name: "tid", Type: c.columnType}}},
		}}}
		r, err := scope.NewRewriter(p)
		require.NoError(t, err)
		_, args, err := r.Rewrite(as(c.id), "SELECT id FROM t", nil)
		if c.want == nil {
			require.ErrorIs(t, err, scope.ErrRefused, "%s in %s", c.id, c.columnType)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, args[0].Value, "%s in %s", c.id, c.columnType)
	}
}

// TestIntegerTenant: what an integer column of MySQL does not hold would become
// the largest number it does, which may be another tenant.
func TestIntegerTenant(t *testing.T) {
	for _, c := range []struct {
		d          scope.Dialect
		columnType string
		holds, not tenant.ID
	}{
		{scope.MySQL, "tinyint(4)", "127", "128"},
		{scope.MySQL, "tinyint(3) unsigned", "255", "256"},
		{scope.MySQL, "mediumint(8) unsigned", "16777215", "16777216"},
		{scope.MySQL, "int(11)", "2147483647", "2147483648"},
		{scope.MySQL, "int unsigned", "4294967295", "4294967296"},
		{scope.MySQL, "bigint(20) unsigned", "9223372036854775807", "9223372036854775808"},
		{scope.SQLite, "INTEGER", "9223372036854775807", "9223372036854775808"},
		{scope.SQLite, "int", "9223372036854775807", "9223372036854775808"},
	} {
		r, err := scope.NewRewriter(scope.Policy{Dialect: c.d, Column: "tid", Default: scope.PerTenant, Catalogue: &scope.Catalogue{Tables: map[string]scope.CatalogueTable{
			"t": {Columns: []scope.CatalogueColumn{{Name: "tid", Type: c.columnType}}},
		}}})
		require.NoError(t, err)
		_, args, err := r.Rewrite(as(c.holds), "SELECT 1 FROM t", nil)
		require.NoError(t, err, c.columnType)
		require.EqualValues(t, c.holds, fmt.Sprint(args[0].Value))
		_, _, err = r.Rewrite(as(c.not), "SELECT 1 FROM t", nil)
		require.ErrorIs(t, err, scope.ErrRefused, c.columnType)
	}
}

// TestTransactionTenant: a transaction belongs to the tenant it began with.
func TestTransactionTenant(t *testing.T) {
	db, mock := newMock(t, scope.Postgres)
	const sent = `SELECT id FROM contacts WHERE contacts."tenant_id" = $1`
	mock.ExpectBegin()
	tx, err := db.BeginTxx(as("acme"), nil)
	require.NoError(t, err)
	mock.ExpectQuery(sent).WithArgs("acme").WillReturnRows(sqlmock.NewRows([]string{"id"}))
	require.NoError(t, tx.Select(&[]int{}, "SELECT id FROM contacts"), "without a context: the transaction's tenant")
	mock.ExpectQuery(sent).WithArgs("acme").WillReturnRows(sqlmock.NewRows([]string{"id"}))
	require.NoError(t, tx.SelectContext(as("acme"), &[]int{}, "SELECT id FROM contacts"))
	for name, ctx := range map[string]context.Context{
		"another tenant": as("bolt"),
		"global":         tenant.Global(context.Background()),
		"across":         tenant.Across(context.Background(), "test", "acme", "bolt"),
		"across all":     tenant.AcrossAll(context.Background(), "test"),
	} {
		require.ErrorIs(t, tx.SelectContext(ctx, &[]int{}, "SELECT id FROM contacts"), tenant.ErrTenantConflict, name)
	}
	mock.ExpectCommit()
	require.NoError(t, tx.Commit())
	// The connection has forgotten it.
	require.ErrorIs(t, db.Select(&[]int{}, "SELECT id FROM contacts"), scope.ErrNoTenant)
	mock.ExpectQuery(sent).WithArgs("bolt").WillReturnRows(sqlmock.NewRows([]string{"id"}))
	require.NoError(t, db.SelectContext(as("bolt"), &[]int{}, "SELECT id FROM contacts"))
}

// TestEngineErrorsPass: what the engine says comes through with its type.
func TestEngineErrorsPass(t *testing.T) {
	db, mock := newMock(t, scope.Postgres)
	boom := &engineError{code: 42}
	mock.ExpectQuery(`SELECT id FROM contacts WHERE contacts."tenant_id" = $1`).WithArgs("acme").WillReturnError(boom)
	err := db.SelectContext(as("acme"), &[]int{}, "SELECT id FROM contacts")
	var got *engineError
	require.ErrorAs(t, err, &got)
	require.Same(t, boom, got)
	require.False(t, errors.Is(err, scope.ErrRefused))
}

type engineError struct{ code int }

func (e *engineError) Error() string { return fmt.Sprint("engine error ", e.code) }
