package tenant_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/slogtest"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// inContext gives every record the same context: slogtest logs without one.
type inContext struct {
	slog.Handler
	ctx context.Context
}

func (h inContext) Handle(_ context.Context, r slog.Record) error { return h.Handler.Handle(h.ctx, r) }

func (h inContext) WithAttrs(attrs []slog.Attr) slog.Handler {
	return inContext{h.Handler.WithAttrs(attrs), h.ctx}
}

func (h inContext) WithGroup(name string) slog.Handler {
	return inContext{h.Handler.WithGroup(name), h.ctx}
}

func TestLogHandlerIsAHandler(t *testing.T) {
	t.Parallel()
	for start, from := range starts {
		ctx := tenant.WithActor(from(), tenant.Actor{ID: "ann"})
		if start == "none" {
			ctx = context.Background()
		}
		var out bytes.Buffer
		slogtest.Run(t, func(*testing.T) slog.Handler {
			out.Reset()
			return inContext{tenant.NewLogHandler(slog.NewJSONHandler(&out, nil), tenant.LogKeys{}), ctx}
		}, func(t *testing.T) map[string]any {
			var m map[string]any
			require.NoError(t, json.Unmarshal(out.Bytes(), &m))
			return m
		})
	}
}

// logged returns the record that log writes, without time and level.
func logged(t *testing.T, keys tenant.LogKeys, log func(*slog.Logger)) string {
	t.Helper()
	var out bytes.Buffer
	log(slog.New(tenant.NewLogHandler(slog.NewJSONHandler(&out, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
				return slog.Attr{}
			}
			return a
		},
	}), keys)))
	return out.String()
}

func TestLogHandler(t *testing.T) {
	t.Parallel()
	acme := tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: "ann", Tenant: "acme"})
	for _, c := range []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"a tenant", func(l *slog.Logger) { l.InfoContext(acme, "x", "a", 1) },
			`{"msg":"x","a":1,"tenancy.mode":"tenant","tenancy.tenant.id":"acme","tenancy.actor.id":"ann"}`},
		{"no context", func(l *slog.Logger) { l.Info("x", "a", 1) }, `{"msg":"x","a":1}`},
		{"an actor alone", func(l *slog.Logger) {
			l.InfoContext(tenant.WithActor(context.Background(), tenant.Actor{ID: "ann"}), "x")
		}, `{"msg":"x","tenancy.actor.id":"ann"}`},
		{"an anonymous actor", func(l *slog.Logger) { l.InfoContext(tenant.WithActor(starts["tenant"](), tenant.Actor{}), "x") },
			`{"msg":"x","tenancy.mode":"tenant","tenancy.tenant.id":"acme"}`},
		{"global", func(l *slog.Logger) { l.InfoContext(starts["global"](), "x") }, `{"msg":"x","tenancy.mode":"global"}`},
		{"across", func(l *slog.Logger) { l.InfoContext(starts["across"](), "x") },
			`{"msg":"x","tenancy.mode":"across","tenancy.reason":"report"}`},
		{"a switch", func(l *slog.Logger) { l.InfoContext(tenant.Switch(context.Background(), "bolt", "support"), "x") },
			`{"msg":"x","tenancy.mode":"tenant","tenancy.tenant.id":"bolt","tenancy.reason":"support"}`},
		{"refused", func(l *slog.Logger) { l.InfoContext(starts["refused"](), "x") }, `{"msg":"x","tenancy.mode":"refused"}`},
		{"attributes of the logger", func(l *slog.Logger) { l.With("b", 2).InfoContext(acme, "x", "a", 1) },
			`{"msg":"x","b":2,"a":1,"tenancy.mode":"tenant","tenancy.tenant.id":"acme","tenancy.actor.id":"ann"}`},
		{"groups", func(l *slog.Logger) {
			l.With("b", 2).WithGroup("g").With("c", 3).With("d", 4).WithGroup("h").With("e", 5).InfoContext(acme, "x", "a", 1)
		}, `{"msg":"x","b":2,"g":{"c":3,"d":4,"h":{"e":5,"a":1}},"tenancy.mode":"tenant","tenancy.tenant.id":"acme","tenancy.actor.id":"ann"}`},
		{"empty groups", func(l *slog.Logger) { l.WithGroup("g").WithGroup("h").InfoContext(acme, "x") },
			`{"msg":"x","tenancy.mode":"tenant","tenancy.tenant.id":"acme","tenancy.actor.id":"ann"}`},
		{"groups without a context", func(l *slog.Logger) { l.WithGroup("g").Info("x", "a", 1) }, `{"msg":"x","g":{"a":1}}`},
		{"the application's own name comes first", func(l *slog.Logger) { l.InfoContext(starts["tenant"](), "x", "tenancy.tenant.id", "bolt") },
			`{"msg":"x","tenancy.tenant.id":"bolt","tenancy.mode":"tenant","tenancy.tenant.id":"acme"}`},
	} {
		require.Equal(t, c.want+"\n", logged(t, tenant.LogKeys{}, c.log), c.name)
	}
	require.Equal(t, `{"msg":"x","t":"acme","who":"ann"}`+"\n",
		logged(t, tenant.LogKeys{Tenant: "t", Mode: "-", Actor: "who"}, func(l *slog.Logger) { l.InfoContext(acme, "x") }))
}

