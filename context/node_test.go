package ctxtree_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path string
		id   int64
		want []int64
	}{
		{"/1/", 1, []int64{1}},
		{"/1/3/17/", 17, []int64{1, 3, 17}},
		{"/1/3/17/", 3, nil},
		{"/2/3/", 3, nil},
		{"", 1, nil},
		{"/", 1, nil},
		{"/1", 1, nil},
		{"1/", 1, nil},
		{"/1//3/", 3, nil},
		{"/1/x/3/", 3, nil},
		{"/1/-2/3/", 3, nil},
		{"/1/0/3/", 3, nil},
		{"/1/99999999999999999999/3/", 3, nil},
	} {
		ids, ok := ctxtree.Node{ID: c.id, Path: c.path}.Line()
		require.Equal(t, c.want != nil, ok, c.path)
		require.Equal(t, c.want, ids, c.path)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	node := func(path string) ctxtree.Node { return ctxtree.Node{Path: path} }
	require.True(t, node("/1/2/").Within(node("/1/2/")))
	require.True(t, node("/1/2/3/").Within(node("/1/2/")))
	require.False(t, node("/1/23/").Within(node("/1/2/")), "whole numbers")
	require.False(t, node("/1/2/").Within(node("/1/2/3/")))
	require.False(t, node("/1/2/").Within(ctxtree.Node{}), "nothing lies below a node without a path")
}

func TestValidInstance(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "7", "a b", "Ä", "日本", "it's", strings.Repeat("x", ctxtree.MaxInstanceLen)} {
		require.True(t, ctxtree.ValidInstance(good), good)
	}
	for _, bad := range []string{"", " ", " a", "a ", "a\u00a0", "a\n", "a\x00b", "\xff", strings.Repeat("ä", ctxtree.MaxInstanceLen/2+1)} {
		require.False(t, ctxtree.ValidInstance(bad), "%q", bad)
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	bg := context.Background()
	_, err := ctxtree.ReachOf(bg)
	require.ErrorIs(t, err, tenant.ErrNoTenant)
	_, err = ctxtree.ReachOf(tenant.WithID(bg, "Not An Id"))
	require.ErrorIs(t, err, tenant.ErrInvalidID)

	for _, c := range []struct {
		name   string
		ctx    context.Context
		reads  []tenant.ID
		all    bool
		writes map[tenant.ID]error
	}{
		{
			"tenant", tenant.WithID(bg, "acme"), []tenant.ID{"acme", ""}, false,
			map[tenant.ID]error{"acme": nil, "": ctxtree.ErrOutside, "bolt": ctxtree.ErrOutside},
		},
		{
			"global", tenant.Global(bg), []tenant.ID{""}, false,
			map[tenant.ID]error{"acme": ctxtree.ErrOutside, "": nil},
		},
		{
			"across", tenant.Across(bg, "test", "bolt", "acme"), []tenant.ID{"acme", "bolt"}, false,
			map[tenant.ID]error{"acme": tenant.ErrSeveralTenants, "": tenant.ErrSeveralTenants, "corp": tenant.ErrSeveralTenants},
		},
		{
			"across all", tenant.AcrossAll(bg, "test"), nil, true,
			map[tenant.ID]error{"acme": nil, "": nil},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			reach, err := ctxtree.ReachOf(c.ctx)
			require.NoError(t, err)
			ids, all := reach.Readable()
			require.Equal(t, c.reads, ids)
			require.Equal(t, c.all, all)
			for _, id := range []tenant.ID{"acme", "bolt", "corp", ""} {
				want := c.all
				for _, r := range c.reads {
					want = want || r == id
				}
				require.Equal(t, want, reach.Reads(id), id)
			}
			for id, want := range c.writes {
				require.ErrorIs(t, reach.Writes(id), want)
			}
		})
	}
	var zero ctxtree.Reach
	require.False(t, zero.Reads(""))
	require.Error(t, zero.Writes(""))
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	ctx := tenant.WithID(context.Background(), "acme")
	tree := ctxtree.NewMemory(ctxtree.Levels{})
	_, err := tree.Create(ctx, ctxtree.Spec{Parent: 1, Level: "course", Instance: "secret"})
	require.EqualError(t, err, `ctxtree: create below node 1: a node of level "course" is not allowed below one of level "system"`)
	var level *ctxtree.LevelError
	require.ErrorAs(t, err, &level)
	require.Equal(t, &ctxtree.LevelError{Level: "course", Parent: ctxtree.LevelSystem}, level)
	require.EqualError(t, tree.Delete(ctx, 9), "ctxtree: delete node 9: there is no such node")
}
