package tenant

import (
	"context"
	"hash/maphash"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMemberCacheTellsEqualHashesApart: an answer that lies where another key's
// would is not that key's.
func TestMemberCacheTellsEqualHashesApart(t *testing.T) {
	t.Parallel()
	asked := 0
	c, err := NewMemberCache(func(context.Context, Actor, ID) (bool, error) { asked++; return false, nil }, MemberCacheConfig{})
	require.NoError(t, err)
	ann := memberKey{Actor{ID: "ann"}, "acme"}
	for _, other := range []memberKey{
		{Actor{ID: "bo"}, "acme"},
		{Actor{ID: "ann"}, "bolt"},
		{Actor{ID: "ann", Tenant: "acme"}, "acme"},
		{Actor{ID: "ann", Guest: true}, "acme"},
	} {
		hash := c.hash(&ann, maphash.String(c.seed, string(ann.id)))
		require.NotEqual(t, hash, c.hash(&other, maphash.String(c.seed, string(other.id))), "they have places of their own")
		c.keep(&c.shards[hash%uint64(len(c.shards))], hash, memberAnswer{key: other, ok: true, until: 1 << 62})
		before := asked
		ok, err := c.Members(t.Context(), ann.actor, ann.id)
		require.NoError(t, err)
		require.False(t, ok)
		require.Equal(t, before+1, asked)
	}
	ok, err := c.Members(t.Context(), ann.actor, ann.id)
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, 4, asked, "now it is kept")
}
