package member

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// MaxResetChoices is how many accounts of one e-mail address are offered.
const MaxResetChoices = 20

const (
	insertReset    = `INSERT INTO tenancy_resets (token_hash, account_id, tenant_id, email_key, expires_at) VALUES (?, ?, ?, ?, ?)`
	expireResets   = `DELETE FROM tenancy_resets WHERE expires_at <= ?`
	selectReset    = `SELECT account_id, tenant_id, email_key, expires_at FROM tenancy_resets WHERE token_hash = ?`
	redeemReset    = `DELETE FROM tenancy_resets WHERE token_hash = ?`
	deleteSiblings = `DELETE FROM tenancy_resets WHERE email_key = ? AND tenant_id = ?`

	selectByEmail = `SELECT ` + accountColumns + ` FROM tenancy_accounts a WHERE a.email_key = ? AND a.guest = 0 AND a.suspended = 0 AND a.realm IS NOT NULL`

	selectEmailIn     = selectByEmail + ` AND (a.tenant_id = ? OR a.tenant_id = '' AND (EXISTS (SELECT 1 FROM tenancy_managers g WHERE g.tenant_id = ? AND g.account_id = a.id) OR EXISTS (SELECT 1 FROM tenancy_people p JOIN tenancy_cohort_members m ON m.cohort_id = p.associated_id WHERE p.tenant_id = ? AND m.account_id = a.id))) ORDER BY a.name_key, a.id LIMIT 20`
	selectEmailGlobal = selectByEmail + ` AND a.tenant_id = '' ORDER BY a.name_key, a.id LIMIT 20`
)

// ResetChoice is one account of which the password may be reset, as it is shown
// to the owner of the mailbox Email.
type ResetChoice struct {
	Reference string    // opaque; redeem it once, within Config.ResetTTL
	Email     string    // the account's own address, and the only one to mail the reference to
	UserName  string    // what to show
	Created   time.Time // tells accounts with the same name apart
}

// StartReset finds the accounts that have this e-mail address on this site and
// makes a reference for each.
//
// The choices are for mail to [ResetChoice.Email], the address that the account
// has: what was typed may be another mailbox, since addresses are looked up
// ignoring case, and mail servers and domain names do not all agree on what is
// the same letter. One mail for each address holds its choices. They are never
// for the page that asked: that says the same whether there are none, one or
// several, since who asks is anybody. Where there is one choice the mail links to it; where there
// are several it lists the user names and asks which. A
// choice names no tenant. In a tenant's context there are only the accounts
// that can sign in there; that the address is used elsewhere too is not to be
// seen by anybody. In global mode there are only global accounts.
//
// The call takes longer where there is something to write: make it when the
// page has been answered, or in a job. At most [MaxResetChoices] are returned.
// How often an address may be asked for is for the application to limit. Modes: tenant, global.
func (d *Directory) StartReset(ctx context.Context, email string) ([]ResetChoice, error) {
	site, err := siteOf(ctx)
	if err != nil {
		return nil, err
	}
	if email == "" || checkEmail(email) != nil {
		return nil, nil // nobody has such an address
	}
	var choices []ResetChoice
	err = d.write(ctx, func(c *change) error {
		at := now()
		if _, err := c.exec(expireResets, at.UnixMilli()); err != nil {
			return err
		}
		if site != "" {
			t, err := c.tenant(site)
			if err != nil {
				return err
			}
			if t.Status != tenant.Active {
				return fmt.Errorf("member: %w", t.Status.Err())
			}
		}
		list, err := c.mailed(site, email)
		if err != nil {
			return err
		}
		for _, a := range list {
			if !a.Active() {
				continue
			}
			token := rand.Text()
			_, err := c.exec(insertReset, hashToken(token), a.ID, string(site), fold(email), at.Add(d.cfg.ResetTTL).UnixMilli())
			if err != nil {
				return err
			}
			choices = append(choices, ResetChoice{Reference: token, Email: a.Email, UserName: a.UserName, Created: a.Created})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return choices, nil
}

// mailed returns the accounts with that address that can sign in on a site.
func (c *change) mailed(site tenant.ID, email string) ([]Account, error) {
	if site == "" {
		return c.many(selectEmailGlobal, fold(email))
	}
	return c.many(selectEmailIn, fold(email), string(site), string(site), string(site))
}

// hashToken is what is stored of a reference: who can read the table can not
// redeem anything. The token has 128 random bits, so that a plain hash will do.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// RedeemReset returns the account of a reference, whose password the
// application may now let the visitor set, and ends its sessions
// ([SessionsEnd]). The reference is used up, and with it the others of the same
// address on the same site.
//
// The error is [ErrReference] if the reference was redeemed, has expired or was
// made on another site, or if the account has been suspended or given another
// address since. Modes: tenant, global.
func (d *Directory) RedeemReset(ctx context.Context, reference string) (Account, error) {
	site, err := siteOf(ctx)
	if err != nil {
		return Account{}, err
	}
	var a Account
	err = d.write(ctx, func(c *change) error {
		a, err = c.redeem(site, reference)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	return a, nil
}

func (c *change) redeem(site tenant.ID, reference string) (Account, error) {
	if err := c.lock(site); err != nil {
		return Account{}, err
	}
	var account, madeFor, email string
	var expires int64
	hash := hashToken(reference)
	err := c.row(selectReset, hash).Scan(&account, &madeFor, &email, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Account{}, ErrReference
	case err != nil:
		return Account{}, fmt.Errorf("member: %w", err)
	case tenant.ID(madeFor) != site || expires <= now().UnixMilli():
		return Account{}, ErrReference
	}
	// Of two that redeem it at the same moment one deletes it.
	n, err := c.exec(redeemReset, hash)
	if err != nil {
		return Account{}, err
	}
	a, ok, err := c.resettable(site, account, email)
	switch {
	case err != nil:
		return Account{}, err
	case n == 0 || !ok:
		return Account{}, ErrReference
	}
	if _, err := c.exec(deleteSiblings, email, madeFor); err != nil {
		return Account{}, err
	}
	if err := c.publish(AccountReset, site, a.ID, ""); err != nil {
		return Account{}, err
	}
	// Of a global account all sessions, not those on this site alone.
	return a, c.publish(SessionsEnd, a.Tenant, a.ID, "password reset")
}

// resettable reports whether the account still is what its reference was made
// for.
func (c *change) resettable(site tenant.ID, account, email string) (Account, bool, error) {
	if site != "" {
		t, err := c.tenant(site)
		if err != nil || t.Status != tenant.Active {
			return Account{}, false, err
		}
	}
	a, ns, found, err := c.one(selectAccount+c.forUpdate(), account)
	switch {
	case err != nil || !found || !a.Active() || a.Guest || ns.released || fold(a.Email) != email:
		return Account{}, false, err
	case a.Tenant == site:
		return a, true, nil
	case a.Tenant != "":
		return Account{}, false, nil
	}
	may, err := c.mayEnter(a.ID, site)
	return a, may, err
}
