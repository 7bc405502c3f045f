package tenantotel

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// NewSpanProcessor returns a processor that stamps every span with the
// [Attributes] of the context it is started from. The span of an HTTP or gRPC
// server is started before the tenant is known: stamp it with [Stamp], in
// MiddlewareConfig.Extend or ServerConfig.Extend.
//
//	Extend: func(ctx context.Context) context.Context {
//		tenantotel.Stamp(ctx, tenantotel.Options{})
//		return ctx
//	}
func NewSpanProcessor(opts Options) sdktrace.SpanProcessor { return stamper{opts} }

// Stamp gives the span of ctx the [Attributes] of ctx.
func Stamp(ctx context.Context, opts Options) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(Attributes(ctx, opts)...)
	}
}

type stamper struct{ opts Options }

// OnStart implements sdktrace.SpanProcessor. It runs before the caller can set
// attributes after the start, and after those given at the start, which it
// overrules: a span must not name another tenant than its context.
func (s stamper) OnStart(parent context.Context, span sdktrace.ReadWriteSpan) {
	if attrs := Attributes(parent, s.opts); len(attrs) > 0 {
		span.SetAttributes(attrs...)
	}
}

// OnEnd implements sdktrace.SpanProcessor.
func (stamper) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements sdktrace.SpanProcessor: there is nothing to stop.
func (stamper) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdktrace.SpanProcessor: nothing is kept.
func (stamper) ForceFlush(context.Context) error { return nil }
