package config_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

func ann(ctx context.Context) context.Context {
	return tenant.WithActor(ctx, tenant.Actor{ID: "ann"})
}

var (
	ofAcme = config.Owner{Tenant: "acme"}
	ofGold = config.Owner{Group: "gold"}
	ofAnn  = config.Owner{Tenant: "acme", Account: "ann"}
)

// TestUpdate: a batch is one write, for the owner that its context or Writer
// says, and tells the history who and why.
func TestUpdate(t *testing.T) {
	t.Parallel()
	size := config.Declare("size", 20, config.PerAccount())
	color := config.Declare("color", "red", config.PerAccount())
	for name, c := range map[string]struct {
		ctx   context.Context
		to    func(r *config.Resolver) config.Writer // nil: the Resolver
		owner config.Owner
	}{
		"tenant":  {tenant.WithID(background, "acme"), nil, ofAcme},
		"global":  {tenant.Global(background), nil, config.Owner{}},
		"group":   {tenant.Global(background), func(r *config.Resolver) config.Writer { return r.Group("gold") }, ofGold},
		"account": {tenant.WithID(background, "acme"), (*config.Resolver).Account, ofAnn},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{size, color}})
			store.put(t, c.owner, config.Change{Key: "color", Value: []byte(`"blue"`)})
			ctx := ann(config.NewContext(c.ctx, r))
			update := r.Update
			history := r.History
			if c.to != nil {
				update, history = c.to(r).Update, c.to(r).History
			}

			number, err := update(ctx, "spring", size.Put(30), color.Remove().IfVersion(1))
			require.NoError(t, err)
			require.EqualValues(t, 2, number)
			require.Equal(t, map[string]string{"size": "30"}, values(t, store, c.owner))
			require.Equal(t, number, version(t, store, c.owner, "size"))
			for key, value := range map[string]string{"size": "30", "color": ""} {
				revs, err := history(ctx, key, 1)
				require.NoError(t, err)
				require.Len(t, revs, 1)
				require.Equal(t, value, string(revs[0].Value))
				require.Equal(t, number, revs[0].Version)
				require.Equal(t, "ann", revs[0].Actor)
				require.Equal(t, "spring", revs[0].Reason)
			}
			for _, other := range []config.Owner{{}, ofAcme, ofGold, ofAnn} {
				if other != c.owner {
					require.Empty(t, values(t, store, other), "not %+v's", other)
				}
			}

			before := store.all()
			number, err = update(ctx, "nothing")
			require.NoError(t, err)
			require.Zero(t, number)
			require.Equal(t, before, store.all(), "the store is left alone")
		})
	}
}

// TestUpdateReads: who writes reads it at once.
func TestUpdateReads(t *testing.T) {
	t.Parallel()
	r := resolver(t, config.Config{})
	for _, ctx := range []context.Context{in(r, "acme"), everywhere(r)} {
		require.Zero(t, config.Get(ctx, "n", 0))
		_, err := r.Update(ctx, "", config.Put("n", 1))
		require.NoError(t, err)
		require.Equal(t, 1, config.Get(ctx, "n", 0))
		_, err = r.Update(ctx, "", config.Remove("n"))
		require.NoError(t, err)
		require.Zero(t, config.Get(ctx, "n", 0))
	}
}

// TestForce: what is forced says so in the store, until it is put without.
func TestForce(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	r := resolver(t, config.Config{Store: store})
	for _, update := range []func(context.Context, string, ...config.Assignment) (int64, error){r.Update, r.Group("gold").Update} {
		for _, forced := range []bool{true, false} {
			a := config.Put("n", 1)
			if forced {
				a = a.Force()
			}
			number, err := update(everywhere(r), "", a)
			require.NoError(t, err)
			settings, _, err := store.Load(background, config.Owner{})
			require.NoError(t, err)
			for _, s := range settings {
				if s.Version == number {
					require.Equal(t, forced, s.Forced)
				}
			}
		}
	}
}

func editor(e config.Editor) func(context.Context) config.Editor {
	return func(context.Context) config.Editor { return e }
}

