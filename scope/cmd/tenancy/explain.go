package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// explain shows what becomes of one statement, or where none is given what the
// policy says about each table of the schema.
func explain(ctx context.Context, args []string, s streams) (exit int, err error) {
	f := flag.NewFlagSet("explain", flag.ContinueOnError)
	policyFile := f.String("policy", "", "`file` with the policy as JSON")
	schemaFile := f.String("schema", "", "`file` with the CREATE statements of the shared database")
	text := f.String("statement", "", "`SQL` to explain, or - to read it from the standard input; without it, the tables are listed")
	if err := parse(f, args, s, "policy", "schema"); err != nil {
		return 0, err
	}
	policy, err := readPolicy(*policyFile, "")
	if err != nil {
		return 0, err
	}
	schema, err := readSchema(*schemaFile, policy)
	if err != nil {
		return 0, err
	}
	query := *text
	if query == "" {
		return exitOK, listTables(s.out, policy, schema)
	}
	if query == "-" {
		b, err := io.ReadAll(io.LimitReader(s.in, maxLine+1))
		if err != nil {
			return 0, err
		}
		query = string(b)
	}
	if query = strings.TrimSpace(query); query == "" || len(query) > maxLine {
		return 0, fmt.Errorf("--statement: it is empty, or longer than %d bytes", maxLine)
	}
	db, err := offline(policy, schema.Catalogue())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	x, err := scope.Explain(tenant.WithID(ctx, anybody), db, query)
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Fprint(s.out, x); err != nil {
		return 0, err
	}
	if x.Refused != nil {
		return exitFound, nil
	}
	return exitOK, nil
}

func listTables(w io.Writer, p scope.Policy, schema *ddl.Schema) error {
	out := &printer{w: w}
	for _, t := range schema.Tables {
		rule, err := p.Effective(t.Name)
		if err != nil {
			return err
		}
		out.printf("table %s: %v", t.Name, rule.Class)
		if rule.Class == scope.PerTenant || rule.Class == scope.Mixed {
			out.printf(", column %s", rule.Column)
			if t.Column(rule.Column) == nil {
				out.printf(", WHICH THE SCHEMA DOES NOT HAVE")
			}
		}
		if len(rule.GloballyUnique) > 0 {
			out.printf(", unique across tenants: %s", strings.Join(rule.GloballyUnique, "; "))
		}
		out.printf("\n")
	}
	for _, v := range schema.Views {
		out.printf("view %s", v)
		if _, named := p.Tables[v]; !named {
			out.printf(": refused until the policy names it")
		}
		out.printf("\n")
	}
	return out.err
}
