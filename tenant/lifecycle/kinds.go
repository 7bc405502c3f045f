package lifecycle

// The kinds of the events that this package publishes. The tenant of the event
// is the one that the change is about. For the kinds of a domain Object is the
// host name.
const (
	KindCreated   = "tenant.created"
	KindUpdated   = "tenant.updated" // Detail "fields": the names of the changed fields
	KindSuspended = "tenant.suspended"
	KindResumed   = "tenant.resumed"
	KindArchived  = "tenant.archived"
	KindRestored  = "tenant.restored"
	KindDeleting  = "tenant.deleting" // from here on it can only be deleted
	KindDeleted   = "tenant.deleted"

	KindDomainAdded    = "domain.added" // not verified yet
	KindDomainVerified = "domain.verified"
	KindDomainRemoved  = "domain.removed"
	KindDomainPrimary  = "domain.primary" // Detail "was": the primary host before
)
