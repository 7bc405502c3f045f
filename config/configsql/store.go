package configsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

const (
	selectAll     = `SELECT name, value, version FROM tenancy_settings WHERE tenant_id = ?`
	updateValue   = `UPDATE tenancy_settings SET value = ?, version = ? WHERE tenant_id = ? AND name = ?`
	insertValue   = `INSERT INTO tenancy_settings (value, version, tenant_id, name) VALUES (?, ?, ?, ?)`
	deleteValue   = `DELETE FROM tenancy_settings WHERE tenant_id = ? AND name = ?`
	insertHistory = `INSERT INTO tenancy_settings_history (tenant_id, name, version, value, actor, reason, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)`
	selectHistory = `SELECT version, value, actor, reason, changed_at FROM tenancy_settings_history WHERE tenant_id = ? AND name = ? ORDER BY version DESC LIMIT ?`
)

// Store is a [config.Store] on SQL tables. It is safe for concurrent use.
type Store struct {
	db      tenant.DBTX
	dialect tenant.Dialect
}

var _ config.Store = (*Store)(nil)

// NewStore returns a store on db, whose schema [Migrate] or the files in
// [Migrations] have made.
func NewStore(db tenant.DBTX, dialect tenant.Dialect) *Store {
	return &Store{db: db, dialect: dialect}
}

// With returns the same store on db, usually a transaction. A write that fails
// there may have been half made: the caller rolls back.
func (s *Store) With(db tenant.DBTX) *Store {
	return &Store{db: db, dialect: s.dialect}
}

// Load implements [config.Store].
//
// The number is read before the settings. A write that commits in between is in
// the settings without being in the number, which costs another load; the other
// way round it would be missed.
func (s *Store) Load(ctx context.Context, id tenant.ID) ([]config.Setting, int64, error) {
	number, err := feed.NewStore(s.db, s.dialect).Current(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	var out []config.Setting
	err = s.query(ctx, selectAll, []any{string(id)}, func(rows *sql.Rows) error {
		var set config.Setting
		var value string
		if err := rows.Scan(&set.Key, &value, &set.Version); err != nil {
			return err
		}
		set.Value = json.RawMessage(value)
		out = append(out, set)
		return nil
	})
	return out, number, err
}

// Write implements [config.Store].
func (s *Store) Write(ctx context.Context, id tenant.ID, edit config.Edit, changes ...config.Change) (number int64, err error) {
	if err := config.CheckWrite(id, changes); err != nil {
		return 0, err
	}
	ctx = carry.Library(ctx)
	err = sqltext.InTx(ctx, s.db, func(tx tenant.DBTX) error {
		// From here to the commit this is the tenant's only writer.
		if number, err = feed.Bump(ctx, tx, s.dialect, id); err != nil {
			return err
		}
		at := time.Now().UnixMilli()
		for _, c := range changes {
			changed, err := s.apply(ctx, tx, id, number, c)
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			var value any
			if c.Value != nil {
				value = string(c.Value)
			}
			if _, err := s.exec(ctx, tx, insertHistory, string(id), c.Key, number, value, edit.Actor, edit.Reason, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return number, nil
}

// apply makes one change. changed is false where there was nothing to delete.
func (s *Store) apply(ctx context.Context, tx tenant.DBTX, id tenant.ID, number int64, c config.Change) (changed bool, err error) {
	if c.Value == nil {
		n, err := s.exec(ctx, tx, deleteValue, string(id), c.Key)
		return n > 0, err
	}
	args := []any{string(c.Value), number, string(id), c.Key}
	n, err := s.exec(ctx, tx, updateValue, args...)
	if err == nil && n == 0 {
		_, err = s.exec(ctx, tx, insertValue, args...)
	}
	return true, err
}

// History implements [config.Store].
func (s *Store) History(ctx context.Context, id tenant.ID, key string, limit int) ([]config.Revision, error) {
	if limit <= 0 || !config.ValidKey(key) {
		return nil, nil
	}
	var out []config.Revision
	err := s.query(ctx, selectHistory, []any{string(id), key, limit}, func(rows *sql.Rows) error {
		var rev config.Revision
		var value sql.NullString
		var at int64
		if err := rows.Scan(&rev.Version, &value, &rev.Actor, &rev.Reason, &at); err != nil {
			return err
		}
		if value.Valid {
			rev.Value = json.RawMessage(value.String)
		}
		rev.At = time.UnixMilli(at).UTC()
		out = append(out, rev)
		return nil
	})
	return out, err
}

func (s *Store) exec(ctx context.Context, tx tenant.DBTX, stmt string, args ...any) (int64, error) {
	res, err := tx.ExecContext(ctx, sqltext.Rebind(s.dialect, stmt), args...)
	if err != nil {
		return 0, fmt.Errorf("configsql: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("configsql: %w", err)
	}
	return n, nil
}

func (s *Store) query(ctx context.Context, stmt string, args []any, row func(*sql.Rows) error) error {
	rows, err := s.db.QueryContext(carry.Library(ctx), sqltext.Rebind(s.dialect, stmt), args...)
	if err != nil {
		return fmt.Errorf("configsql: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("configsql: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("configsql: %w", err)
	}
	return nil
}
