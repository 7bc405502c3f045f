package ctxtree_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
)

func TestNewLevels(t *testing.T) {
	t.Parallel()
	under := []ctxtree.Level{ctxtree.LevelSystem}
	for name, rules := range map[string][]ctxtree.LevelRule{
		"no name":           {{Level: "", Under: under}},
		"long name":         {{Level: ctxtree.Level(strings.Repeat("x", 64)), Under: under}},
		"upper case":        {{Level: "Course", Under: under}},
		"space":             {{Level: "a b", Under: under}},
		"any":               {{Level: ctxtree.AnyLevel, Under: under}},
		"built in: system":  {{Level: ctxtree.LevelSystem, Under: under}},
		"built in: tenant":  {{Level: ctxtree.LevelTenant, Under: under}},
		"built in: user":    {{Level: ctxtree.LevelUser, Under: under}},
		"declared twice":    {{Level: "a", Under: under}, {Level: "a", Under: under}},
		"allowed nowhere":   {{Level: "a"}},
		"undeclared parent": {{Level: "a", Under: []ctxtree.Level{"b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			levels, err := ctxtree.NewLevels(rules...)
			require.Error(t, err)
			require.False(t, levels.Known("a"))
		})
	}
	levels, err := ctxtree.NewLevels( // a parent may be declared after its child
		ctxtree.LevelRule{Level: "b", Under: []ctxtree.Level{"a"}},
		ctxtree.LevelRule{Level: "a", Under: []ctxtree.Level{"a", ctxtree.LevelUser}})
	require.NoError(t, err)
	require.True(t, levels.Allowed("b", "a"))
	require.False(t, levels.Allowed("b", "b"))
	require.True(t, levels.Allowed("a", ctxtree.LevelUser))
}

func TestZeroLevels(t *testing.T) {
	t.Parallel()
	var levels ctxtree.Levels
	for _, pair := range []struct {
		level, parent ctxtree.Level
		want          bool
	}{
		{ctxtree.LevelTenant, ctxtree.LevelSystem, true},
		{ctxtree.LevelUser, ctxtree.LevelSystem, true},
		{ctxtree.LevelUser, ctxtree.LevelTenant, true},
		{ctxtree.LevelTenant, ctxtree.LevelTenant, false},
		{ctxtree.LevelUser, ctxtree.LevelUser, false},
		{ctxtree.LevelSystem, ctxtree.LevelSystem, false},
		{"course", ctxtree.LevelSystem, false},
		{"", "", false},
	} {
		require.Equal(t, pair.want, levels.Allowed(pair.level, pair.parent), "%q below %q", pair.level, pair.parent)
	}
}

func TestAnyLevelIsStillALevel(t *testing.T) {
	t.Parallel()
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "block", Under: []ctxtree.Level{ctxtree.AnyLevel}})
	require.NoError(t, err)
	require.True(t, levels.Allowed("block", ctxtree.LevelUser))
	require.True(t, levels.Allowed("block", "block"))
	require.False(t, levels.Allowed("block", "undeclared"))
}

func TestLevelsKeepTheirRules(t *testing.T) {
	t.Parallel()
	under := []ctxtree.Level{ctxtree.LevelSystem}
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "a", Under: under})
	require.NoError(t, err)
	under[0] = ctxtree.LevelTenant
	require.True(t, levels.Allowed("a", ctxtree.LevelSystem))
}
