package scope

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Explanation says what becomes of one statement in one context.
type Explanation struct {
	Query   string      // as the application wrote it
	Mode    tenant.Mode // of the context
	Text    string      // as it is sent; "" if it is refused
	Tables  []ExplainedTable
	Refused *RefusedError // or nil
}

// ExplainedTable is one table of the statement, in the order of the text.
type ExplainedTable struct {
	Name   string // as the policy has it
	Class  Class
	Offset int    // bytes into Query
	Filter string // where its predicate stands, or "" if all its rows are reached

	Exposed bool // because the policy exposes it: those of every tenant
}

// Explain analyses a statement without sending anything.
func (w *Rewriter) Explain(ctx context.Context, query string) Explanation {
	return w.explain(carry.From(ctx), 0, query)
}

// explain is Explain for a session with these modes.
func (w *Rewriter) explain(v *carry.Value, modes sqlscan.Modes, query string) Explanation {
	out := Explanation{Query: query, Mode: tenant.Mode(v.Mode)}
	p, err := w.plan(v, modes, query)
	if errors.As(err, &out.Refused) {
		return out
	}
	out.Text = p.text
	if v.Mode == carry.AcrossAll || v.Mode == carry.None || p.library || p.savepoint {
		return out
	}
	if pl, err := analysed(w.rules, w.state.Load().schema, v.Mode, len(v.IDs()), modes, query); err == nil {
		out.Tables = pl.explain()
		pl.release()
	}
	return out
}

// Explain is [Rewriter.Explain] for a pool that this package opened. db is the
// *sql.DB or *sqlx.DB; the error is that of reaching the database.
func Explain(ctx context.Context, db interface {
	Conn(ctx context.Context) (*sql.Conn, error)
}, query string,
) (out Explanation, err error) {
	err = withConn(ctx, db, func(c *conn) error {
		// The refusal is part of the answer.
		if _, err := c.pool.planFor(ctx, c, c.value(ctx), query); err != nil && !errors.Is(err, ErrRefused) {
			return err
		}
		out = c.pool.explain(c.value(ctx), c.modes, query)
		return nil
	})
	return out, err
}

// withConn lends fn a connection of a pool that this package opened.
func withConn(ctx context.Context, db interface {
	Conn(ctx context.Context) (*sql.Conn, error)
}, fn func(*conn) error,
) (err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Raw(func(dc any) error {
		cn, ok := dc.(*conn)
		if !ok {
			return fmt.Errorf("scope: the database was not opened by this package; use scope.Connect, Open or OpenDB")
		}
		return fn(cn)
	})
}

// explain lists the tables of an analysed statement.
func (pl *planner) explain() []ExplainedTable {
	var out []ExplainedTable
	for i := range pl.Refs {
		ref, o := &pl.Refs[i], &pl.owned[i]
		if ref.Kind != sqlscan.TableRef {
			continue
		}
		t := ExplainedTable{Name: ref.Name.Table, Class: o.class, Offset: int(pl.Toks[ref.First].Start), Exposed: o.exposed}
		if ref.Name.Schema != "" {
			t.Name = ref.Name.Schema + "." + t.Name
		}
		switch {
		case !o.filtered():
		case ref.Node < 0:
			t.Filter = "the tenant column of INSERT"
		case o.wrapped:
			t.Filter = "a query in its place"
		case o.clause.Kw >= 0:
			t.Filter = strings.ToUpper(pl.Word(o.clause.Kw))
		default:
			t.Filter = "WHERE, added"
		}
		out = append(out, t)
	}
	return out
}

// String prints it for people, in a few lines.
func (e Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mode %s\n", e.Mode)
	for _, t := range e.Tables {
		filter := t.Filter
		switch {
		case t.Exposed:
			filter = "EXPOSED: the rows of every tenant"
		case filter == "":
			filter = "every row"
		}
		fmt.Fprintf(&b, "table %s: %s, %s\n", t.Name, t.Class, filter)
	}
	if e.Refused != nil {
		fmt.Fprintf(&b, "%+v\n", e.Refused)
	} else {
		fmt.Fprintf(&b, "sent: %s\n", e.Text)
	}
	return b.String()
}
