package tenant

import (
	"context"
	"net/http"
	"reflect"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/carry"
)

// admission is the context of a request from when the middleware asks whose it
// is to its end. Three contexts, one inside the other, would say the same: with
// no tenant yet, with the tenant, with tenant and actor. They are one object,
// because each would copy the request again.
//
// A resolver sees the first, Actor the second, the handler the third. Whoever
// keeps the request's context from an earlier step sees it reach the later one,
// never another tenant: what it carries is set twice, and no more.
//
// What the second carries is made when somebody asks for it. Between enter and
// meet nobody but the middleware looks at final, and what others read of it was
// written before.
type admission struct {
	context.Context
	cfg   *MiddlewareConfig
	now   atomic.Pointer[carry.Value] // nil with no tenant yet, unasked with one
	final carry.Value                 // with the tenant and the actor
	actor Actor                       // what final leads to

	record atomic.Pointer[Tenant] // what a resolver looked up in cfg.Registry
	byHost atomic.Pointer[Tenant] // whose host it is, as a resolver found; for TenancySeparate
}

// unasked stands for what a request carries that has its tenant, and of which
// nobody knows yet.
var unasked = &carry.Value{Mode: carry.Refused, Beyond: &carry.Beyond{Err: ErrNoTenant}}

type admissionKey struct{}

// Value implements context.Context.
func (a *admission) Value(key any) any {
	if carry.IsKey(key) {
		if v := a.carried(); v != nil {
			return v
		}
	} else if _, is := key.(admissionKey); is {
		return a
	}
	return a.Context.Value(key)
}

func admissionOf(ctx context.Context) *admission {
	a, _ := ctx.Value(admissionKey{}).(*admission)
	return a
}

// newAdmission returns r with an admission for its context.
func newAdmission(r *http.Request, cfg *MiddlewareConfig) (*http.Request, *admission) {
	a := &admission{Context: r.Context(), cfg: cfg}
	return r.WithContext(a), a
}

// carried returns what the request carries as of now, nil with no tenant yet.
func (a *admission) carried() *carry.Value {
	v := a.now.Load()
	if v != unasked {
		return v
	}
	entry := a.final
	entry.Actor = carry.From(a.Context).Actor
	if a.now.CompareAndSwap(unasked, &entry) {
		return &entry
	}
	return a.now.Load() // another one's, or final
}

// enter puts the tenant into the context. The error is that of a context which
// already reaches something else.
func (a *admission) enter(t *Tenant, readOnly, bound bool) error {
	carry.Fill(a.Context, &a.final)
	if a.final.Mode == carry.Refused {
		return a.final.Err()
	}
	if _, err := entered(&a.final, t.ID, t, t.slots()); err != nil {
		return err
	}
	a.final.ReadOnly = a.final.ReadOnly || readOnly
	a.final.Bound = a.final.Bound || bound
	a.final.Actor = &a.actor // which is there before anyone gets to see it
	a.now.Store(unasked)
	return nil
}

// meet puts the actor into the context.
func (a *admission) meet(actor Actor) {
	a.actor = actor
	a.now.Store(&a.final)
}

// found hands the record of a tenant over to the middleware, which would look
// it up again otherwise. It counts only if it comes from the middleware's own
// registry, and is of the tenant that the chain of resolvers answers with.
// byHost says that it is the tenant that the request's host belongs to.
func found(ctx context.Context, reg Registry, t *Tenant, byHost bool) {
	a := admissionOf(ctx)
	if a == nil || !sameRegistry(a.cfg.Registry, reg) {
		return
	}
	a.record.Store(t)
	if byHost && a.cfg.Tenancy == TenancySeparate {
		a.byHost.Store(t)
	}
}

// sameRegistry compares pointers only: to compare others may panic.
func sameRegistry(a, b Registry) bool {
	return a != nil && b != nil && reflect.TypeOf(b).Kind() == reflect.Pointer && a == b
}
