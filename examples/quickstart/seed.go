package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/config"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// seed fills the database, the settings and the roles. The inserts do not name
// the tenant column: the scoper supplies it from the context.
func seed(ctx context.Context, a *app, settings *config.Resolver, tree *ctxtree.Memory, roles *rbac.Memory) {
	all := tenant.AcrossAll(ctx, "create the schema")
	for _, ddl := range []string{
		`CREATE TABLE companies (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, name TEXT, PRIMARY KEY (tenant_id, id))`,
		`CREATE TABLE contacts (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, name TEXT, company_id INTEGER, PRIMARY KEY (tenant_id, id))`,
	} {
		exec(all, a, ddl)
	}
	global := config.NewContext(tenant.Global(ctx), settings)
	system, _, err := tree.Node(global, ctxtree.SystemID)
	check(err)
	exporter, err := roles.DefineRole(global, rbac.Role{Name: "exporter"})
	check(err)
	check(roles.SetPermission(global, system, exporter.ID, "contacts:export", rbac.Allow))
	for id, people := range map[tenant.ID][]string{"acme": {"Ann", "Alf"}, "bolt": {"Bea", "Bob", "Ben"}} {
		own := tenant.WithID(ctx, id)
		exec(own, a, `INSERT INTO companies (id, name) VALUES (1, ?)`, strings.ToUpper(string(id))+" Ltd")
		for i, name := range people {
			exec(own, a, `INSERT INTO contacts (id, name, company_id) VALUES (?, ?, ?)`, i+1, name, i%2)
		}
		desk, err := tree.Create(own, ctxtree.Spec{Parent: ctxtree.SystemID, Level: ctxtree.LevelTenant, Instance: string(id)})
		check(err)
		a.desk[id] = desk.ID
	}
	acme := tenant.WithID(ctx, "acme")
	check(settings.Set(acme, "currency", "CHF", "headquarters in Zürich")) // bolt falls back to EUR
	desk, _, err := tree.Node(acme, a.desk["acme"])
	check(err)
	check(roles.Assign(acme, desk, rbac.Assignment{Role: exporter.ID, User: "ann@acme"})) // bolt's Ann may not export
}

func exec(ctx context.Context, a *app, query string, args ...any) {
	_, err := a.db.ExecContext(ctx, query, args...)
	check(err)
}

// get asks the running server under a host name, as a browser would.
func get(addr, host, path string) string {
	req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
	check(err)
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	check(err)
	return fmt.Sprintf("%d\n  %s", resp.StatusCode, strings.TrimSpace(string(body)))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
