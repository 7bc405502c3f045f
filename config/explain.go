package config

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Explanation is why a setting has the value that it has, for the people who run
// a tenant or the installation. It is made from what the store holds now.
type Explanation struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value,omitempty"` // nil where there is none, and of sealed keys
	Info  Info            `json:"info"`

	// Problem is why there is no answer although a layer has a value.
	Problem string `json:"problem,omitempty"`

	// Editable reports whether the actor of the context may write the key here.
	Editable bool `json:"editable"`

	Sealed bool   `json:"sealed,omitempty"`
	Steps  []Step `json:"steps"` // lowest layer first
}

// Step is one layer's part in it.
type Step struct {
	Layer   Layer           `json:"layer"`
	Group   string          `json:"group,omitempty"`
	Under   string          `json:"under,omitempty"` // the former name that it is stored under
	Value   json.RawMessage `json:"value,omitempty"` // nil of sealed keys, and of what is not inherited
	Version int64           `json:"version,omitempty"`
	Forced  bool            `json:"forced,omitempty"`
	Outcome Outcome         `json:"outcome"`
}

// Outcome is what became of a layer's value.
type Outcome string

// The outcomes.
const (
	OutcomeWins         Outcome = "wins"
	OutcomeMerged       Outcome = "merged"         // into the value that wins
	OutcomeOverridden   Outcome = "overridden"     // by a layer above it
	OutcomeForcedBelow  Outcome = "forced below"   // a layer below it forces another value
	OutcomeShared       Outcome = "shared"         // the key has one value for all
	OutcomeNotInherited Outcome = "not inherited"  // the key keeps it from tenants
	OutcomeDisabled     Outcome = "disabled"       // see Resolver.SetEnabled
	OutcomeFormerName   Outcome = "former name"    // there is one under the present name
	OutcomeUnusable     Outcome = "wins, unusable" // mistyped, invalid or sealed: there is no answer
)

// Explain returns every layer's value of a key for the tenant of ctx, or in
// global mode for nobody in particular, which of them wins, and why the others do
// not. Values of sealed keys are left out, and in a tenant those that it does not
// inherit. Other values of layers below the tenant are the installation's: show
// them to whom they concern.
//
// The error is a [KeyError], and is what [Lookup] returns for ctx.
func (r *Resolver) Explain(ctx context.Context, key string) (Explanation, error) {
	carried := carry.From(ctx)
	id, _, err := target(ctx)
	if err != nil {
		return Explanation{}, keyError(key, LayerNone, err)
	}
	var e explainer
	if e.settings, _, err = r.loadOwner(ctx, Owner{}); err != nil {
		return Explanation{}, keyError(key, LayerNone, fmt.Errorf("%w: %w", ErrUnavailable, err))
	}
	e.r, e.key, e.b = r, r.canonical(key), r.binding(key)
	all := r.sharedOf(e.settings)
	rd := reading{base: all.global}
	if id != "" {
		if err := e.tenant(ctx, all, &rd, id); err != nil {
			return Explanation{}, keyError(key, LayerNone, fmt.Errorf("%w: %w", ErrUnavailable, err))
		}
	}
	return e.explain(ctx, carried, &rd, id), nil
}

// explainer gathers the layers of one key.
type explainer struct {
	r        *Resolver
	key      string
	b        *binding // nil of an undeclared key
	settings []Setting
	groups   string
	own      []Setting
	account  []Setting
	off      bool
}

func (e *explainer) tenant(ctx context.Context, all *shared, rd *reading, id tenant.ID) (err error) {
	if e.own, _, err = e.r.loadOwner(ctx, Owner{Tenant: id}); err != nil {
		return err
	}
	if e.groups, err = e.r.groupsOf(ctx, id); err != nil {
		return err
	}
	e.off = slices.ContainsFunc(e.own, func(s Setting) bool { return s.Key == enabledKey && string(s.Value) == "false" })
	rd.base = all.below(e.groups)
	rd.own = e.r.viewOf(Owner{Tenant: id}, e.own, rd.base)
	owner := Owner{Tenant: id, Account: accountOf(ctx, id)}
	if e.b == nil || !e.b.def.perAccount || owner.Account == "" {
		return nil
	}
	if e.account, _, err = e.r.loadOwner(ctx, owner); err != nil {
		return err
	}
	rd.acct = e.r.viewOf(owner, e.account, rd.base)
	return nil
}

