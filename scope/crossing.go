package scope

import (
	"context"
	"log/slog"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Crossing describes one statement that reached beyond a single tenant: any
// statement in a context made by [tenant.Across] or [tenant.AcrossAll], and a
// write in one made by [tenant.Global].
type Crossing struct {
	Mode    tenant.Mode
	Reason  string      // what the source code gave, "" in global mode
	Tenants []tenant.ID // the tenants listed, in mode across
	Query   string      // the application's text, without the bound values
	Writes  bool
}

// Option is an extra of a pool.
type Option func(*pool)

// OnCrossing has fn called for each [Crossing], before the statement is sent.
// Without it a crossing is logged to slog.Default at level Info, with its mode
// and reason but not its text. fn must be safe for concurrent use, and should
// be quick.
func OnCrossing(fn func(context.Context, Crossing)) Option {
	return func(p *pool) { p.onCrossing = fn }
}

func logCrossing(ctx context.Context, c Crossing) {
	slog.Default().LogAttrs(ctx, slog.LevelInfo, "tenancy: a statement crosses tenants",
		slog.String("mode", c.Mode.String()), slog.String("reason", c.Reason),
		slog.Int("tenants", len(c.Tenants)), slog.Bool("writes", c.Writes))
}

// report tells the hook about a statement that crosses.
func (p *pool) report(ctx context.Context, v *carry.Value, pl *plan, query string) {
	crosses := v.Mode == carry.Across || v.Mode == carry.AcrossAll || v.Mode == carry.Global && pl.writes
	if !crosses || pl.library {
		return
	}
	c := Crossing{Mode: tenant.Mode(v.Mode), Reason: v.Reason, Query: query, Writes: pl.writes}
	for _, id := range v.IDs {
		c.Tenants = append(c.Tenants, tenant.ID(id))
	}
	p.onCrossing(ctx, c)
}
