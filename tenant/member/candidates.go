package member

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// MaxPage is the most accounts that one call lists.
const MaxPage = 500

// Query says which accounts to list.
type Query struct {
	// Search keeps the accounts whose user name or e-mail address contains
	// this text, ignoring case. Empty keeps all.
	Search string

	// After is Page.Next of the page before; empty for the first.
	After string

	// Limit is how many at most, 1 to [MaxPage]; 0 is 50.
	Limit int
}

// Page is a part of a list, in the order of user names.
type Page struct {
	Accounts []Account
	Next     string // for Query.After; empty where the list ends
}

// A list is made of branches, each in the order of an index where there may be
// many accounts: members by (tenant_id, name_key, id). A page of a tenant with a
// hundred thousand members reads a page.
const (
	listColumns = `SELECT ` + accountColumns + `, a.name_key `

	fromMembers    = listColumns + `FROM tenancy_accounts a WHERE a.tenant_id = ?`
	fromAssociated = listColumns + `FROM tenancy_people t JOIN tenancy_cohort_members m ON m.cohort_id = t.associated_id JOIN tenancy_accounts a ON a.id = m.account_id WHERE t.tenant_id = ? AND a.tenant_id = '' AND a.guest = 0`
	fromAccounts   = listColumns + `FROM tenancy_accounts a WHERE a.id <> ?`
	fromCohort     = listColumns + `FROM tenancy_cohort_members m JOIN tenancy_accounts a ON a.id = m.account_id WHERE m.cohort_id = ?`

	andActive = ` AND a.suspended = 0`
	andSearch = ` AND (a.name_key LIKE ? ESCAPE '!' OR a.email_key LIKE ? ESCAPE '!')`
	andAfter  = ` AND a.name_key >= ? AND (a.name_key > ? OR a.id > ?)`
	inOrder   = ` ORDER BY a.name_key, a.id LIMIT ?`

	countCandidate = `SELECT COUNT(*) FROM tenancy_people t JOIN tenancy_cohort_members m ON m.cohort_id = t.cohort_id JOIN tenancy_accounts a ON a.id = m.account_id WHERE t.tenant_id = ? AND a.id = ? AND (a.tenant_id = t.tenant_id OR a.tenant_id = '') AND a.suspended = 0 AND t.held = 0`
)

// Candidates lists whom the tenant may enrol or give a role: its members and
// associated users that are not suspended, and nobody else.
// A list only offers: whoever acts on a choice that came back from a
// browser asks [Directory.IsCandidate].
//
// Errors: [ErrBadName] for a Query that is malformed. Modes: tenant; global and
// across-all with an id.
func (d *Directory) Candidates(ctx context.Context, id tenant.ID, q Query) (Page, error) {
	id, err := inside(ctx, id)
	if err != nil {
		return Page{}, err
	}
	c := d.reader(ctx)
	if p, _, err := c.people(id, ""); err != nil || p.held {
		return Page{}, err // all of them count as suspended
	}
	return c.list(string(id), q, fromMembers+andActive, fromAssociated+andActive)
}

// IsCandidate reports whether the account is one of [Directory.Candidates].
// Modes: tenant; global and across-all with an id.
func (d *Directory) IsCandidate(ctx context.Context, id tenant.ID, account string) (bool, error) {
	id, err := inside(ctx, id)
	if err != nil {
		return false, err
	}
	if !isID(account) {
		return false, nil
	}
	n, err := d.reader(ctx).count(countCandidate, string(id), account)
	return n > 0, err
}

// Users lists the tenant's users: its members and associated users, suspended
// or not. Errors and modes are those of [Directory.Candidates].
func (d *Directory) Users(ctx context.Context, id tenant.ID, q Query) (Page, error) {
	return d.listIn(ctx, id, q, fromMembers, fromAssociated)
}

