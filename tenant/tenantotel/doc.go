// Package tenantotel tells OpenTelemetry which tenant a span belongs to. It is
// a module of its own, so that only those who use OpenTelemetry depend on it.
//
//	provider := sdktrace.NewTracerProvider(
//		sdktrace.WithSpanProcessor(tenantotel.NewSpanProcessor(tenantotel.Options{})),
//		sdktrace.WithBatcher(exporter))
//	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(
//		propagation.TraceContext{}, tenantotel.Baggage{}))
//
// Everything here is for people who look at traces and metrics. Nothing that
// comes in by baggage decides whom a request is for: that is what
// tenant.Middleware, package tenantgrpc and tenant.Codec do.
package tenantotel
