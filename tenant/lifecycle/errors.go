package lifecycle

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// What can be wrong with a change; test with errors.Is. Nothing has changed
// then. Besides these there are [tenant.ErrTaken] for a code, host or id that
// belongs to another tenant, [tenant.ErrUnknownTenant], [tenant.ErrArchived],
// [tenant.ErrNotMember] for an actor who is a member of some tenant, and
// [tenant.ErrTenantConflict] in a tenant's context.
var (
	// ErrTransition: the tenant's status does not allow it. The error is a
	// [*TransitionError].
	ErrTransition = errors.New("lifecycle: the tenant's status does not allow this")

	// ErrDeleting: the deletion has begun, parts of the tenant may be gone
	// already. All that can be done is to complete it.
	ErrDeleting = errors.New("lifecycle: the tenant is being deleted")

	// ErrReserved: the name is kept for the installation, see [Config.Reserved]
	// and [Config.Fixed].
	ErrReserved = errors.New("lifecycle: the name is reserved")

	// ErrFixed: the tenant belongs to the installation, see [Config.Fixed].
	ErrFixed = errors.New("lifecycle: this tenant belongs to the installation and stays as it is called")

	// ErrNotEditable: an edit touched a field that has its own method.
	ErrNotEditable = errors.New("lifecycle: the id, the status, the domains and the time of creation are not changed by Update")

	// ErrNoReason: the change takes a reason.
	ErrNoReason = errors.New("lifecycle: this takes a reason")

	// ErrUnknownDomain: the tenant does not list that host name.
	ErrUnknownDomain = errors.New("lifecycle: the tenant does not list that domain")

	// ErrUnverified: nobody has shown that the tenant controls the domain.
	ErrUnverified = errors.New("lifecycle: the domain is not verified")

	// ErrTooManyDomains: the tenant lists as many as [Config.MaxDomains].
	ErrTooManyDomains = errors.New("lifecycle: the tenant lists as many domains as it may")

	// ErrRequired, ErrTooLong and ErrMalformed are what can be wrong with a
	// field of a [Signup], besides ErrReserved and [tenant.ErrTaken].
	ErrRequired  = errors.New("lifecycle: it must be given")
	ErrTooLong   = errors.New("lifecycle: it is too long")
	ErrMalformed = errors.New("lifecycle: it is not of the right form")
)

// TransitionError says what was asked of a tenant in which status. It is
// [ErrTransition], and what [tenant.Status.Err] says of the status.
type TransitionError struct {
	Op   string // "suspend", "resume", "archive", "restore" or "delete"
	From tenant.Status
}

// Error implements error.
func (e *TransitionError) Error() string {
	return fmt.Sprintf("%v: %s a tenant that is %v", ErrTransition, e.Op, e.From)
}

// Unwrap returns the errors that it is.
func (e *TransitionError) Unwrap() []error {
	if err := e.From.Err(); err != nil {
		return []error{ErrTransition, err}
	}
	return []error{ErrTransition}
}

// FieldError says what is wrong with one field of a form.
type FieldError struct {
	Field string // "name", "code", "language" or "key"
	Err   error  // ErrRequired, ErrTooLong, ErrMalformed, ErrReserved or tenant.ErrTaken
}

// InvalidError lists what is wrong with a [Signup], in the order of its fields,
// each at most once. errors.Is finds each of the causes.
type InvalidError struct{ Fields []FieldError }

// Error implements error. It does not quote the form.
func (e *InvalidError) Error() string {
	var b strings.Builder
	b.WriteString("lifecycle: the sign-up is not valid")
	for i, f := range e.Fields {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s (%v)", sep, f.Field, f.Err)
	}
	return b.String()
}

// Unwrap returns the causes.
func (e *InvalidError) Unwrap() []error {
	out := make([]error, len(e.Fields))
	for i, f := range e.Fields {
		out[i] = f.Err
	}
	return out
}