// TestUpdateRefuses: each error by name, with the key and the layer, in the
// documented order, and nothing has changed. There is something
// good in every batch.
func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	var (
		acme   = tenant.WithID(background, "acme")
		global = tenant.Global(background)
		own    = func(r *config.Resolver) config.Writer { return config.Writer{} }
		gold   = func(r *config.Resolver) config.Writer { return r.Group("gold") }
		self   = (*config.Resolver).Account
	)
	keys := []config.Declaration{
		config.Declare("good", 0, config.EditableBy(config.EditorAccount), config.PerAccount()),
		config.Declare("few", 3, config.Between(1, 5), config.EditableBy(config.EditorManager)),
		config.Declare("mine", 0, config.EditableBy(config.EditorAccount), config.PerAccount(), config.Alias("former.mine")),
		config.Declare("shared", 0, config.Isolation(tenant.Shared), config.EditableBy(config.EditorManager)),
		config.Declare("forced", 0, config.EditableBy(config.EditorManager), config.PerAccount()),
		config.Declare("operator", 0, config.PerAccount()),
	}
	stranger := config.Declare("mine", 0)
	put := config.Put
	for name, c := range map[string]struct {
		ctx    context.Context
		to     func(r *config.Resolver) config.Writer
		editor config.Editor
		bad    config.Assignment
		err    error
		key    string
		layer  config.Layer
	}{
		"no tenant":          {background, own, 0, put("few", 3), tenant.ErrNoTenant, "good", 0},
		"several":            {tenant.Across(background, "edit", "acme", "bolt"), own, 0, put("few", 3), tenant.ErrSeveralTenants, "good", 0},
		"all":                {tenant.AcrossAll(background, "edit"), own, 0, put("few", 3), tenant.ErrSeveralTenants, "good", 0},
		"built wrongly":      {tenant.WithID(background, "No"), own, 0, put("few", 3), tenant.ErrInvalidID, "good", 0},
		"read-only":          {tenant.ReadOnly(acme), own, 0, put("few", 3), tenant.ErrReadOnly, "good", 0},
		"group, of a tenant": {acme, gold, 0, put("few", 3), config.ErrNotGlobal, "good", 0},
		"group, no tenant":   {background, gold, 0, put("few", 3), tenant.ErrNoTenant, "good", 0},
		"group without name": {global, func(r *config.Resolver) config.Writer { return r.Group("") }, 0, put("few", 3), config.ErrBadOwner, "good", 0},
		"group of bad name":  {global, func(r *config.Resolver) config.Writer { return r.Group("Gold!") }, 0, put("few", 3), config.ErrBadOwner, "good", 0},
		"account, global":    {global, self, 0, put("mine", 3), tenant.ErrNoTenant, "good", 0},
		"account, several":   {tenant.AcrossAll(background, "edit"), self, 0, put("mine", 3), tenant.ErrSeveralTenants, "good", 0},
		"account, read-only": {tenant.ReadOnly(acme), self, 0, put("mine", 3), tenant.ErrReadOnly, "good", 0},

		"malformed key":       {acme, own, 0, put("no good", 1), config.ErrBadKey, "no good", config.LayerTenant},
		"malformed removal":   {acme, own, 0, config.Remove(""), config.ErrBadKey, "", config.LayerTenant},
		"no assignment":       {acme, own, 0, config.Assignment{}, config.ErrBadKey, "", config.LayerTenant},
		"library's own":       {acme, own, 0, put("tenancy:enabled", true), config.ErrBadKey, "tenancy:enabled", config.LayerTenant},
		"library's, removed":  {acme, own, 0, config.Remove("tenancy:enabled"), config.ErrBadKey, "tenancy:enabled", config.LayerTenant},
		"library's, any":      {global, own, 0, put("tenancy:x", true), config.ErrBadKey, "tenancy:x", config.LayerGlobal},
		"twice":               {acme, own, 0, put("good", 2), config.ErrBadKey, "good", config.LayerTenant},
		"twice, once wrongly": {acme, own, 0, put("good", "x"), config.ErrBadKey, "good", config.LayerTenant},
		"another resolver's":  {acme, own, 0, stranger.Put(1), config.ErrUndeclared, "mine", config.LayerTenant},
		"the zero key":        {acme, own, 0, config.Key[int]{}.Put(1), config.ErrBadKey, "", config.LayerTenant},
		"shared":              {acme, own, 0, put("shared", 1), config.ErrNotOverridable, "shared", config.LayerTenant},
		"shared, removed":     {acme, own, 0, config.Remove("shared"), config.ErrNotOverridable, "shared", config.LayerTenant},
		"shared, of a group":  {global, gold, 0, put("shared", 1), config.ErrNotOverridable, "shared", config.LayerGroup},
		"not of accounts":     {acme, self, 0, put("few", 1), config.ErrNotPerAccount, "few", config.LayerAccount},
		"undeclared, account": {acme, self, 0, put("any", 1), config.ErrNotPerAccount, "any", config.LayerAccount},
		"force in a tenant":   {acme, own, 0, put("few", 1).Force(), config.ErrNotForcible, "few", config.LayerTenant},
		"force of an account": {acme, self, 0, put("mine", 1).Force(), config.ErrNotForcible, "mine", config.LayerAccount},
		"force a removal":     {global, own, 0, config.Remove("few").Force(), config.ErrNotForcible, "few", config.LayerGlobal},
		"forced below":        {acme, own, 0, put("forced", 1), config.ErrForced, "forced", config.LayerTenant},
		"forced, removed":     {acme, own, 0, config.Remove("forced"), config.ErrForced, "forced", config.LayerTenant},
		"forced, of a group":  {global, gold, 0, put("forced", 1), config.ErrForced, "forced", config.LayerGroup},
		"forced, of account":  {acme, self, 0, put("forced", 1), config.ErrForced, "forced", config.LayerAccount},
		"not a manager's":     {acme, own, config.EditorManager, put("operator", 1), config.ErrNotEditable, "operator", config.LayerTenant},
		"removed by one":      {acme, own, config.EditorManager, config.Remove("operator"), config.ErrNotEditable, "operator", config.LayerTenant},
		"undeclared, manager": {acme, own, config.EditorManager, put("any", 1), config.ErrNotEditable, "any", config.LayerTenant},
		"not an account's":    {acme, self, config.EditorAccount, put("operator", 1), config.ErrNotEditable, "operator", config.LayerAccount},
		"mistyped":            {acme, own, 0, put("few", "hush"), config.ErrMistyped, "few", config.LayerTenant},
		"without JSON":        {acme, own, 0, put("any", func() {}), config.ErrMistyped, "any", config.LayerTenant},
		"against a rule":      {acme, own, 0, put("few", 9), config.ErrInvalid, "few", config.LayerTenant},
		"another version":     {acme, own, 0, put("few", 2).IfVersion(99), config.ErrConflict, "few", config.LayerTenant},
		"not absent":          {acme, own, 0, put("few", 2).IfVersion(0), config.ErrConflict, "few", config.LayerTenant},
		"absent":              {acme, own, 0, put("any", 2).IfVersion(1), config.ErrConflict, "any", config.LayerTenant},
		"removed meanwhile":   {acme, own, 0, config.Remove("any").IfVersion(1), config.ErrConflict, "any", config.LayerTenant},
		"version of an alias": {acme, own, 0, put("mine", 2).IfVersion(7), config.ErrConflict, "mine", config.LayerTenant},

		"order: context, key":      {background, own, 0, put("no good", 1), tenant.ErrNoTenant, "no good", 0},
		"order: shared, editor":    {acme, own, config.EditorAccount, put("shared", "x"), config.ErrNotOverridable, "shared", config.LayerTenant},
		"order: forced, editor":    {acme, own, config.EditorAccount, put("forced", "x"), config.ErrForced, "forced", config.LayerTenant},
		"order: editor, type":      {acme, own, config.EditorManager, put("operator", "x"), config.ErrNotEditable, "operator", config.LayerTenant},
		"order: type, version":     {acme, own, 0, put("few", "x").IfVersion(99), config.ErrMistyped, "few", config.LayerTenant},
		"order: own key, its type": {acme, own, 0, put("tenancy:enabled", func() {}), config.ErrBadKey, "tenancy:enabled", config.LayerTenant},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			cfg := config.Config{Store: store, Keys: keys}
			if c.editor != 0 {
				cfg.Editor = editor(c.editor)
			}
			r := resolver(t, cfg)
			store.put(t, config.Owner{}, config.Change{Key: "forced", Value: []byte("5"), Forced: true})
			store.put(t, ofAcme, config.Change{Key: "few", Value: []byte("2")}, config.Change{Key: "former.mine", Value: []byte("1")})
			ctx := ann(config.NewContext(c.ctx, r))
			before := store.dump(t)

			w, update := c.to(r), r.Update
			if w != (config.Writer{}) {
				update = w.Update
			}
			first := config.Put("good", 1)
			if strings.HasPrefix(name, "order:") {
				first, c.bad = c.bad, first
			}
			_, err := update(ctx, "secret reason", first, c.bad)
			require.ErrorIs(t, err, c.err)
			var named *config.KeyError
			require.ErrorAs(t, err, &named)
			require.Equal(t, c.key, named.Key)
			require.Equal(t, c.layer, named.Layer)
			require.NotContains(t, err.Error(), "hush")
			require.Equal(t, before, store.dump(t), "nothing is lost, nothing is added")
		})
	}
}

