package tenant

import "context"

// Registry knows the tenants. [MemoryRegistry] and package tenantsql implement
// it; the suite in package tenanttest holds every implementation to this
// contract.
//
// Ids and codes are names of one kind: no tenant has a code that is another's
// id, ignoring case. So a name that an installation takes for an id at one place
// and for a code at another means one tenant, or none.
//
// Absence is not an error: the look-ups return found == false and a nil error.
// A returned record is shared between callers and must not be changed.
// Implementations are safe for concurrent use.
type Registry interface {
	// ByID returns the tenant with that id, whatever its status.
	ByID(ctx context.Context, id ID) (t *Tenant, found bool, err error)

	// ByCode returns the tenant with that code, ignoring ASCII case.
	ByCode(ctx context.Context, code string) (t *Tenant, found bool, err error)

	// ByHost returns the tenant whose primary host or verified domain is host,
	// which must be in the form that CanonicalHost returns.
	ByHost(ctx context.Context, host string) (t *Tenant, found bool, err error)

	// List returns at most limit tenants with ids greater than after, in byte
	// order of their ids; "" starts at the beginning. Fewer than limit means
	// that there are no more.
	List(ctx context.Context, after ID, limit int) ([]*Tenant, error)
}
