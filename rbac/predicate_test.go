package rbac_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// readers is a world in which gus reads everything but acme's course, with its
// leaf, and bolt's category.
func readers(t *testing.T) (*world, *rbac.Checker, tenant.Actor) {
	t.Helper()
	w := newWorld(t)
	reader := w.role("reader")
	w.set(reader, w.system, rbac.Allow, "view")
	w.set(reader, w.acmeCourse, rbac.Prevent, "view")
	w.set(reader, w.boltCat, rbac.Prevent, "view")
	w.assign("gus", reader, w.system)
	return w, w.checker(rbac.Config{}), tenant.Actor{ID: "gus"}
}

// The nodes of the world are system 1, acme 2 with categories 3 and 6 and
// courses 4 and 5, bolt 7 with 8 and 9, and 10 with 11 without a tenant.
func TestPredicateText(t *testing.T) {
	t.Parallel()
	w, checker, gus := readers(t)
	require.Equal(t, "/1/2/3/4/", w.acmeCourse.Path)
	across := tenant.Across(t.Context(), "test", "acme", "bolt", "corp")
	bolt := tenant.Across(t.Context(), "test", "bolt")
	acme, global := tenant.WithID(t.Context(), "acme"), tenant.Global(t.Context())
	for _, c := range []struct {
		name       string
		in         context.Context
		cols       rbac.Columns
		capability string
		sql        string
		args       []any
	}{
		{"ranges in PostgreSQL", acme, rbac.Columns{Dialect: tenant.Postgres, Tenant: "tenant_id", Path: "path"}, "view",
			`(("tenant_id" = ?) OR ("tenant_id" = ? AND (("path" >= CAST(? AS text) COLLATE "C" AND "path" < CAST(? AS text) COLLATE "C") OR ("path" >= CAST(? AS text) COLLATE "C" AND "path" < CAST(? AS text) COLLATE "C"))))`,
			[]any{"", "acme", "/1/2/", "/1/2/3/4/", "/1/2/3/40", "/1/20"}},
		{"ranges in MySQL", bolt, rbac.Columns{Dialect: tenant.MySQL, Tenant: "t", Path: "p"}, "view",
			"(`t` = ? AND `t` = ? COLLATE utf8mb4_bin AND ((`p` >= ? COLLATE utf8mb4_bin AND `p` < ? COLLATE utf8mb4_bin) OR (`p` >= ? COLLATE utf8mb4_bin AND `p` < ? COLLATE utf8mb4_bin)))",
			[]any{"bolt", "bolt", "/1/7/", "/1/7/8/", "/1/7/80", "/1/70"}},
		{"ranges in SQLite", bolt, rbac.Columns{Dialect: tenant.SQLite, Tenant: "t", Path: "p"}, "view",
			"(`t` = ? AND `t` = ? COLLATE BINARY AND ((`p` >= ? AND `p` < ?) OR (`p` >= ? AND `p` < ?)))",
			[]any{"bolt", "bolt", "/1/7/", "/1/7/8/", "/1/7/80", "/1/70"}},
		{"numbers in PostgreSQL", across, rbac.Columns{Dialect: tenant.Postgres, Tenant: "t", ID: "id"}, "view",
			`(("t" = ? AND "id" = ANY(CAST(CAST(? AS text) AS bigint[]))) OR ("t" = ? AND "id" = ANY(CAST(CAST(? AS text) AS bigint[]))))`, []any{"acme", "{2,3,6}", "bolt", "{7}"}},
		{"numbers in MySQL", bolt, rbac.Columns{Dialect: tenant.MySQL, Tenant: "t", ID: "id"}, "view",
			"(`t` = ? AND `t` = ? COLLATE utf8mb4_bin AND `id` IN (SELECT listed.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS listed))", []any{"bolt", "bolt", "[7]"}},
		{"numbers in SQLite", bolt, rbac.Columns{Dialect: tenant.SQLite, Tenant: "t", ID: "id"}, "view",
			"(`t` = ? AND `t` = ? COLLATE BINARY AND `id` IN (SELECT value FROM json_each(?)))", []any{"bolt", "bolt", "[7]"}},
		{"all nodes, by path", global, rbac.Columns{Dialect: tenant.Postgres, Tenant: "t", Path: "path"}, "view", `("t" = ?)`, []any{""}},
		{"all nodes, by number", global, rbac.Columns{Dialect: tenant.MySQL, Tenant: "t", ID: "`d`.ID"}, "view", "(`t` = ? AND `t` = ? COLLATE utf8mb4_bin)", []any{"", ""}},
		{"all nodes, without a value", global, rbac.Columns{Dialect: tenant.SQLite, Tenant: `"d"."T"`, ID: "id", NullTenant: true}, "view", "(`d`.`T` IS NULL)", nil},
		{"no node", acme, rbac.Columns{Dialect: tenant.MySQL, Tenant: "t", Path: "path"}, "edit", `(1 = 0)`, nil},
		{"an undeclared capability", acme, rbac.Columns{Dialect: tenant.MySQL, Tenant: "t", Path: "path"}, "undeclared", `(1 = 0)`, nil},
		{"a deprecated one", global, rbac.Columns{Dialect: tenant.Postgres, Tenant: "t", Path: "path"}, "see", `("t" = ?)`, []any{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := checker.Predicate(tenant.WithActor(c.in, gus), c.capability, c.cols)
			require.NoError(t, err)
			require.Equal(t, rbac.Predicate{SQL: c.sql, Args: c.args}, p)
		})
	}
}

