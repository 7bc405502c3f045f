package scopepgx

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/scope"
)

// optionSet says which options pgx takes in front of the arguments of a call.
type optionSet uint8

const (
	batchOptions optionSet = iota // rewriters
	execOptions                   // and modes
	queryOptions                  // and formats of results
)

// scoped returns the statement as it has to be sent on c, and its arguments for
// pgx: options that pgx takes, which are checked, and the values. What is an
// option in other calls only counts as a value, and is refused as one.
func (s *statements) scoped(ctx context.Context, c *connection, set optionSet, sql string, args []any) (*scope.Statement, []any, error) {
	var options []any
	var rewriter pgx.QueryRewriter
options:
	for ; len(args) > 0; args = args[1:] {
		switch arg := args[0].(type) {
		case pgx.QueryRewriter:
			rewriter = arg // the last one counts
			continue
		case pgx.QueryExecMode:
			if set < execOptions {
				break options
			}
			if err := checkMode(arg); err != nil {
				return nil, nil, err
			}
		case pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
			if set < queryOptions {
				break options
			}
		default:
			break options
		}
		options = append(options, args[0])
	}
	if rewriter != nil { // it gets no connection: nothing would be scoped on it
		var err error
		if sql, args, err = rewriter.RewriteQuery(ctx, nil, sql, args); err != nil {
			return nil, nil, fmt.Errorf("rewrite query failed: %w", err) // as pgx says it
		}
	}
	st, err := c.session.Statement(ctx, s.names.text(sql), args)
	if err != nil {
		return nil, nil, err
	}
	if options == nil {
		return st, st.Args, nil
	}
	return st, append(options, st.Args...), nil
}

// checkMode refuses the modes in which values are not sent beside the text.
func checkMode(m pgx.QueryExecMode) error {
	switch m {
	case pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec:
		return nil
	}
	return refuse(scope.ReasonPlaceholder, "query exec mode "+m.String(), "use pgx.QueryExecModeExec")
}

func refuse(why scope.Reason, construct, hint string) error {
	return &scope.RefusedError{Reason: why, Construct: construct, Offset: -1, Hint: hint}
}

// names are texts by the names that Prepare gave them.
type names map[string]string

// text returns what a name stands for, or the text itself.
func (n *names) text(sql string) string {
	if n != nil {
		if text, ok := (*n)[sql]; ok {
			return text
		}
	}
	return sql
}

// give gives the text a name.
func (n *names) give(name, sql string) error {
	if text, known := (*n)[name]; known && text != sql {
		return fmt.Errorf("scopepgx: the name %q stands for another statement", name)
	}
	if *n == nil {
		*n = names{}
	}
	(*n)[name] = sql
	return nil
}
