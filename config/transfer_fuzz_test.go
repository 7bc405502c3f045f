package config_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
)

// FuzzImport feeds in files from anywhere: they are taken whole or not at all,
// and what was taken is what is exported again.
func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		`{"format":1,"settings":[{"key":"size","value":5},{"key":"free","value":{"a":[null,1e400,"\ud800"]}}]}`,
		`{"format":1,"settings":[{"key":"old","value":1},{"key":"new","value":2}]}`,
		`{"format":1,"settings":[{"key":"size"},{"key":"x","value":null,"forced":true}],"sealed":["secret",""]}`,
		`{"format":1,"settings":[{"key":"secret","value":"hush"},{"key":"tenancy:enabled","value":false}]}`,
		`{"format":1,"settings":[{"key":"a","value":{"a":1,"a":2}},{"key":"free","value":"sealed:1:k1:AA"}]}`,
		`{"format":1.5}`, `{"format":-1}`, `[]`, `null`, `{"settings":null}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	keys := []config.Declaration{
		config.Declare("size", 3, config.Between(1, 5)), config.Declare("new", 0, config.Alias("old")),
		config.Declare("secret", "", config.Sealed()),
	}
	ring := keyring(f, "k1")
	f.Fuzz(func(t *testing.T, file []byte, remove bool) {
		var e config.Export
		if json.Unmarshal(file, &e) != nil {
			return
		}
		store := newRecorder()
		r := resolver(t, config.Config{Store: store, Keys: keys, Keyring: ring})
		ctx := in(r, "acme")
		store.put(t, ofAcme, config.Change{Key: "size", Value: []byte("2")}, config.Change{Key: "old", Value: []byte("2")}, config.Change{Key: "gone", Value: []byte("2")})
		var options []config.ImportOption
		if remove {
			options = append(options, config.RemoveOthers())
		}
		before := store.dump(t)
		diffs, err := r.Import(ctx, e, "", options...)
		if err != nil {
			require.Equal(t, before, store.dump(t))
			return
		}
		for _, d := range diffs {
			require.NoError(t, d.Err)
			require.NotEqual(t, config.EffectRefused, d.Effect)
		}
		out, err := r.Export(ctx)
		require.NoError(t, err)
		asText(t, out)
		again, err := r.Diff(ctx, out, config.RemoveOthers())
		require.NoError(t, err)
		for _, d := range again {
			require.Equal(t, config.EffectSame, d.Effect, d.Key)
		}
		if remove {
			require.LessOrEqual(t, len(out.Settings), len(e.Settings))
		} else {
			require.Contains(t, values(t, store, ofAcme), "gone")
		}
	})
}