// TestLogHandlerDoesNotMix: loggers and records that were derived from one
// another share nothing that one of them could overwrite.
func TestLogHandlerDoesNotMix(t *testing.T) {
	t.Parallel()
	out := logged(t, tenant.LogKeys{Mode: "-"}, func(l *slog.Logger) {
		g := l.WithGroup("g").With("a", 1).With("b", 2).With("c", 3)
		one, two := g.With("d", "one"), g.With("d", "two")
		deep, deeper := one.WithGroup("h"), one.WithGroup("i")
		one.InfoContext(starts["tenant"](), "1")
		two.InfoContext(tenant.WithID(context.Background(), "bolt"), "2")
		deep.Info("3", "e", 5)
		deeper.Info("4", "e", 5)
	})
	require.Equal(t, `{"msg":"1","g":{"a":1,"b":2,"c":3,"d":"one"},"tenancy.tenant.id":"acme"}
{"msg":"2","g":{"a":1,"b":2,"c":3,"d":"two"},"tenancy.tenant.id":"bolt"}
{"msg":"3","g":{"a":1,"b":2,"c":3,"d":"one","h":{"e":5}}}
{"msg":"4","g":{"a":1,"b":2,"c":3,"d":"one","i":{"e":5}}}
`, out)
	// A record is one value in the hands of several handlers.
	var buf bytes.Buffer
	h := tenant.NewLogHandler(slog.NewTextHandler(&buf, nil), tenant.LogKeys{})
	r := slog.NewRecord(noon, slog.LevelInfo, "x", 0)
	for i := range 9 {
		r.Add("a", i)
	}
	require.NoError(t, h.Handle(starts["tenant"](), r))
	require.NoError(t, h.Handle(tenant.WithID(context.Background(), "bolt"), r))
	require.NotContains(t, buf.String(), "BUG")
	require.Equal(t, 9, r.NumAttrs())
}

// nothing is a handler that costs nothing.
type nothing struct{ slog.Handler }

func (nothing) Enabled(context.Context, slog.Level) bool  { return true }
func (nothing) Handle(context.Context, slog.Record) error { return nil }
func (n nothing) WithAttrs([]slog.Attr) slog.Handler      { return n }
func (nothing) WithGroup(string) slog.Handler             { panic("a group of ours reached the inner handler") }

func TestLogHandlerAllocations(t *testing.T) {
	ctx := tenant.WithActor(starts["tenant"](), tenant.Actor{ID: "ann"})
	l := slog.New(tenant.NewLogHandler(nothing{}, tenant.LogKeys{})).With("a", 1)
	n := testing.AllocsPerRun(100, func() {
		l.LogAttrs(ctx, slog.LevelInfo, "x", slog.Int("b", 2), slog.String("c", "d"))
	})
	require.Zero(t, n)
	require.NotPanics(t, func() { l.WithGroup("g").InfoContext(ctx, "x", "a", 1) })
}

func TestLogHandlerLevel(t *testing.T) {
	t.Parallel()
	out := logged(t, tenant.LogKeys{}, func(l *slog.Logger) { l.DebugContext(starts["tenant"](), "x") })
	require.Empty(t, out)
}
