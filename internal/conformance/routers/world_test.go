package routers

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// world is an application's registry and scoped database. Both tenants have
// rows of the same ids: whatever mixes them up shows.
type world struct {
	reg tenant.Registry
	db  *sqlx.DB
}

func newWorld(t *testing.T) *world {
	t.Helper()
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme", Host: "acme.example.com"},
		tenant.Tenant{ID: "bolt", Host: "bolt.example.com"},
		tenant.Tenant{ID: "cold", Host: "cold.example.com", Status: tenant.Suspended},
		tenant.Tenant{ID: "done", Host: "done.example.com", Status: tenant.Archived},
	)
	require.NoError(t, err)
	dsn := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "test.db")) + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)"
	plain, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	for _, statement := range []string{
		`CREATE TABLE notes (id INTEGER NOT NULL, body TEXT NOT NULL, tenant_id TEXT NOT NULL, PRIMARY KEY (id, tenant_id))`,
		`INSERT INTO notes VALUES (1, 'one of ACME', 'acme'), (2, 'two of ACME', 'acme'), (1, 'one of BOLT', 'bolt'), (3, 'three of BOLT', 'bolt')`,
	} {
		_, err := plain.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.NoError(t, plain.Close())
	db, err := scope.Open("sqlite", dsn, scope.Policy{Dialect: scope.SQLite, Column: "tenant_id", Default: scope.PerTenant})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &world{reg: reg, db: db}
}

// middleware is what an application writes, whatever its router. A user name in
// a header stands for a sign-in.
func (w *world) middleware() func(http.Handler) http.Handler {
	people := map[string]tenant.Actor{"ann": {ID: "ann", Tenant: "acme"}, "bob": {ID: "bob", Tenant: "bolt"}, "root": {ID: "root"}}
	return tenant.Middleware(tenant.MiddlewareConfig{
		Registry: w.reg,
		Resolve:  tenant.ByHost(w.reg),
		Central:  func(r *http.Request) bool { return r.URL.Path == "/health" },
		Actor: func(r *http.Request) (tenant.Actor, error) {
			name := r.Header.Get("X-User")
			if a, ok := people[name]; ok || name == "" {
				return a, nil
			}
			return tenant.Actor{}, errors.New("no such account")
		},
	})
}

// answer is what a handler says, in all routers.
type answer struct {
	Status int
	Body   any
}

// The handlers: they know contexts and the scoped database, and no router.

func (w *world) list(ctx context.Context) answer {
	notes := []string{}
	if err := w.db.SelectContext(ctx, &notes, `SELECT body FROM notes WHERE id > ? OR 1 = 1 ORDER BY id`, 0); err != nil {
		return answer{500, err.Error()}
	}
	return answer{200, notes}
}

func (w *world) show(ctx context.Context, id string) answer {
	n, err := strconv.Atoi(id)
	if err != nil {
		return answer{400, "not a number"}
	}
	var body string
	switch err := w.db.GetContext(ctx, &body, `SELECT body FROM notes WHERE id = ?`, n); {
	case errors.Is(err, sql.ErrNoRows):
		return answer{404, "no such note"}
	case err != nil:
		return answer{500, err.Error()}
	}
	return answer{200, body}
}

func (w *world) remove(ctx context.Context, id string) answer {
	result, err := w.db.ExecContext(ctx, `DELETE FROM notes WHERE id = ?`, id)
	if err != nil {
		return answer{500, err.Error()}
	}
	n, err := result.RowsAffected()
	if err != nil {
		return answer{500, err.Error()}
	}
	return answer{200, n}
}

// lost forgets the request's context, as code does that was written before.
func (w *world) lost() answer { return w.list(context.Background()) }

func (w *world) health(ctx context.Context) answer { return answer{200, tenant.ModeOf(ctx).String()} }

// write sends an answer through net/http, which all routers can.
func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.Status)
	_ = json.NewEncoder(w).Encode(a.Body)
}
