// Package passwords is the sign-in of the examples: a hash for each account, in
// a table of the application. Package member stores no credentials, so that an
// application keeps whatever it has had.
package passwords

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// Schema is the table. A member's row is its tenant's; that of a global account
// has no tenant, and is written in global mode.
const Schema = `CREATE TABLE IF NOT EXISTS passwords (
	account VARCHAR(64) NOT NULL PRIMARY KEY, hash VARCHAR(100) NOT NULL, once_until VARCHAR(20), tenant_id VARCHAR(63));
`

// Table is what the policy says of it. Accounts' ids are never given twice.
var Table = scope.Table{Class: scope.Mixed, GloballyUnique: []string{"account"}}

// MinLength is the fewest bytes that a password has.
const MinLength = 8

// stampLayout orders as text does.
const stampLayout = "2006-01-02T15:04:05Z"

// ErrTooShort is the answer to a password of fewer than MinLength bytes.
var ErrTooShort = fmt.Errorf("a password has at least %d characters", MinLength)

// Store keeps and checks passwords. It is safe for concurrent use.
type Store struct {
	db    *sqlx.DB
	cost  int
	dummy []byte
}

// New returns a store on the application's scoped pool. cost is bcrypt's; 0 is
// its default.
func New(db *sqlx.DB, cost int) (*Store, error) {
	if cost == 0 {
		cost = bcrypt.DefaultCost
	}
	dummy, err := bcrypt.GenerateFromPassword([]byte("nobody's"), cost)
	if err != nil {
		return nil, fmt.Errorf("passwords: %w", err)
	}
	return &Store{db, cost, dummy}, nil
}

// Set writes the password of an account: of a member in its tenant's context,
// of a global account in a global one. tx is the pool or a transaction of it.
func (s *Store) Set(ctx context.Context, tx tenant.DBTX, account, password string) error {
	return s.set(ctx, tx, account, password, nil)
}

// SetOnce is Set of a password that somebody else has made up: it is good until
// that time, and only for choosing another one, see [Store.Once].
func (s *Store) SetOnce(ctx context.Context, tx tenant.DBTX, account, password string, until time.Time) error {
	stamp := until.UTC().Format(stampLayout)
	return s.set(ctx, tx, account, password, &stamp)
}

// Once reports whether the account's password is only good for choosing another.
// ctx is as for Set.
func (s *Store) Once(ctx context.Context, account string) (bool, error) {
	var until sql.NullString
	err := s.db.GetContext(ctx, &until, s.db.Rebind(`SELECT once_until FROM passwords WHERE account = ?`), account)
	return until.Valid, err
}

// Forget removes the password of an account, which has none then. ctx is as for
// Set; there is no error where there was none.
func (s *Store) Forget(ctx context.Context, tx tenant.DBTX, account string) error {
	_, err := tx.ExecContext(ctx, s.db.Rebind(`DELETE FROM passwords WHERE account = ?`), account)
	return err
}

// Invent returns a password that nobody guesses.
func Invent() string { return rand.Text() }

func (s *Store) set(ctx context.Context, tx tenant.DBTX, account, password string, until *string) error {
	if len(password) < MinLength {
		return ErrTooShort
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), s.cost)
	if err != nil {
		return fmt.Errorf("passwords: %w", err)
	}
	result, err := tx.ExecContext(ctx, s.db.Rebind(`UPDATE passwords SET hash = ?, once_until = ? WHERE account = ?`), string(hash), until, account)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, s.db.Rebind(`INSERT INTO passwords (account, hash, once_until) VALUES (?, ?, ?)`), account, string(hash), until)
	return err
}

// Verify is member.Authenticator. An account that is not there takes as long as
// one that is.
func (s *Store) Verify(ctx context.Context, a member.Account, password string) error {
	hash, found := s.dummy, false
	if a.ID != "" {
		switch mode := tenant.ModeOf(ctx); {
		case a.Tenant != "" && mode != tenant.ModeTenant:
			ctx = tenant.Switch(ctx, a.Tenant, "sign-in: the member's password")
		case a.Tenant == "" && mode == tenant.ModeNone:
			ctx = tenant.Global(ctx)
		}
		var kept struct {
			Hash  string
			Until sql.NullString `db:"once_until"`
		}
		err := s.db.GetContext(ctx, &kept, s.db.Rebind(`SELECT hash, once_until FROM passwords WHERE account = ?`), a.ID)
		switch {
		case err == nil:
			hash = []byte(kept.Hash)
			found = !kept.Until.Valid || kept.Until.String > time.Now().UTC().Format(stampLayout)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	err := bcrypt.CompareHashAndPassword(hash, []byte(password))
	if !found {
		return errors.New("passwords: the account has none, or one whose time has passed")
	}
	return err
}
