package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
)

// arguments makes up the values of placeholders, which a log does not have: by the
// type that PostgreSQL says a placeholder has, by the column that it is compared
// with, and where neither helps by trying.
type arguments struct {
	*values
	alone *database // PostgreSQL with the tables as the application had them; else nil
}

func newArguments(ctx context.Context, p scope.Policy, v *values, e *engine) (*arguments, error) {
	a := &arguments{values: v}
	if p.Dialect != scope.Postgres {
		return a, nil
	}
	texts, err := v.schema.Alone(func(table string) string {
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

// variant is one way to choose values.
type variant uint8

// The variants: those of the first row and of the second, those that no row has
// with what they refer to, those of another tenant where keys hold for all, a
// mixture, and any of the first few.
const (
	firstRow variant = iota
	secondRow
	newRow
	foreignRow
	mixedRows
	randomRows // and on: that row of the first few
)

// row returns which row a placeholder's value is that of.
func (k variant) row(place int, refers, inKey bool) int {
	switch k {
	case secondRow:
		return 1
	case newRow:
		if inKey && !refers {
			return 700 + place
		}
	case foreignRow:
		if inKey || refers {
			return foreign
		}
	case firstRow:
	case mixedRows:
		return 1 + place%4
	default:
		return int(k-randomRows) % 6
	}
	return 0
}

// argumentSet is one set of values for a statement.
type argumentSet struct {
	values []any

	// takes: a row is inserted under a key of another tenant's row, where the
	// policy says that the key holds for all tenants. That somebody has it is told
	// then, and promised to nobody; what counts is that the other row stays.
	takes bool
}

// randomSets is how many sets of random values are tried last: rows that are made
// up refer to others in no order that could be known here.
const randomSets = 100

// candidates returns sets of values for a statement: those by types and columns,
// and others to try where none of them runs. A statement without placeholders has
// one, which is empty.
func (a *arguments) candidates(ctx context.Context, text string) (fitting, others []argumentSet, err error) {
	list, inserts := placeholders(a.dialect, a.schema, text)
	if len(list) == 0 {
		return []argumentSet{{}}, nil, nil
	}
	value := a.ofColumn
	same := []any{int64(1), "a", "2026-01-02", `{"a": 1}`}
	if a.alone != nil {
		types, err := a.types(ctx, text)
		if err != nil {
			return nil, nil, err
		}
		if len(types) == len(list) {
			same = nil // the types are known
			value = func(p placeholder, i int, k variant) any { return a.ofType(types[i], p, i, k) }
		}
	}
	for k := range randomRows {
		fitting = append(fitting, argumentSet{setOf(list, func(p placeholder, i int) any { return value(p, i, k) }), inserts && k == foreignRow})
	}
	for _, v := range same {
		others = append(others, argumentSet{values: setOf(list, func(p placeholder, _ int) any {
			if p.count {
				return int64(1)
			}
			return v
		})})
	}
	rnd := rand.New(rand.NewPCG(1, 2)) // the same ones each time
	for range randomSets {
		others = append(others, argumentSet{values: setOf(list, func(p placeholder, i int) any { return value(p, i, randomRows+variant(rnd.IntN(6))) })})
	}
	return fitting, others, nil
}

func setOf(list []placeholder, value func(p placeholder, place int) any) []any {
	out := make([]any, len(list))
	for i, p := range list {
		if out[i] = value(p, i); p.name != "" {
			out[i] = sql.Named(p.name, out[i])
		}
	}
	return out
}

// ofColumn returns a value by the column.
func (a *arguments) ofColumn(p placeholder, place int, k variant) any {
	switch {
	case p.count:
		return int64(1 + k)
	case p.column == nil:
		return int64(1 + k.row(place, false, true))
	}
	return a.nth(p.table, p.column, a.rowOf(p, place, k))
}

func (a *arguments) rowOf(p placeholder, place int, k variant) int {
	return k.row(place, a.refers(p.table, p.column), a.inKey(p.table, p.column))
}

// ofType returns a value of a type of PostgreSQL as it is written there, which
// pgx sends for every type.
func (a *arguments) ofType(name string, p placeholder, place int, k variant) any {
	if element, array := strings.CutPrefix(name, "_"); array {
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		one := fmt.Sprint(a.ofType(element, p, place, k))
		return `{"` + quote.Replace(one) + `"}`
	}
	if p.column != nil && sameKind(name, p) {
		v := a.nth(p.table, p.column, a.rowOf(p, place, k))
		if b, ok := v.([]byte); ok {
			return fmt.Sprintf(`\x%x`, b)
		}
		return fmt.Sprint(v)
	}
	n := k.row(place, false, true)
	switch name {
	case "bool":
		return []string{"true", "false"}[n%2]
	case "int2", "int4", "int8", "numeric", "float4", "float8", "oid":
		if p.count {
			n = int(k)
		}
		return fmt.Sprint(1 + n)
	case "date":
		return days[n%4]
	case "timestamp", "timestamptz":
		return days[n%4] + " 03:04:05"
	case "uuid":
		return fmt.Sprintf("00000000-0000-4000-9000-%012d", 1+n)
	case "json", "jsonb":
		return objects[n%4]
	case "jsonpath":
		return "$.a"
	case "bytea":
		return fmt.Sprintf(`\x%x`, fmt.Sprintf("k%d", 1+n))
	case "bit", "varbit":
		return "1"
	}
	if list := ofOther(name); list != nil {
		return list[n%len(list)]
	}
	return []string{"a", "b", "x", "10"}[n%4]
}

// sameKind reports whether a value of the column is one of the type.
func sameKind(name string, p placeholder) bool {
	kinds := map[string]ddl.Kind{"bool": ddl.Other, "int2": ddl.Int, "int4": ddl.Int, "int8": ddl.Int, "numeric": ddl.Real, "float4": ddl.Real, "float8": ddl.Real,
		"text": ddl.Text, "varchar": ddl.Text, "bpchar": ddl.Text, "uuid": ddl.UUID, "bytea": ddl.Blob, "date": ddl.Date,
		"timestamp": ddl.Time, "timestamptz": ddl.Time}
	kind, ok := kinds[name]
	return ok && kind == p.column.Kind && !p.count
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
