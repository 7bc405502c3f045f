package app

import (
	"context"
	"log/slog"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// crossings are the statements that reached several tenants, on their way into
// the audit log. They wait here since the connection of the statement, and on
// SQLite the one right to write, is taken while scope tells of it.
type crossings struct{ waiting chan tenant.Event }

func newCrossings() *crossings { return &crossings{make(chan tenant.Event, 1000)} }

// note is scope's OnCrossing.
func (c *crossings) note(ctx context.Context, x scope.Crossing) {
	actor, _ := tenant.ActorFromContext(ctx)
	tenants := x.Tenants
	if len(tenants) == 0 {
		tenants = []tenant.ID{""} // all of them, or none
	}
	reason := x.Reason
	if reason == "" {
		reason = "global mode"
	}
	for _, id := range tenants {
		ev := tenant.Event{
			Kind: "scope.crossed", Tenant: id, Actor: actor, Reason: reason,
			Detail: map[string]string{"mode": x.Mode.String(), "caller": x.Caller},
		}
		select {
		case c.waiting <- ev:
		default: // more than the database takes: the log of the process has it
			slog.WarnContext(ctx, "a crossing was not recorded", "reason", reason, "tenant", id)
		}
	}
}

// recordCrossings writes them down until ctx ends, and then what is left.
func (a *App) recordCrossings(ctx context.Context) error {
	all := tenant.AcrossAll(context.WithoutCancel(ctx), "the record of crossings")
	write := func(ev tenant.Event) {
		if err := a.Audit.Append(all, ev); err != nil {
			slog.Error("a crossing was not recorded", "error", err)
		}
	}
	for {
		select {
		case ev := <-a.crossings.waiting:
			write(ev)
		case <-ctx.Done():
			for {
				select {
				case ev := <-a.crossings.waiting:
					write(ev)
				default:
					return ctx.Err()
				}
			}
		}
	}
}
