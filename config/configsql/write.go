package configsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

const (
	selectVersion = `SELECT version FROM tenancy_settings WHERE tenant_id = ? AND account_id = ? AND group_name = ? AND name = ?`
	putValue      = `INSERT INTO tenancy_settings (tenant_id, account_id, group_name, name, value, forced, version) VALUES (?, ?, ?, ?, ?, ?, ?)`
	onConflict    = ` ON CONFLICT (tenant_id, account_id, group_name, name) DO UPDATE SET value = excluded.value, forced = excluded.forced, version = excluded.version`
	onDuplicate   = ` ON DUPLICATE KEY UPDATE value = VALUES(value), forced = VALUES(forced), version = VALUES(version)`
	deleteValue   = `DELETE FROM tenancy_settings WHERE tenant_id = ? AND account_id = ? AND group_name = ? AND name = ?`
	insertHistory = `INSERT INTO tenancy_settings_history (tenant_id, account_id, group_name, name, version, value, forced, actor, reason, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	deleteSettings = `DELETE FROM tenancy_settings WHERE tenant_id = ?`
	deleteHistory  = `DELETE FROM tenancy_settings_history WHERE tenant_id = ?`
)

// Write implements [config.Store].
//
// A version that a change requires is compared while this is the tenant's only
// writer, and before anything but the number has been written.
func (s *Store) Write(ctx context.Context, owner config.Owner, edit config.Edit, changes ...config.Change) (int64, error) {
	if err := config.CheckWrite(owner, changes); err != nil {
		return 0, err
	}
	return s.change(ctx, owner.Tenant, func(ctx context.Context, tx tenant.DBTX, number int64) error {
		present := make([]bool, len(changes))
		for i, c := range changes {
			if c.If == nil && c.Value != nil {
				continue // nothing depends on what is there
			}
			version, err := s.version(ctx, tx, owner, c.Key)
			if err != nil {
				return err
			}
			if c.If != nil && *c.If != version {
				return &config.KeyError{Key: c.Key, Err: config.ErrConflict}
			}
			present[i] = version != 0
		}
		at := time.Now().UnixMilli()
		for i, c := range changes {
			if c.Value == nil && !present[i] {
				continue
			}
			if err := s.apply(ctx, tx, owner, number, c); err != nil {
				return err
			}
			var value any
			if c.Value != nil {
				value = string(c.Value)
			}
			args := append(of(owner), c.Key, number, value, bit(c.Forced), edit.Actor, edit.Reason, at)
			if _, err := s.exec(ctx, tx, insertHistory, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteTenant removes every setting of a tenant and of the accounts in it, and
// their history, and returns how many rows that were. The tenant's change
// number stays and grows by one, so that what processes hold in memory is
// dropped, and numbers are not used twice should the id return.
//
// It is meant for a hook of package lifecycle, on the transaction that deletes
// the tenant:
//
//	_, err := settings.With(tx).DeleteTenant(ctx, ev.Tenant)
//
// The error is [tenant.ErrInvalidID], or the database's; then nothing has been
// removed.
func (s *Store) DeleteTenant(ctx context.Context, id tenant.ID) (rows int64, err error) {
	if !id.Valid() { // the empty one would be everybody's
		return 0, tenant.ErrInvalidID
	}
	_, err = s.change(ctx, id, func(ctx context.Context, tx tenant.DBTX, _ int64) error {
		for _, stmt := range []string{deleteSettings, deleteHistory} {
			n, err := s.exec(ctx, tx, stmt, string(id))
			if err != nil {
				return err
			}
			rows += n
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return rows, nil
}

// change runs fn in a transaction in which this is the tenant's only writer.
// number is the one that it gets.
func (s *Store) change(ctx context.Context, id tenant.ID, fn func(ctx context.Context, tx tenant.DBTX, number int64) error) (number int64, err error) {
	ctx = carry.Library(ctx)
	err = sqltext.InTx(ctx, s.db, func(tx tenant.DBTX) error {
		if number, err = feed.Bump(ctx, tx, s.dialect, id); err != nil {
			return err
		}
		return fn(ctx, tx, number)
	})
	switch {
	case err == nil:
		return number, nil
	case errors.Is(err, config.ErrConflict):
		return 0, err // it says where it comes from
	default:
		return 0, fmt.Errorf("configsql: %w", err)
	}
}

// version returns the version that a key has, 0 where it is not there.
func (s *Store) version(ctx context.Context, tx tenant.DBTX, owner config.Owner, key string) (version int64, err error) {
	stmt := selectVersion
	if s.dialect == tenant.MySQL && !beginner(s.db) {
		// A transaction of the caller's may have looked at the table before we
		// had the lock, and would go on seeing it so. A locking read does not.
		// In a transaction of our own it would lock the gap in which a key is
		// missing, and two tenants' writers could wait for each other.
		stmt += ` FOR UPDATE`
	}
	err = tx.QueryRowContext(ctx, sqltext.Rebind(s.dialect, stmt), append(of(owner), key)...).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

// beginner reports whether db begins transactions, as [sqltext.InTx] decides
// it.
func beginner(db tenant.DBTX) bool {
	_, ok := db.(interface {
		BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
	})
	return ok
}

func (s *Store) apply(ctx context.Context, tx tenant.DBTX, owner config.Owner, number int64, c config.Change) error {
	key := append(of(owner), c.Key)
	if c.Value == nil {
		_, err := s.exec(ctx, tx, deleteValue, key...)
		return err
	}
	// One statement, for what it does when the key is not there: an UPDATE would
	// lock the gap, see version.
	stmt := putValue + onConflict
	if s.dialect == tenant.MySQL {
		stmt = putValue + onDuplicate
	}
	_, err := s.exec(ctx, tx, stmt, append(key, string(c.Value), bit(c.Forced), number)...)
	return err
}

// bit is how every engine stores a truth value alike.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *Store) exec(ctx context.Context, tx tenant.DBTX, stmt string, args ...any) (int64, error) {
	res, err := tx.ExecContext(ctx, sqltext.Rebind(s.dialect, stmt), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
