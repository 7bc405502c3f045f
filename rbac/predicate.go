package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Columns says where a query of the application has what a predicate tests.
// Each is the name of a column, plain or quoted as the dialect does it
// (MySQL: `...`, the others: "..."), and if need be that of the table or its
// alias before it: docs.tenant_id. A name is 1 to 63 bytes of letters, digits
// and underscores, a quoted one may have spaces and hyphens too; anything else
// is no name and an error.
type Columns struct {
	Dialect tenant.Dialect

	// Tenant holds the tenant of the row's node, and is always tested. Rows of
	// nodes without a tenant have an empty text there, or with NullTenant
	// NULL, as in tables that package scope knows as Mixed.
	Tenant     string
	NullTenant bool

	// Path holds the path of the row's node and ID its number. One of them may
	// be left out. Without Path, and with it for answers that have too many
	// ranges, the predicate lists the numbers of all nodes that are allowed.
	// Without ID, an answer with too many ranges is [ErrTooManyRanges].
	Path string
	ID   string
}

// Predicate is a condition for the WHERE clause of a query of the
// application's own, in parentheses. The zero Predicate is none: it makes the
// query malformed.
type Predicate struct {
	SQL  string // with a ? for each of Args, in their order, and no other
	Args []any  // texts only
}

// ErrTooManyRanges: the answer has more parts than a statement can have, and
// Columns.ID is not set.
var ErrTooManyRanges = errors.New("rbac: the answer is too scattered for a predicate without Columns.ID")

const (
	// manyRanges is from where on a list of numbers is shorter, for one tenant.
	manyRanges = 64

	// mostRanges is what fits into one statement of every database: each range
	// binds two values, and SQLite takes 32766.
	mostRanges = 8192
)

// nothing selects no row.
const nothing = `(1 = 0)`

// Predicate returns the condition that selects, in a query of the
// application's own, the rows of the nodes on which the actor of ctx has the
// capability: exactly those for which [Checker.Check] says yes, locks
// included, by one state of the tree and the roles. So the database filters,
// sorts and pages, and no page comes short.
//
//	p, err := checker.Predicate(ctx, "doc:view", rbac.Columns{
//		Dialect: tenant.Postgres, Tenant: "d.tenant_id", Path: "n.path", ID: "n.id"})
//	...
//	rows, err := db.QueryContext(ctx, db.Rebind(`SELECT d.title FROM docs d
//		JOIN nodes n ON n.id = d.node_id
//		WHERE d.published = ? AND `+p.SQL+` ORDER BY d.title LIMIT 50`), append([]any{true}, p.Args...)...)
//
// It always tests the tenant, so it selects no row of another tenant's whatever
// the paths say: tenant and the ranges of paths in which the answer is
// yes, or if they are many, the numbers of the nodes. Where the answer is yes
// for all nodes of a tenant, the tenant is all that is tested, and where it is
// no for all, nothing is selected. Tenants and paths are compared byte by byte
// whatever the column's collation is. Collations that somebody has made are the
// exception: in PostgreSQL that of the tenant must be deterministic, and in
// SQLite that of the path one of its own. Across all tenants the error is [ErrAllTenants].
// Beside an error the predicate selects nothing.
//
// The condition has ? as placeholders. MySQL and SQLite take it as it is; for
// PostgreSQL pass the whole query through sqlx.Rebind, or use
// [Predicate.Numbered].
//
// What the columns say about a row is believed: the path has to be that of the
// node as it is now. Moves change paths and never numbers, so a table that
// keeps the number of the node needs nothing, and one that keeps the path has
// to follow each move; until it does, its rows are judged by the old place.
//
// The ranges are answered from an index on tenant and path, in that order; in
// PostgreSQL the path must have the collation "C" in it, in MySQL utf8mb4_bin,
// in SQLite BINARY, which is its own default:
//
//	CREATE INDEX docs_node ON docs (tenant_id, path COLLATE "C")
//
// and the numbers from one on (tenant, number).
func (c *Checker) Predicate(ctx context.Context, capability string, cols Columns) (Predicate, error) {
	none := Predicate{SQL: nothing}
	names, err := cols.parse()
	if err != nil {
		return none, err
	}
	q, err := c.question(ctx)
	if err != nil {
		return none, err
	}
	models, err := c.models(ctx, q.scene)
	if err != nil {
		return none, err
	}
	return names.predicate(territories(models, q, capability))
}

// predicate returns the one for the territories.
func (c columns) predicate(territories []territory) (Predicate, error) {
	ranges := 0
	for _, t := range territories {
		if !t.whole {
			ranges += len(t.intervals)
		}
	}
	var p Predicate
	var conditions []string
	for _, t := range territories {
		condition := c.ofTenant(&p, t.tenant)
		switch {
		case t.whole:
		case c.id != "" && (c.path == "" || len(t.intervals) > manyRanges || ranges > mostRanges):
			condition += ` AND ` + c.listed(&p, t.nodes())
		case ranges > mostRanges:
			return Predicate{SQL: nothing}, ErrTooManyRanges
		default:
			condition += ` AND ` + c.within(&p, t.intervals)
		}
		conditions = append(conditions, `(`+condition+`)`)
	}
	p.SQL = nothing
	if len(conditions) > 0 {
		p.SQL = anyOf(conditions)
	}
	return p, nil
}

