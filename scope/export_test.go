package scope

import (
	"context"
	"database/sql/driver"

	"github.com/gotenancy/tenancy/internal/carry"
)

// RewriteIn is [Rewriter.Rewrite] for a session with this sql_mode, or this
// standard_conforming_strings.
func (w *Rewriter) RewriteIn(ctx context.Context, setting, query string, args []driver.NamedValue) (string, []driver.NamedValue, error) {
	charset := map[Dialect]string{Postgres: "UTF8", MySQL: "utf8mb4"}[w.rules.Dialect]
	modes, err := modesOf(w.rules.Dialect, setting, charset)
	if err != nil {
		return "", nil, err
	}
	v := carry.From(ctx)
	p, err := w.plan(v, modes, query)
	if err != nil {
		return "", nil, err
	}
	out, err := p.bind(v, args)
	return p.text, out, err
}
