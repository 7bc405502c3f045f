// Quickstart is two customers in one process and one database: each on its own
// host name, each with its own rows, settings and rights. It seeds an embedded
// SQLite, serves HTTP, asks itself as both customers and as two who should get
// nothing, and prints what each saw. With -serve it keeps listening.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"

	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite"

	"github.com/gotenancy/tenancy/config"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// app is an ordinary application: its SQL knows nothing of tenants.
type app struct {
	db    *sqlx.DB
	roles *rbac.Checker
	desk  map[tenant.ID]int64 // the node of each customer in the tree
}

func (a *app) page(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var lines []struct{ Name, Company string }
	err := a.db.SelectContext(ctx, &lines, `SELECT c.name, coalesce(o.name, '-') AS company
		FROM contacts c LEFT JOIN companies o ON o.id = c.company_id WHERE c.id > ? OR c.name <> ''`, 0)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	id, _ := tenant.IDFromContext(ctx)
	fmt.Fprintf(w, "%v, currency %s, %d a page\n", lines, config.Get(ctx, "currency", "EUR"), config.Get(ctx, "page.size", 20))
	fmt.Fprintln(w, "  may export:", a.roles.Can(ctx, "contacts:export", a.desk[id]))
}

func main() {
	serve := flag.Bool("serve", false, "keep listening")
	flag.Parse()
	ln, err := net.Listen("tcp", "127.0.0.1:8080")
	if err != nil { // taken: any other will do
		ln, err = net.Listen("tcp", "127.0.0.1:0")
	}
	check(err)
	go func() { check(http.Serve(ln, open())) }()
	for _, ask := range [][2]string{{"acme.localhost", "/"}, {"bolt.localhost", "/"}, {"nobody.localhost", "/"}, {"acme.localhost", "/forgotten"}} {
		fmt.Printf("%s%s -> %s\n", ask[0], ask[1], get(ln.Addr().String(), ask[0], ask[1]))
	}
	if *serve {
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		fmt.Printf("listening: http://acme.localhost:%s http://bolt.localhost:%s\n", port, port)
		select {}
	}
}

// open wires the five packages together.
func open() http.Handler {
	ctx := context.Background()
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Host: "acme.localhost"},
		tenant.Tenant{ID: "bolt", Host: "bolt.localhost"})
	check(err)
	db, err := scope.Connect(ctx, "sqlite", ":memory:", scope.Policy{Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant})
	check(err)
	db.SetMaxOpenConns(1) // each connection to :memory: is a database of its own
	settings, err := config.NewResolver(config.Config{Store: config.NewMemoryStore()})
	check(err)
	levels, err := ctxtree.NewLevels()
	check(err)
	tree, roles := ctxtree.NewMemory(levels), rbac.NewMemory()
	checker, err := rbac.NewChecker(rbac.Config{Tree: tree, Store: roles, Capabilities: []rbac.Capability{{Name: "contacts:export", Kind: rbac.Read}}})
	check(err)
	a := &app{db: db, roles: checker, desk: map[tenant.ID]int64{}}
	seed(ctx, a, settings, tree, roles)
	mw := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg,
		Resolve:  tenant.ByHost(reg),
		Extend:   func(ctx context.Context) context.Context { return config.NewContext(ctx, settings) },
		Actor: func(r *http.Request) (tenant.Actor, error) { // your own sign-in
			id, _ := tenant.IDFromContext(r.Context())
			return tenant.Actor{ID: "ann@" + string(id), Tenant: id}, nil
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/", mw(http.HandlerFunc(a.page)))
	mux.HandleFunc("/forgotten", a.page) // somebody forgot the middleware
	return mux
}
