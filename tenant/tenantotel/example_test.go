package tenantotel_test

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantotel"
)

// Every span says which tenant it was for.
func ExampleNewSpanProcessor() {
	ended := tracetest.NewSpanRecorder() // or an exporter
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(tenantotel.NewSpanProcessor(tenantotel.Options{})),
		sdktrace.WithSpanProcessor(ended))

	_, span := provider.Tracer("invoices").Start(tenant.WithID(context.Background(), "acme"), "send")
	span.End()
	for _, kv := range ended.Ended()[0].Attributes() {
		fmt.Println(kv.Key, kv.Value.AsString())
	}
	// Output:
	// tenancy.mode tenant
	// tenancy.tenant.id acme
}

// Baggage tells others of the tenant. What others tell is not believed.
func ExampleBaggage() {
	headers := http.Header{}
	tenantotel.Baggage{}.Inject(tenant.WithID(context.Background(), "acme"), propagation.HeaderCarrier(headers))
	fmt.Println(headers.Get("baggage"))

	ctx := tenantotel.Baggage{}.Extract(context.Background(), propagation.HeaderCarrier(headers))
	_, ok := tenantotel.Hint(ctx)
	fmt.Println(ok, tenant.ModeOf(ctx))
	// Output:
	// tenancy.tenant.id=acme
	// false none
}
