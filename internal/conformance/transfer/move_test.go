package transfer

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// learning is the part of a learning system that moves with a tenant. Enrolments
// and log lines name accounts, which are everybody's.
func learning(d tenant.Dialect) schema {
	own, end := "tenant_id VARCHAR(63) NOT NULL, id INTEGER NOT NULL", ""
	if d == tenant.MySQL {
		end = " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
	}
	const account = "account_id VARCHAR(40) NOT NULL, FOREIGN KEY (account_id) REFERENCES accounts (id)"
	return schema{[]string{
		"CREATE TABLE accounts (id VARCHAR(40) NOT NULL PRIMARY KEY, email VARCHAR(80) NOT NULL)" + end,
		"CREATE TABLE categories (" + own + ", title VARCHAR(80) NOT NULL, parent_id INTEGER, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, parent_id) REFERENCES categories (tenant_id, id))" + end,
		"CREATE TABLE courses (" + own + ", category_id INTEGER NOT NULL, title VARCHAR(80) NOT NULL, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, category_id) REFERENCES categories (tenant_id, id))" + end,
		"CREATE TABLE cohorts (" + own + ", title VARCHAR(80) NOT NULL, PRIMARY KEY (tenant_id, id))" + end,
		"CREATE TABLE cohort_members (tenant_id VARCHAR(63) NOT NULL, cohort_id INTEGER NOT NULL, " + account + ", PRIMARY KEY (tenant_id, cohort_id, account_id), FOREIGN KEY (tenant_id, cohort_id) REFERENCES cohorts (tenant_id, id))" + end,
		"CREATE TABLE enrolments (tenant_id VARCHAR(63) NOT NULL, course_id INTEGER NOT NULL, " + account + ", PRIMARY KEY (tenant_id, course_id, account_id), FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, id))" + end,
		"CREATE TABLE log_lines (" + own + ", course_id INTEGER NOT NULL, action VARCHAR(20) NOT NULL, " + account + ", PRIMARY KEY (tenant_id, id))" + end,
	}, scope.Policy{Dialect: d, Column: "tenant_id", Default: scope.PerTenant, Tables: map[string]scope.Table{"accounts": {Class: scope.Shared}}}}
}

// installation is one site with its people.
type installation struct {
	*world
	dir *member.Directory
}

func newInstallation(t *testing.T, e engines.Engine, tenants ...tenant.ID) *installation {
	t.Helper()
	s := &installation{world: bare(t, e, learning(e.Dialect))}
	require.NoError(t, tenantsql.Migrate(t.Context(), s.db, e.Dialect))
	require.NoError(t, member.Migrate(t.Context(), s.db, e.Dialect))
	reg := tenantsql.NewRegistry(s.db, e.Dialect)
	var err error
	s.dir, err = member.NewDirectory(s.db, e.Dialect, member.Config{
		Tenants:       func(db tenant.DBTX) tenant.Registry { return reg.With(db) },
		Administrator: func(context.Context, tenant.DBTX, string) (bool, error) { return false, nil },
	})
	require.NoError(t, err)
	for _, id := range tenants {
		require.NoError(t, reg.Create(t.Context(), tenant.Tenant{ID: id, Code: string(id)}))
	}
	return s
}

// account makes one in the directory and in the application's own table; the tenant
// is "" for a global one.
func (s *installation) account(t *testing.T, of tenant.ID, id, name, email string) {
	t.Helper()
	var err error
	if new := (member.NewAccount{ID: id, UserName: name, Email: email}); of == "" {
		_, err = s.dir.AddGlobal(tenant.Global(t.Context()), new)
	} else {
		_, err = s.dir.AddMember(s.as(t, of), "", new)
	}
	require.NoError(t, err)
	s.exec(t, tenant.Global(t.Context()), sqltext.Rebind(s.engine.Dialect, "INSERT INTO accounts (id, email) VALUES (?, ?)"), id, email)
}

func (s *installation) fill(t *testing.T, id tenant.ID, accounts ...string) {
	t.Helper()
	ctx := s.as(t, id)
	for _, q := range []string{
		"INSERT INTO categories (id, title) VALUES (1, 'Top')", "INSERT INTO categories (id, title, parent_id) VALUES (2, 'Below', 1)",
		"INSERT INTO courses (id, category_id, title) VALUES (7, 2, 'Algebra')", "INSERT INTO cohorts (id, title) VALUES (1, 'Class')",
	} {
		s.exec(t, ctx, q)
	}
	for i, a := range accounts {
		s.exec(t, ctx, "INSERT INTO cohort_members (cohort_id, account_id) VALUES (1, '"+a+"')")
		s.exec(t, ctx, "INSERT INTO enrolments (course_id, account_id) VALUES (7, '"+a+"')")
		s.exec(t, ctx, "INSERT INTO log_lines (id, course_id, action, account_id) VALUES ("+strconv.Itoa(i)+", 7, 'view', '"+a+"')")
	}
}

