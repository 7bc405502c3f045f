package tenant_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gotenancy/tenancy/internal/bench/turns"
	"github.com/gotenancy/tenancy/tenant"
)

// asked is how many tenants the requests are for, one after the other.
const asked = 1 << 12

// BenchmarkMiddleware: what the middleware adds to a handler, with the tenant
// found by its host among a million cached ones, the actor supplied and the
// membership of a global account cached. Each request is for another tenant than
// the last one. The ratio is to the same handler behind what no middleware can
// do without that puts anything into a request's context.
func BenchmarkMiddleware(b *testing.B) {
	reg, _ := full()
	members, err := tenant.NewMemberCache(func(context.Context, tenant.Actor, tenant.ID) (bool, error) { return true, nil },
		tenant.MemberCacheConfig{Size: 8 * asked})
	if err != nil {
		b.Fatal(err)
	}
	reached := 0
	bare := http.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	floor := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bare.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), floorKey{}, r)))
	})
	wrapped := tenant.Middleware(tenant.MiddlewareConfig{
		Registry: reg, Resolve: tenant.ByHost(reg), Members: members.Members,
		Actor: func(*http.Request) (tenant.Actor, error) { return tenant.Actor{ID: "gina"}, nil },
	})(bare)
	w := httptest.NewRecorder()
	requests := make([]*http.Request, asked)
	for i := range requests {
		host := hostOf(i * (million / asked))
		requests[i] = httptest.NewRequest(http.MethodGet, "http://"+host+"/invoices", nil)
		wrapped.ServeHTTP(w, requests[i])
	}
	if reached != asked {
		b.Fatal("a request was not admitted")
	}
	run := func(h http.Handler) func() error {
		next := 0
		return func() error {
			h.ServeHTTP(w, requests[next%asked])
			next++
			return nil
		}
	}
	allocs := func(h http.Handler) float64 {
		f := run(h)
		return testing.AllocsPerRun(1000, func() { _ = f() })
	}
	b.Run("bare/ours", func(b *testing.B) {
		turns.Compare(b, run(bare), run(wrapped))
		b.ReportMetric(allocs(wrapped)-allocs(bare), "over-allocs")
	})
	b.Run("floor/ours", func(b *testing.B) { turns.Compare(b, run(floor), run(wrapped)) })
}
