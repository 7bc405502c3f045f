package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// watchAge is after how long the tables are looked at again.
const watchAge = time.Hour

// look is what was found when the tables were looked at.
type look struct {
	at    time.Time
	cat   *Catalogue
	found error // a table that holds several tenants
}

// watch looks at the tables when it is time, and returns why report-only mode
// must not go on. In any other mode there is nothing to do.
func (p *pool) watch(ctx context.Context, c *conn) error {
	if p.watcher == nil {
		return nil
	}
	last := p.watcher.last.Load()
	if last == nil || !c.settled() {
		err := p.lookAgain(ctx, c)
		if last = p.watcher.last.Load(); last == nil || err != nil && lost(ctx, err) {
			return err
		}
		// A transaction that has failed can not look; what was seen last counts.
	}
	return last.found
}

// lost reports whether it was connection or context that ended a reading.
func lost(ctx context.Context, err error) bool {
	return errors.Is(err, driver.ErrBadConn) || ctx.Err() != nil
}

func (p *pool) lookAgain(ctx context.Context, c *conn) error {
	st, w := p.state.Load(), p.watcher
	if p.live {
		var err error
		if st, err = p.current(ctx, c); err != nil {
			return err
		}
	}
	if w.seen(st.cat) {
		return nil
	}
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if w.seen(st.cat) {
		return nil
	}
	if w.last.Load() == nil {
		slog.Default().WarnContext(ctx, "tenancy: REPORT-ONLY: statements are sent as they are, and no tenant is kept apart from another")
	}
	found, err := p.look(ctx, c.inner, st.schema)
	if err == nil {
		w.last.Store(&look{at: time.Now(), cat: st.cat, found: found})
	}
	return err
}

// seen reports whether the tables of this catalogue were looked at lately.
func (w *watcher) seen(cat *Catalogue) bool {
	l := w.last.Load()
	return l != nil && l.cat == cat && time.Since(l.at) < watchAge
}

// look searches the tables that belong to tenants for a second one. The smallest
// and the largest of each table are enough for that.
func (p *pool) look(ctx context.Context, c driver.Conn, s *schema) (found, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		t := s.tables[name]
		bare := t.bare(name)
		u := p.rules.of(name, bare, t.Schema)
		column, has := t.column(u.column)
		if t.View || !has || u.class != PerTenant && u.class != Mixed {
			continue
		}
		rows, err := queryText(ctx, c, firstAndLast(p.rules.Dialect, t.Schema, bare, t.quoted[column]))
		if err != nil {
			return nil, fmt.Errorf("scope: report-only: looking for a second tenant in table %s: %w", name, err)
		}
		for _, r := range rows {
			if !p.watcher.is(strings.TrimRight(r[0], " ")) { // of a column that pads
				return several("report-only mode, and a table holds a second tenant's rows", name), nil
			}
		}
	}
	return nil, nil
}

// bare returns the name of a table without its schema.
func (t *CatalogueTable) bare(name string) string {
	if t.Schema != "" {
		return strings.TrimPrefix(name, t.Schema+".")
	}
	return name
}

// of returns the rule of a table of the catalogue. One that nobody classified
// counts as a tenant's if it has the column, as it does everywhere.
func (r *rules) of(name, bare, schema string) rule {
	for _, key := range []string{name, schema + "." + bare, bare} {
		if u, ok := r.tables[key]; ok {
			return u
		}
	}
	if isLibrary(bare) {
		return rule{class: Shared, column: r.Column}
	}
	return rule{class: PerTenant, column: r.Column}
}

// firstAndLast returns a query for the smallest and the largest tenant of a
// table, once if they are the same. column is quoted.
func firstAndLast(d Dialect, schema, table, column string) string {
	table = sqlscan.Quote(d, table)
	if schema != "" {
		table = sqlscan.Quote(d, schema) + "." + table
	}
	end := func(name, order string) string {
		return "SELECT tenant FROM (SELECT " + column + " AS tenant FROM " + table + " WHERE " + column + " IS NOT NULL ORDER BY " + column + order + " LIMIT 1) " + name
	}
	return end("a", "") + " UNION " + end("z", " DESC")
}
