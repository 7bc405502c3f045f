package lifecycle_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

// A sign-up route: central, so without a tenant in its context. The first
// administrator is created inside the new tenant, in the same transaction.
func ExampleManager_Provision() {
	signUp := func(m *lifecycle.Manager) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			form := lifecycle.Signup{Name: r.FormValue("company"), Code: r.FormValue("code"), Key: r.FormValue("csrf_token")}
			email := r.FormValue("email")
			administrator := func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
				// Package scope adds the new tenant to the application's own statement.
				_, err := tx.ExecContext(ctx, `INSERT INTO accounts (email, role) VALUES ($1, 'administrator')`, email)
				return err
			}
			ctx, t, err := m.Provision(r.Context(), form, administrator)
			var invalid *lifecycle.InvalidError
			switch {
			case errors.As(err, &invalid):
				for _, f := range invalid.Fields {
					fmt.Fprintf(w, "%s: %v\n", f.Field, f.Err) // or the form again, with these texts
				}
			case err != nil:
				http.Error(w, "please try again", http.StatusInternalServerError)
			default:
				_ = ctx // the new tenant's, for what else the first page shows
				http.Redirect(w, r, "https://"+t.Code+".example.com/welcome", http.StatusSeeOther)
			}
		}
	}
	_ = signUp
}

// What a form can show before it is sent.
func ExampleManager_CheckSignup() {
	registry, _ := tenant.NewMemoryRegistry()
	m, err := lifecycle.New(lifecycle.Config{
		DB:       new(sql.DB), // nothing is asked of it here
		Dialect:  tenant.Postgres,
		Registry: func(tenant.DBTX) lifecycle.Registry { return stored{registry} },
		Reserved: append(lifecycle.DefaultReserved(), "pricing"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, form := range []lifecycle.Signup{{Name: "Käse & Söhne"}, {Name: "Pricing"}, {Code: "a b"}} {
		err := m.CheckSignup(form)
		fmt.Printf("%q: %v\n", lifecycle.DeriveCode(form.Name), err)
	}
	// Output:
	// "kase-sohne": <nil>
	// "pricing": lifecycle: the sign-up is not valid: code (lifecycle: the name is reserved)
	// "": lifecycle: the sign-up is not valid: name (lifecycle: it must be given), code (lifecycle: it is not of the right form)
}

// stored stands for *tenantsql.Registry.
type stored struct{ *tenant.MemoryRegistry }

func (s stored) Create(_ context.Context, t tenant.Tenant) error           { return s.Put(t) }
func (s stored) Update(_ context.Context, t tenant.Tenant) error           { return s.Put(t) }
func (s stored) SetStatus(context.Context, tenant.ID, tenant.Status) error { return nil }
func (s stored) Delete(_ context.Context, id tenant.ID) error              { s.Remove(id); return nil }

// The hook of a search index: it can not be undone, so the hook records the
// wish, and a job acts on it after the commit.
func ExampleConfig_hooks() {
	wish := func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
		switch ev.Kind {
		case lifecycle.KindCreated, lifecycle.KindUpdated, lifecycle.KindRestored:
			_, err := tx.ExecContext(ctx, `INSERT INTO index_jobs (job) VALUES ('build')`)
			return err
		case lifecycle.KindArchived:
			_, err := tx.ExecContext(ctx, `INSERT INTO index_jobs (job) VALUES ('drop')`)
			return err
		}
		return nil
	}
	_ = lifecycle.Config{Hooks: []tenant.Hook{wish}}
}
