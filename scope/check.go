package scope

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// Check compares the policy of a pool with the live schema and the server, and
// reports what keeps tenants apart less well than the policy says. It is for
// the start of a process, for the pipeline that changes the schema, and for a
// test of the application. db is a *sql.DB or a *sqlx.DB that this package
// opened; for any other see [Inspect].
//
// Check reads the server's own tables, and of the application's it asks only
// whether a PerTenant table that allows it has a row without a tenant: on a
// large table without an index on the tenant column that takes as long as to
// read the table. It uses one connection, changes nothing, and is not scoped,
// so the context needs no tenant. The error is that of the connection or the
// server; what is wrong with the schema is in the report, see [SchemaReport.Err].
//
// The codes, and the severities they come with:
//
//	about the server
//	server-dialect           error    it does not speak the dialect of the policy
//	server-version           error    it is older than what this package is proved on; a warning for one that is akin to it
//	server-charset           error    the connection's character set can hide a quote
//	server-mode              warning  a mode in which texts read in another way than usual
//	server-names             info     it ignores the case of table names
//	foreign-keys-off         info     SQLite does not check foreign keys on this connection
//	function-hides-builtin   warning  a function of the schema may run where a statement names a built-in one
//	operator, cast           warning  an operator or cast of the schema, which calls a function that no statement names
//
//	about tables and the policy
//	absent                   warning  the policy names a table that is not there
//	unlisted                 info     the policy does not name a table: the class that it gets
//	unclassified             error    the same, but the table has the tenant column and the default is Shared
//	declared-twice           error    under its name and with its schema, in different ways
//	catalogue                error    the policy brings a catalogue along that is not this schema
//	exposed                  warning  the table is read across tenants, with the policy's reason
//	shared-tenant-column     warning  everybody reads the table, but it has the tenant column
//	shared-writable          info     any tenant writes the table, by the policy's choice
//	row-security             info     the server has row-level security on the table
//	inherits                 error    a partition or child is not of the class of its parent; an info where it is
//	not-checked              warning  the server did not answer a question
//
//	about the tenant column of PerTenant and Mixed tables
//	no-tenant-column         error    it is missing
//	tenant-column-type       error    its type can hold one id for several, or ids that other tables can not hold
//	tenant-column-short      warning  it is shorter than the longest id
//	tenant-column-generated  error    no INSERT can give it a value
//	tenant-column-default    warning  rows from elsewhere get a tenant in silence; an error in a Mixed table
//	tenant-column-collation  error    it takes two ids for one; a warning if it takes other spellings for an id, an info for trailing spaces
//	tenant-column-nullable   warning  a PerTenant table may hold rows that nobody sees
//	row-without-tenant       error    and it does
//	no-tenant-index          warning  no index of a PerTenant table begins with it
//
//	about keys
//	unique-without-tenant    warning  a duplicate tells of another tenant's row, and statements that give a value are refused; an error if it deletes that row
//	unknown-key              warning  GloballyUnique names a key that the table does not have
//	foreign-key-tenant       warning  a row can refer to another tenant's; an error with an action that changes rows
//	foreign-key-sets-tenant  error    its action takes a row from its tenant
//	foreign-key-shared       warning  an action on a shared row changes tenants' rows; an error if tenants may write the shared row
//	foreign-key-to-tenant    warning  a shared row refers to a tenant's; an error with an action
//
//	about what runs inside the server
//	view                     error    a view is declared to be shared but reads tenants' tables; else a warning, or an info for one that is not declared
//	trigger, rule            warning  it sees all rows
//	function                 warning  a default, generated column or CHECK calls a function of the schema
func Check(ctx context.Context, db interface {
	Conn(context.Context) (*sql.Conn, error)
}) (*SchemaReport, error) {
	var out *SchemaReport
	err := onConn(ctx, db, func(c driver.Conn, p *pool) error {
		if p == nil {
			return fmt.Errorf("scope: Check needs a pool that Connect, Open or OpenDB of this package made, because its policy is what is checked; for another one use Inspect")
		}
		s := newSurvey(c, p.rules)
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("scope: checking the schema: %w", err)
		}
		out = sorted(s.withoutRepeats())
		return nil
	})
	return out, err
}

// run reads the server and the schema and applies every rule to them. Where the
// server is not one that can be read, the report says so and nothing else.
func (s *survey) run(ctx context.Context) error {
	ok, err := s.server(ctx)
	if err != nil || !ok {
		return err
	}
	if err := s.readSchema(ctx); err != nil {
		return err
	}
	s.judge()
	return s.probe(ctx)
}

// judge applies the rules that need no further question to the server.
func (s *survey) judge() {
	s.checkNames()
	s.checkCatalogue()
	for _, t := range s.all {
		if t.kind == "sequence" && !t.declared {
			continue // MariaDB lists them with the tables
		}
		s.checkTable(t)
		if t.filtered() && (t.declared || !t.cat.View) {
			s.checkColumn(t)
			s.checkKeys(t)
		}
		if t.cat.View {
			s.checkView(t)
		}
		s.checkParents(t)
	}
	s.checkChildren()
	s.checkKinds()
	s.checkLinks()
	s.checkRuns()
}
