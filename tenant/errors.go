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

	// ErrReadOnly: the context is one of [ReadOnly], and what was asked for
	// writes.
	ErrReadOnly = errors.New("tenancy: the context is read-only")

	// ErrSeparate: the tenants of this installation are separate, so nobody
	// switches from one to another.
	ErrSeparate = errors.New("tenancy: the tenants of this installation are separate; there is no switching")

	// ErrDuplicateID: a list of tenants names one of them twice.
	ErrDuplicateID = errors.New("tenancy: a tenant is listed twice")
)

// What can be wrong with a request or a registration.
var (
	// ErrUnknownTenant: no tenant is registered under that id, code or host.
	ErrUnknownTenant = errors.New("tenant: unknown tenant")

	// ErrBadHost: the request's host is missing, malformed or sent twice.
	ErrBadHost = errors.New("tenant: malformed host")

	// ErrMalformed: the request names its tenant twice, or in a way that is
	// refused rather than repaired.
	ErrMalformed = errors.New("tenant: the request names its tenant in a malformed way")

	// ErrDisagree: the request names two tenants.
	ErrDisagree = errors.New("tenant: the request names more than one tenant")

	// ErrBadCredential: a token, key or certificate that should name the tenant
	// is not acceptable.
	ErrBadCredential = errors.New("tenant: the credential that names the tenant is not acceptable")

	// ErrForeignSession: the session belongs to another tenant.
	ErrForeignSession = errors.New("tenant: the session belongs to another tenant")

	// ErrMisconfigured: the middleware or a resolver was built wrongly, and
	// admits nothing. The error says what to mend.
	ErrMisconfigured = errors.New("tenant: misconfigured")

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
