package tenant

import (
	"context"
	"log/slog"
	"slices"

	"github.com/gotenancy/tenancy/internal/carry"
)

// LogKeys are the names of the attributes that [NewLogHandler] adds. An empty
// name takes the one given here, "-" leaves the attribute out.
type LogKeys struct {
	Tenant string // "tenancy.tenant.id": the tenant, in tenant mode
	Mode   string // "tenancy.mode": the mode's name, but for mode none
	Actor  string // "tenancy.actor.id": the account, where somebody is signed in
	Reason string // "tenancy.reason": why, in a crossing and after a Switch
}

// NewLogHandler returns a handler that adds to each record what its context
// says about tenant, mode, actor and reason, and hands it to inner. Log with the
// methods that take a context, such as slog.InfoContext; records without one
// are left as they are.
//
// The attributes stand at the top of the record, whatever groups the logger has
// opened, so that one query finds everything that concerns a tenant. They come
// last: where the application's own attributes use the same names, a reader
// that keeps the last of two keeps ours. Across several tenants the record
// names the mode and the reason, not the tenants.
//
// Up to two attributes of the application's own a record costs no allocation
// beyond inner's, unless groups are open. The handler is as safe for concurrent
// use as inner.
func NewLogHandler(inner slog.Handler, keys LogKeys) slog.Handler {
	for key, name := range map[*string]string{
		&keys.Tenant: "tenancy.tenant.id", &keys.Mode: "tenancy.mode",
		&keys.Actor: "tenancy.actor.id", &keys.Reason: "tenancy.reason",
	} {
		switch *key {
		case "":
			*key = name
		case "-":
			*key = ""
		}
	}
	return &logHandler{inner: inner, keys: &keys}
}

// logHandler keeps the groups to itself. Opened on inner, they would swallow
// the attributes that Handle adds.
type logHandler struct {
	inner  slog.Handler // outside all groups
	keys   *LogKeys     // an empty key adds nothing
	groups []logGroup   // open ones, outermost first
}

// logGroup is an open group and what was added to it directly.
type logGroup struct {
	name  string
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	to := *h
	if len(h.groups) == 0 {
		to.inner = h.inner.WithAttrs(attrs)
		return &to
	}
	to.groups = slices.Clone(h.groups)
	last := &to.groups[len(to.groups)-1]
	last.attrs = slices.Concat(last.attrs, attrs)
	return &to
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	to := *h
	to.groups = append(slices.Clip(h.groups), logGroup{name: name})
	return &to
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	v := carry.From(ctx)
	if len(h.groups) > 0 {
		r = h.grouped(r)
	} else if v.Mode != carry.None || v.Actor != nil {
		r = r.Clone() // the caller's may be kept elsewhere too
	}
	if v.Mode != carry.None {
		h.add(&r, h.keys.Mode, Mode(v.Mode).String())
	}
	h.add(&r, h.keys.Tenant, v.ID)
	if a, ok := v.Actor.(*Actor); ok {
		h.add(&r, h.keys.Actor, a.ID)
	}
	h.add(&r, h.keys.Reason, v.Reason)
	return h.inner.Handle(ctx, r)
}

func (h *logHandler) add(r *slog.Record, key, value string) {
	if key != "" && value != "" {
		r.AddAttrs(slog.String(key, value))
	}
}

// grouped returns the record with its attributes inside the open groups. Groups
// that stay empty are left out by every handler, as slog demands.
func (h *logHandler) grouped(r slog.Record) slog.Record {
	attrs := make([]slog.Attr, 0, r.NumAttrs()+len(h.groups[len(h.groups)-1].attrs))
	attrs = append(attrs, h.groups[len(h.groups)-1].attrs...)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	for i := len(h.groups) - 1; ; i-- {
		group := slog.Attr{Key: h.groups[i].name, Value: slog.GroupValue(attrs...)}
		if i == 0 {
			out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
			out.AddAttrs(group)
			return out
		}
		attrs = append(slices.Clip(h.groups[i-1].attrs), group)
	}
}
