package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Report says what this package would have done to one statement that it let
// pass, see [ReportOnly].
type Report struct {
	Mode    tenant.Mode
	Query   string        // the application's text, as it was sent; it may hold values, Shape does not
	Shape   string        // the text with ? for every literal, as far as it can be split into tokens
	Scoped  string        // the text that would have been sent; "" where it would have been refused
	Refused *RefusedError // why it would have been refused; nil where not
	Caller  string        // file:line of the call, see OnCrossing
}

// ReportOnly lets every statement pass unchanged, and has fn called before each
// one that would have been changed or refused. It is for the adoption of an
// application that serves one customer: run it like this, with its tests and then
// in production, until no report has a Refused left.
//
//	scope.ReportOnly(func(ctx context.Context, r scope.Report) {
//		if r.Refused != nil {
//			log.Print(r.Caller, ": ", r.Refused, ": ", r.Shape)
//		}
//	})
//
// In this mode NOTHING IS KEPT APART. It is an argument in the source, so that no
// configuration file and no environment can switch it on, it is logged at level
// Warn when the pool is first used, and it is for one tenant:
//
//   - At the first use every per-tenant and mixed table is looked at. If they hold
//     rows of two tenants, that statement and all others are refused with
//     [tenant.ErrSeveralTenants]. A table without the tenant column, or with NULL
//     in it, is in order: that is what a retrofit begins with. The look is
//     repeated when the catalogue has changed, and every hour; an index that
//     begins with the tenant column makes it cheap.
//   - Statements whose context names another tenant than the tables, or than the
//     contexts before, are refused in the same way.
//
// fn must be safe for concurrent use. It is called for each execution; if it
// panics, the statement is not sent.
func ReportOnly(fn func(context.Context, Report)) Option {
	return func(p *pool) error {
		if fn == nil {
			return fmt.Errorf("scope: ReportOnly needs a function")
		}
		p.watcher = &watcher{hook: fn}
		return nil
	}
}

// watcher is the state of report-only mode.
type watcher struct {
	hook func(context.Context, Report)
	only atomic.Pointer[string] // the one tenant: the first that was seen, in a table or a context
	last atomic.Pointer[look]
}

// shadow is what would have become of a statement that passes.
type shadow struct {
	plan    *plan
	refused *RefusedError
}

// several is the answer where report-only mode would leak.
func several(construct, table string) error {
	return &RefusedError{Reason: ReasonSeveralTenants, Construct: construct, Offset: -1, Table: table,
		Hint: "nothing is kept apart in this mode: open the pool without ReportOnly", cause: tenant.ErrSeveralTenants}
}

// pass returns the plan that sends a statement as it is, with what would have
// become of it.
func (w *watcher) pass(ctx context.Context, d Dialect, v *carry.Value, query string, p *plan, err error) (*plan, error) {
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		if lost(ctx, err) {
			return nil, err
		}
		refused = &RefusedError{Reason: ReasonUnsupported, Construct: "a statement that could not be looked at: " + err.Error(), Offset: -1, cause: err}
	}
	if !w.serves(v) || !w.serves(carry.From(ctx)) {
		return nil, several("a second tenant's statement in report-only mode", "")
	}
	out := &plan{text: query, args: -1, opaque: true, shadow: &shadow{plan: p, refused: refused}}
	if err == nil {
		out.writes, out.ddl, out.library, out.exposes = p.writes, p.ddl, p.library, p.exposes
	} else if verb, err := sqlscan.Verb(d, 0, query); err == nil {
		out.ddl = ddlVerbs[verb]
	}
	return out, nil
}

// serves reports whether a context reaches no tenant but the one.
func (w *watcher) serves(v *carry.Value) bool {
	ids := v.IDs()
	if v.Mode == carry.Tenant {
		ids = []string{v.ID}
	}
	for _, id := range ids {
		if !w.is(id) {
			return false
		}
	}
	return true
}

// is reports whether id is the one tenant. The first that is asked for is.
func (w *watcher) is(id string) bool {
	w.only.CompareAndSwap(nil, &id)
	return *w.only.Load() == id
}

// bindOrPass binds the arguments, or leaves them as they are where the statement
// passes as it is.
func (p *plan) bindOrPass(v *carry.Value, args []driver.NamedValue) ([]driver.NamedValue, error) {
	if p.shadow == nil {
		return p.bind(v, args)
	}
	if p.shadow.refused == nil {
		_, err := p.shadow.plan.bind(v, args)
		errors.As(err, &p.shadow.refused)
	}
	return args, nil
}

// tell reports what would have become of a statement.
func (w *watcher) tell(ctx context.Context, d Dialect, names *schema, v *carry.Value, s *shadow, query string) error {
	r := Report{Mode: tenant.Mode(v.Mode), Query: query, Refused: s.refused}
	if s.refused == nil {
		if s.plan.text == query {
			return nil
		}
		r.Scoped = s.plan.text
	}
	r.Shape, r.Caller = sqlscan.Mask(d, 0, query, names.names), caller()
	return call(func() { w.hook(ctx, r) })
}
