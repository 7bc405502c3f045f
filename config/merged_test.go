package config_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// A merged value whose parts can not all be read is none: the part that is
// missing may be the one that closes something.
func TestMergedWithoutAPart(t *testing.T) {
	t.Parallel()
	ring, err := config.NewKeyring("1", map[string][]byte{"1": make([]byte, 32)})
	require.NoError(t, err)
	type access struct{ Open, Closed bool }
	key := config.Declare("access", access{Open: true}, config.Sealed(), config.Merged(config.MergeShallow), config.Closed(access{Closed: true}), config.PerAccount())
	for name, owner := range map[string]config.Owner{"global": {}, "group": group("gold"), "tenant": of("acme")} {
		store := config.NewMemoryStore()
		r := resolver(t, config.Config{
			Store: store, Keyring: ring, Keys: []config.Declaration{key},
			Groups: plans(map[tenant.ID][]string{"acme": {"gold"}}),
		})
		ann := as(r, "acme", "ann")
		require.NoError(t, r.Set(everywhere(r), "access", access{Open: true}, ""))
		_, err = r.Group("gold").Update(everywhere(r), "", key.Put(access{Open: true}))
		require.NoError(t, err)
		require.NoError(t, r.Set(ann, "access", access{Open: true}, ""))
		_, err = r.Account().Update(ann, "", key.Put(access{Open: true}))
		require.NoError(t, err)
		require.Equal(t, access{Open: true}, key.Get(ann))

		r.Invalidate(owner.Tenant, put(t, store, owner, "access", `"sealed:1:1:AAAA"`))
		_, info, err := key.Lookup(ann)
		require.ErrorIs(t, err, config.ErrSealed, name)
		require.False(t, info.Found)
		require.Equal(t, access{Closed: true}, key.Get(ann), name)
	}
}

// What a rule says of a layer's part does not count where the whole is right.
func TestMergedPartThatIsNotWhole(t *testing.T) {
	t.Parallel()
	type sizes struct{ Least, Most int }
	key := config.Declare("sizes", sizes{0, 9}, config.Merged(config.MergeShallow), config.Validate(func(s sizes) error {
		if s.Least > s.Most {
			return errors.New("they cross")
		}
		return nil
	}))
	store := config.NewMemoryStore()
	put(t, store, config.Owner{}, "sizes", `{"Least":20}`)
	put(t, store, of("acme"), "sizes", `{"Most":30}`)
	r := resolver(t, config.Config{Store: store, Keys: []config.Declaration{key}})
	require.Equal(t, sizes{20, 30}, key.Get(in(r, "acme")))
	_, _, err := key.Lookup(in(r, "bolt"))
	require.ErrorIs(t, err, config.ErrInvalid)
}
