package scope

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

var (
	// ErrNoTenant: the context of a statement names no tenant. It is
	// [tenant.ErrNoTenant].
	ErrNoTenant = tenant.ErrNoTenant

	// ErrRefused is what every [*RefusedError] is, see errors.Is.
	ErrRefused = errors.New("scope: statement refused")
)

// Reason says why a statement was refused.
type Reason string

// The reasons. A statement is refused before anything is sent; the connection
// and an open transaction stay as they were.
const (
	ReasonNoTenant        Reason = "no tenant"
	ReasonConflict        Reason = "tenant conflict"
	ReasonMode            Reason = "not in this mode"
	ReasonNotUnderstood   Reason = Reason(sqlscan.Unexpected)
	ReasonMalformed       Reason = Reason(sqlscan.NotSQL)
	ReasonUnbalanced      Reason = Reason(sqlscan.Unbalanced)
	ReasonSecond          Reason = Reason(sqlscan.SecondStmt)
	ReasonUnsupported     Reason = Reason(sqlscan.Unsupported)
	ReasonAmbiguous       Reason = Reason(sqlscan.Ambiguous)
	ReasonTooDeep         Reason = Reason(sqlscan.TooDeep)
	ReasonTooLong         Reason = Reason(sqlscan.TooLong)
	ReasonUnknownTable    Reason = "unknown table"
	ReasonUnknownFunc     Reason = "unknown function"
	ReasonReadOnly        Reason = "read-only table"
	ReasonReadOnlyContext Reason = "read-only context"
	ReasonTenantColumn    Reason = "tenant column"
	ReasonNeedsCatalogue  Reason = "needs the catalogue"
	ReasonPlaceholder     Reason = "placeholders"
	ReasonUniqueKey       Reason = "unique key"
	ReasonBusy            Reason = "tenant is busy"
	ReasonSeveralTenants  Reason = "several tenants"
)

// RefusedError says which statement was not sent and why. It holds keywords
// and names of the statement but never its values.
type RefusedError struct {
	Reason    Reason
	Construct string // what in the statement, for example "FULL JOIN"
	Offset    int    // where: bytes into the text; -1 for the statement as a whole
	Table     string // the table it is about, or ""
	Hint      string // what to do instead, or ""

	cause   error  // a more precise sentinel, such as ErrNoTenant
	excerpt string // the place in the text, see Excerpt
}

// Error returns all of it in one line.
func (e *RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scope: refused, nothing was sent: %s: %s", e.Reason, e.Construct)
	if e.Table != "" {
		fmt.Fprintf(&b, " (table %s)", e.Table)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " at byte %d", e.Offset)
	}
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// Excerpt returns two lines that show the place: the statement around it, with
// ? for every literal, and a caret below. It is "" where the refusal is about
// the statement as a whole.
func (e *RefusedError) Excerpt() string { return e.excerpt }

// Format makes %+v print the excerpt below the message.
func (e *RefusedError) Format(f fmt.State, verb rune) {
	text := e.Error()
	if verb == 'v' && f.Flag('+') && e.excerpt != "" {
		text += "\n" + e.excerpt
	}
	if verb == 'q' {
		text = fmt.Sprintf("%q", text)
	}
	_, _ = io.WriteString(f, text) // what it returns is up to the writer behind f
}

// Is reports that e is [ErrRefused].
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// Unwrap returns the cause: [ErrNoTenant], [ErrBusy], [tenant.ErrTenantConflict]
// or another error of package tenant, where one of them is why.
func (e *RefusedError) Unwrap() error { return e.cause }

// refusedBy turns a structure error into a refusal.
func refusedBy(err error) error {
	var e *sqlscan.Error
	if errors.As(err, &e) {
		verb, _ := strings.CutSuffix(e.Construct, " statement")
		return &RefusedError{Reason: Reason(e.Reason), Construct: e.Construct, Offset: e.Offset, Hint: instead[verb]}
	}
	return err
}

// instead says what to do for the statements that are refused by their verb.
var instead = func() map[string]string {
	hints := map[string]string{}
	for hint, verbs := range map[string]string{
		"run it in a context made by tenant.AcrossAll":                                       "ALTER DROP TRUNCATE COMMENT ANALYZE REINDEX GRANT REVOKE",
		"its row counts tell of other tenants; run it in a context made by tenant.AcrossAll": "EXPLAIN DESCRIBE DESC SHOW",
		"it would change the connection for its next user; set it in the data source name":   "SET RESET USE PRAGMA ATTACH DETACH DISCARD",
		"use BeginTx, Commit and Rollback":                                                   "BEGIN START COMMIT END ABORT ROLLBACK",
		"use INSERT":                                                                         "COPY LOAD",
	} {
		for _, v := range strings.Fields(verbs) {
			hints[v] = hint
		}
	}
	return hints
}()
