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

	// within is set inside a change: the one part that can be changed. Its lock
	// is held.
	within *tenant.ID
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
func (s *Store) Subscribe(fn func(of tenant.ID, number int64)) {
	if s.changes != nil {
		s.changes.Add(fn)
	}
}

// Administrator reports whether the person is a site administrator, as db sees
// it. It is what package member asks in Config.Administrator.
func (s *Store) Administrator(ctx context.Context, db tenant.DBTX, user string) (bool, error) {
	return s.With(db).IsSiteAdmin(ctx, user)
}

// Change implements [rbac.Store].
func (s *Store) Change(ctx context.Context, of tenant.ID, fn func(tx rbac.Store, db tenant.DBTX) error) error {
	return s.locked(ctx, of, true, func(tx *Store) error { return fn(tx, tx.db) })
}

// beginner is a pool: where the transaction is the store's own.
type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// change runs fn in a transaction that holds the write lock on one part.
func (s *Store) change(ctx context.Context, of tenant.ID, fn func(tx *Store) error) error {
	err := s.locked(ctx, of, false, fn)
	if err == nil || s.within != nil || errors.Is(err, rbac.ErrUnknownRole) {
		return err
	}
	return fmt.Errorf("rbac: %w", err)
}

// locked is change without a word on the errors of fn. With hold nobody changes
// the part without tenant meanwhile either.
func (s *Store) locked(ctx context.Context, of tenant.ID, hold bool, fn func(tx *Store) error) error {
	if err := rbac.Writable(ctx, of); err != nil {
		return err
	}
	if s.within != nil {
		if *s.within != of {
			return ctxtree.ErrOutside
		}
		return fn(s)
	}
	var number int64
	err := s.inTx(ctx, func(db tenant.DBTX) (err error) {
		if _, own := s.db.(beginner); own && hold && of != "" {
			if err := feed.Hold(ctx, db, s.dialect, ""); err != nil {
				return err
			}
		}
		// First of all, because it takes the lock, and because SQLite wants a
		// transaction to write before it reads.
		if number, err = feed.Bump(ctx, db, s.dialect, of); err != nil {
			return err
		}
		tx := s.With(db)
		tx.within = &of
		return fn(tx)
	})
	if err != nil {
		number = 0 // a commit may have got through
	}
	if s.changes != nil {
		s.changes.Tell(of, number)
	}
	return err
}

// inTx runs fn in a transaction. On MySQL the level at which it begins its own
// locks no gaps: where a row is looked for that is not there, tenants that come
// before and after it in the index would have to wait.
func (s *Store) inTx(ctx context.Context, fn func(tenant.DBTX) error) error {
	if s.dialect != tenant.MySQL {
		return sqltext.InTx(ctx, s.db, fn)
	}
	return sqltext.InTxWith(ctx, s.db, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, fn)
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
	_, err := s.affect(ctx, q, args...)
	return err
}

func (s *Store) affect(ctx context.Context, q string, args ...any) (int, error) {
	res, err := s.db.ExecContext(carry.Library(ctx), sqltext.Rebind(s.dialect, q), args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
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
