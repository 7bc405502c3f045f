package config

import (
	"context"

	"github.com/gotenancy/tenancy/tenant"
)

// mayEdit reports whether Config.Editor lets the actor of ctx change the value
// that owner has of a key, declared or not. Without an Editor everybody may:
// then it is the caller's part to ask.
//
// Global and group values are the operator's. A tenant's value, and that of an
// account in a tenant, is for those whom the key's EditableBy names and for who
// is above them, in the context of that tenant: what a manager is there says
// nothing of another tenant. An account is everybody only for himself, so its
// answer gives it no value of the whole tenant, and of accounts' values only
// its own one. A key that is not declared is the operator's.
//
// It looks at nothing else: not at the key's isolation, not at what is forced,
// not at a context that is read-only.
func (r *Resolver) mayEdit(ctx context.Context, owner Owner, key string) bool {
	return r.editor == nil || r.lets(ctx, r.editor(ctx), owner, key)
}

// lets is mayEdit with the answer that Config.Editor gave for ctx.
func (r *Resolver) lets(ctx context.Context, answer Editor, owner Owner, key string) bool {
	needs, perAccount := EditorOperator, false
	if b := r.bindings[r.canonical(key)]; b != nil {
		perAccount = b.def.perAccount
		if b.def.editable != EditorNobody {
			needs = b.def.editable
		}
	}
	switch {
	case answer == EditorNobody || answer > EditorOperator || owner.Account != "" && !perAccount:
		return false
	case answer == EditorOperator:
		return true
	case owner.Group != "" || owner.Tenant == "" && owner.Account == "":
		return false
	case answer < needs:
		return false
	}
	actor, _ := tenant.ActorFromContext(ctx)
	self := owner.Account != "" && owner.Account == actor.ID && !actor.Guest
	if owner.Tenant == "" {
		return self && actor.Tenant == "" // the one value of a global account
	}
	if id, ok := tenant.IDFromContext(ctx); !ok || id != owner.Tenant {
		return false
	}
	return self || answer == EditorManager
}
