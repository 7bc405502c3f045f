package configopenfeature_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configopenfeature"
	"github.com/gotenancy/tenancy/tenant"
)

var none openfeature.EvaluationContext

// world is a store, a Resolver over it, and the client of the real SDK.
type world struct {
	store  *flaky
	r      *config.Resolver
	p      *configopenfeature.Provider
	client *openfeature.Client
}

// flaky is a store that can be made to fail.
type flaky struct {
	config.Store
	down atomic.Bool
}

var errDown = errors.New("the store is down")

func (f *flaky) Load(ctx context.Context, owner config.Owner) ([]config.Setting, int64, error) {
	if f.down.Load() {
		return nil, 0, errDown
	}
	return f.Store.Load(ctx, owner)
}

// Each test has a domain of its own in the SDK, which is one for the process.
func newWorld(t testing.TB, cfg config.Config) *world {
	t.Helper()
	w := &world{store: &flaky{Store: config.NewMemoryStore()}}
	cfg.Store = w.store
	var err error
	w.r, err = config.NewResolver(cfg)
	require.NoError(t, err)
	w.p = configopenfeature.New(w.r)
	w.client = clientOf(t, w.p)
	return w
}

func clientOf(t testing.TB, p *configopenfeature.Provider) *openfeature.Client {
	t.Helper()
	require.NoError(t, openfeature.SetNamedProviderWithContextAndWait(context.Background(), t.Name(), p))
	return openfeature.NewClient(t.Name())
}

func (w *world) write(t testing.TB, owner config.Owner, key, value string, forced bool) int64 {
	t.Helper()
	n, err := w.store.Write(context.Background(), owner, config.Edit{}, config.Change{Key: key, Value: []byte(value), Forced: forced})
	require.NoError(t, err)
	return n
}

func in(id tenant.ID) context.Context { return tenant.WithID(context.Background(), id) }

func TestTypes(t *testing.T) {
	w := newWorld(t, config.Config{Base: map[string]any{
		"bool": true, "text": "x", "int": 30, "whole": 30.0, "float": 1.5, "null": nil,
		"list": []any{1, "a"},
	}})
	w.write(t, config.Owner{}, "object", `{"a": {"b": [1, null]}}`, false)
	ctx := in("acme")

	b, err := w.client.BooleanValue(ctx, "bool", false, none)
	require.NoError(t, err)
	require.True(t, b)
	s, err := w.client.StringValue(ctx, "text", "", none)
	require.NoError(t, err)
	require.Equal(t, "x", s)
	for _, flag := range []string{"int", "whole"} {
		n, err := w.client.IntValue(ctx, flag, 1, none)
		require.NoError(t, err)
		require.EqualValues(t, 30, n)
		f, err := w.client.FloatValue(ctx, flag, 1, none)
		require.NoError(t, err)
		require.EqualValues(t, 30, f)
	}
	f, err := w.client.FloatValue(ctx, "float", 1, none)
	require.NoError(t, err)
	require.EqualValues(t, 1.5, f)
	o, err := w.client.ObjectValue(ctx, "object", nil, none)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": map[string]any{"b": []any{1.0, nil}}}, o)
	o.(map[string]any)["a"] = "changed by a caller"
	o, err = w.client.ObjectValue(in("bolt"), "object", nil, none)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": map[string]any{"b": []any{1.0, nil}}}, o)
	o, err = w.client.ObjectValue(ctx, "list", nil, none)
	require.NoError(t, err)
	require.Equal(t, []any{1.0, "a"}, o)

	require.False(t, w.client.Boolean(ctx, "null", true, none))
	require.Empty(t, w.client.String(ctx, "null", "x", none))
	require.Zero(t, w.client.Int(ctx, "null", 1, none))
	require.Zero(t, w.client.Float(ctx, "null", 1, none))
	require.Nil(t, w.client.Object(ctx, "null", "x", none))
}

func TestTypeMismatch(t *testing.T) {
	w := newWorld(t, config.Config{Base: map[string]any{"text": "s3cret", "number": 1.5, "bool": true}})
	ctx := in("acme")
	b, err := w.client.BooleanValueDetails(ctx, "text", true, none)
	require.True(t, b.Value)
	mismatch(t, b.EvaluationDetails, err)
	i, err := w.client.IntValueDetails(ctx, "number", 7, none)
	require.EqualValues(t, 7, i.Value)
	mismatch(t, i.EvaluationDetails, err)
	f, err := w.client.FloatValueDetails(ctx, "text", 7, none)
	require.EqualValues(t, 7, f.Value)
	mismatch(t, f.EvaluationDetails, err)
	s, err := w.client.StringValueDetails(ctx, "bool", "def", none)
	require.Equal(t, "def", s.Value)
	mismatch(t, s.EvaluationDetails, err)
	for _, flag := range []string{"text", "number", "bool"} {
		o, err := w.client.ObjectValueDetails(ctx, flag, "def", none)
		require.Equal(t, "def", o.Value)
		mismatch(t, o.EvaluationDetails, err)
	}
}

