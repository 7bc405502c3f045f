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

// The groups' settings stand between the global ones, so that one look at the
// primary key finds both.
const (
	selectShared  = `SELECT name, group_name, value, forced, version FROM tenancy_settings WHERE tenant_id = ? AND account_id = ?`
	selectOwn     = selectShared + ` AND group_name = ?`
	selectHistory = `SELECT version, value, forced, actor, reason, changed_at FROM tenancy_settings_history WHERE tenant_id = ? AND account_id = ? AND group_name = ? AND name = ? ORDER BY version DESC LIMIT ?`
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
// there may have been half made: the caller rolls back. Until the transaction
// ends, other writers of the same tenant wait.
func (s *Store) With(db tenant.DBTX) *Store {
	return &Store{db: db, dialect: s.dialect}
}

// Load implements [config.Store].
//
// The number is read before the settings. A write that commits in between is in
// the settings without being in the number, which costs another load; the other
// way round it would be missed.
func (s *Store) Load(ctx context.Context, owner config.Owner) ([]config.Setting, int64, error) {
	if err := owner.Check(); err != nil {
		return nil, 0, err
	}
	number, err := feed.NewStore(s.db, s.dialect).Current(ctx, owner.Tenant)
	if err != nil {
		return nil, 0, fmt.Errorf("configsql: %w", err)
	}
	stmt, args := selectShared, []any{string(owner.Tenant), owner.Account}
	if owner != (config.Owner{}) {
		stmt, args = selectOwn, append(args, owner.Group)
	}
	var out []config.Setting
	err = s.query(ctx, stmt, args, func(rows *sql.Rows) error {
		var set config.Setting
		var value string
		if err := rows.Scan(&set.Key, &set.Group, &value, &set.Forced, &set.Version); err != nil {
			return err
		}
		set.Value = json.RawMessage(value)
		out = append(out, set)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return out, number, nil
}

// History implements [config.Store].
func (s *Store) History(ctx context.Context, owner config.Owner, key string, limit int) ([]config.Revision, error) {
	if err := owner.Check(); err != nil {
		return nil, err
	}
	if limit <= 0 || !config.ValidKey(key) {
		return nil, nil
	}
	var out []config.Revision
	err := s.query(ctx, selectHistory, append(of(owner), key, limit), func(rows *sql.Rows) error {
		var rev config.Revision
		var value sql.NullString
		var at int64
		if err := rows.Scan(&rev.Version, &value, &rev.Forced, &rev.Actor, &rev.Reason, &at); err != nil {
			return err
		}
		if value.Valid {
			rev.Value = json.RawMessage(value.String)
		}
		rev.At = time.UnixMilli(at).UTC()
		out = append(out, rev)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// of returns the columns that say whose a setting is.
func of(owner config.Owner) []any {
	return []any{string(owner.Tenant), owner.Account, owner.Group}
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
