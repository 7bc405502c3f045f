package scope

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Crossing describes one statement that reached beyond a single tenant: any
// statement in a context made by [tenant.Across] or [tenant.AcrossAll], a write in
// one made by [tenant.Global], and one that reads a table of [Policy.Exposed].
type Crossing struct {
	Mode    tenant.Mode
	Reason  string      // what the source code or the policy gave, "" in global mode
	Tenants []tenant.ID // the tenants listed, in mode across
	Query   string      // the application's text; it may hold values, Shape does not
	Shape   string      // the text with ? for every literal and without comments; in SQLite also for "x" where nothing has that name
	Caller  string      // file:line of the call, or "" where the stack does not show it
	Writes  bool
	Exposed bool // it reads a table that the policy exposes

	// Unscoped says that the driver's own connection was handed out, by the
	// function of that name. There is no text then, and anything may follow.
	Unscoped bool
}

// OnCrossing has fn called for each [Crossing], once and before the statement is
// sent, also where database/sql tries several connections. Without it a crossing
// is logged to slog.Default at level Info, with the shape of its text.
//
// fn must be safe for concurrent use, and should be quick. If it panics, nothing
// is sent and the caller gets an error. The Caller of a crossing is the first
// frame of the stack that is not in database/sql, sqlx or this module; under an
// ORM it is in the ORM.
func OnCrossing(fn func(context.Context, Crossing)) Option {
	return func(p *pool) error {
		if fn == nil {
			return fmt.Errorf("scope: OnCrossing needs a function")
		}
		p.onCrossing = fn
		return nil
	}
}

// maxLogged is how much of a shape goes into the log, in bytes.
const maxLogged = 500

func logCrossing(ctx context.Context, c Crossing) {
	shape := c.Shape
	if len(shape) > maxLogged {
		shape = strings.ToValidUTF8(shape[:maxLogged], "") + "..."
	}
	slog.Default().LogAttrs(ctx, slog.LevelInfo, "tenancy: a statement crosses tenants",
		slog.String("mode", c.Mode.String()), slog.String("reason", c.Reason),
		slog.Int("tenants", len(c.Tenants)), slog.Bool("writes", c.Writes), slog.Bool("exposed", c.Exposed), slog.Bool("unscoped", c.Unscoped),
		slog.String("statement", shape), slog.String("caller", c.Caller))
}

// crosses reports whether a statement has to be told to the hook.
func crosses(v *carry.Value, pl *plan) bool {
	return !pl.library && (v.Mode == carry.Across || v.Mode == carry.AcrossAll || v.Mode == carry.Global && pl.writes || pl.exposes)
}

// tell calls the hooks for a statement that is about to be sent. The error says
// that it must not be. origin is whose statement it is, see unsent.
func (p *pool) tell(ctx context.Context, origin, v *carry.Value, pl *plan, query string) error {
	crossing := crosses(v, pl)
	if !crossing && pl.shadow == nil || p.unsent.take(origin, query) {
		return nil
	}
	if pl.shadow != nil {
		if err := p.watcher.tell(ctx, p.rules.Dialect, p.state.Load().schema, v, pl.shadow, query); err != nil {
			return err
		}
	}
	if !crossing {
		return nil
	}
	c := crossingOf(v)
	c.Query, c.Shape, c.Writes, c.Exposed = query, sqlscan.Mask(p.rules.Dialect, 0, query, p.state.Load().schema.names), pl.writes, pl.exposes
	if pl.exposes && c.Reason == "" {
		c.Reason = p.rules.Exposed.Reason
	}
	return call(func() { p.onCrossing(ctx, c) })
}

// untold notes that a statement which was told was not sent.
func (p *pool) untold(origin, v *carry.Value, pl *plan, query string) {
	if crosses(v, pl) || pl.shadow != nil {
		p.unsent.add(origin, query)
	}
}

func crossingOf(v *carry.Value) Crossing {
	c := Crossing{Mode: tenant.Mode(v.Mode), Reason: v.Reason, Caller: caller()}
	for _, id := range v.IDs() {
		c.Tenants = append(c.Tenants, tenant.ID(id))
	}
	return c
}

// call runs a hook of the application. database/sql loses a connection by a
// panic inside a query, so a panic becomes an error.
func call(hook func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("scope: a hook panicked, nothing was sent: %v", r)
		}
	}()
	hook()
	return nil
}

// unsent remembers statements that the hooks were told of and that were not sent
// after all, because the connection was bad (driver.ErrBadConn: database/sql
// takes another) or because the driver wants them prepared (driver.ErrSkip).
// They come again with the same context and text, and are not told again: so
// each statement that is sent has been told exactly once.
type unsent struct {
	mu   sync.Mutex
	list []unsentStatement // oldest first
}

type unsentStatement struct {
	origin *carry.Value
	query  string
}

// maxUnsent bounds what is remembered of statements that never come again.
const maxUnsent = 64

func (u *unsent) add(origin *carry.Value, query string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.list) == maxUnsent {
		u.list = slices.Delete(u.list, 0, 1)
	}
	u.list = append(u.list, unsentStatement{origin, query})
}

// take forgets the statement, and reports whether it was there.
func (u *unsent) take(origin *carry.Value, query string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	i := slices.Index(u.list, unsentStatement{origin, query})
	if i < 0 {
		return false
	}
	u.list = slices.Delete(u.list, i, i+1)
	return true
}
