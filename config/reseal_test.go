package config_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// sealedKeys are three ways to be sealed: one of them by its type.
func sealedKeys() []config.Declaration {
	return []config.Declaration{
		config.Declare("text", "", config.Sealed(), config.PerAccount(), config.Validate(func(s string) error {
			if s != "" && len(s) < 4 {
				return errors.New("too short")
			}
			return nil
		})),
		config.Declare("fields", map[string]string{}, config.Sealed(), config.PerAccount()),
		config.Declare("password", config.Secret{}, config.PerAccount(), config.Alias("passwd")),
	}
}

// TestSealedNowherePlain goes through every way to write with values that must
// not show, and looks for them in everything that comes out.
func TestSealedNowherePlain(t *testing.T) {
	t.Parallel()
	const hush = "hush-hush-42"
	for name, c := range map[string]struct {
		ctx context.Context
		to  func(r *config.Resolver) config.Writer
	}{
		"tenant":  {tenant.WithID(background, "acme"), nil},
		"global":  {tenant.Global(background), nil},
		"group":   {tenant.Global(background), func(r *config.Resolver) config.Writer { return r.Group("gold") }},
		"account": {tenant.WithID(background, "acme"), (*config.Resolver).Account},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newRecorder()
			r := resolver(t, config.Config{Store: store, Keys: sealedKeys(), Keyring: keyring(t, "k1")})
			ctx := ann(config.NewContext(c.ctx, r))
			update, rollback, history, export, diff, imp, reseal := r.Update, r.Rollback, r.History, r.Export, r.Diff, r.Import, r.Reseal
			if c.to != nil {
				w := c.to(r)
				update, rollback, history, export, diff, imp, reseal = w.Update, w.Rollback, w.History, w.Export, w.Diff, w.Import, w.Reseal
			}
			var seen []any
			number, err := update(ctx, "", config.Put("text", hush), config.Put("fields", map[string]string{hush: hush}),
				config.Put("password", config.NewSecret(hush)))
			require.NoError(t, err)

			for _, bad := range []config.Assignment{
				config.Put("text", []string{hush}), config.Put("fields", map[string]any{hush: map[string]any{hush: 1}}), config.Put("password", map[string]string{hush: hush}),
				config.Put("text", hush).IfVersion(99), config.Put("text", hush[:3]), config.Put("fields", hush), config.Put("text", "[redacted]"), config.Put("password", config.NewSecret("[redacted]")),
				config.Put("free", struct{ S config.Secret }{config.NewSecret(hush)}),
			} {
				_, err := update(ctx, "", bad)
				require.Error(t, err)
				seen = append(seen, err, bad)
			}
			_, err = update(ctx, "", config.Remove("text"), config.Remove("fields"), config.Remove("password"))
			require.NoError(t, err)
			for _, key := range []string{"text", "fields", "password"} {
				require.NoError(t, rollback(ctx, key, number, ""))
				revs, err := history(ctx, key, 10)
				require.NoError(t, err)
				require.Len(t, revs, 3)
				require.Equal(t, `"[redacted]"`, string(revs[0].Value))
				require.Nil(t, revs[1].Value)
				require.Equal(t, `"[redacted]"`, string(revs[2].Value))
				seen = append(seen, revs)
			}
			e, err := export(ctx)
			require.NoError(t, err)
			require.Equal(t, config.Export{Format: 1, Settings: []config.ExportedSetting{}, Sealed: []string{"fields", "password", "text"}}, e)

			// What comes in plain is sealed, and is not the same even if it is.
			in := config.Export{Format: 1, Settings: []config.ExportedSetting{
				{Key: "text", Value: []byte(`"` + hush + `"`)}, {Key: "password", Value: []byte(`"` + hush + `"`)},
			}}
			for _, do := range []func() ([]config.Difference, error){
				func() ([]config.Difference, error) { return diff(ctx, in) },
				func() ([]config.Difference, error) { return imp(ctx, in, "") },
			} {
				diffs, err := do()
				require.NoError(t, err)
				require.Equal(t, map[string]string{"password": `change "[redacted]">"[redacted]"`, "text": `change "[redacted]">"[redacted]"`}, effects(diffs))
				seen = append(seen, diffs)
			}
			n, err := reseal(ctx, "")
			require.NoError(t, err)
			require.Zero(t, n)

			store.set(func(s *recorder) { s.fail = errDown })
			_, err = update(ctx, "", config.Put("text", hush))
			require.ErrorIs(t, err, errDown)
			seen = append(seen, err)
			require.NotContains(t, store.all(), hush)
			require.Contains(t, store.all(), "sealed:1:k1:")
			for _, one := range seen {
				require.NotContains(t, fmt.Sprintf("%v %+v %#v", one, one, one), hush)
				raw, _ := json.Marshal(one)
				require.NotContains(t, string(raw), hush)
			}
		})
	}
}

