package config

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// ownPrefix begins the names that the library keeps for itself.
const ownPrefix = "tenancy:"

// enabledKey is stored as false, as a setting of the tenant, where the tenant's
// own settings are switched off.
const enabledKey = ownPrefix + "enabled"

// isReserved reports whether a key is the library's own.
func isReserved(key string) bool { return strings.HasPrefix(key, ownPrefix) }

// SetEnabled switches the own settings of the tenant of ctx off, and on again:
// all of them, at once, without losing one. While they are off the tenant is
// answered as one that has set nothing, and they can be written all the same.
// The actor and the reason go into the history, which is that of the key
// "tenancy:enabled".
//
// The error is a [KeyError] for that key, and is [ErrNotEditable] for anybody
// but an operator where there is a Config.Editor, [tenant.ErrNoTenant] also in
// global mode, or else as with [Resolver.Update].
func (r *Resolver) SetEnabled(ctx context.Context, on bool, reason string) error {
	owner, layer, err := r.writer().writable(ctx)
	switch {
	case err != nil:
		return keyError(enabledKey, LayerNone, err)
	case owner.Tenant == "":
		return keyError(enabledKey, LayerNone, tenant.ErrNoTenant)
	case r.editor != nil && r.editor(ctx) != EditorOperator:
		return keyError(enabledKey, layer, ErrNotEditable)
	}
	c := Change{Key: enabledKey}
	if !on {
		c.Value = json.RawMessage("false")
	}
	_, err = r.commit(ctx, owner, layer, reason, 1, []Change{c})
	return err
}
