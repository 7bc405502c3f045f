package tenant

import "errors"

// What can be wrong with a context. The packages of this module return these,
// wrapped; test with errors.Is.
var (
	// ErrNoTenant: the context says nothing about a tenant. Usually the
	// request did not pass the middleware, or context.Background() was used
	// where the request's context should be.
	ErrNoTenant = errors.New("tenancy: no tenant in the context")

	// ErrTenantConflict: the context already had a tenant, or was global or
	// across tenants, and was asked to become something else without Switch.
	ErrTenantConflict = errors.New("tenancy: the context already belongs elsewhere; changing tenant takes tenant.Switch")

	// ErrSeveralTenants: the context reaches several tenants where one is needed.
	ErrSeveralTenants = errors.New("tenancy: the context reaches several tenants where exactly one is needed")

	// ErrNoReason: a crossing was asked for with an empty reason.
	ErrNoReason = errors.New("tenancy: crossing tenants takes a reason")

	// ErrDuplicateID: a list of tenants names one of them twice.
	ErrDuplicateID = errors.New("tenancy: a tenant is listed twice")
)

// What can be wrong with a request or a registration.
var (
	// ErrUnknownTenant: no tenant is registered under that id, code or host.
	ErrUnknownTenant = errors.New("tenant: unknown tenant")

	// ErrBadHost: the request's host is missing, malformed or sent twice.
	ErrBadHost = errors.New("tenant: malformed host")

	// ErrSuspended: the tenant exists but is switched off for now.
	ErrSuspended = errors.New("tenant: suspended")

	// ErrArchived: the tenant exists but has ended.
	ErrArchived = errors.New("tenant: archived")

	// ErrNotMember: the actor has no business in this tenant.
	ErrNotMember = errors.New("tenant: not a member")

	// ErrUnauthenticated: the route needs an actor and there is none, or the
	// application's Actor function refused the request.
	ErrUnauthenticated = errors.New("tenant: not signed in")

	// ErrTaken: an id, code or host belongs to another tenant already.
	ErrTaken = errors.New("tenant: already taken")
)