// TestReseal: what is not under the current key comes under it, once, and stays
// what it is.
func TestReseal(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	old := resolver(t, config.Config{Store: store, Keys: sealedKeys(), Keyring: keyring(t, "k1")})
	both := resolver(t, config.Config{Store: store, Keys: sealedKeys(), Keyring: keyring(t, "k2", "k1")})
	lost := resolver(t, config.Config{Store: store, Keys: sealedKeys(), Keyring: keyring(t, "k2")})

	_, err := old.Update(in(old, "acme"), "", config.Put("text", "hush"), config.Put("free", "plain"))
	require.NoError(t, err)
	_, err = both.Update(in(both, "acme"), "", config.Put("password", "hush"))
	require.NoError(t, err)
	store.put(t, ofAcme, config.Change{Key: "fields", Value: []byte(`{"k": "plain"}`)})
	_, err = old.Update(everywhere(old), "", config.Put("password", "global").Force())
	require.NoError(t, err)
	_, err = old.Group("gold").Update(everywhere(old), "", config.Put("text", "gold"))
	require.NoError(t, err)
	_, err = old.Account().Update(ann(in(old, "acme")), "", config.Put("fields", map[string]string{"k": "ann"}))
	require.NoError(t, err)

	ctx := ann(in(both, "acme"))
	before := values(t, store, ofAcme)
	n, err := both.Reseal(ctx, "rotation of 2026")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	after := values(t, store, ofAcme)
	require.Equal(t, before["password"], after["password"], "is current already")
	require.Equal(t, before["free"], after["free"], "is not sealed")
	require.NotContains(t, after["fields"], "plain")
	require.Contains(t, after["fields"], "sealed:1:k2:")
	require.Contains(t, after["text"], "sealed:1:k2:")
	revs, err := both.History(ctx, "text", 10)
	require.NoError(t, err)
	require.Len(t, revs, 2)
	require.Equal(t, "ann", revs[0].Actor)
	require.Equal(t, "rotation of 2026", revs[0].Reason)
	revs, err = both.History(ctx, "fields", 10)
	require.NoError(t, err)
	require.Equal(t, `"[redacted]"`, string(revs[1].Value), "what was plain once is not shown either")
	n, err = both.Reseal(ctx, "")
	require.NoError(t, err)
	require.Zero(t, n)

	// A version under the former key comes back as long as the key is there.
	require.NoError(t, both.Rollback(ctx, "text", 1, ""))
	require.Contains(t, values(t, store, ofAcme)["text"], "sealed:1:k2:")
	beforeLost := store.dump(t)
	require.ErrorIs(t, lost.Rollback(in(lost, "acme"), "text", 1, ""), config.ErrSealed)
	require.Equal(t, beforeLost, store.dump(t))

	// Every other owner too.
	n, err = both.Reseal(everywhere(both), "")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	settings, _, err := store.Load(background, config.Owner{})
	require.NoError(t, err)
	for _, s := range settings {
		require.Equal(t, s.Group == "", s.Forced, "it is still forced")
	}
	n, err = both.Group("gold").Reseal(everywhere(both), "")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = both.Account().Reseal(ctx, "")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	for owner, key := range map[config.Owner]string{{}: "password", ofGold: "text", ofAnn: "fields"} {
		require.Contains(t, values(t, store, owner)[key], "sealed:1:k2:")
	}

	// All of it opens without the former key: what does not is left and named.
	for _, do := range []func() (int, error){
		func() (int, error) { return lost.Reseal(in(lost, "acme"), "") },
		func() (int, error) { return lost.Reseal(everywhere(lost), "") },
		func() (int, error) { return lost.Group("gold").Reseal(everywhere(lost), "") },
		func() (int, error) { return lost.Account().Reseal(ann(in(lost, "acme")), "") },
	} {
		n, err := do()
		require.NoError(t, err)
		require.Zero(t, n)
	}
}

