package scope

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// Inspect reads the live schema of a database and proposes a policy for it:
//
//   - a table that has the tenant column is PerTenant, or Mixed where the
//     column may be NULL;
//   - a table without it is Shared, unless a foreign key of it leads to a
//     tenant's table: then its rows are somebody's, it is left out, and its
//     statements are refused until it has the column or a class;
//   - partitions, and children by inheritance, are what their parent is;
//   - the default is PerTenant, so that a table of tomorrow is closed;
//   - views, tables of this library (tenancy_...) and functions are not named:
//     somebody has to look at what they read first.
//
// The proposal is where to begin, not a result: a Mixed table is often one that
// forgot NOT NULL, and whether a table without the column belongs to everybody
// only its owner knows. So the second result is what [Check] would report about
// the schema under that policy. In particular it lists the unique keys without
// the tenant column, none of which Inspect puts into GloballyUnique: whether
// two tenants may meet in a key is a decision.
//
// db is a *sql.DB or a *sqlx.DB, plain or opened by this package. Write the
// policy with [encoding/json.MarshalIndent], review it, and load it with
// [ParsePolicy]. Inspect changes nothing; it is an error if no table has the
// column.
func Inspect(ctx context.Context, db interface {
	Conn(context.Context) (*sql.Conn, error)
}, d Dialect, column string) (Policy, *SchemaReport, error) {
	p := Policy{Dialect: d, Column: column, Default: PerTenant, Tables: map[string]Table{}}
	r, err := p.check()
	if err != nil {
		return Policy{}, nil, err
	}
	var report *SchemaReport
	err = onConn(ctx, db, func(c driver.Conn, _ *pool) (err error) {
		p, report, err = propose(ctx, newSurvey(c, r))
		return err
	})
	if err != nil {
		return Policy{}, nil, fmt.Errorf("scope: inspecting the schema: %w", err)
	}
	return p, report, nil
}

// propose reads the schema under a policy that knows nothing, and then judges
// it under the one it proposes.
func propose(ctx context.Context, s *survey) (Policy, *SchemaReport, error) {
	ok, err := s.server(ctx)
	if err != nil {
		return Policy{}, nil, err
	}
	if !ok {
		return Policy{}, nil, fmt.Errorf("this server is none to propose a policy for: %s", s.found[len(s.found)-1].Message)
	}
	if err := s.readSchema(ctx); err != nil {
		return Policy{}, nil, err
	}
	if !s.classify() {
		return Policy{}, nil, fmt.Errorf("no table has the column %s; is it the name of the tenant column, and this the right database", s.rules.Column)
	}
	p := s.rules.Policy
	for _, t := range s.all {
		if t.declared {
			p.Tables[t.name] = Table{Class: t.class}
		}
	}
	if s.rules, err = p.check(); err != nil {
		return Policy{}, nil, err
	}
	for _, t := range s.all {
		t.rule, t.declared = s.ruleOf(t)
	}
	for _, t := range s.all {
		if t.class == Mixed {
			s.add(SeverityWarning, "tenant-column-nullable", t.name, "it is proposed as mixed because %s may be NULL, so that rows where it is are everybody's; if there are to be none, make the column NOT NULL and the class per-tenant", t.column)
		}
	}
	s.judge()
	if err := s.probe(ctx); err != nil {
		return Policy{}, nil, err
	}
	return p, sorted(s.withoutRepeats()), nil
}

// classify gives each table the class that its columns suggest, and marks those
// that the policy has to name. It reports whether any is a tenant's.
func (s *survey) classify() bool {
	any := false
	for _, t := range s.all {
		c := s.tenantColumn(t)
		switch {
		case t.cat.View || t.kind == "sequence":
			t.class = Inherit
			continue
		case c == nil:
			t.class = Shared
		case c.Nullable:
			t.class = Mixed
		default:
			t.class = PerTenant
		}
		t.declared = true
		any = any || c != nil
	}
	for again := true; again; {
		again = false
		for i := range s.links {
			child, parent := s.tables[s.links[i].child], s.tables[s.links[i].parent]
			if child == nil || parent == nil || isLibrary(child.at.table) || isLibrary(parent.at.table) {
				continue
			}
			// One that is left out is a tenant's too, and so are its children.
			if child.declared && child.class == Shared && (parent.filtered() || !parent.declared) {
				child.declared, again = false, true
			}
		}
	}
	for _, t := range s.all {
		for _, at := range t.parents {
			if p := s.tables[at]; p != nil && p.class == t.class && t.class == s.rules.Default {
				t.declared = false // the default says the same
			}
		}
	}
	return any
}
