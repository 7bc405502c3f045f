package carry

import "context"

type limitKey struct{}

// WithLimit returns ctx saying whether its actor is held to less than the
// actor's own rights: taken on by somebody else within bounds, or in another
// role. Whoever keeps such bounds in the context sets it, and clears it where
// they end. It stands beside the [Value], so that no change of mode drops it.
func WithLimit(ctx context.Context, limited bool) context.Context {
	if Limited(ctx) == limited {
		return ctx
	}
	return context.WithValue(ctx, limitKey{}, limited)
}

// Limited returns what [WithLimit] has set. What carries an actor out of the
// context, and not the bounds, has to refuse then.
func Limited(ctx context.Context) bool {
	limited, _ := ctx.Value(limitKey{}).(bool)
	return limited
}