// A tenant moves to another site: its people as CSV, its categories, courses,
// cohorts and logs as a file of rows, and the global users that are enrolled become
// the accounts that they have there.
func Test_B22_MoveToAnotherSite(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		here, there := newInstallation(t, e, "acme", "bolt"), newInstallation(t, e, "acme", "coil")
		here.account(t, "acme", "m1", "ann", "ann@mail.test")
		here.account(t, "acme", "m2", "bob", "bob@mail.test")
		here.account(t, "bolt", "m3", "cat", "cat@mail.test")
		here.account(t, "", "g7", "gus", "gus@mail.test")
		here.fill(t, "acme", "m1", "m2", "g7")
		here.fill(t, "bolt", "m3", "g7")
		there.account(t, "coil", "g7", "dan", "dan@mail.test") // somebody else has this id there
		there.account(t, "", "x31", "gustav", "gus@mail.test")
		there.fill(t, "coil", "g7", "x31")

		// The people of the tenant, without those that are everybody's.
		var sheet bytes.Buffer
		out := csv.NewWriter(&sheet)
		for q := (member.Query{Limit: 1}); ; {
			page, err := here.dir.Members(here.as(t, "acme"), "", q)
			require.NoError(t, err)
			for _, a := range page.Accounts {
				require.NoError(t, out.Write([]string{a.ID, a.UserName, a.Email}))
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		out.Flush()
		require.Equal(t, "m1,ann,ann@mail.test\nm2,bob,bob@mail.test\n", sheet.String())
		people, err := csv.NewReader(&sheet).ReadAll()
		require.NoError(t, err)
		for _, p := range people {
			there.account(t, "acme", "moved-"+p[0], p[1], p[2])
		}
		found, err := there.dir.Members(there.as(t, "acme"), "", member.Query{})
		require.NoError(t, err)
		require.Len(t, found.Accounts, 2)

		file, sum := here.export(t, "acme", transfer.ExportOptions{})
		before, source := there.dump(t), here.dump(t)
		mail := map[string]string{"m1": "ann@mail.test", "m2": "bob@mail.test"}
		o := transfer.ImportOptions{Into: "acme", Map: map[string]transfer.MapFunc{"accounts.id": func(ctx context.Context, old string) (string, bool, error) {
			email, told := mail[old]
			if !told {
				return "", false, nil
			}
			var id string
			err := there.db.QueryRowContext(ctx, sqltext.Rebind(e.Dialect, "SELECT id FROM accounts WHERE email = ?"), email).Scan(&id)
			return id, err == nil, err
		}}}
		_, err = transfer.Import(t.Context(), there.db, bytes.NewReader(file), o)
		var unmapped *transfer.UnmappedError
		require.ErrorAs(t, err, &unmapped, "a global user whom nobody has told of")
		require.Equal(t, before, there.dump(t), "nothing half-way")
		mail["g7"] = "gus@mail.test"
		in, err := transfer.Import(t.Context(), there.db, bytes.NewReader(file), o)
		require.NoError(t, err)
		require.Equal(t, sum.Tables, in.Tables)

		require.Equal(t, before, there.dump(t).without("acme"), "the others' rows there")
		for _, query := range []string{
			"SELECT a.email FROM enrolments e JOIN accounts a ON a.id = e.account_id ORDER BY 1",
			"SELECT a.email FROM cohort_members m JOIN cohorts c ON c.id = m.cohort_id JOIN accounts a ON a.id = m.account_id ORDER BY 1",
			"SELECT a.email FROM log_lines l JOIN courses c ON c.id = l.course_id JOIN accounts a ON a.id = l.account_id WHERE l.action = 'view' ORDER BY 1",
		} {
			require.Equal(t, []string{"ann@mail.test", "bob@mail.test", "gus@mail.test"}, there.column(t, "acme", query), query)
			require.Equal(t, []string{"dan@mail.test", "gus@mail.test"}, there.column(t, "coil", query), query)
		}
		require.Equal(t, []string{"Top"}, there.column(t, "acme", "SELECT p.title FROM courses k JOIN categories c ON c.id = k.category_id JOIN categories p ON p.id = c.parent_id"))
		require.Equal(t, []string{"moved-m1", "moved-m2", "x31"}, there.column(t, "acme", "SELECT account_id FROM enrolments ORDER BY 1"))

		_, err = transfer.Purge(t.Context(), here.db, "acme", transfer.PurgeOptions{})
		require.NoError(t, err)
		require.Equal(t, source.without("acme"), here.dump(t), "here it is gone, and nobody else's")
	})
}