// Of the nodes without a tenant, only those are listed, though all the others
// lie below the system too; and a part of them is not all of them.
func TestPredicateWithoutTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reader := w.role("reader")
	w.set(reader, w.system, rbac.Allow, "view")
	w.assign("gus", reader, w.system)
	w.set(reader, w.sharedCourse, rbac.Prevent, "view")
	w.set(reader, w.sharedCourse, rbac.Allow, "list")
	checker := w.checker(rbac.Config{})
	cols := rbac.Columns{Dialect: tenant.Postgres, Tenant: "t", ID: "id"}
	for capability, want := range map[string]rbac.Predicate{
		"view": {SQL: `("t" = ? AND "id" = ANY(CAST(CAST(? AS text) AS bigint[])))`, Args: []any{"", "{1,10}"}},
		"list": {SQL: `("t" = ? AND "id" = ANY(CAST(CAST(? AS text) AS bigint[])))`, Args: []any{"", "{11}"}},
	} {
		p, err := checker.Predicate(as("", tenant.Actor{ID: "gus"}), capability, cols)
		require.NoError(t, err)
		require.Equal(t, want, p)
	}
	// From within a tenant as well, whose own nodes are all allowed.
	p, err := checker.Predicate(as("acme", tenant.Actor{ID: "gus"}), "view", cols)
	require.NoError(t, err)
	require.Equal(t, rbac.Predicate{
		SQL:  `(("t" = ? AND "id" = ANY(CAST(CAST(? AS text) AS bigint[]))) OR ("t" = ?))`,
		Args: []any{"", "{1,10}", "acme"},
	}, p)
}

func TestPredicateNumbered(t *testing.T) {
	t.Parallel()
	_, checker, gus := readers(t)
	p, err := checker.Predicate(tenant.WithActor(tenant.Across(t.Context(), "test", "bolt"), gus), "view", rbac.Columns{Dialect: tenant.Postgres, Tenant: "t", ID: "id"})
	require.NoError(t, err)
	n := p.Numbered(10)
	require.Equal(t, `("t" = $10 AND "id" = ANY(CAST(CAST($11 AS text) AS bigint[])))`, n.SQL)
	require.Equal(t, []any{"bolt", "{7}"}, n.Args)
	n.Args[0] = "changed"
	require.Equal(t, "bolt", p.Args[0])
}

