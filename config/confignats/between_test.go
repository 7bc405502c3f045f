package confignats_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/confignats"
)

// nth returns a function that calls fn the nth time it is called, from 0.
func nth(n int, fn func()) func() {
	return func() {
		if n--; n == -1 {
			fn()
		}
	}
}

// Whatever is written between the looks of a reader: with a number comes
// everything up to it.
func TestWrittenDuringLoad(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	for look := range 3 {
		for i, owner := range []config.Owner{acme, ann, {}, gold, {Account: "ann"}} {
			what := fmt.Sprintf("before look %d, owner %d", look, i)
			// The newest of those who share the number, so that it takes two looks.
			write(t, s, config.Owner{Tenant: owner.Tenant, Account: "zoe"}, set("k", `1`))
			var during int64
			reader := confignats.NewStore(tapped{JetStream: js, look: nth(look, func() {
				during = write(t, s, owner, set("k", fmt.Sprint(look)))
				write(t, s, config.Owner{Tenant: owner.Tenant, Account: "yan"}, set("k", `1`))
			})}, cfg)
			settings, number, err := reader.Load(background, owner)
			require.NoError(t, err)
			if look == 0 {
				require.Positive(t, during, what)
			}
			if number < during {
				continue
			}
			newest := int64(0)
			for _, set := range settings {
				if set.Group == owner.Group {
					newest = max(newest, set.Version)
				}
			}
			require.GreaterOrEqual(t, newest, during, what)
		}
	}
}

// And in the history no version is missing between two others.
func TestWrittenDuringHistory(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	for look := range 2 {
		for _, owner := range []config.Owner{acme, ann, {}, gold} {
			var all []int64
			for range 3 {
				all = append(all, write(t, s, owner, set("k", `1`)))
			}
			reader := confignats.NewStore(tapped{JetStream: js, look: nth(look, func() {
				for range 2 {
					all = append(all, write(t, s, owner, set("k", `2`)))
				}
			})}, cfg)
			revs, err := reader.History(background, owner, "k", 4)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(revs), 3)
			newest := len(all) - 1
			for newest >= 0 && all[newest] != revs[0].Version {
				newest--
			}
			require.GreaterOrEqual(t, newest, 2)
			for i, rev := range revs {
				if newest-i >= 0 {
					require.Equal(t, all[newest-i], rev.Version)
				}
			}
		}
	}
}

// A cluster refuses what somebody else is sending at the same time, and may
// then lose that: what is not in the history is sent again.
func TestRefusedAndNotThere(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	first := write(t, s, acme, set("a", `1`), set("b", `1`))
	refusals := 0
	once := confignats.NewStore(tapped{JetStream: js, before: func(key string) error {
		if strings.HasPrefix(key, "history.tenant.acme.own.a.") {
			if refusals++; refusals == 1 {
				return fmt.Errorf("in flight: %w", jetstream.ErrKeyRevisionMismatch)
			}
		}
		return nil
	}}, cfg)
	second := write(t, once, acme, set("a", `2`), set("b", `2`))
	require.Equal(t, 2, refusals)
	for _, key := range []string{"a", "b"} {
		require.Equal(t, []int64{second, first}, versions(t, s, acme, key))
	}
}

// A tenant that was deleted half is deleted by the next call, and its number
// does not go back.
func TestDeletedHalf(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	owners := []config.Owner{acme, ann, {Tenant: "acme", Account: "bob"}}
	for _, at := range []string{"settings.tenant.acme.own", "settings.tenant.acme.account.bob"} {
		for _, owner := range owners {
			write(t, s, owner, set("k", `1`))
			write(t, s, owner, set("k", `2`))
		}
		kept := write(t, s, bolt, set("k", `1`))
		_, before := load(t, s, acme)
		for _, answered := range []bool{false, true} {
			fail := func(key string) error {
				if key == at {
					return errBoom
				}
				return nil
			}
			half := tapped{JetStream: js, before: fail}
			if answered {
				half = tapped{JetStream: js, after: fail}
			}
			_, err := confignats.NewStore(half, cfg).DeleteTenant(background, "acme")
			require.ErrorIs(t, err, errBoom)
			masked(t, err)
			_, number := load(t, s, acme)
			require.GreaterOrEqual(t, number, before)
			before = number
		}
		rows, err := s.DeleteTenant(background, "acme")
		require.NoError(t, err)
		require.Positive(t, rows, "the history was left")
		for _, owner := range owners {
			got, number := load(t, s, owner)
			require.Empty(t, got)
			require.Greater(t, number, before)
			require.Empty(t, versions(t, s, owner, "k"))
		}
		got, number := load(t, s, bolt)
		require.Equal(t, map[string]string{"k": `1`}, got)
		require.Equal(t, kept, number)
	}
	kv, err := js.KeyValue(background, cfg.Bucket)
	require.NoError(t, err)
	keys, err := kv.Keys(background)
	require.NoError(t, err)
	for _, key := range keys {
		require.NotContains(t, key, "account", "an id of an account is left")
	}
}

// One who writes for an account while its tenant is deleted comes after it.
func TestWrittenDuringDeletion(t *testing.T) {
	t.Parallel()
	s, js, cfg := newStore(t)
	write(t, s, acme, set("k", `1`))
	write(t, s, ann, set("k", `1`))
	var during int64
	once := nth(0, func() { during = write(t, s, ann, set("k", `2`)) })
	slow := confignats.NewStore(tapped{JetStream: js, after: func(key string) error {
		if key == "settings.tenant.acme.own" {
			once()
		}
		return nil
	}}, cfg)
	_, err := slow.DeleteTenant(background, "acme")
	require.NoError(t, err)
	got, number := load(t, s, ann)
	require.Equal(t, map[string]string{"k": `2`}, got)
	require.Equal(t, during, number, "it does not go back")
	got, _ = load(t, s, acme)
	require.Empty(t, got)

	// Before it: everything is looked at again.
	once = nth(0, func() { write(t, s, ann, set("k", `3`)) })
	slow = confignats.NewStore(tapped{JetStream: js, before: func(key string) error {
		if strings.HasPrefix(key, "settings.tenant.acme.account") {
			once()
		}
		return nil
	}}, cfg)
	_, err = slow.DeleteTenant(background, "acme")
	require.NoError(t, err)
	got, _ = load(t, s, ann)
	require.Empty(t, got)
	require.Empty(t, versions(t, s, ann, "k"))
}