// TestAccountIsTheActor: nobody writes for somebody else, or for nobody.
func TestAccountIsTheActor(t *testing.T) {
	t.Parallel()
	mine := config.Declare("mine", 0, config.PerAccount())
	store := newRecorder()
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{mine}})
	for name, c := range map[string]struct {
		actor tenant.Actor
		err   error
	}{
		"anonymous":        {tenant.Actor{}, tenant.ErrUnauthenticated},
		"the guest":        {tenant.Actor{ID: "guest", Guest: true}, tenant.ErrUnauthenticated},
		"another tenant's": {tenant.Actor{ID: "bob", Tenant: "bolt"}, tenant.ErrNotMember},
		"malformed":        {tenant.Actor{ID: strings.Repeat("a", 129)}, config.ErrBadOwner},
	} {
		_, err := r.Account().Update(tenant.WithActor(in(r, "acme"), c.actor), "", mine.Put(1))
		require.ErrorIs(t, err, c.err, name)
	}
	_, err := r.Account().Update(in(r, "acme"), "", mine.Put(1))
	require.ErrorIs(t, err, tenant.ErrUnauthenticated, "no actor at all")
	require.Empty(t, store.all())
	_, err = r.Account().Update(tenant.WithActor(in(r, "acme"), tenant.Actor{ID: "ann", Tenant: "acme"}), "", mine.Put(1))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"mine": "1"}, values(t, store, ofAnn))
}

