package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// auditFlags are what the user gives.
type auditFlags struct {
	dialect, schema, policy, statements string
	dsn, html, maxRefused               string
	json                                bool
	seed                                uint64
}

func audit(ctx context.Context, args []string, s streams) (exit int, err error) {
	var a auditFlags
	f := flag.NewFlagSet("audit", flag.ContinueOnError)
	f.StringVar(&a.dialect, "dialect", "", "`D`: postgres, mysql (also for MariaDB) or sqlite; the policy must agree")
	f.StringVar(&a.schema, "schema", "", "`file` with the CREATE statements of the shared database, tenant columns and all")
	f.StringVar(&a.policy, "policy", "", "`file` with the policy as JSON")
	f.StringVar(&a.statements, "statements", "", "`file` with one statement a line, as the application sends them; lines that begin with -- are left out")
	f.StringVar(&a.dsn, "dsn", "", "`DSN` of a PostgreSQL or MySQL server for the oracle; it makes databases called tenancy_test_..., and drops them. SQLite is built in")
	f.BoolVar(&a.json, "json", false, "write the report as JSON")
	f.StringVar(&a.html, "html", "", "`file` for the report as a web page")
	f.StringVar(&a.maxRefused, "max-refused", "", "`N` or N%: exit with 1 if more statements are refused")
	f.Uint64Var(&a.seed, "seed", 1, "`N` that chooses the made-up rows")
	if err := parse(f, args, s, "schema", "policy", "statements"); err != nil {
		return 0, err
	}
	most, err := parseShare(a.maxRefused)
	if err != nil {
		return 0, err
	}
	policy, err := readPolicy(a.policy, a.dialect)
	if err != nil {
		return 0, err
	}
	schema, err := readSchema(a.schema, policy)
	if err != nil {
		return 0, err
	}
	list, lines, err := readStatements(a.statements, policy.Dialect)
	if err != nil {
		return 0, err
	}
	e, err := openEngine(ctx, policy.Dialect, a.dsn)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	r := newReport(policy.Dialect)
	r.Lines, r.Statements, r.Seed = lines, len(list), a.seed
	if err := r.accept(ctx, policy, schema, e, list, s); err != nil {
		return 0, err
	}
	if e != nil {
		r.Engine = e.name
		if err := r.judge(ctx, policy, schema, e, s); err != nil {
			if ctx.Err() != nil {
				return 0, err
			}
			r.Problem = err.Error()
		}
	}
	if err := r.write(a, s.out); err != nil {
		return 0, err
	}
	return r.exit(most)
}

// write writes the report in the forms that were asked for.
func (r *report) write(a auditFlags, out io.Writer) error {
	if a.html != "" {
		f, err := os.Create(a.html)
		if err != nil {
			return err
		}
		if err := errors.Join(r.writeHTML(f), f.Close()); err != nil {
			return fmt.Errorf("%s: %w", a.html, err)
		}
	}
	if a.json {
		return r.writeJSON(out)
	}
	return r.writeText(out)
}

// exit is the code for CI. Where a verdict was asked for and there is none,
// nothing was proved, which is an error.
func (r *report) exit(most share) (int, error) {
	switch {
	case r.Problem != "":
		return 0, fmt.Errorf("no verdict on %s: %s", r.Engine, r.Problem)
	case len(r.Leaks) > 0, len(r.Differences) > 0, most.less(len(r.Refused), r.Statements):
		return exitFound, nil
	}
	return exitOK, nil
}

// accept says of each statement whether it is accepted: by the catalogue of the
// engine, or where there is none by that of the schema's text.
func (r *report) accept(ctx context.Context, p scope.Policy, schema *ddl.Schema, e *engine, list []statement, s streams) (err error) {
	db, err := offline(p, schema.Catalogue())
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // there is nothing behind it
	if e != nil {
		live, err := e.database(ctx, schema.Texts, func(c driver.Connector) (*sql.DB, error) { return scope.OpenDB(c, p) })
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, live.close()) }()
		db = live.DB
	}
	owner := tenant.WithID(ctx, anybody)
	bar := newProgress(s, len(list), "reading")
	defer bar.done()
	for _, st := range list {
		x, err := scope.Explain(owner, db, st.text)
		if err != nil {
			return fmt.Errorf("line %d: %w", st.line, err)
		}
		r.add(st, x)
		bar.step()
	}
	r.Acceptance = float64(len(r.Accepted)) / float64(len(list))
	return nil
}

func (r *report) add(st statement, x scope.Explanation) {
	if e := x.Refused; e != nil {
		r.Refused = append(r.Refused, refused{source: sourceOf(st), Reason: string(e.Reason), Construct: e.Construct, Offset: e.Offset,
			Table: e.Table, Hint: e.Hint, Excerpt: e.Excerpt()})
		return
	}
	a := accepted{source: sourceOf(st), Rewritten: x.Text}
	for _, t := range x.Tables {
		a.Tables = append(a.Tables, table{Name: t.Name, Class: t.Class.String(), Filter: t.Filter})
	}
	r.Accepted = append(r.Accepted, a)
}

// anybody is a tenant: what becomes of a statement is the same for all of them.
const anybody = tenant.ID("acme")

// share is how many of all may be, as a number or in percent.
type share struct {
	n       float64
	percent bool
	given   bool
}

func parseShare(text string) (share, error) {
	if text == "" {
		return share{}, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || n != n || percent && n > 100 {
		return share{}, fmt.Errorf("--max-refused %s: use a number, or a share as in 5%%", text)
	}
	return share{n, percent, true}, nil
}

// less reports whether the share is less than n of all.
func (s share) less(n, all int) bool {
	if s.percent {
		return s.given && 100*float64(n) > s.n*float64(all)
	}
	return s.given && float64(n) > s.n
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
