package ctxtreesql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/announce"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// Store is a [ctxtree.Store] on a database. It is safe for concurrent use.
type Store struct {
	db      tenant.DBTX
	dialect tenant.Dialect
	levels  ctxtree.Levels
	changes *announce.List // nil inside a caller's transaction, see With
}

var _ ctxtree.Store = (*Store)(nil)

// New returns a store on db, whose schema [Migrate] or the files in
// [Migrations] have made.
func New(db tenant.DBTX, dialect tenant.Dialect, levels ctxtree.Levels) *Store {
	return &Store{db: db, dialect: dialect, levels: levels, changes: new(announce.List)}
}

// With returns the same store on db, usually a transaction that the caller
// commits. Changes made through it are announced to nobody in this process,
// since they do not count before the commit: tell the caches afterwards, or
// let them hear of it from package feed. A write that fails there may have been
// half made: the caller rolls back.
func (s *Store) With(db tenant.DBTX) *Store {
	return &Store{db: db, dialect: s.dialect, levels: s.levels}
}

// Subscribe implements [ctxtree.Store]. On a store that [Store.With] has
// returned it does nothing.
func (s *Store) Subscribe(fn func(of tenant.ID, number int64)) {
	if s.changes != nil {
		s.changes.Add(fn)
	}
}

// tx is one transaction that changes nodes.
type tx struct {
	*Store // on the transaction
	reach  ctxtree.Reach
}

// change runs fn in a transaction that holds the write lock on the nodes of
// tenant of. Errors of the tree are returned as [*ctxtree.NodeError].
func (s *Store) change(ctx context.Context, op string, id int64, reach ctxtree.Reach, of tenant.ID, fn func(tx) error) error {
	err := reach.Writes(of)
	if err == nil {
		var number int64
		err = sqltext.InTx(ctx, s.db, func(db tenant.DBTX) (err error) {
			// First of all, because it takes the lock, and because SQLite
			// wants a transaction to write before it reads.
			if number, err = feed.Bump(ctx, db, s.dialect, of); err != nil {
				return err
			}
			return fn(tx{s.With(db), reach})
		})
		if err != nil {
			number = 0 // a commit may have got through
		}
		if s.changes != nil {
			s.changes.Tell(of, number)
		}
	}
	return nodeError(op, id, err)
}

// failed and nodeError wrap err unless it is nil. The cause stays reachable.

func failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ctxtree: %w", err)
}

func nodeError(op string, id int64, err error) error {
	if err == nil {
		return nil
	}
	return &ctxtree.NodeError{Op: op, Node: id, Err: err}
}

// exec, query and one run a statement marked as the library's own.

func (s *Store) exec(ctx context.Context, q string, args ...any) error {
	_, err := s.db.ExecContext(carry.Library(ctx), sqltext.Rebind(s.dialect, q), args...)
	return err
}

const columns = `id, tenant_id, level, instance, parent_id, path, depth, locked`

func (s *Store) query(ctx context.Context, where string, args ...any) ([]ctxtree.Node, error) {
	q := `SELECT ` + columns + ` FROM tenancy_nodes WHERE ` + where
	rows, err := s.db.QueryContext(carry.Library(ctx), sqltext.Rebind(s.dialect, q), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ctxtree.Node
	for rows.Next() {
		n, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

func (s *Store) one(ctx context.Context, where string, args ...any) (ctxtree.Node, bool, error) {
	q := `SELECT ` + columns + ` FROM tenancy_nodes WHERE ` + where
	n, err := scan(s.db.QueryRowContext(carry.Library(ctx), sqltext.Rebind(s.dialect, q), args...))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ctxtree.Node{}, false, nil
	case err != nil:
		return ctxtree.Node{}, false, err
	default:
		return n, true, nil
	}
}

func scan(row interface{ Scan(...any) error }) (ctxtree.Node, error) {
	var n ctxtree.Node
	var locked int
	err := row.Scan(&n.ID, &n.Tenant, &n.Level, &n.Instance, &n.Parent, &n.Path, &n.Depth, &locked)
	n.Locked = locked != 0
	return n, err
}