// bind adds a value and returns its placeholder.
func (p *Predicate) bind(value string) string {
	p.Args = append(p.Args, value)
	return `?`
}

func (c columns) ofTenant(p *Predicate, id tenant.ID) string {
	if id == "" && c.nullTenant {
		return c.tenant + ` IS NULL`
	}
	condition := c.tenant + ` = ` + p.bind(string(id))
	// The first comparison is for the index, whose collation may take several
	// ids for one; the second is exact. PostgreSQL's collations do not, see the
	// documentation, and its tenant columns may be of a type that has none.
	switch c.dialect {
	case tenant.MySQL:
		condition += ` AND ` + c.tenant + ` = ` + p.bind(string(id)) + ` COLLATE utf8mb4_bin`
	case tenant.SQLite:
		condition += ` AND ` + c.tenant + ` = ` + p.bind(string(id)) + ` COLLATE BINARY`
	}
	return condition
}

// within is the condition that the path is in one of the intervals.
func (c columns) within(p *Predicate, intervals []interval) string {
	conditions := make([]string, len(intervals))
	for i, in := range intervals {
		conditions[i] = `(` + c.path + ` >= ` + c.bytes(p.bind(in.from)) + ` AND ` + c.path + ` < ` + c.bytes(p.bind(in.to)) + `)`
	}
	return anyOf(conditions)
}

// bytes makes the comparison of a path with the value one of bytes. The
// collation is put on the value: it decides there too, and MySQL does not use an
// index on a column that stands inside an expression. SQLite uses none for
// several ranges with one; its own collations have digits and slashes in the
// order of bytes anyway.
func (c columns) bytes(value string) string {
	switch c.dialect {
	case tenant.Postgres:
		return `CAST(` + value + ` AS text) COLLATE "C"`
	case tenant.MySQL:
		return value + ` COLLATE utf8mb4_bin`
	default:
		return value
	}
}

// listed is the condition that the number is one of ids, which are bound as one
// value, since there may be more than a statement has placeholders.
func (c columns) listed(p *Predicate, ids []int64) string {
	var list strings.Builder
	for i, id := range ids {
		if i > 0 {
			list.WriteByte(',')
		}
		list.WriteString(strconv.FormatInt(id, 10))
	}
	switch c.dialect {
	case tenant.Postgres:
		return c.id + ` = ANY(CAST(CAST(` + p.bind(`{`+list.String()+`}`) + ` AS text) AS bigint[]))`
	case tenant.MySQL:
		return c.id + ` IN (SELECT listed.id FROM JSON_TABLE(` + p.bind(`[`+list.String()+`]`) + `, '$[*]' COLUMNS (id BIGINT PATH '$')) AS listed)`
	default:
		return c.id + ` IN (SELECT value FROM json_each(` + p.bind(`[`+list.String()+`]`) + `))`
	}
}

// anyOf joins conditions, each in parentheses, with OR, and in halves where they
// are many: SQLite limits how deep an expression is nested, and reads a long
// list as a deep one.
func anyOf(conditions []string) string {
	const long = 128
	switch n := len(conditions); {
	case n == 1:
		return conditions[0]
	case n > long:
		return `(` + anyOf(conditions[:n/2]) + ` OR ` + anyOf(conditions[n/2:]) + `)`
	}
	return `(` + strings.Join(conditions, ` OR `) + `)`
}

// Numbered returns p with PostgreSQL's placeholders, the first of which is
// $from.
func (p Predicate) Numbered(from int) Predicate {
	var b strings.Builder
	for i, text := range strings.Split(p.SQL, `?`) {
		if i > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(from + i - 1))
		}
		b.WriteString(text)
	}
	return Predicate{SQL: b.String(), Args: slices.Clone(p.Args)}
}

// columns are Columns whose names are checked and quoted.
type columns struct {
	dialect          tenant.Dialect
	tenant, path, id string
	nullTenant       bool
}

func (c Columns) parse() (columns, error) {
	if c.Dialect < tenant.Postgres || c.Dialect > tenant.SQLite {
		return columns{}, fmt.Errorf("%w: Columns.Dialect", ErrInvalid)
	}
	if c.Path == "" && c.ID == "" {
		return columns{}, fmt.Errorf("%w: one of Columns.Path and Columns.ID is needed", ErrInvalid)
	}
	out := columns{dialect: c.Dialect, nullTenant: c.NullTenant}
	for _, f := range []struct {
		field, name string
		to          *string
		optional    bool
	}{
		{"Tenant", c.Tenant, &out.tenant, false},
		{"Path", c.Path, &out.path, true},
		{"ID", c.ID, &out.id, true},
	} {
		if f.name == "" && f.optional {
			continue
		}
		quoted, ok := columnName(c.Dialect, f.name)
		if !ok {
			return columns{}, fmt.Errorf("%w: Columns.%s is not the name of a column", ErrInvalid, f.field)
		}
		*f.to = quoted
	}
	return out, nil
}
