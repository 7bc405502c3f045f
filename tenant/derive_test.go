package tenant_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// everything is a value with every field set, in a mode, changed by those of
// its fields that the mode can not have.
func everything(t *testing.T, mode carry.Mode, without ...string) carry.Value {
	t.Helper()
	v := carry.Value{
		Mode: mode, ID: "acme", Arg: "acme", Beyond: &carry.Beyond{IDs: []string{"acme"}, Err: errors.New("an error")},
		Record: &tenant.Tenant{ID: "acme"}, Actor: &tenant.Actor{ID: "ann"}, Home: carry.NewHome("acme"),
	}
	fields := reflect.ValueOf(&v).Elem()
	for i := range fields.NumField() {
		field, name := fields.Field(i), fields.Type().Field(i).Name
		switch {
		case slices.Contains(without, name):
			field.SetZero()
		case name == "Mode" || !field.IsZero():
		case field.Kind() == reflect.Bool:
			field.SetBool(true)
		case field.Kind() == reflect.String:
			field.SetString(name)
		case field.Kind() == reflect.Interface && field.NumMethod() == 0:
			field.Set(reflect.ValueOf(name)) // nobody else has it
		default:
			t.Fatalf("say how to fill the field %s", name)
		}
	}
	return v
}

// ofTenant are the fields that belong to the tenant.
var ofTenant = []string{"Mode", "ID", "Arg", "Beyond", "Record", "Home"}

// derivation is a way from one context to another. What is in none of the lists
// stays.
type derivation struct {
	mode    carry.Mode
	without []string
	derive  func(ctx context.Context) context.Context
	changes []string // whose new values others test
	ends    []string
}

func (d derivation) check(t *testing.T) {
	v := everything(t, d.mode, d.without...)
	var got *carry.Value
	if ctx := d.derive(carry.With(t.Context(), &v)); ctx != nil {
		got = carry.From(ctx)
	}
	require.NotNil(t, got)
	if got.Beyond != v.Beyond {
		require.Equal(t, got.Mode == carry.Refused, got.Err() != nil)
		require.Equal(t, got.Mode == carry.Across, got.IDs() != nil)
	}
	before, after := reflect.ValueOf(v), reflect.ValueOf(*got)
	for i := range before.NumField() {
		switch name := before.Type().Field(i).Name; {
		case slices.Contains(d.changes, name):
		case slices.Contains(d.ends, name):
			require.True(t, after.Field(i).IsZero(), name)
		default:
			require.Equal(t, before.Field(i).Interface(), after.Field(i).Interface(), name)
		}
	}
}

