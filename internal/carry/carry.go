// Package carry holds the one value that this module stores in a
// context.Context. Package tenant writes it; scope, config and rbac read it
// with a single ctx.Value and never look anything else up.
//
// It lives under internal/ so that no application can forge a mode, a library
// mark or a slot: the exported ways into a mode are the functions of package
// tenant.
package carry

import "context"

// Mode says what a context may reach. The table of what each package does in
// each mode is in the documentation of package tenant.
type Mode uint8

// The modes. None is the zero value, and it is the one in which everything is
// refused for want of a tenant. Refused is a context that was built wrongly
// (a conflict, an invalid id): it refuses too, with the reason in Value.Err.
const (
	None Mode = iota
	Tenant
	Global
	Across
	AcrossAll
	Refused
)

// Value is what a context carries. It is immutable once stored: a change is a
// copy in a derived context.
//
// Each request has one of its own, so that what few have is behind a pointer.
type Value struct {
	Mode     Mode
	Library  bool // a statement of one of our own stores, see Library
	ReadOnly bool // writes are refused, in mode Tenant only
	Bound    bool // it keeps to its tenant: Switch refuses, also after a crossing

	ID     string  // the tenant, in mode Tenant only
	Arg    any     // the same, boxed, where there is no Home; see Bind
	Beyond *Beyond // in modes Across and Refused only
	Reason string  // why, in modes Across and AcrossAll, and after a switch

	Record any   // *tenant.Tenant, when the tenant came from a registry
	Actor  any   // *tenant.Actor, when one is known
	Home   *Home // the tenant's slots, when it came from a registry
	Config any   // *config.seat, when the application put a Resolver in
	RBAC   any   // *rbac.seat, when the application put a Checker in
	Page   any   // *ctxtree.Page, when a node was entered; left behind with the tenant
}

// Beyond is what a context carries that reaches other than one tenant or
// everything.
type Beyond struct {
	IDs []string // the tenants, in mode Across: sorted, distinct, at least one
	Err error    // why it refuses, in mode Refused
}

// IDs returns the tenants of mode Across, and nil in any other.
func (v *Value) IDs() []string {
	if v.Beyond == nil {
		return nil
	}
	return v.Beyond.IDs
}

// Err returns why a context refuses in mode Refused, and nil in any other.
func (v *Value) Err() error {
	if v.Beyond == nil {
		return nil
	}
	return v.Beyond.Err
}

// Bind returns ID as a value to bind, boxed once for all statements, or nil
// where nobody has boxed it.
func (v *Value) Bind() any {
	if v.Home != nil {
		return v.Home.Arg()
	}
	return v.Arg
}

type key struct{}

// IsKey reports whether key is the one under which [From] looks. It is for a
// context type that holds a *Value itself; its Value method has to return one
// that is not nil.
func IsKey(k any) bool {
	_, is := k.(key)
	return is
}

// none is what a plain context carries.
var none = &Value{}

// From returns the value in ctx; never nil.
func From(ctx context.Context) *Value {
	if v, ok := ctx.Value(key{}).(*Value); ok {
		return v
	}
	return none
}

// Fill makes v, which is zero, what ctx carries: for a value inside something
// larger, which in most cases need not be written twice.
func Fill(ctx context.Context, v *Value) {
	if from := From(ctx); from != none {
		*v = *from
	}
}

// With returns ctx carrying v. The caller must not change v afterwards.
func With(ctx context.Context, v *Value) context.Context {
	return context.WithValue(ctx, key{}, v)
}

// Library returns ctx marked as belonging to one of this module's own stores.
// Package scope lets a marked statement pass unscoped if, and only if, every
// table it names starts with "tenancy_"; on any other statement the mark has
// no effect. The stores put the tenant in those statements themselves.
func Library(ctx context.Context) context.Context {
	v := *From(ctx)
	v.Library = true
	return With(ctx, &v)
}
