package audit

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// Head is the end of one stream.
type Head struct {
	Tenant tenant.ID // empty for the records about no tenant
	Seq    int64     // the number of the last record
}

// headsPage is how many heads one statement reads.
const headsPage = 1000

const selectHeads = `SELECT tenant_id, seq FROM tenancy_audit_heads WHERE `

// Heads yields the ends of the streams that ctx reads and that have grown at or
// after that time by the clocks of the writers; the zero time yields all. They
// come in byte order of the tenants' ids.
//
// It is for programs that copy every tenant's records elsewhere: keep the
// number of the last record of each tenant, and where Heads has a larger one
// read the tenant's records from there. A stream is dated when its writer
// appends and seen when it commits, so ask for an earlier time than that of the
// last look, and from time to time for all.
func (l *Log) Heads(ctx context.Context, since time.Time) iter.Seq2[Head, error] {
	return func(yield func(Head, error) bool) {
		ids, all, err := readable(ctx)
		if err != nil {
			yield(Head{}, err)
			return
		}
		w := &where{}
		w.add("changed_at >= ?", int64(0))
		if !since.IsZero() {
			w.args[0] = since.UnixMilli()
		}
		if !all {
			w.in("tenant_id", ids)
		}
		from := "tenant_id >= ?" // the stream of no tenant is the first
		last := tenant.ID("")
		for {
			query := selectHeads + from + " AND " + w.text() + " ORDER BY tenant_id LIMIT 1000"
			page, err := l.heads(ctx, query, append([]any{string(last)}, w.args...))
			if err != nil {
				yield(Head{}, fmt.Errorf("audit: %w", err))
				return
			}
			for _, h := range page {
				if !yield(h, nil) {
					return
				}
			}
			if len(page) < headsPage {
				return
			}
			from, last = "tenant_id > ?", page[len(page)-1].Tenant
		}
	}
}

func (l *Log) heads(ctx context.Context, query string, args []any) ([]Head, error) {
	rows, err := l.db.QueryContext(carry.Library(ctx), sqltext.Rebind(l.dialect, query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []Head
	for rows.Next() {
		var h Head
		if err := rows.Scan(&h.Tenant, &h.Seq); err != nil {
			return nil, err
		}
		page = append(page, h)
	}
	return page, rows.Err()
}