// TestDerivations: each way to a new context keeps what it has no reason to
// change, of every field that a context carries.
func TestDerivations(t *testing.T) {
	t.Parallel()
	none := ofTenant[1:] // no mode has a tenant
	// RBAC is the rights' own to carry over or not.
	outside := slices.Concat(ofTenant, []string{"Reason", "RBAC"})
	marks := []string{"Library", "ReadOnly", "Page"}

	for name, d := range map[string]derivation{
		"actor":     {mode: carry.Tenant, derive: func(ctx context.Context) context.Context { return tenant.WithActor(ctx, tenant.Actor{}) }, changes: []string{"Actor"}},
		"read-only": {mode: carry.Tenant, without: []string{"ReadOnly"}, derive: tenant.ReadOnly, changes: []string{"ReadOnly"}},
		"again":     {mode: carry.Tenant, derive: tenant.ReadOnly},
		"library":   {mode: carry.Tenant, without: []string{"Library"}, derive: carry.Library, changes: []string{"Library"}},
		"detach":    {mode: carry.Tenant, derive: tenant.Detach, ends: []string{"Library"}},
		"same id":   {mode: carry.Tenant, derive: func(ctx context.Context) context.Context { return tenant.WithID(ctx, "acme") }},
		"record": {
			mode: carry.Tenant, changes: []string{"Record", "Home"},
			derive: func(ctx context.Context) context.Context { return tenant.NewContext(ctx, &tenant.Tenant{ID: "acme"}) },
		},
		"enter": {
			mode: carry.None, without: none, changes: ofTenant,
			derive: func(ctx context.Context) context.Context { return tenant.NewContext(ctx, &tenant.Tenant{ID: "acme"}) },
		},
		"global":  {mode: carry.None, without: none, derive: tenant.Global, changes: []string{"Mode"}},
		"refused": {mode: carry.Refused, derive: func(ctx context.Context) context.Context { return tenant.Switch(ctx, "bolt", "why") }},
		"refuse": {
			mode: carry.Tenant, changes: []string{"Mode", "Beyond", "RBAC"}, ends: slices.Concat(ofTenant[1:], marks, []string{"Reason"}),
			derive: tenant.Global,
		},
		"switch": {
			mode: carry.Tenant, changes: outside, ends: marks,
			derive: func(ctx context.Context) context.Context { return tenant.Switch(ctx, "acme", "why") },
		},
		"across": {
			mode: carry.Tenant, changes: outside, ends: marks,
			derive: func(ctx context.Context) context.Context { return tenant.Across(ctx, "why", "acme", "bolt") },
		},
		"across all": {
			mode: carry.Tenant, changes: outside, ends: marks,
			derive: func(ctx context.Context) context.Context { return tenant.AcrossAll(ctx, "why") },
		},
		"each": {
			mode: carry.AcrossAll, without: none, changes: append(ofTenant, "RBAC"), ends: marks,
			derive: func(ctx context.Context) (got context.Context) {
				reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
				require.NoError(t, err)
				require.NoError(t, tenant.Each(ctx, reg, func(ctx context.Context, _ *tenant.Tenant) error {
					got = ctx
					return nil
				}, tenant.EachOptions{}))
				return got
			},
		},
		"middleware, asked by nobody before": {
			mode: carry.None, without: none, changes: append(ofTenant, "Actor"),
			derive: func(ctx context.Context) context.Context { return admitted(t, ctx, nil) },
		},
		"middleware, as Actor sees it": {
			mode: carry.None, without: none, changes: ofTenant,
			derive: func(ctx context.Context) (got context.Context) {
				admitted(t, ctx, func(ctx context.Context) { got = carry.With(ctx, carry.From(ctx)) })
				return got
			},
		},
		"middleware, as the handler sees it then": {
			mode: carry.None, without: none, changes: append(ofTenant, "Actor"),
			derive: func(ctx context.Context) context.Context {
				return admitted(t, ctx, func(ctx context.Context) { carry.From(ctx) })
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.check(t)
		})
	}
}

// admitted returns the context of a request that comes in with ctx.
func admitted(t *testing.T, ctx context.Context, inActor func(context.Context)) (got context.Context) {
	reg := town(t)
	h := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg, Resolve: tenant.ByHost(reg),
		Actor: func(r *http.Request) (tenant.Actor, error) {
			if inActor != nil {
				inActor(r.Context())
			}
			return tenant.Actor{ID: "bo", Tenant: "acme"}, nil
		},
	})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Context() }))
	serve(h, request("acme.example.com").WithContext(ctx))
	require.NotNil(t, got)
	a, known := tenant.ActorFromContext(got)
	require.True(t, known)
	require.Equal(t, tenant.Actor{ID: "bo", Tenant: "acme"}, a)
	id, _ := tenant.IDFromContext(got)
	require.Equal(t, tenant.ID("acme"), id)
	return got
}

// TestActorsContextIsOne: goroutines that Actor leaves behind ask what the
// request carries while the middleware goes on. Whatever they see is the
// tenant's, with the actor that was known before or the one that was found, and
// what one has got does not change.
func TestActorsContextIsOne(t *testing.T) {
	t.Parallel()
	reg := town(t)
	const askers = 8
	for range 200 {
		outer := tenant.WithActor(t.Context(), tenant.Actor{ID: "outer"})
		begin, saw := make(chan struct{}), make(chan *carry.Value, askers)
		entries := map[*carry.Value]bool{}
		h := tenant.Middleware(tenant.MiddlewareConfig{
			Registry: reg, Resolve: tenant.ByHost(reg),
			Actor: func(r *http.Request) (tenant.Actor, error) {
				for range askers {
					go func() {
						<-begin
						saw <- carry.From(r.Context())
					}()
				}
				close(begin)
				now := carry.From(r.Context())
				require.Same(t, now, carry.From(r.Context()))
				entries[now] = true
				return tenant.Actor{ID: "bo", Tenant: "acme"}, nil
			},
		})(whoami)
		require.Equal(t, "tenant acme bo", serve(h, request("acme.example.com").WithContext(outer)).Body.String())
		for range askers {
			v := <-saw
			require.Equal(t, "acme", v.ID)
			require.NoError(t, v.Err())
			if id := v.Actor.(*tenant.Actor).ID; id == "outer" {
				entries[v] = true
			} else {
				require.Equal(t, "bo", id)
			}
		}
		require.Len(t, entries, 1, "all who ask early see the same")
	}
}