// Members lists the tenant's members, suspended or not. Errors and modes are
// those of [Directory.Candidates].
func (d *Directory) Members(ctx context.Context, id tenant.ID, q Query) (Page, error) {
	return d.listIn(ctx, id, q, fromMembers)
}

// Accounts lists the accounts of the whole installation, for its back office.
// Modes: global, across-all.
func (d *Directory) Accounts(ctx context.Context, q Query) (Page, error) {
	if err := central(ctx); err != nil {
		return Page{}, err
	}
	return d.reader(ctx).list("", q, fromAccounts)
}

// CohortMembers lists who is in a cohort, suspended or not. Errors:
// [ErrUnknownCohort], [ErrBadName]. Modes: tenant, for its cohorts; global,
// across-all.
func (d *Directory) CohortMembers(ctx context.Context, cohort string, q Query) (Page, error) {
	own, err := anywhere(ctx)
	if err != nil {
		return Page{}, err
	}
	c := d.reader(ctx)
	if _, err := c.cohort(own, cohort, ""); err != nil {
		return Page{}, err
	}
	return c.list(cohort, q, fromCohort)
}

func (d *Directory) listIn(ctx context.Context, id tenant.ID, q Query, branches ...string) (Page, error) {
	id, err := inside(ctx, id)
	if err != nil {
		return Page{}, err
	}
	return d.reader(ctx).list(string(id), q, branches...)
}

// entry is an account in a list, with the key by which it is ordered.
type entry struct {
	Account
	key string
}

// list reads one page of each branch, and one account more to know whether
// there is another, and merges them.
func (c *change) list(of string, q Query, branches ...string) (Page, error) {
	where, args := "", []any{of}
	switch {
	case q.Limit < 0 || q.Limit > MaxPage:
		return Page{}, fmt.Errorf("%w: the limit of a page is at most %d", ErrBadName, MaxPage)
	case q.Limit == 0:
		q.Limit = 50
	}
	if q.Search != "" {
		pattern := "%" + escapeLike.Replace(fold(q.Search)) + "%"
		where += andSearch
		args = append(args, pattern, pattern)
	}
	if q.After != "" {
		key, id, err := parseCursor(q.After)
		if err != nil {
			return Page{}, err
		}
		where += andAfter
		args = append(args, key, key, id)
	}
	args = append(args, q.Limit+1)
	var all []entry
	for _, from := range branches {
		list, err := c.entries(from+where+inOrder, args...)
		if err != nil {
			return Page{}, err
		}
		all = append(all, list...)
	}
	// The engines order these columns by their bytes, as Go does.
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID))
	})
	var page Page
	if len(all) > q.Limit {
		all = all[:q.Limit]
		last := all[q.Limit-1]
		page.Next = cursor(last.key, last.ID)
	}
	for _, e := range all {
		page.Accounts = append(page.Accounts, e.Account)
	}
	return page, nil
}

func (c *change) entries(query string, args ...any) ([]entry, error) {
	rows, err := c.db.QueryContext(c.ctx, c.d.rebind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	defer rows.Close()
	var list []entry
	for rows.Next() {
		var e entry
		if e.Account, _, err = scanAccount(with{rows, &e.key}); err != nil {
			return nil, fmt.Errorf("member: %w", err)
		}
		list = append(list, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("member: %w", err)
	}
	return list, nil
}

// with scans one column more.
type with struct {
	scanner
	last any
}

// Scan implements scanner.
func (w with) Scan(dest ...any) error { return w.scanner.Scan(append(dest, w.last)...) }

// escapeLike makes a text stand for itself in LIKE ... ESCAPE '!'.
var escapeLike = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// A cursor is a place in the order, and nothing that has to be kept secret:
// name and id were in the page that it came with.
func cursor(key, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(id + "\x00" + key))
}

func parseCursor(s string) (key, id string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	id, key, ok := strings.Cut(string(b), "\x00")
	if err != nil || !ok {
		return "", "", fmt.Errorf("%w: Query.After is not the Next of a page", ErrBadName)
	}
	return key, id, nil
}
