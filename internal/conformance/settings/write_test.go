package settings_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// update is how one owner's settings are written.
type update func(ctx context.Context, reason string, changes ...config.Assignment) (int64, error)

// TestCompareAndSwap: of the writers of two processes exactly one wins each
// round, also where the value has a former name, and who loses writes nothing.
func TestCompareAndSwap(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		const writers, rounds = 4, 6
		p, _ := newPlace(t, e)
		keys := []config.Declaration{
			config.Declare("plain", 0, config.PerAccount()),
			config.Declare("renamed", 0, config.PerAccount(), config.Alias("former")),
		}
		processes := []*process{p.process(t, config.Config{Keys: keys}), p.process(t, config.Config{Keys: keys})}
		ann := func(ctx context.Context) context.Context { return tenant.WithActor(ctx, tenant.Actor{ID: "ann"}) }
		for name, c := range map[string]struct {
			owner config.Owner
			to    func(r *config.Resolver) update
		}{
			"tenant":  {config.Owner{Tenant: "acme"}, func(r *config.Resolver) update { return r.Update }},
			"global":  {config.Owner{}, func(r *config.Resolver) update { return r.Update }},
			"group":   {config.Owner{Group: "gold"}, func(r *config.Resolver) update { return r.Group("gold").Update }},
			"account": {config.Owner{Tenant: "acme", Account: "ann"}, func(r *config.Resolver) update { return r.Account().Update }},
		} {
			store := processes[0].store
			seed, err := store.Write(t.Context(), c.owner, config.Edit{}, config.Change{Key: "former", Value: []byte("0")})
			require.NoError(t, err)
			seen := map[string]int64{"plain": 0, "renamed": seed}
			for round := range rounds {
				var won atomic.Int64
				var wins atomic.Int32
				var wg sync.WaitGroup
				for w := range writers {
					pr := processes[w%len(processes)]
					wg.Go(func() {
						n, err := c.to(pr.settings)(ann(pr.context(c.owner.Tenant)), fmt.Sprint(w),
							config.Put("plain", round).IfVersion(seen["plain"]), config.Put("renamed", round).IfVersion(seen["renamed"]))
						if err == nil {
							wins.Add(1)
							won.Store(n)
						} else if !errors.Is(err, config.ErrConflict) {
							t.Errorf("%s: %v", name, err)
						}
					})
				}
				wg.Wait()
				require.EqualValues(t, 1, wins.Load(), "%s, round %d", name, round)
				seen = map[string]int64{"plain": won.Load(), "renamed": won.Load()}
			}
			for key, want := range map[string]int{"plain": rounds, "renamed": rounds, "former": 2} {
				history, err := store.History(t.Context(), c.owner, key, 100)
				require.NoError(t, err)
				require.Len(t, history, want, "%s: %s", name, key)
			}
		}
	})
}

// TestWriteSide: rolled back, taken elsewhere, sealed anew and switched off, by
// one process, and read by another one.
func TestWriteSide(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		p, _ := newPlace(t, e)
		ring := func(current string, ids ...string) *config.Keyring {
			keys := map[string][]byte{}
			for _, id := range append(ids, current) {
				keys[id] = bytes.Repeat([]byte(id), 16)
			}
			k, err := config.NewKeyring(current, keys)
			require.NoError(t, err)
			return k
		}
		size := config.Declare("size", 20)
		text := config.Declare("text", "", config.Sealed())
		keys := []config.Declaration{size, text}
		pr := p.process(t, config.Config{Keys: keys, Keyring: ring("k1")})
		acme, bolt := pr.context("acme"), pr.context("bolt")

		number, err := pr.settings.Update(acme, "first", size.Put(30), text.Put("hush"), config.Put("free", map[string]any{"b": nil, "a": 1.5}))
		require.NoError(t, err)
		_, err = pr.settings.Update(acme, "second", size.Remove(), text.Put("other"))
		require.NoError(t, err)
		require.NoError(t, pr.settings.Rollback(acme, "size", number, "back"))
		require.NoError(t, pr.settings.Rollback(acme, "text", number, "back"))
		require.ErrorIs(t, pr.settings.Rollback(acme, "size", 1<<40, ""), config.ErrNoRevision)
		require.Equal(t, 30, size.Get(acme))
		require.Equal(t, "hush", text.Get(acme))
		history, err := pr.settings.History(acme, "size", 10)
		require.NoError(t, err)
		require.Len(t, history, 3)
		require.Equal(t, "back", history[0].Reason)

		export, err := pr.settings.Export(acme)
		require.NoError(t, err)
		require.Equal(t, []string{"text"}, export.Sealed)
		file, err := json.Marshal(export)
		require.NoError(t, err)
		var read config.Export
		require.NoError(t, json.Unmarshal(file, &read))
		_, err = pr.settings.Import(bolt, read, "taken over")
		require.NoError(t, err)
		again, err := pr.settings.Export(bolt)
		require.NoError(t, err)
		require.Equal(t, export.Settings, again.Settings)
		diffs, err := pr.settings.Diff(bolt, export, config.RemoveOthers())
		require.NoError(t, err)
		for _, d := range diffs {
			require.Equal(t, config.EffectSame, d.Effect, d.Key)
		}

		both := p.process(t, config.Config{Keys: keys, Keyring: ring("k2", "k1")})
		n, err := both.settings.Reseal(both.context("acme"), "rotation")
		require.NoError(t, err)
		require.Equal(t, 1, n)
		alone := p.process(t, config.Config{Keys: keys, Keyring: ring("k2")})
		require.Equal(t, "hush", text.Get(alone.context("acme")))

		require.NoError(t, both.settings.SetEnabled(both.context("acme"), false, "unpaid"))
		require.Equal(t, 20, size.Get(both.context("acme")))
		require.NoError(t, both.settings.SetEnabled(both.context("acme"), true, "paid"))
		require.Equal(t, 30, size.Get(both.context("acme")))
		require.Equal(t, 30, size.Get(both.context("bolt")))
	})
}
