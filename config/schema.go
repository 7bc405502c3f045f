package config

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/gotenancy/tenancy/tenant"
)

// Schema returns a JSON Schema (draft 2020-12) of the settings, from which a
// form can be drawn: an object with a property for each declared key. It is of
// the tenant of ctx, or in global mode of the global settings. In the same
// state it is the same text each time.
//
// A property has the key's type, its title, which is its name, its description,
// the default of the declaration, and as far as they are known the values that
// are allowed. It is readOnly where a write in ctx would be refused: in a context
// that is read-only, for a shared key in a tenant, where a layer below forces a
// value, and where Config.Editor does not let the actor, see [EditableBy]. A key
// of each account is not readOnly for an actor who may change either the
// tenant's value or his own. A sealed key is writeOnly and has no default.
// Further keywords, which validators ignore:
//
//	x-isolation     per-tenant or shared
//	x-editable-by   account, manager or operator
//	x-public        true for a setting that clients may see
//	x-per-account   true where accounts have values of their own
//	x-forced-by     the layer that forces a value: base, global or group
//	x-aliases       former names, which are deprecated
//	x-minimum       the bounds of what is no JSON number, such as a duration
//	x-maximum
//
// What the key refuses, the schema refuses, as far as JSON Schema can say so: it
// can not call what is given to [Validate], nor UnmarshalText and UnmarshalJSON.
// What the key keeps as it is, the schema takes. A key takes more than it keeps:
// null for a type without null, which is its zero value, the number 0 for a
// duration, a field that its struct does not have, an array of another length,
// and another spelling of one of the values in [OneOf]. A form has no use for
// these, and the schema refuses them.
//
// The error is what [tenant.Err] says of ctx, [tenant.ErrSeveralTenants], or
// that of loading the layers that force.
func (r *Resolver) Schema(ctx context.Context) (json.RawMessage, error) {
	var owner Owner
	switch tenant.ModeOf(ctx) {
	case tenant.ModeTenant:
		owner.Tenant, _ = tenant.IDFromContext(ctx)
	case tenant.ModeGlobal:
	case tenant.ModeAcross, tenant.ModeAcrossAll:
		return nil, tenant.ErrSeveralTenants
	default:
		return nil, tenant.Err(ctx)
	}
	var answer Editor
	if r.editor != nil {
		answer = r.editor(ctx)
	}
	var under beneath
	types := newSchemaTypes()
	properties := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(r.bindings)) {
		b := r.bindings[name]
		if b.def.name != name {
			continue
		}
		forced, err := under.forces(ctx, r, owner, name)
		if err != nil {
			return nil, keyError(name, LayerNone, err)
		}
		p := types.key(b.def)
		b.describe(p)
		if forced != LayerNone {
			p["x-forced-by"] = forced.String()
		}
		if forced != LayerNone || tenant.IsReadOnly(ctx) ||
			owner.Tenant != "" && b.isolation == tenant.Shared || !r.letsHere(ctx, answer, owner, b.def) {
			p["readOnly"] = true
		}
		properties[name] = p
	}
	schema := map[string]any{
		"$schema":    "https://json-schema.org/draft/2020-12/schema",
		"type":       "object",
		"properties": properties,
	}
	if len(types.defs) > 0 {
		schema["$defs"] = types.defs
	}
	return json.Marshal(schema)
}

// letsHere reports whether the actor may change the owner's value of a key, or
// his own.
func (r *Resolver) letsHere(ctx context.Context, answer Editor, owner Owner, d *definition) bool {
	if r.editor == nil || r.lets(ctx, answer, owner, d.name) {
		return true
	}
	actor, _ := tenant.ActorFromContext(ctx)
	owner.Account = actor.ID // a visitor's is that of the tenant, which was refused
	return owner.Tenant != "" && r.lets(ctx, answer, owner, d.name)
}

// describe adds what the declaration says beyond the type.
func (b *binding) describe(p map[string]any) {
	d := b.def
	p["title"] = d.name
	if d.description != "" {
		text, _ := p["description"].(string)
		p["description"] = joined(d.description, text)
	}
	if d.sealed {
		p["writeOnly"] = true
	} else if d.compute == nil {
		p["default"] = json.RawMessage(d.fallback)
	}
	p["x-isolation"] = b.isolation.String()
	p["x-editable-by"] = editorName(d.editable)
	if d.public {
		p["x-public"] = true
	}
	if d.perAccount {
		p["x-per-account"] = true
	}
	if len(d.aliases) > 0 {
		p["x-aliases"] = d.aliases
	}
}

func joined(first, second string) string {
	if second == "" {
		return first
	}
	return first + " " + second
}

// editorName says whom [EditableBy] names; the operator where it was not given.
func editorName(e Editor) string {
	switch e {
	case EditorAccount:
		return "account"
	case EditorManager:
		return "manager"
	default:
		return "operator"
	}
}
