package scope

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says what a [Finding] means for the tenants.
type Severity uint8

// The severities.
const (
	// SeverityInfo: worth knowing, nothing to do.
	SeverityInfo Severity = iota + 1

	// SeverityWarning: tenants' rows stay apart as far as this can be told, but
	// a tenant can notice another one, or the server runs what only a person
	// can review.
	SeverityWarning

	// SeverityError: isolation does not hold, or statements will be refused.
	SeverityError
)

var severityNames = [...]string{"", "info", "warning", "error"}

// String returns "info", "warning" or "error".
func (s Severity) String() string {
	if s > 0 && int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("Severity(%d)", uint8(s))
}

// MarshalText writes the form that [Severity.String] returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one thing that [Check] or [Inspect] found. It holds names of the
// schema and of the policy, never a value of a row.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`            // what it is, in one of the words that Check lists; they do not change
	Table    string   `json:"table,omitempty"` // as the policy would name it; "" for the server as a whole
	Message  string   `json:"message"`         // what, where, and what to do
}

// String returns the finding in one line.
func (f Finding) String() string {
	if f.Table == "" {
		return fmt.Sprintf("%s: %s: %s", f.Severity, f.Code, f.Message)
	}
	return fmt.Sprintf("%s: %s: table %s: %s", f.Severity, f.Code, f.Table, f.Message)
}

// SchemaReport is what [Check] and [Inspect] found, the worst first, then by table.
type SchemaReport struct {
	Findings []Finding `json:"findings"`
}

// Err returns an error that lists the findings of severity error, or nil if
// there is none: for a start-up or a test that has to stop then.
func (r *SchemaReport) Err() error {
	var lines []string
	for _, f := range r.Findings {
		if f.Severity == SeverityError {
			lines = append(lines, f.String())
		}
	}
	if lines == nil {
		return nil
	}
	return errors.New("scope: the schema does not keep tenants apart:\n" + strings.Join(lines, "\n"))
}

// String returns the report as a list, one finding a line, under a line that
// counts them.
func (r *SchemaReport) String() string {
	counts := map[Severity]int{}
	var b strings.Builder
	for _, f := range r.Findings {
		counts[f.Severity]++
		b.WriteByte('\n')
		b.WriteString(f.String())
	}
	return fmt.Sprintf("errors %d, warnings %d, infos %d", counts[SeverityError], counts[SeverityWarning], counts[SeverityInfo]) + b.String()
}

// sorted puts the findings into the order of a report.
func sorted(found []Finding) *SchemaReport {
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return &SchemaReport{Findings: slices.Compact(found)}
}
