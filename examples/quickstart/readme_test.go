package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

type Invoice struct {
	ID   int64
	Text string
}

// The README shows what stands between the two marks; a test of the module
// holds them together, and the compiler holds this one. It is not run: it
// wants a PostgreSQL.
func Example_readme() {
	var (
		signedIn func(*http.Request) (tenant.Actor, error)
		roles    *rbac.Checker
		settings *config.Resolver
		desk     int64
	)
	// readme:begin
	reg, err := tenant.NewMemoryRegistry( // or tenantsql, in your database
		tenant.Tenant{ID: "acme", Host: "acme.example.com"},
		tenant.Tenant{ID: "bolt", Host: "bolt.example.com"})
	check(err)

	db, err := scope.Connect(context.Background(), "pgx", os.Getenv("DSN"), scope.Policy{
		Dialect: scope.Postgres,
		Column:  "tenant_id",
		Default: scope.PerTenant,
		Tables:  map[string]scope.Table{"countries": {Class: scope.Shared}},
	})
	check(err)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /invoices", func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if !roles.Can(ctx, "invoices:read", desk) {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		var list []Invoice // your SQL, unchanged: joins, OR, sub-selects, raw
		err := db.SelectContext(ctx, &list, `SELECT i.id, l.text FROM invoices i
			LEFT JOIN lines l ON l.invoice_id = i.id WHERE i.paid = $1 OR l.id IS NULL
			LIMIT $2`, false, config.Get(ctx, "page.size", 20))
		if err != nil {
			http.Error(w, "sorry", http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(list)
	})

	mw := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg,
		Resolve:  tenant.ByHost(reg),
		Actor:    signedIn, // your sign-in
		Extend:   func(ctx context.Context) context.Context { return config.NewContext(ctx, settings) },
	})
	log.Fatal(http.ListenAndServe(":8080", mw(mux)))
	// readme:end
}
