package stores_test

import (
	"testing"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/configsql"
	"github.com/gotenancy/tenancy/config/configtest"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	testConfig(t, open)
}

func TestConfigScoped(t *testing.T) {
	t.Parallel()
	testConfig(t, openScoped)
}

func testConfig(t *testing.T, open opener) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		configtest.TestStore(t, func(t *testing.T) config.Store {
			return configsql.NewStore(open(t, e, configsql.Migrate), e.Dialect)
		})
	})
}
