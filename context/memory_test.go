package ctxtree_test

import (
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	ctxtreetest.TestStore(t, func(_ *testing.T, levels ctxtree.Levels) ctxtree.Store {
		return ctxtree.NewMemory(levels)
	})
}
