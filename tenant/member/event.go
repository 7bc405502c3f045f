package member

// The kinds of the events that a [Directory] publishes. Object is the id of the
// account, except where the constant says otherwise, and Tenant the tenant
// concerned, empty for a global account.
//
// A change of one account that touches several tenants publishes one event for
// each. A change of many accounts at once - a cohort is linked to a tenant, a
// tenant is deleted - publishes one event with their number in Detail["accounts"]:
// there may be a hundred thousand of them.
const (
	MemberAdded      = "member.added"
	MemberRemoved    = "member.removed"   // it moved on or was deleted; Detail["to"] is "deleted", "global" or "tenant"
	MembersReleased  = "members.released" // the tenant was deleted: they are global now, and suspended
	MembersDeleted   = "members.deleted"  // the tenant was deleted, and they with it
	ManagerAdded     = "manager.added"
	ManagerRemoved   = "manager.removed"
	AssociatedAdded  = "associated.added"
	AssociatedGone   = "associated.removed"
	AccountAdded     = "account.added"   // a global one
	AccountRemoved   = "account.removed" // a global one
	AccountRenamed   = "account.renamed"
	AccountEmail     = "account.email_changed"
	AccountSuspended = "account.suspended"
	AccountResumed   = "account.resumed"
	AccountReset     = "account.reset_redeemed"

	CohortCreated       = "cohort.created"        // Object is the cohort
	CohortDeleted       = "cohort.deleted"        // Object is the cohort
	CohortMemberAdded   = "cohort.member_added"   // Detail["cohort"] is the cohort
	CohortMemberRemoved = "cohort.member_removed" // Detail["cohort"] is the cohort
	CohortLinked        = "cohort.linked"         // Object is the cohort, "" for none
	NamePatternChanged  = "name_pattern.changed"  // Object is empty

	SessionSwitched = "session.switched"

	// SessionsEnd asks whoever keeps the sessions to end those of the account:
	// it was suspended, moved or removed.
	SessionsEnd = "sessions.end"
)

// The kinds that [Directory.Hook] acts upon. Package lifecycle publishes them.
const (
	tenantCreated   = "tenant.created"
	tenantSuspended = "tenant.suspended"
	tenantResumed   = "tenant.resumed"
	tenantArchived  = "tenant.archived"
	tenantRestored  = "tenant.restored"
	tenantDeleted   = "tenant.deleted"
)
