package lifecycle

import (
	"context"
	"maps"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Update changes the record of a tenant that is not archived: its code, name,
// primary host, external id, description and its format, language, theme, user
// limit, parent and metadata. It runs the hooks with [KindUpdated], whose detail
// names the fields, and for a change of the code says what it was and is.
//
// edit is called under the tenant's lock with the record as it is, so that two
// updates do not undo each other, and changes it in place. An error of edit is
// returned and nothing changes. If edit changes nothing, no hooks run.
//
// The error is [ErrNotEditable] if edit touches another field, [ErrReserved] for
// a code of the installation, [ErrFixed] for the code or name of a tenant of
// [Config.Fixed], [tenant.ErrArchived], or [tenant.ErrTaken] for a code or host
// of another tenant. The metadata that this package keeps ("tenancy...") stays,
// whatever edit does to it. The old code is free afterwards, unless it is the
// tenant's id: nobody's code is another's id.
func (m *Manager) Update(ctx context.Context, id tenant.ID, reason string, edit func(t *tenant.Tenant) error) (tenant.Tenant, error) {
	if err := operator(ctx); err != nil {
		return tenant.Tenant{}, err
	}
	var out tenant.Tenant
	err := m.change(ctx, id, func(c *change) error {
		was, err := c.notArchived(id)
		if err != nil {
			return err
		}
		t, err := was.Check() // a copy
		if err != nil {
			return err
		}
		if err := edit(&t); err != nil {
			return err
		}
		keepOwnKeys(was, &t)
		if t, err = t.Check(); err != nil {
			return err
		}
		fields := changed(was, &t)
		if err := m.mayBecome(was, &t, fields); err != nil {
			return err
		}
		if len(fields) == 0 {
			out = *was
			return errNothing
		}
		if err := c.checkParent(&t); err != nil {
			return err
		}
		now, err := c.update(&t)
		if err != nil {
			return err
		}
		detail := map[string]string{"fields": strings.Join(fields, " ")}
		if was.Code != now.Code {
			detail["code_from"], detail["code_to"] = was.Code, now.Code
		}
		c.publish(now, tenant.Event{Kind: KindUpdated, Reason: reason, Detail: detail})
		out = *now
		return nil
	})
	if err != nil {
		return tenant.Tenant{}, err
	}
	return out, nil
}

// mayBecome returns why was must not become t, which differs in these fields.
func (m *Manager) mayBecome(was, t *tenant.Tenant, fields []string) error {
	if !t.Created.Equal(was.Created) {
		return ErrNotEditable
	}
	for _, field := range fields {
		switch field {
		case "id", "status", "domains":
			return ErrNotEditable
		case "code", "name":
			if m.isFixed(was) {
				return ErrFixed
			}
		}
	}
	if !strings.EqualFold(was.Code, t.Code) && m.isReserved(t.Code) {
		return ErrReserved
	}
	return nil
}

// keepOwnKeys gives t the metadata of this package that was has.
func keepOwnKeys(was, t *tenant.Tenant) {
	own := func(key, _ string) bool { return strings.HasPrefix(key, ownKeys) }
	maps.DeleteFunc(t.Metadata, own)
	for key, value := range was.Metadata {
		if own(key, value) {
			if t.Metadata == nil {
				t.Metadata = map[string]string{}
			}
			t.Metadata[key] = value
		}
	}
}
