package scopetest

import (
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Statement is one statement of an application.
type Statement struct {
	Text string
	Args []any // as given to database/sql

	// Ordered: its ORDER BY leaves no two rows in either order, so that the order
	// is compared too. It is for statements that return rows.
	Ordered bool
}

// Outcome is what the oracles say of a statement.
type Outcome uint8

// The outcomes.
const (
	// Agrees: both oracles hold.
	Agrees Outcome = iota + 1

	// Refused: the scoper did not let it through; nothing was sent.
	Refused

	// NotRun: the original statement fails, or has no one answer, so that nothing is
	// shown but that rows of others have no part in what the scoped one gives.
	NotRun

	// Difference: nothing of other tenants is told or changed, but the answer is
	// not that of the original statement.
	Difference

	// ErrorTells: whether the statement fails, or with which text, depends on rows
	// of other tenants. Where a condition of the statement can fail on a value, that
	// is a limit of every scoper: the server chooses the order of evaluation. It is
	// also the outcome where a row was not written because another tenant has its key,
	// which the policy says is unique across tenants.
	ErrorTells

	// Leak: the answer depends on rows of other tenants, or the statement changed
	// one.
	Leak
)

var outcomes = [...]string{"", "agrees", "refused", "not run", "difference", "error tells", "leak"}

// String returns the outcome in words: "not run".
func (o Outcome) String() string {
	if int(o) < len(outcomes) {
		return outcomes[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// Verdict is what the oracles say of one statement, as one tenant.
type Verdict struct {
	Outcome   Outcome
	Statement Statement
	Tenant    tenant.ID

	Refusal *scope.RefusedError // of Refused
	Err     error               // of NotRun: why

	// What disagrees, as text: the answer of the scoped statement on the shared
	// database, or the rows that it left; and what it should have been. Empty for
	// Agrees, Refused and NotRun.
	Got, Want string

	// About says what Got and Want are: "the answer", "rows of table orders".
	About string

	// Remedy is set where the server itself is wrong: a statement after which it
	// gives the right answer to the same text. MariaDB 10.11 loses the conditions
	// of some queries, also of those that were written by hand. What is told is
	// told nevertheless: set this for the whole server, or change the query.
	Remedy string
}

// String returns the verdict in a few lines.
func (v Verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v, as %s: %s", v.Outcome, v.Tenant, v.Statement.Text)
	if len(v.Statement.Args) > 0 {
		fmt.Fprintf(&b, "\narguments: %v", v.Statement.Args)
	}
	switch {
	case v.Refusal != nil:
		fmt.Fprintf(&b, "\n%+v", v.Refusal)
	case v.Err != nil:
		fmt.Fprintf(&b, "\n%v", v.Err)
	case v.About != "":
		fmt.Fprintf(&b, "\n%s\n-- should be\n%s\n-- is\n%s", v.About, v.Want, v.Got)
		if v.Remedy != "" {
			fmt.Fprintf(&b, "\n-- the server is wrong here; it gives what it should after: %s", v.Remedy)
		}
	}
	return b.String()
}