func (e *explainer) explain(ctx context.Context, carried *carry.Value, rd *reading, id tenant.ID) Explanation {
	out := Explanation{
		Key:      e.key,
		Editable: e.editable(ctx, Owner{Tenant: id}),
		Sealed:   e.b != nil && e.b.def.sealed,
	}
	raw, info, err := lookupIn[json.RawMessage](ctx, e.r, carried, rd, e.key)
	out.Info = info
	switch {
	case err != nil:
		out.Problem = err.Error()
	case !out.Sealed && !looksSealed(string(raw)) && info.Found:
		if out.Value = raw; raw == nil { // which is how null is read
			out.Value = json.RawMessage(null)
		}
	}
	if info.Forced && (id != "" || info.Layer < LayerGlobal) {
		out.Editable = false
	}
	e.steps(&out, id)
	return out
}

// editable reports whether a write of owner's value would pass, but for what is
// forced.
func (e *explainer) editable(ctx context.Context, owner Owner) bool {
	return ValidKey(e.key) && !isReserved(e.key) && !tenant.IsReadOnly(ctx) &&
		e.r.hasPlace(owner, e.key) == nil && e.r.mayEdit(ctx, owner, e.key)
}

// steps lists the layers, and judges each by the answer, which is that of the
// one way of reading that there is.
func (e *explainer) steps(out *Explanation, id tenant.ID) {
	if e.b != nil {
		e.step(out, Step{Layer: LayerDefault, Value: json.RawMessage(e.b.def.fallback)})
	}
	if v, ok := e.r.base[e.key]; ok {
		e.step(out, Step{Layer: LayerBase, Value: json.RawMessage(v.raw), Forced: v.forced})
	}
	for i, group := range append([]string{""}, strings.Split(e.groups, groupSeparator)...) {
		if i > 0 && group == "" {
			continue
		}
		layer := LayerGlobal
		if group != "" {
			layer = LayerGroup
		}
		e.stored(out, layer, group, e.settings)
	}
	e.stored(out, LayerTenant, "", e.own)
	e.stored(out, LayerAccount, "", e.account)
	winner := -1
	for i, s := range out.Steps {
		if s.Outcome == "" && s.Layer == out.Info.Layer {
			winner = i // of several groups the highest, or the one that forces
			if s.Forced {
				break
			}
		}
	}
	for i := range out.Steps {
		s := &out.Steps[i]
		switch {
		case s.Outcome != "":
		case i == winner && out.Problem != "":
			s.Outcome = OutcomeUnusable
		case i == winner:
			s.Outcome = OutcomeWins
		case e.b != nil && e.b.def.noInherit && id != "" && s.Layer > LayerDefault && s.Layer < LayerTenant:
			// What is kept from the tenant is not shown to it either.
			s.Outcome, s.Value = OutcomeNotInherited, nil
		case i > winner:
			s.Outcome = OutcomeForcedBelow
		case e.b != nil && e.b.def.merge != MergeReplace:
			s.Outcome = OutcomeMerged
		default:
			s.Outcome = OutcomeOverridden
		}
	}
}

// stored adds what one owner has stored of the key, under any of its names: the
// one that counts first.
func (e *explainer) stored(out *Explanation, layer Layer, group string, settings []Setting) {
	var named []Setting
	for _, s := range settings {
		if s.Group == group && e.r.canonical(s.Key) == e.key {
			named = append(named, s)
		}
	}
	slices.SortFunc(named, func(a, b Setting) int { return e.r.aliases[a.Key].rank - e.r.aliases[b.Key].rank })
	for i, s := range named {
		step := Step{Layer: layer, Group: group, Value: s.Value, Version: s.Version, Forced: s.Forced}
		if s.Key != e.key {
			step.Under = s.Key
		}
		isShared := e.r.isolationOf(e.key) == tenant.Shared
		switch {
		case layer > LayerGlobal && isShared:
			step.Outcome = OutcomeShared
		case layer == LayerTenant && e.off:
			step.Outcome = OutcomeDisabled
		case i > 0:
			step.Outcome = OutcomeFormerName
		}
		e.step(out, step)
	}
}

func (e *explainer) step(out *Explanation, s Step) {
	if out.Sealed || looksSealed(string(s.Value)) {
		s.Value = nil
	}
	out.Steps = append(out.Steps, s)
}

// LogValue says which layer answered, and no value.
func (e Explanation) LogValue() slog.Value {
	return slog.GroupValue(slog.String("key", e.Key), slog.String("layer", e.Info.Layer.String()),
		slog.Int64("version", e.Info.Version), slog.String("problem", e.Problem))
}

// MarshalText writes the layer's name.
func (l Layer) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
