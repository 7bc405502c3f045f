package ddl

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// modes are how a schema's text is read: as the servers do without settings.
func modes(d tenant.Dialect) sqlscan.Modes {
	if d == tenant.MySQL {
		return sqlscan.Known | sqlscan.Backslashes
	}
	return sqlscan.Known
}

// executable is a line of mysqldump that sets something for the session.
var executable = regexp.MustCompile(`(?m)^/\*!.*\*/;?[ \t\r]*$`)

// Split returns the statements of a file, without their semicolons and the
// comments between them. The error names the line that can not be read.
func Split(d tenant.Dialect, text string) ([]string, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if d == tenant.MySQL {
		text = executable.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat(" ", len(s)) })
	}
	toks, err := sqlscan.Tokens(d, modes(d), text)
	if err != nil {
		return nil, atLine(text, err)
	}
	var out []string
	first := -1
	for i, t := range toks {
		switch ends := t.Kind == sqlscan.Semicolon || t.Kind == sqlscan.EOF; {
		case ends && first >= 0 && inTrigger(text, toks[first:i]) && t.Kind != sqlscan.EOF:
		case ends && first >= 0:
			out = append(out, text[toks[first].Start:toks[i-1].End])
			first = -1
		case !ends && first < 0:
			first = i
		}
	}
	return out, nil
}

// inTrigger reports whether a semicolon behind these tokens belongs to the body
// of a trigger or routine, which is not at its END yet.
func inTrigger(text string, toks []sqlscan.Token) bool {
	if len(toks) == 0 || !strings.EqualFold(text[toks[0].Start:toks[0].End], "create") {
		return false
	}
	depth, routine := 0, false
	for i, t := range toks {
		switch strings.ToLower(text[t.Start:t.End]) {
		case "trigger", "procedure":
			routine = routine || i < 6
		case "begin", "case":
			depth++
		case "end":
			depth--
		}
	}
	return routine && depth > 0
}

func atLine(text string, err error) error {
	var e *sqlscan.Error
	if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) {
		return fmt.Errorf("ddl: %w", err)
	}
	return fmt.Errorf("ddl: line %d: %w", 1+strings.Count(text[:e.Offset], "\n"), err)
}
