package timer_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// Schedules are aligned, so that all processes know the same due times.
func ExampleEvery() {
	at := time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC)
	fmt.Println(timer.Every(15 * time.Minute).Next(at).Format(time.TimeOnly))
	// Output: 12:45:00
}

// The runs of timers that inherit follow the flag of their module.
func ExampleTimer() {
	crm := tenant.Module{Name: "crm", Isolation: tenant.PerTenant}
	timers := []timer.Timer{
		{Name: "crm.remind", Module: crm, Schedule: timer.Every(time.Hour), Run: func(ctx context.Context, run *timer.Run) error {
			// ctx is of one tenant: queries through the scoped pool see its rows.
			return nil
		}},
		{Name: "countries.refresh", Isolation: tenant.Shared, Schedule: timer.Every(24 * time.Hour), Run: func(ctx context.Context, run *timer.Run) error {
			// ctx is global: shared tables, and no tenant's rows.
			return nil
		}},
	}
	fmt.Println(len(timers))
	// Output: 2
}
