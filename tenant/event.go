package tenant

import (
	"context"
	"time"
)

// Event is one change to a tenant or to the people in it. Packages lifecycle
// and member publish one for every change they make; package audit keeps them.
//
// An event names things by their ids, never by pointers into the registry: the
// tenant or the account that it tells of may be gone when somebody reads it.
type Event struct {
	// Kind says what happened, as "subject.verb": "tenant.created",
	// "member.added", "session.switched". The constants stand in the packages
	// that publish them.
	Kind string

	// Tenant is the tenant that the change is about; empty where it is about
	// none, such as a new global account.
	Tenant ID

	// Actor is who made the change; the zero Actor where nobody did, such as a
	// timer.
	Actor Actor

	// Object is the id of what changed, in the words of the package that
	// publishes: an account, a cohort. Empty where it is the tenant itself.
	Object string

	// Reason is why, where the change takes a reason.
	Reason string

	// At is when, to the millisecond, by the clock of the process.
	At time.Time

	// Detail holds what else a reader needs. It is stored: no secrets, no
	// values of application data.
	Detail map[string]string
}

// Hook takes part in a change: it is called with the change's own transaction
// before it commits, and with ctx in tenant mode for the event's tenant (in
// global mode where there is none). An error undoes the change as a whole and
// is returned to whoever asked for it.
//
// A hook that writes through a store of this module uses the store's With(tx).
// What can not be undone - mail, another service - does not belong in a hook:
// record the wish in a table within tx, and act on it after the commit.
type Hook func(ctx context.Context, tx DBTX, ev Event) error