// What is no name of a column never gets into the text.
func TestPredicateColumns(t *testing.T) {
	t.Parallel()
	_, checker, gus := readers(t)
	long := strings.Repeat("x", 63)
	for _, c := range []struct {
		dialect tenant.Dialect
		name    string
		want    string // empty: refused
	}{
		{tenant.Postgres, "path", `"path"`},
		{tenant.Postgres, "Path", `"path"`}, // as the server reads it
		{tenant.Postgres, `"Path"`, `"Path"`},
		{tenant.Postgres, `n."Pa th-1".c`, `"n"."Pa th-1"."c"`},
		{tenant.Postgres, "current_user", `"current_user"`},
		{tenant.Postgres, long, `"` + long + `"`},
		{tenant.MySQL, "N.Path", "`N`.`Path`"},
		{tenant.MySQL, "`a b`._1", "`a b`.`_1`"},
		{tenant.SQLite, `"a b"`, "`a b`"},
		{tenant.Postgres, long + "x", ""},
		{tenant.Postgres, " path", ""},
		{tenant.Postgres, "path ", ""},
		{tenant.Postgres, "pa th", ""},
		{tenant.Postgres, "1path", ""},
		{tenant.Postgres, "a.b.c.d", ""},
		{tenant.Postgres, ".a", ""},
		{tenant.Postgres, "a.", ""},
		{tenant.Postgres, "a..b", ""},
		{tenant.Postgres, `""`, ""},
		{tenant.Postgres, `"a`, ""},
		{tenant.Postgres, `"a"b`, ""},
		{tenant.Postgres, `"a""b"`, ""},
		{tenant.Postgres, "`a`", ""},
		{tenant.Postgres, `"a?b"`, ""},
		{tenant.Postgres, "lower(path)", ""},
		{tenant.Postgres, "path OR true", ""},
		{tenant.Postgres, "path--", ""},
		{tenant.Postgres, "path/**/", ""},
		{tenant.Postgres, "'/1/'", ""},
		{tenant.Postgres, "$1", ""},
		{tenant.Postgres, "?", ""},
		{tenant.Postgres, "pfad\x00", ""},
		{tenant.Postgres, "größe", ""},
		{tenant.MySQL, `"path"`, ""},
		{tenant.MySQL, "`a``b`", ""},
		{tenant.MySQL, "@path", ""},
		{tenant.MySQL, `a\`, ""},
		{tenant.SQLite, "[path]", ""},
		{tenant.SQLite, "a;b", ""},
	} {
		for field, cols := range map[string]rbac.Columns{
			"Tenant": {Dialect: c.dialect, Tenant: c.name, Path: "p"},
			"Path":   {Dialect: c.dialect, Tenant: "t", Path: c.name},
			"ID":     {Dialect: c.dialect, Tenant: "t", Path: "p", ID: c.name},
		} {
			p, err := checker.Predicate(as("acme", gus), "view", cols)
			if c.want != "" {
				require.NoError(t, err, c.name)
				require.Equal(t, field != "ID", strings.Contains(p.SQL, c.want), p.SQL)
				continue
			}
			require.ErrorIs(t, err, rbac.ErrInvalid, c.name)
			require.Contains(t, err.Error(), field)
			require.Equal(t, rbac.Predicate{SQL: "(1 = 0)"}, p)
		}
	}
	for _, cols := range []rbac.Columns{
		{}, {Tenant: "t", Path: "p"}, {Dialect: 4, Tenant: "t", Path: "p"},
		{Dialect: tenant.SQLite, Tenant: "t"}, {Dialect: tenant.SQLite, Path: "p", ID: "id"},
	} {
		p, err := checker.Predicate(as("acme", gus), "view", cols)
		require.ErrorIs(t, err, rbac.ErrInvalid)
		require.Equal(t, rbac.Predicate{SQL: "(1 = 0)"}, p)
	}
}

// A context that can not ask gets an error and a predicate that selects
// nothing, from every question about more than one node.
func TestQuestionsClosed(t *testing.T) {
	t.Parallel()
	w, checker, gus := readers(t)
	cols := rbac.Columns{Dialect: tenant.Postgres, Tenant: "t", Path: "p"}
	for _, c := range []struct {
		name    string
		checker *rbac.Checker
		want    error
		actor   bool
		tenant  bool
	}{
		{"no tenant", checker, tenant.ErrNoTenant, true, false},
		{"no actor", checker, rbac.ErrNoActor, false, true},
		{"a zero checker", &rbac.Checker{}, nil, true, true},
		{"no checker", nil, nil, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if c.tenant {
				ctx = tenant.WithID(ctx, "acme")
			}
			if c.actor {
				ctx = tenant.WithActor(ctx, gus)
			}
			refused := func(err error) {
				t.Helper()
				require.Error(t, err)
				if c.want != nil {
					require.ErrorIs(t, err, c.want)
				}
			}
			some, err := c.checker.Filter(ctx, "view", []int64{w.acme.ID})
			refused(err)
			require.Empty(t, some)
			names, err := c.checker.Capabilities(ctx, w.acme.ID)
			refused(err)
			require.Empty(t, names)
			refused(c.checker.CheckAny(ctx, w.acme.ID, "view"))
			refused(c.checker.CheckAll(ctx, w.acme.ID, "view"))
			who, err := c.checker.WhoCan(ctx, w.acme.ID, "view")
			refused(err)
			require.Zero(t, who)
			nodes, err := c.checker.WhereCan(ctx, "view")
			refused(err)
			require.Empty(t, nodes)
			p, err := c.checker.Predicate(ctx, "view", cols)
			refused(err)
			require.Equal(t, rbac.Predicate{SQL: "(1 = 0)"}, p)
		})
	}
}
