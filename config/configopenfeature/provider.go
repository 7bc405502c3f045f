package configopenfeature

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// StaleReason is the reason of an answer that may be out of date: the store can
// not be asked, and this is what was known last. The specification has it, the
// SDK has no name for it.
const StaleReason openfeature.Reason = "STALE"

// Provider evaluates flags for the tenant of the context. It implements
// openfeature.FeatureProvider and openfeature.EventHandler. Make one with [New].
// It is safe for concurrent use.
type Provider struct {
	resolver *config.Resolver
	events   chan openfeature.Event
}

// New returns a provider that asks r, or, if r is nil, the Resolver of the
// context and else that of the process.
func New(r *config.Resolver) *Provider {
	return &Provider{resolver: r, events: make(chan openfeature.Event, 1)}
}

// name is the provider's name in metadata and events.
const name = "tenancy"

// Metadata implements openfeature.FeatureProvider.
func (p *Provider) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: name} }

// Hooks implements openfeature.FeatureProvider: there are none.
func (p *Provider) Hooks() []openfeature.Hook { return nil }

// EventChannel implements openfeature.EventHandler.
func (p *Provider) EventChannel() <-chan openfeature.Event { return p.events }

// Changed has the SDK tell its handlers that the configuration has changed. It
// is to be subscribed to a feed.Poller after Invalidate of the Resolver, so that
// handlers find the new values. It returns at once; changes that come before the
// SDK has taken the last event are told in one. The event does not say whose
// settings have changed, since handlers are not a tenant's.
func (p *Provider) Changed(tenant.ID, int64) {
	event := openfeature.Event{ProviderName: name, EventType: openfeature.ProviderConfigChange}
	select {
	case p.events <- event:
	default: // one is waiting, and those who hear it find this change too
	}
}

// BooleanEvaluation implements openfeature.FeatureProvider. The attributes are
// not looked at, here and in all the others.
func (p *Provider) BooleanEvaluation(ctx context.Context, flag string, def bool, _ openfeature.FlattenedContext) openfeature.BoolResolutionDetail {
	return evaluate(ctx, p, flag, def)
}

// StringEvaluation implements openfeature.FeatureProvider.
func (p *Provider) StringEvaluation(ctx context.Context, flag, def string, _ openfeature.FlattenedContext) openfeature.StringResolutionDetail {
	return evaluate(ctx, p, flag, def)
}

// FloatEvaluation implements openfeature.FeatureProvider.
func (p *Provider) FloatEvaluation(ctx context.Context, flag string, def float64, _ openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	return evaluate(ctx, p, flag, def)
}

// IntEvaluation implements openfeature.FeatureProvider.
func (p *Provider) IntEvaluation(ctx context.Context, flag string, def int64, _ openfeature.FlattenedContext) openfeature.IntResolutionDetail {
	return evaluate(ctx, p, flag, def)
}

// ObjectEvaluation implements openfeature.FeatureProvider.
func (p *Provider) ObjectEvaluation(ctx context.Context, flag string, def any, _ openfeature.FlattenedContext) openfeature.InterfaceResolutionDetail {
	answer := evaluate(ctx, p, flag, def)
	if answer.Error() != nil {
		return answer
	}
	switch answer.Value.(type) {
	case map[string]any, []any, nil:
		return answer
	}
	err := fmt.Errorf("config: key %q: %w: it is neither an object nor an array", flag, config.ErrMistyped)
	return openfeature.InterfaceResolutionDetail{Value: def, ProviderResolutionDetail: failed(ctx, err)}
}

func evaluate[T any](ctx context.Context, p *Provider, flag string, def T) openfeature.GenericResolutionDetail[T] {
	if p.resolver != nil {
		ctx = config.NewContext(ctx, p.resolver)
	}
	v, info, err := config.Lookup[T](ctx, flag)
	switch {
	case err == nil && info.Sealed:
		err = errSealed // the client's hooks send values to wherever they like
	case err == nil && !info.Found:
		err = errNotFound
	}
	if err != nil {
		return openfeature.GenericResolutionDetail[T]{Value: def, ProviderResolutionDetail: failed(ctx, err)}
	}
	return openfeature.GenericResolutionDetail[T]{Value: v, ProviderResolutionDetail: found(info)}
}

// found says where a value comes from.
func found(info config.Info) openfeature.ProviderResolutionDetail {
	reason := openfeature.UnknownReason
	switch {
	case info.Stale:
		reason = StaleReason
	case info.Layer == config.LayerDefault:
		reason = openfeature.DefaultReason
	case info.Layer == config.LayerBase, info.Layer == config.LayerGlobal:
		reason = openfeature.StaticReason
	case info.Layer == config.LayerGroup, info.Layer == config.LayerTenant, info.Layer == config.LayerAccount:
		reason = openfeature.TargetingMatchReason
	}
	return openfeature.ProviderResolutionDetail{
		Reason:  reason,
		Variant: info.Layer.String(),
		FlagMetadata: openfeature.FlagMetadata{
			"version":     info.Version,
			"forced":      info.Forced,
			"stale":       info.Stale,
			"age_seconds": info.Age.Seconds(),
		},
	}
}

var (
	errNotFound = errors.New("no layer has a value, and the flag is not declared")
	errSealed   = errors.New("the setting is sealed, and no flag")
)

// failed says why ctx gets no value. The messages of package config hold none.
func failed(ctx context.Context, err error) openfeature.ProviderResolutionDetail {
	answer := openfeature.ProviderResolutionDetail{Reason: openfeature.ErrorReason}
	said := err.Error()
	switch {
	case errors.Is(err, errNotFound), errors.Is(err, errSealed):
		answer.ResolutionError = openfeature.NewFlagNotFoundResolutionError(said)
	case errors.Is(err, config.ErrMistyped):
		answer.ResolutionError = openfeature.NewTypeMismatchResolutionError(said)
	case errors.Is(err, config.ErrInvalid):
		answer.ResolutionError = openfeature.NewParseErrorResolutionError(said, err)
	case errors.Is(err, config.ErrNoResolver):
		answer.ResolutionError = openfeature.NewProviderNotReadyResolutionError(said)
	case errors.Is(err, config.ErrUnavailable):
		answer.ResolutionError = openfeature.NewGeneralResolutionError(said, err)
	case errors.Is(err, tenant.ErrSeveralTenants), tenant.Err(ctx) != nil:
		answer.ResolutionError = openfeature.NewInvalidContextResolutionError(said)
	default:
		answer.ResolutionError = openfeature.NewGeneralResolutionError(said, err)
	}
	return answer
}
