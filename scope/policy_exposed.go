package scope

import (
	"fmt"
	"slices"
	"strings"
)

// Exposed names tables whose rows one consumer sees across tenants: the handle
// of a back office, say, which is opened with a policy of its own. There the
// tables are read without a predicate and with the tenant column visible, in
// every mode that reads at all; all others, and all writes, stay what they are.
//
//	Exposed: &scope.Exposed{
//		Tables: []string{"invoices"},
//		Reason: "accounting closes the month for all customers",
//	}
type Exposed struct {
	// Tables are names that Policy.Tables has too, of class PerTenant or Mixed.
	Tables []string `json:"tables"`

	// Reason is why, for those who read the policy, the report of [Check] and
	// the log. It is mandatory.
	Reason string `json:"reason"`
}

// expose marks the rules of the exposed tables.
func (r *rules) expose(e *Exposed) error {
	if e == nil {
		return nil
	}
	if strings.TrimSpace(e.Reason) == "" {
		return fmt.Errorf("scope: Policy.Exposed has no reason: say why these tables are read across tenants")
	}
	if len(e.Tables) == 0 {
		return fmt.Errorf("scope: Policy.Exposed names no table; leave it out")
	}
	for _, name := range e.Tables {
		u, ok := r.tables[r.key(name)]
		switch {
		case !ok:
			return fmt.Errorf("scope: Policy.Exposed names table %s, which is not in Policy.Tables", name)
		case u.class != PerTenant && u.class != Mixed:
			return fmt.Errorf("scope: Policy.Exposed names table %s, which is %v: only tables with tenants' rows can be exposed", name, u.class)
		case u.exposed:
			return fmt.Errorf("scope: Policy.Exposed names table %s twice", name)
		}
		u.exposed = true
		r.tables[r.key(name)] = u
	}
	return nil
}

// checkUnique refuses entries of a GloballyUnique list that no key can meet,
// and those that need no entry.
func (p Policy) checkUnique(where string, entries []string, tenantColumn string) error {
	for _, entry := range entries {
		var seen []string
		for _, c := range strings.Split(entry, ",") {
			c = strings.TrimSpace(c)
			same := func(other string) bool { return c == other || p.Dialect != Postgres && strings.EqualFold(c, other) }
			switch {
			case c == "":
				return fmt.Errorf("scope: %s: %q is no key; write its columns with commas between them, or its name", where, entry)
			case slices.ContainsFunc(seen, same):
				return fmt.Errorf("scope: %s: %q names column %s twice", where, entry, c)
			case same(tenantColumn):
				return fmt.Errorf("scope: %s: %q has the tenant column, so there is nothing to declare", where, entry)
			}
			seen = append(seen, c)
		}
	}
	return nil
}