func mismatch(t *testing.T, got openfeature.EvaluationDetails, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, openfeature.TypeMismatchCode, got.ErrorCode)
	require.Equal(t, openfeature.ErrorReason, got.Reason)
	require.Contains(t, got.ErrorMessage, got.FlagKey)
	require.NotContains(t, got.ErrorMessage, "s3cret")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestReasons(t *testing.T) {
	keys := []config.Declaration{
		config.Declare("declared", 1),
		config.Declare("own", 0, config.PerAccount(), config.EditableBy(config.EditorAccount)),
	}
	w := newWorld(t, config.Config{
		Keys:   keys,
		Base:   map[string]any{"base": 2, "global": 2, "pinned": 2},
		Forced: map[string]any{"forced": 3},
		Groups: func(context.Context, tenant.ID) ([]string, error) { return []string{"pro"}, nil },
	})
	acme, group := config.Owner{Tenant: "acme"}, config.Owner{Group: "pro"}
	global := w.write(t, config.Owner{}, "global", "4", false)
	grouped := w.write(t, group, "group", "5", false)
	pinned := w.write(t, group, "pinned", "6", true)
	w.write(t, acme, "pinned", "7", false)
	w.write(t, acme, "forced", "7", false)
	own := w.write(t, acme, "tenant", "8", false)
	account := w.write(t, config.Owner{Tenant: "acme", Account: "ann"}, "own", "9", false)
	ctx := tenant.WithActor(in("acme"), tenant.Actor{ID: "ann"})

	for flag, want := range map[string]struct {
		value   int64
		reason  openfeature.Reason
		variant string
		version int64
		forced  bool
	}{
		"declared": {1, openfeature.DefaultReason, "default", 0, false},
		"base":     {2, openfeature.StaticReason, "base", 0, false},
		"forced":   {3, openfeature.StaticReason, "base", 0, true},
		"global":   {4, openfeature.StaticReason, "global", global, false},
		"group":    {5, openfeature.TargetingMatchReason, "group", grouped, false},
		"pinned":   {6, openfeature.TargetingMatchReason, "group", pinned, true},
		"tenant":   {8, openfeature.TargetingMatchReason, "tenant", own, false},
		"own":      {9, openfeature.TargetingMatchReason, "account", account, false},
	} {
		got, err := w.client.IntValueDetails(ctx, flag, -1, none)
		require.NoError(t, err, flag)
		require.Equal(t, want.value, got.Value, flag)
		require.Equal(t, want.reason, got.Reason, flag)
		require.Equal(t, want.variant, got.Variant, flag)
		require.Empty(t, got.ErrorCode, flag)
		require.Equal(t, openfeature.FlagMetadata{"version": want.version, "forced": want.forced, "stale": false, "age_seconds": 0.0}, got.FlagMetadata, flag)
	}
}

// While the store is down, what was known is served, and says so; of a tenant
// of whom nothing is known there is no answer.
func TestStale(t *testing.T) {
	w := newWorld(t, config.Config{})
	n := w.write(t, config.Owner{Tenant: "acme"}, "beta", "true", false)
	require.True(t, w.client.Boolean(in("acme"), "beta", false, none))

	w.store.down.Store(true)
	w.r.Invalidate("acme", n+1)
	got, err := w.client.BooleanValueDetails(in("acme"), "beta", false, none)
	require.NoError(t, err)
	require.True(t, got.Value)
	require.Equal(t, configopenfeature.StaleReason, got.Reason)
	require.Equal(t, "tenant", got.Variant)
	require.Equal(t, true, got.FlagMetadata["stale"])
	require.Positive(t, got.FlagMetadata["age_seconds"])

	got, err = w.client.BooleanValueDetails(in("bolt"), "beta", true, none)
	require.Error(t, err)
	require.True(t, got.Value, "the default of the call")
	require.Equal(t, openfeature.ErrorReason, got.Reason)
	require.Equal(t, openfeature.GeneralCode, got.ErrorCode)
}

