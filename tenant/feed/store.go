package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// Change says that something of a tenant, or with an empty Tenant something
// global, has changed for the Number-th time.
type Change struct {
	Tenant tenant.ID
	Number int64
}

// pageSize is how many changes one statement reads.
const pageSize = 1000

const (
	selectFirst = `SELECT tenant_id, number FROM tenancy_changes WHERE changed_at >= ? ORDER BY tenant_id LIMIT 1000`
	selectNext  = `SELECT tenant_id, number FROM tenancy_changes WHERE changed_at >= ? AND tenant_id > ? ORDER BY tenant_id LIMIT 1000`
)

// Store reads the change numbers. It is safe for concurrent use.
type Store struct {
	db      tenant.DBTX
	dialect tenant.Dialect
}

// NewStore returns a store on db, whose schema [Migrate] or the files in
// [Migrations] have made.
func NewStore(db tenant.DBTX, dialect tenant.Dialect) *Store {
	return &Store{db: db, dialect: dialect}
}

// With returns the same store on db, usually a transaction.
func (s *Store) With(db tenant.DBTX) *Store {
	return &Store{db: db, dialect: s.dialect}
}

// Current returns the number of one tenant, or with an empty id the global
// one: 0 where nothing has changed yet.
func (s *Store) Current(ctx context.Context, id tenant.ID) (number int64, err error) {
	row := s.db.QueryRowContext(carry.Library(ctx), sqltext.Rebind(s.dialect, selectNumber), string(id))
	if err := row.Scan(&number); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("feed: %w", err)
	}
	return number, nil
}

// Since yields what has changed at or after that time by the clocks of the
// writers, in byte order of the ids and so the global one first; the zero time
// yields everything. A change is dated when its writer makes it and seen when
// it commits, so a reader who must not miss any asks for an earlier time than
// its last.
//
// No connection is held while the caller's loop runs. After an error, which is
// yielded with a zero Change, there is nothing more.
func (s *Store) Since(ctx context.Context, at time.Time) iter.Seq2[Change, error] {
	from := int64(0)
	if !at.IsZero() {
		from = at.UnixMilli()
	}
	return func(yield func(Change, error) bool) {
		page, err := s.page(ctx, selectFirst, from)
		for {
			if err != nil {
				yield(Change{}, fmt.Errorf("feed: %w", err))
				return
			}
			for _, c := range page {
				if !yield(c, nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			page, err = s.page(ctx, selectNext, from, string(page[len(page)-1].Tenant))
		}
	}
}

func (s *Store) page(ctx context.Context, query string, args ...any) ([]Change, error) {
	rows, err := s.db.QueryContext(carry.Library(ctx), sqltext.Rebind(s.dialect, query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []Change
	for rows.Next() {
		var c Change
		if err := rows.Scan(&c.Tenant, &c.Number); err != nil {
			return nil, err
		}
		page = append(page, c)
	}
	return page, rows.Err()
}
