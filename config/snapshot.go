package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Snapshot is what all settings are for one tenant at one moment: what is read
// from it does not change, and fits together. Keep it no longer than a request,
// since it does not age. It is safe for concurrent use.
type Snapshot struct {
	r       *Resolver
	carried *carry.Value
	rd      reading
	entered *entered // the computed keys that it is read for
}

// maxDepth is how many computed keys may stand behind one another.
const maxDepth = 32

// TakeSnapshot returns the settings of the tenant of ctx, or in global mode the
// global ones. The error is one of those of [Lookup].
func TakeSnapshot(ctx context.Context) (Snapshot, error) {
	carried := carry.From(ctx)
	r := resolverOf(carried)
	if r == nil {
		return Snapshot{}, ErrNoResolver
	}
	rd := r.read(ctx, carried)
	switch {
	case rd.err != nil:
		return Snapshot{}, rd.err
	case rd.down != nil:
		return Snapshot{}, rd.down
	}
	if r.perAccounts != nil {
		if err := r.account(ctx, carried, &rd); err != nil {
			return Snapshot{}, err
		}
	}
	return Snapshot{r: r, carried: carried, rd: rd}, nil
}

// GetIn is [Get] of a snapshot.
func GetIn[T any](s Snapshot, key string, def T) T {
	if s.r == nil {
		return def
	}
	return getIn(s.context(), s.r, s.carried, &s.rd, key, def)
}

// LookupIn is [Lookup] of a snapshot.
func LookupIn[T any](s Snapshot, key string) (T, Info, error) {
	if s.r == nil {
		var zero T
		return zero, Info{}, keyError(key, LayerNone, ErrNoResolver)
	}
	return lookupIn[T](s.context(), s.r, s.carried, &s.rd, key)
}

// In is [Key.Lookup] of a snapshot.
func (k Key[T]) In(s Snapshot) (T, Info, error) {
	if s.r == nil {
		var zero T
		return zero, Info{}, keyError(k.Name(), LayerNone, ErrNoResolver)
	}
	return k.in(s.context(), s.r, s.carried, &s.rd)
}

// All returns the names of all keys that have a value, and where it comes from,
// in order. Keys are under their present names.
func (s Snapshot) All() iter.Seq2[string, Info] {
	return func(yield func(string, Info) bool) {
		if s.r == nil {
			return
		}
		names := map[string]bool{}
		for name := range s.rd.base.places {
			names[s.r.canonical(name)] = true
		}
		if s.rd.own != nil {
			for i := range s.rd.own.rest {
				names[s.rd.own.rest[i].name] = true
			}
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			v, b, err := s.r.find(s.context(), s.carried, &s.rd, name)
			if err != nil || v == nil {
				continue
			}
			if wrong, is := v.value.(*bad); is {
				err = wrong.err
			}
			if !yield(name, infoOf(&s.rd, v, b, s.r.isolationOf(name) == tenant.Shared, err)) {
				return
			}
		}
	}
}

// Public returns the values of the keys that are declared [Public], by name, for
// the clients of the tenant. Those without a usable value are left out.
func (s Snapshot) Public() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	if s.r == nil {
		return out
	}
	for _, b := range s.r.order {
		if !b.def.public {
			continue
		}
		if raw, _, err := LookupIn[json.RawMessage](s, b.def.name); err == nil {
			out[b.def.name] = raw
		}
	}
	return out
}

// context returns one that says what the snapshot's context said.
func (s Snapshot) context() context.Context {
	ctx := carry.With(context.Background(), s.carried)
	if s.entered != nil {
		ctx = context.WithValue(ctx, enteredKey{}, s.entered)
	}
	return ctx
}

type enteredKey struct{}

// entered is a computed key that is being computed, and the one that asked for
// it. The same key of another tenant is another value.
type entered struct {
	computing
	by    *entered
	depth int
}

type computing struct {
	r    *Resolver
	d    *definition
	mode carry.Mode
	id   string
}

// enter returns what has been entered once c is, or nil where it was before: a
// key that asks for itself more than once would take for ever to get to any
// other bound.
func (e *entered) enter(c computing) *entered {
	depth := 1
	if e != nil {
		depth += e.depth
	}
	for up := e; up != nil; up = up.by {
		if up.computing == c {
			return nil
		}
	}
	if depth > maxDepth {
		return nil
	}
	return &entered{c, e, depth}
}

// errCompute is what is wrong where there is nothing stored to blame.
var errCompute = errors.New("it can not be computed")

// computed calls the key's function.
func computed[T any](ctx context.Context, s Snapshot, d *definition) (v T, err error) {
	s.entered, _ = ctx.Value(enteredKey{}).(*entered)
	if s.entered = s.entered.enter(computing{s.r, d, s.carried.Mode, s.carried.ID}); s.entered == nil {
		return v, fmt.Errorf("%w: %w", errCompute, ErrCycle)
	}
	got, err := d.compute(context.WithValue(ctx, enteredKey{}, s.entered), s)
	if err == nil {
		err = d.check(got)
	}
	if err != nil {
		return v, fmt.Errorf("%w: %w", errCompute, err)
	}
	// What callers could change through each other's copy may be the same map
	// each time, and the rules have seen it.
	if v, ok := got.(T); ok && d.plain {
		return v, nil
	}
	raw, err := encode(got)
	if err != nil {
		return v, err
	}
	if v, err = decode[T](raw); err != nil {
		return v, fmt.Errorf("%w: %w", errCompute, err)
	}
	return v, nil
}