func TestErrors(t *testing.T) {
	w := newWorld(t, config.Config{Keys: []config.Declaration{
		config.Declare("size", 1, config.Between(1, 9)),
		config.Declare("signup.open", true, config.Closed(false)),
		config.Declare("shared", true, config.Isolation(tenant.Shared)),
	}})
	w.write(t, config.Owner{Tenant: "acme"}, "size", "100", false)
	conflict := tenant.WithID(in("acme"), "bolt") // built wrongly
	for name, c := range map[string]struct {
		ctx  context.Context
		flag string
		code openfeature.ErrorCode
	}{
		"nobody has it":       {in("acme"), "unknown", openfeature.FlagNotFoundCode},
		"a malformed name":    {in("acme"), "no key", openfeature.FlagNotFoundCode},
		"no name":             {in("acme"), "", openfeature.FlagNotFoundCode},
		"a value refused":     {in("acme"), "size", openfeature.ParseErrorCode},
		"no tenant":           {context.Background(), "signup.open", openfeature.InvalidContextCode},
		"several":             {tenant.AcrossAll(context.Background(), "test"), "signup.open", openfeature.InvalidContextCode},
		"two tenants at once": {conflict, "signup.open", openfeature.InvalidContextCode},
	} {
		t.Run(name, func(t *testing.T) {
			for _, def := range []bool{true, false} {
				got, err := w.client.BooleanValueDetails(c.ctx, c.flag, def, none)
				require.Error(t, err)
				require.Equal(t, c.code, got.ErrorCode, got.ErrorMessage)
				require.Equal(t, openfeature.ErrorReason, got.Reason)
				require.NotEmpty(t, got.ErrorMessage)
				require.Equal(t, def, got.Value, "not the closed value, but the default of the call")
				require.Empty(t, got.Variant)
			}
		})
	}
	require.True(t, w.client.Boolean(tenant.AcrossAll(context.Background(), "test"), "shared", false, none))
	require.True(t, w.client.Boolean(tenant.Global(context.Background()), "signup.open", false, none))
}

// Without a Resolver of its own the provider asks the context's.
func TestResolverOfContext(t *testing.T) {
	w := newWorld(t, config.Config{Base: map[string]any{"beta": true}})
	client := clientOf(t, configopenfeature.New(nil))
	got, err := client.BooleanValueDetails(in("acme"), "beta", false, none)
	require.Error(t, err)
	require.Equal(t, openfeature.ProviderNotReadyCode, got.ErrorCode)
	require.True(t, client.Boolean(config.NewContext(in("acme"), w.r), "beta", false, none))

	other, err := config.NewResolver(config.Config{Store: config.NewMemoryStore()})
	require.NoError(t, err)
	mine := clientOf(t, w.p)
	require.True(t, mine.Boolean(config.NewContext(in("acme"), other), "beta", false, none), "one of its own counts over the context's")
}

// The SDK's handlers hear of changes, and find the new value.
func TestChanged(t *testing.T) {
	w := newWorld(t, config.Config{})
	require.False(t, w.client.Boolean(in("acme"), "beta", false, none))
	seen := make(chan bool, 8)
	handler := func(openfeature.EventDetails) { seen <- w.client.Boolean(in("acme"), "beta", false, none) }
	w.client.AddHandler(openfeature.ProviderConfigChange, &handler)
	defer w.client.RemoveHandler(openfeature.ProviderConfigChange, &handler)

	n := w.write(t, config.Owner{Tenant: "acme"}, "beta", "true", false)
	for _, hear := range []func(tenant.ID, int64){w.r.Invalidate, w.p.Changed} {
		hear("acme", n)
	}
	require.True(t, <-seen)

	idle := configopenfeature.New(w.r) // nobody listens
	for range 2 {
		idle.Changed("acme", n)
	}
	require.Len(t, idle.EventChannel(), 1)
	event := <-idle.EventChannel()
	require.Equal(t, openfeature.ProviderConfigChange, event.EventType)
	require.Equal(t, idle.Metadata().Name, event.ProviderName)
	require.Empty(t, idle.EventChannel())
}

func TestAtOnce(t *testing.T) {
	w := newWorld(t, config.Config{})
	w.write(t, config.Owner{Tenant: "acme"}, "who", `"acme"`, false)
	w.write(t, config.Owner{Tenant: "bolt"}, "who", `"bolt"`, false)
	var wg sync.WaitGroup
	for _, id := range []tenant.ID{"acme", "bolt"} {
		for range 4 {
			wg.Go(func() {
				for range 100 {
					w.p.Changed(id, 1)
					if got := w.client.String(in(id), "who", "", none); got != string(id) {
						t.Errorf("%s is told %q", id, got)
					}
				}
			})
		}
	}
	wg.Wait()
}

// A sealed setting is no flag: hooks of the client would see it in plain.
func TestSealed(t *testing.T) {
	ring, err := config.NewKeyring("1", map[string][]byte{"1": make([]byte, 32)})
	require.NoError(t, err)
	w := newWorld(t, config.Config{Keyring: ring, Keys: []config.Declaration{config.Declare("password", "", config.Sealed())}})
	acme := tenant.WithID(context.Background(), "acme")
	require.NoError(t, w.r.Set(acme, "password", "hunter2", ""))
	got, err := w.client.StringValueDetails(acme, "password", "none", none)
	require.Error(t, err)
	require.Equal(t, "none", got.Value)
	require.Equal(t, openfeature.FlagNotFoundCode, got.ErrorCode)
	require.NotContains(t, err.Error(), "hunter2")
}
