package tenantsql

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

// Ids and codes are names of one kind, which nobody shares. The table of names
// holds each id and each code in lower case, unless it is the tenant's own id,
// so that of two that write at the same moment one fails at its primary key: no
// index on the tenants' table spans two columns as one.
const (
	countName  = `SELECT COUNT(*) FROM tenancy_names WHERE name = ? AND tenant_id <> ?`
	insertName = `INSERT INTO tenancy_names (name, tenant_id) VALUES (?, ?)`
	deleteName = `DELETE FROM tenancy_names WHERE name = ? AND tenant_id = ?`
	selectCode = `SELECT code_key FROM tenancy_tenants WHERE id = ?`
)

// unclaimed returns an error that is tenant.ErrTaken if the name belongs to
// another tenant.
func (w writer) unclaimed(id tenant.ID, name, what, lock string) error {
	n, err := w.count(countName+lock, name, string(id))
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%w: %s", tenant.ErrTaken, what)
	}
	return nil
}

// codeOf returns the code that a registered tenant has, in lower case.
func (w writer) codeOf(id tenant.ID) (string, error) {
	var code sql.NullString
	err := w.db.QueryRowContext(w.ctx, sqltext.Rebind(w.dialect, selectCode+w.newest()), string(id)).Scan(&code)
	return code.String, err
}

// claim takes the names of a new tenant, in their order: two that want each
// other's would otherwise wait for each other.
func (w writer) claim(t *tenant.Tenant) error {
	names := []string{string(t.ID)}
	if code := strings.ToLower(t.Code); code != "" {
		names = append(names, code)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if err := w.exec(insertName, name, string(t.ID)); err != nil {
			return err
		}
	}
	return nil
}

// rename claims another code and gives the old one up, in this order: who waits
// for a name holds none. Either may be empty, and the id stays claimed. Rows are
// named by their key alone, as a range would lock on MySQL what other tenants
// insert into.
func (w writer) rename(id tenant.ID, old, code string) error {
	if old == code {
		return nil
	}
	if code != "" && code != string(id) {
		if err := w.exec(insertName, code, string(id)); err != nil {
			return err
		}
	}
	if old != "" && old != string(id) {
		return w.exec(deleteName, old, string(id))
	}
	return nil
}
