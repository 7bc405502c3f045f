// Package passwords is the sign-in of the examples: a hash for each account, in
// a table of the application. Package member stores no credentials, so that an
// application keeps whatever it has had.
package passwords

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// Schema is the table. A member's row is its tenant's; that of a global account
// has no tenant, and is written in global mode.
const Schema = `CREATE TABLE IF NOT EXISTS passwords (
	account VARCHAR(64) NOT NULL PRIMARY KEY, hash VARCHAR(100) NOT NULL, tenant_id VARCHAR(63));
`

// Table is what the policy says of it. Accounts' ids are never given twice.
var Table = scope.Table{Class: scope.Mixed, GloballyUnique: []string{"account"}}

// MinLength is the fewest bytes that a password has.
const MinLength = 8

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
	if len(password) < MinLength {
		return ErrTooShort
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), s.cost)
	if err != nil {
		return fmt.Errorf("passwords: %w", err)
	}
	result, err := tx.ExecContext(ctx, s.db.Rebind(`UPDATE passwords SET hash = ? WHERE account = ?`), string(hash), account)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, s.db.Rebind(`INSERT INTO passwords (account, hash) VALUES (?, ?)`), account, string(hash))
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
		var text string
		err := s.db.GetContext(ctx, &text, s.db.Rebind(`SELECT hash FROM passwords WHERE account = ?`), a.ID)
		switch {
		case err == nil:
			hash, found = []byte(text), true
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	err := bcrypt.CompareHashAndPassword(hash, []byte(password))
	if !found {
		return errors.New("passwords: the account has none")
	}
	return err
}
