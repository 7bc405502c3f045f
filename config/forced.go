package config

import "context"

// beneath is the layers below one owner's, to be asked for what they force. The
// zero value loads them at the first question.
type beneath struct {
	base  *stack
	layer Layer // the owner's
}

// forces returns the layer that forces a value of the key, or LayerNone. The
// error is that of loading, or of Config.Groups.
func (b *beneath) forces(ctx context.Context, r *Resolver, owner Owner, key string) (Layer, error) {
	if b.base == nil {
		if err := b.load(ctx, r, owner); err != nil {
			return LayerNone, err
		}
	}
	place, known := b.base.places[key]
	if !known {
		return LayerNone, nil
	}
	if o := b.base.slots[place].origin; o.forced() && o.layer() < b.layer {
		return o.layer(), nil
	}
	return LayerNone, nil
}

func (b *beneath) load(ctx context.Context, r *Resolver, owner Owner) error {
	all, _, err := r.global.Get(ctx)
	if err != nil {
		return err
	}
	base, layer := all.global, LayerGlobal
	switch {
	case owner.Tenant != "":
		groups, err := r.groupsOf(ctx, owner.Tenant)
		if err != nil {
			return err
		}
		base, layer = all.below(groups), LayerTenant
	case owner.Account != "":
		layer = LayerAccount
	case owner.Group != "":
		layer = LayerGroup
	}
	b.base, b.layer = base, layer
	return nil
}
