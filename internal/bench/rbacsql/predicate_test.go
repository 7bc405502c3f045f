// Package rbacsql_test measures what the predicate of package rbac costs in a
// query, beside the same query with the tenant as its only condition.
package rbacsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/bench/turns"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	tenants = 1000
	nodes   = 1000 // of each; the i-th, below the first, lies in the (i-1)/4-th
)

// acme is the first tenant, whose nodes have the numbers from 2 on.
const acme = tenant.ID("tenant-0")

// table makes a million rows, in the same tree for each tenant.
var table = []string{
	`CREATE UNLOGGED TABLE nodes (tenant_id VARCHAR(63) NOT NULL, id BIGINT NOT NULL, path VARCHAR(600) COLLATE "C" NOT NULL)`,
	fmt.Sprintf(`
WITH RECURSIVE shape (i, line) AS (
	SELECT 0, ARRAY[0]
	UNION ALL
	SELECT 4 * i + k, line || (4 * i + k) FROM shape, generate_series(1, 4) AS k WHERE 4 * i + k < %d
)
INSERT INTO nodes
SELECT 'tenant-' || t, %d * t + 2 + i, '/1/' || (SELECT string_agg((%[2]d * t + 2 + x)::text, '/' ORDER BY place) FROM unnest(line) WITH ORDINALITY AS u (x, place)) || '/'
FROM generate_series(0, %d) AS t, shape`, nodes, nodes, tenants-1),
	`CREATE INDEX ON nodes (tenant_id, path)`,
	`ANALYZE nodes`,
}

// BenchmarkPredicate is about ten subtrees: a predicate for nothing else, and
// one for everything else of a tenant.
func BenchmarkPredicate(b *testing.B) {
	_, db := engines.Get(b, "postgres").NewDatabase(b)
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	for _, statement := range table {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			b.Fatal(err)
		}
	}
	checker := newChecker(b)
	all := func() error { return query(ctx, db, nodes, `SELECT id FROM nodes WHERE tenant_id = $1`, string(acme)) }
	for _, c := range []struct {
		name, user string
		rows       int
	}{
		{"only-ten", "ann", inTen},
		{"all-but-ten", "bob", nodes - inTen},
	} {
		b.Run(c.name+"/ours", func(b *testing.B) {
			asker := tenant.WithActor(tenant.WithID(ctx, acme), tenant.Actor{ID: c.user, Tenant: acme})
			p, err := checker.Predicate(asker, "view", rbac.Columns{Dialect: tenant.Postgres, Tenant: "tenant_id", Path: "path"})
			if err != nil {
				b.Fatal(err)
			}
			text := `SELECT id FROM nodes WHERE ` + p.Numbered(1).SQL
			turns.Compare(b, all, func() error { return query(ctx, db, c.rows, text, p.Args...) })
		})
	}
}

// ten are the tops of the subtrees: six without anything below, and four with
// four nodes each.
var ten = []int{150, 170, 190, 210, 400, 500, 600, 700, 800, 900}

const inTen = 6 + 4*5

// newChecker returns one for whom ann may view what is in the ten subtrees of
// acme's tree, and bob everything else.
func newChecker(b *testing.B) *rbac.Checker {
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
	must(b, err)
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
	ctx, global := tenant.WithID(context.Background(), acme), tenant.Global(context.Background())
	yes, err := roles.DefineRole(global, rbac.Role{Name: "yes"})
	must(b, err)
	no, err := roles.DefineRole(global, rbac.Role{Name: "no"})
	must(b, err)
	must(b, roles.SetPermission(global, ctxtree.Node{ID: ctxtree.SystemID}, yes.ID, "view", rbac.Allow))
	made := make([]ctxtree.Node, nodes)
	for i := range made {
		spec := ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(acme)}
		if i > 0 {
			spec = ctxtree.Spec{Parent: made[(i-1)/4].ID, Level: "category", Instance: fmt.Sprint(i)}
		}
		made[i], err = tree.Create(ctx, spec)
		must(b, err)
	}
	must(b, roles.Assign(ctx, made[0], rbac.Assignment{User: "bob", Role: yes.ID}))
	must(b, roles.Assign(ctx, made[0], rbac.Assignment{User: "bob", Role: no.ID}))
	for _, i := range ten {
		must(b, roles.Assign(ctx, made[i], rbac.Assignment{User: "ann", Role: yes.ID}))
		must(b, roles.SetPermission(ctx, made[i], no.ID, "view", rbac.Prohibit))
	}
	checker, err := rbac.NewChecker(rbac.Config{Tree: tree, Store: roles, Capabilities: []rbac.Capability{{Name: "view", Kind: rbac.Read}}})
	must(b, err)
	return checker
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// query reads all rows and returns an error if there are not as many as want.
func query(ctx context.Context, db *sql.DB, want int, text string, args ...any) error {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != want {
		return fmt.Errorf("%d rows, want %d: %s", n, want, text)
	}
	return nil
}
