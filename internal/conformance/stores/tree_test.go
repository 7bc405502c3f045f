package stores_test

import (
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/context/ctxtreetest"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant/feed"
)

func TestTree(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		ctxtreetest.TestStore(t, func(t *testing.T, levels ctxtree.Levels) ctxtree.Store {
			return ctxtreesql.New(open(t, e, feed.Migrate, ctxtreesql.Migrate), e.Dialect, levels)
		})
	})
}
