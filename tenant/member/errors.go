package member

import (
	"errors"
	"fmt"
)

// What this package refuses. The errors it returns wrap these; test with
// errors.Is. On each of them nothing has changed, unless [Directory.With] was
// given a transaction, which is then the caller's to roll back.
var (
	// ErrCentral: the call belongs to the central back office, and the context
	// is a tenant's. Global and across-all contexts are central.
	ErrCentral = errors.New("member: only a global or across-all context may do this")

	// ErrOutside: the call names a tenant other than the context's, or the
	// actor is a member of another one. It is all that is said of the other.
	ErrOutside = errors.New("member: outside the tenant of the context")

	// ErrUnknownAccount: there is no such account, or it is not one that the
	// context may see. The two are not told apart.
	ErrUnknownAccount = errors.New("member: unknown account")

	// ErrUnknownCohort: there is no such cohort, or it is not one that the
	// context may see. The two are not told apart.
	ErrUnknownCohort = errors.New("member: unknown cohort")

	// ErrTaken: another account has that id, or had it before it was removed.
	ErrTaken = errors.New("member: the account id is already taken")

	// ErrNameTaken: another account of the same realm (the tenant, the global
	// accounts, or with [NamesQualified] the installation) has that user name,
	// perhaps in other case.
	ErrNameTaken = errors.New("member: the user name is already taken")

	// ErrBadName: a user name, an id, an e-mail address, the name of a cohort
	// or a pattern is malformed.
	ErrBadName = errors.New("member: malformed")

	// ErrNamePattern: the user name does not match the tenant's pattern, or
	// with [NamesQualified] does not end in the tenant's code.
	ErrNamePattern = errors.New("member: the user name does not have the form that the tenant asks for")

	// ErrNameReserved: the user name is one that the application keeps for
	// itself.
	ErrNameReserved = errors.New("member: the user name is reserved")

	// ErrLimit: the tenant has as many members as it may have. The error is a
	// *LimitError.
	ErrLimit = errors.New("member: the tenant's user limit is reached")

	// ErrMemberElsewhere: the account is a member of a tenant already, and
	// nobody is a member of two. Only central contexts are told; in a tenant's
	// the account does not exist.
	ErrMemberElsewhere = errors.New("member: the account is already a member of a tenant")

	// ErrAdministrator: a global administrator can not be a member.
	ErrAdministrator = errors.New("member: a global administrator can not be a member of a tenant")

	// ErrGuest: the guest account can not be a member, a manager or associated.
	ErrGuest = errors.New("member: the guest account belongs to no tenant")

	// ErrNotGlobal: the call is about global accounts, and this is a member.
	ErrNotGlobal = errors.New("member: the account is not a global one")

	// ErrSuspended: the account is suspended.
	ErrSuspended = errors.New("member: the account is suspended")

	// ErrReadOnly: the directory itself keeps the automatic cohorts.
	ErrReadOnly = errors.New("member: an automatic cohort can not be changed by hand")

	// ErrInUse: the cohort is the associated cohort of a tenant.
	ErrInUse = errors.New("member: the cohort is in use")

	// ErrCredentials: no account has that name here, or the credential is
	// wrong, or several have the name. The three are not told apart.
	ErrCredentials = errors.New("member: unknown user name or wrong credential")

	// ErrReference: the reset reference is unknown, used or expired, or
	// belongs to another site. They are not told apart.
	ErrReference = errors.New("member: the reset reference is not valid")
)

// LimitError is the error of a tenant that is full; it is [ErrLimit].
type LimitError struct {
	Limit int // members that the tenant may have
}

// Error says what the limit is.
func (e *LimitError) Error() string { return fmt.Sprintf("%v: %d", ErrLimit, e.Limit) }

// Is makes the error [ErrLimit].
func (e *LimitError) Is(target error) bool { return target == ErrLimit }
