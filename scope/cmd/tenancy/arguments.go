package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// A log of statements has no values. So values are made up: by the type that
// PostgreSQL says a placeholder has, else by the column that it is compared with,
// else by trying. They are small and few, as those of the made-up rows are, so that
// some rows match.

// arguments makes up values for placeholders.
type arguments struct {
	dialect scope.Dialect
	schema  *ddl.Schema
	checks  checks
	alone   *database // PostgreSQL with the tables as the application had them; else nil
}

func newArguments(ctx context.Context, p scope.Policy, schema *ddl.Schema, e *engine) (*arguments, error) {
	a := &arguments{dialect: p.Dialect, schema: schema, checks: readChecks(schema)}
	if p.Dialect != scope.Postgres {
		return a, nil
	}
	texts, err := schema.Alone(func(table string) string {
		t, err := p.Effective(table)
		if err != nil || t.Class != scope.PerTenant && t.Class != scope.Mixed {
			return ""
		}
		return t.Column
	})
	if err != nil {
		return nil, err
	}
	a.alone, err = e.database(ctx, texts, func(c driver.Connector) (*sql.DB, error) { return sql.OpenDB(c), nil })
	return a, err
}

func (a *arguments) close() error {
	if a.alone == nil {
		return nil
	}
	return a.alone.close()
}

// variants is how many sets of values of the right types are tried.
const variants = 4

// candidates returns sets of values for a statement, the best first. A statement
// without placeholders has one, which is empty.
func (a *arguments) candidates(ctx context.Context, text string) ([][]any, error) {
	list := placeholders(a.dialect, a.schema, text)
	if len(list) == 0 {
		return [][]any{nil}, nil
	}
	if a.alone != nil {
		types, err := a.types(ctx, text)
		if err != nil {
			return nil, err
		}
		if len(types) == len(list) {
			return sets(len(list), variants, func(i, variant int) any { return a.ofType(types[i], list[i], i, variant) }), nil
		}
	}
	out := sets(len(list), variants, func(i, variant int) any { return list[i].bound(a.ofColumn(list[i], i, variant)) })
	for _, same := range []any{int64(1), "a", "2026-01-02", `{"a": 1}`} {
		out = append(out, sets(len(list), 1, func(i, _ int) any {
			if list[i].count {
				return list[i].bound(int64(1))
			}
			return list[i].bound(same)
		})...)
	}
	return out, nil
}

func sets(n, variants int, value func(i, variant int) any) [][]any {
	out := make([][]any, variants)
	for v := range out {
		out[v] = make([]any, n)
		for i := range out[v] {
			out[v][i] = value(i, v)
		}
	}
	return out
}

// bound gives the value of a placeholder with a name that name.
func (p placeholder) bound(value any) any {
	if p.name != "" {
		return sql.Named(p.name, value)
	}
	return value
}

// ofColumn returns a value that the column takes.
func (a *arguments) ofColumn(p placeholder, place, variant int) any {
	if p.count {
		return int64(1 + variant)
	}
	if p.column == nil {
		return whole64(place, variant)
	}
	if list := a.checks.values(p.table, p.column); len(list) > 0 {
		return list[variant%len(list)]
	}
	switch p.column.Kind {
	case ddl.Int:
		return whole64(place, variant)
	case ddl.Real:
		return []float64{1.5, 2.25, 0.5, 3}[variant%variants]
	case ddl.Bool:
		return int64(variant % 2)
	case ddl.Date:
		return dates(variant)
	case ddl.Time:
		return dates(variant) + " 03:04:05"
	case ddl.JSON:
		return []string{`{"a": 1}`, `{}`, `[1]`, `{"a": {"b": "x"}}`}[variant%variants]
	case ddl.UUID:
		return uuid(place, variant)
	case ddl.Blob:
		return []byte("ab"[:1+variant%2])
	case ddl.Text:
		return texts(p, place, variant)
	}
	return int64(1)
}

// ofType returns a value of a type of PostgreSQL as it is written there, which
// pgx sends for every type.
func (a *arguments) ofType(name string, p placeholder, place, variant int) any {
	if element, array := strings.CutPrefix(name, "_"); array {
		v := fmt.Sprint(a.ofType(element, p, place, variant))
		return `{"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"}`
	}
	switch name {
	case "bool":
		return []string{"true", "false"}[variant%2]
	case "int2", "int4", "int8", "numeric", "float4", "float8", "oid":
		if p.count {
			return fmt.Sprint(1 + variant)
		}
		return fmt.Sprint(whole64(place, variant))
	case "date":
		return dates(variant)
	case "timestamp", "timestamptz":
		return dates(variant) + " 03:04:05"
	case "time", "timetz":
		return "03:04:05"
	case "interval":
		return []string{"1 day", "1 hour", "1 month", "1 second"}[variant%variants]
	case "uuid":
		return uuid(place, variant)
	case "json", "jsonb":
		return []string{`{"a": 1}`, `{}`, `[1]`, `{"a": {"b": "x"}}`}[variant%variants]
	case "jsonpath":
		return "$.a"
	case "bytea":
		return []string{`\x61`, `\x6162`, `\x00`, `\xff`}[variant%variants]
	case "inet", "cidr":
		return "10.0.0.1"
	case "bit", "varbit":
		return "1"
	case "tsquery", "tsvector":
		return "a"
	}
	if p.column != nil {
		if list := a.checks.values(p.table, p.column); len(list) > 0 {
			return list[variant%len(list)]
		}
	}
	return texts(p, place, variant)
}

// whole64 is 1 everywhere, 2 everywhere, one for each placeholder, or one that
// no row has.
func whole64(place, variant int) int64 {
	switch variant {
	case 0, 1:
		return int64(1 + variant)
	case 2:
		return int64(3 + place%4)
	}
	return int64(700 + place)
}

func dates(variant int) string {
	return []string{"2026-01-02", "2026-01-03", "2026-02-28", "2025-12-31"}[variant%variants]
}

func uuid(place, variant int) string {
	return fmt.Sprintf("00000000-0000-4000-9000-%06d%06d", 1+place, variant)
}

func texts(p placeholder, place, variant int) string {
	v := []string{"a", "b", "x", fmt.Sprintf("n%d", place)}[variant%variants]
	if p.column != nil && p.column.Size > 0 && len(v) > p.column.Size {
		v = v[:p.column.Size]
	}
	return v
}

// types asks the server for the types of a statement's placeholders. A statement
// that it can not prepare has none.
func (a *arguments) types(ctx context.Context, text string) ([]string, error) {
	c, err := a.alone.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close() //nolint:errcheck // it goes back to the pool
	var out []string
	err = c.Raw(func(dc any) error {
		conn := dc.(*stdlib.Conn).Conn()
		d, err := conn.Prepare(ctx, "", text)
		if err != nil {
			if ctx.Err() != nil || conn.IsClosed() {
				return err
			}
			return nil
		}
		for _, oid := range d.ParamOIDs {
			name := ""
			if t, ok := conn.TypeMap().TypeForOID(oid); ok {
				name = t.Name
			}
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(errors.New("asking for the types of placeholders"), err)
	}
	return out, nil
}