// TestResealLeaves: what can not be opened, or is not for the actor, stays as it
// is and does not hold the rest up; a conflict does.
func TestResealLeaves(t *testing.T) {
	t.Parallel()
	keys := []config.Declaration{
		config.Declare("a", "", config.Sealed(), config.EditableBy(config.EditorManager)),
		config.Declare("b", "", config.Sealed(), config.EditableBy(config.EditorManager)),
		config.Declare("c", "", config.Sealed()),
	}
	store := newRecorder()
	old := resolver(t, config.Config{Store: store, Keys: keys, Keyring: keyring(t, "k1")})
	_, err := old.Update(in(old, "acme"), "", config.Put("a", "hush"), config.Put("b", "hush"), config.Put("c", "hush"))
	require.NoError(t, err)
	stolen := values(t, store, ofAcme)["a"]
	store.put(t, ofAcme, config.Change{Key: "b", Value: []byte(stolen)}) // moved to where it does not open
	r := resolver(t, config.Config{Store: store, Keys: keys, Keyring: keyring(t, "k2", "k1"), Editor: editor(config.EditorManager)})

	store.set(func(s *recorder) {
		s.before = func() { write(t, s.MemoryStore, "acme", "a", stolen) }
	})
	before := values(t, store, ofAcme)
	n, err := r.Reseal(in(r, "acme"), "")
	require.ErrorIs(t, err, config.ErrConflict)
	require.Zero(t, n)
	require.Equal(t, before, values(t, store, ofAcme))

	n, err = r.Reseal(in(r, "acme"), "")
	require.Equal(t, 1, n)
	require.ErrorIs(t, err, config.ErrSealed)
	require.ErrorIs(t, err, config.ErrNotEditable)
	require.ErrorContains(t, err, `"b"`)
	require.ErrorContains(t, err, `"c"`)
	require.NotContains(t, err.Error(), `"a"`)
	after := values(t, store, ofAcme)
	require.Contains(t, after["a"], "sealed:1:k2:")
	require.Equal(t, before["b"], after["b"])
	require.Equal(t, before["c"], after["c"])

	for name, c := range map[string]struct {
		ctx context.Context
		err error
	}{
		"no tenant": {background, tenant.ErrNoTenant},
		"several":   {tenant.AcrossAll(background, "rotate"), tenant.ErrSeveralTenants},
		"read-only": {tenant.ReadOnly(in(r, "acme")), tenant.ErrReadOnly},
		"cancelled": {cancelled(in(r, "acme")), context.Canceled},
	} {
		_, err := r.Reseal(c.ctx, "")
		require.ErrorIs(t, err, c.err, name)
	}
}

// TestSealedUnderFormerName: a value is bound to the name under which it is
// stored.
func TestSealedUnderFormerName(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	was := config.Declare("passwd", "", config.Sealed())
	old := resolver(t, config.Config{Store: store, Keys: []config.Declaration{was}, Keyring: keyring(t, "k1")})
	require.NoError(t, was.Set(in(old, "acme"), "hush", ""))
	r := resolver(t, config.Config{Store: store, Keys: sealedKeys(), Keyring: keyring(t, "k2", "k1")})
	n, err := r.Reseal(in(r, "acme"), "")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, r.Rollback(in(r, "acme"), "password", 2, ""), "of the value that was sealed again")
	require.NoError(t, r.Rollback(in(r, "acme"), "password", 1, ""))
	got := values(t, store, ofAcme)
	require.Len(t, got, 1)
	require.Contains(t, got["password"], "sealed:1:k2:")
	require.NotContains(t, store.all(), "hush")
}

// TestNotSealedAnyMore: what was sealed does not come out because a declaration
// is gone.
func TestNotSealedAnyMore(t *testing.T) {
	t.Parallel()
	store := newRecorder()
	text := config.Declare("text", "", config.Sealed())
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{text}, Keyring: keyring(t, "k1")})
	require.NoError(t, text.Set(in(r, "acme"), "hush", ""))
	for name, cfg := range map[string]config.Config{
		"undeclared":             {Keyring: keyring(t, "k1")},
		"undeclared, no keyring": {},
		"declared otherwise":     {Keyring: keyring(t, "k1"), Keys: []config.Declaration{config.Declare("text", "")}},
	} {
		cfg.Store = store
		r := resolver(t, cfg)
		e, err := r.Export(in(r, "acme"))
		require.NoError(t, err, name)
		require.Empty(t, e.Settings, name)
		require.Equal(t, []string{"text"}, e.Sealed, name)
		revs, err := r.History(in(r, "acme"), "text", 1)
		require.NoError(t, err, name)
		require.Equal(t, `"[redacted]"`, string(revs[0].Value), name)
		require.ErrorIs(t, r.Rollback(in(r, "acme"), "text", 1, ""), config.ErrSealed, name)
		require.NotContains(t, store.all(), "hush", name)
	}
	// It is still sealed again, so that a former key can go.
	next := resolver(t, config.Config{Store: store, Keyring: keyring(t, "k2", "k1")})
	n, err := next.Reseal(in(next, "acme"), "")
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestSealedNeedsKeyring(t *testing.T) {
	t.Parallel()
	for _, key := range []config.Declaration{config.Declare("k", "", config.Sealed()), config.Declare("k", config.Secret{})} {
		_, err := config.NewResolver(config.Config{Store: config.NewMemoryStore(), Keys: []config.Declaration{key}})
		require.ErrorIs(t, err, config.ErrSealed)
		require.ErrorContains(t, err, `"k"`)
	}
}