// TestUpdateStoreFails: the store's own error comes through, for one key with
// its name, and for several without one.
func TestUpdateStoreFails(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	r := resolver(t, config.Config{Store: store})
	require.NoError(t, r.Set(in(r, "acme"), "a", 1, ""))
	before := store.dump(t)
	store.set(func(s *recorder) { s.fail = errDown })
	_, err := r.Update(in(r, "acme"), "", config.Put("a", 2))
	require.ErrorIs(t, err, errDown)
	require.EqualError(t, err, `config: key "a" in the tenant layer: connection refused`)
	_, err = r.Update(in(r, "acme"), "", config.Put("a", 2), config.Put("b", 2))
	require.ErrorIs(t, err, errDown)
	require.EqualError(t, err, `config: 2 settings in the tenant layer: connection refused`)
	require.Equal(t, before, store.dump(t))
	require.Equal(t, 1, config.Get(in(r, "acme"), "a", 0))
}

// TestAssignmentsKeepQuiet: they do not show what they hold, and hold what they
// were given.
func TestAssignmentsKeepQuiet(t *testing.T) {
	t.Parallel()
	typed := config.Declare("typed", "")
	for _, a := range []config.Assignment{config.Put("k", "hush"), config.Put("k", "hush").IfVersion(3).Force(), typed.Put("hush")} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			require.NotContains(t, fmt.Sprintf(verb, a), "hush", verb)
			require.NotContains(t, fmt.Sprintf(verb, []config.Assignment{a}), "hush", verb)
			require.NotContains(t, fmt.Sprintf(verb, struct{ a config.Assignment }{a}), "hush", verb)
		}
	}
	require.Equal(t, `put "k"`, config.Put("k", 1).String())
	require.Equal(t, `remove "k"`, config.Remove("k").String())

	store := newRecorder()
	r := resolver(t, config.Config{Store: store})
	list := []int{1}
	a := config.Put("list", list)
	list[0] = 2
	_, err := r.Update(in(r, "acme"), "", a)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"list": "[1]"}, values(t, store, ofAcme))
}

// TestCompareAndSwap: of those who write on what they have read, exactly one
// wins each round, and the history has every win and nothing else.
func TestCompareAndSwap(t *testing.T) {
	t.Parallel()
	const writers, rounds = 8, 25
	for name, key := range map[string]config.Key[int]{
		"plain": config.Declare("count", 0),
		"alias": config.Declare("count", 0, config.Alias("former")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
			if name == "alias" {
				store.put(t, ofAcme, config.Change{Key: "former", Value: []byte("0")})
			}
			ctx := in(r, "acme")
			for round := range rounds {
				seen := max(version(t, store, ofAcme, "count"), version(t, store, ofAcme, "former"))
				var won atomic.Int32
				var wg sync.WaitGroup
				for w := range writers {
					wg.Go(func() {
						_, err := r.Update(ctx, fmt.Sprint(w), key.Put(round+1).IfVersion(seen), config.Put(fmt.Sprint("of.", w), round))
						if err == nil {
							won.Add(1)
						} else if !errors.Is(err, config.ErrConflict) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				require.EqualValues(t, 1, won.Load(), "round %d", round)
				require.Equal(t, round+1, key.Get(ctx))
			}
			history, err := store.History(background, ofAcme, "count", 1000)
			require.NoError(t, err)
			require.Len(t, history, rounds)
			extras := 0
			for w := range writers {
				of, err := store.History(background, ofAcme, fmt.Sprint("of.", w), 1000)
				require.NoError(t, err)
				extras += len(of)
			}
			require.Equal(t, rounds, extras, "who lost has written nothing at all")
		})
	}
}
