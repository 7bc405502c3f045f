package tenantotel_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantotel"
)

// series counts a thousand tenants and every other mode, and returns the time
// series with their sums.
func series(t *testing.T, labels tenantotel.Metrics) map[string]int64 {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	counter, err := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test").Int64Counter("requests")
	require.NoError(t, err)
	for i := range 1000 {
		ctx := tenant.WithID(context.Background(), tenant.ID(fmt.Sprintf("t%d", i)))
		counter.Add(ctx, 1, metric.WithAttributeSet(labels.Attributes(ctx)))
	}
	for name, c := range starts {
		if name != "tenant" && name != "switch" {
			counter.Add(c.ctx, 1, metric.WithAttributeSet(labels.Attributes(c.ctx)))
		}
	}
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(context.Background(), &all))
	out := map[string]int64{}
	for _, p := range all.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints {
		out[p.Attributes.Encoded(attribute.DefaultEncoder())] = p.Value
	}
	return out
}

func TestMetricsNameNoTenant(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]int64{
		"tenancy.mode=none": 1, "tenancy.mode=tenant": 1000, "tenancy.mode=global": 1, "tenancy.mode=across": 1,
		"tenancy.mode=across-all": 1, "tenancy.mode=refused": 1,
	}, series(t, tenantotel.Metrics{}))
}

func TestMetricsNameAFew(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]int64{
		"tenancy.mode=none": 1, "tenancy.mode=global": 1, "tenancy.mode=across": 1, "tenancy.mode=across-all": 1, "tenancy.mode=refused": 1,
		"tenancy.mode=tenant,tenancy.tenant.id=t7": 1, "tenancy.mode=tenant,tenancy.tenant.id=t77": 1,
		"tenancy.mode=tenant,tenancy.tenant.id=(other)": 998,
	}, series(t, tenantotel.Metrics{Named: []tenant.ID{"t7", "t77"}}))
	require.False(t, tenant.ID(tenantotel.OtherTenants).Valid())
}
