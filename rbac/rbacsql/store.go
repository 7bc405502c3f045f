package rbacsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/announce"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// Store is a [rbac.Store] on a database. It is safe for concurrent use.
type Store struct {
	db      tenant.DBTX
	dialect tenant.Dialect
	changes *announce.List // nil inside a caller's transaction, see With
}

var _ rbac.Store = (*Store)(nil)

// New returns a store on db, whose schema [Migrate] or the files in
// [Migrations] have made.
func New(db tenant.DBTX, dialect tenant.Dialect) *Store {
	return &Store{db: db, dialect: dialect, changes: new(announce.List)}
}

// With returns the same store on db, usually a transaction that the caller
// commits. Changes made through it are announced to nobody in this process,
// since they do not count before the commit: call [rbac.Checker.Invalidate]
// afterwards, or let it hear of them from package feed.
func (s *Store) With(db tenant.DBTX) *Store {
	return &Store{db: db, dialect: s.dialect}
}

// Subscribe implements [rbac.Store]. On a store that [Store.With] has returned
// it does nothing.
func (s *Store) Subscribe(fn func(of tenant.ID)) {
	if s.changes != nil {
		s.changes.Add(fn)
	}
}

// change runs fn in a transaction that holds the write lock on one part.
func (s *Store) change(ctx context.Context, of tenant.ID, fn func(tx *Store) error) error {
	reach, err := ctxtree.ReachOf(ctx)
	if err == nil {
		err = reach.Writes(of)
	}
	if err != nil {
		return fmt.Errorf("rbac: %w", err)
	}
	err = sqltext.InTx(ctx, s.db, func(db tenant.DBTX) error {
		// First of all, because it takes the lock, and because SQLite wants a
		// transaction to write before it reads.
		if _, err := feed.Bump(ctx, db, s.dialect, of); err != nil {
			return err
		}
		return fn(s.With(db))
	})
	if s.changes != nil {
		s.changes.Tell(of) // also after an error: a commit may have got through
	}
	if err == nil || errors.Is(err, rbac.ErrUnknownRole) {
		return err
	}
	return fmt.Errorf("rbac: %w", err)
}

// changeAt changes what a role does on a node.
func (s *Store) changeAt(ctx context.Context, at ctxtree.Node, role rbac.RoleID, fn func(tx *Store) error) error {
	return s.change(ctx, at.Tenant, func(tx *Store) error {
		if at.ID <= 0 {
			return ctxtree.ErrNoNode
		}
		if err := tx.mustExist(ctx, role); err != nil {
			return err
		}
		return fn(tx)
	})
}

// mustExist returns [rbac.ErrUnknownRole] if there is no such role.
func (s *Store) mustExist(ctx context.Context, role rbac.RoleID) error {
	var id int64
	err := s.row(ctx, `SELECT id FROM tenancy_roles WHERE id = ?`, int64(role)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return rbac.ErrUnknownRole
	}
	return err
}

// exec, row and each run statements marked as the library's own.

func (s *Store) exec(ctx context.Context, q string, args ...any) error {
	_, err := s.db.ExecContext(carry.Library(ctx), sqltext.Rebind(s.dialect, q), args...)
	return err
}

func (s *Store) row(ctx context.Context, q string, args ...any) *sql.Row {
	return s.db.QueryRowContext(carry.Library(ctx), sqltext.Rebind(s.dialect, q), args...)
}

func (s *Store) each(ctx context.Context, fn func(*sql.Rows) error, q string, args ...any) error {
	rows, err := s.db.QueryContext(carry.Library(ctx), sqltext.Rebind(s.dialect, q), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
