package timers_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// check ends an example.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// The sample data of a demonstration are put back every night, for each tenant
// its own (checklist D19). The schedule is one of github.com/robfig/cron/v3;
// what its parser returns fits as it is. The effect and the mark that the run
// is done commit together, so that a process which is killed leaves no tenant
// with half its samples, nor with two sets of them.
func Example_sampleData() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "timer")
	check(err)
	defer os.RemoveAll(dir)
	db, err := scope.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)",
		scope.Policy{Dialect: tenant.SQLite, Column: "tenant_id", Default: scope.PerTenant})
	check(err)
	defer db.Close()
	check(timer.Migrate(ctx, db, tenant.SQLite))
	_, err = db.ExecContext(tenant.AcrossAll(ctx, "schema"), `CREATE TABLE contacts (tenant_id TEXT NOT NULL, name TEXT NOT NULL)`)
	check(err)
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme", Name: "Acme"}, tenant.Tenant{ID: "bolt", Name: "Bolt"},
		tenant.Tenant{ID: "cold", Name: "Cold", Status: tenant.Suspended})
	check(err)

	nightly, err := cron.ParseStandard("CRON_TZ=Europe/Prague 30 3 * * *")
	check(err)
	samples := timer.Timer{
		Name:     "sample-data",
		Schedule: nightly,
		Module:   tenant.Module{Name: "crm", Isolation: tenant.PerTenant},
		Jitter:   20 * time.Minute,
		Missed:   timer.MissedSkip,
		Run: func(ctx context.Context, run *timer.Run) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if _, err := tx.ExecContext(ctx, `DELETE FROM contacts`); err != nil { // this tenant's
				return err
			}
			t, _ := tenant.FromContext(ctx)
			for _, name := range []string{"Ann", "Bob"} {
				if _, err := tx.ExecContext(ctx, `INSERT INTO contacts (name) VALUES (?)`, name+" of "+t.Name); err != nil {
					return err
				}
			}
			if err := run.Complete(ctx, tx); err != nil {
				return err
			}
			return tx.Commit()
		},
	}
	scheduler, err := timer.New(timer.Config{DB: db, Dialect: tenant.SQLite, Registry: reg, Timers: []timer.Timer{samples}})
	check(err)

	// The program runs it for as long as it lives: go scheduler.Run(ctx).
	// An operator's command line, or a button of a page of one tenant, does it
	// at once; the name of the tenant may come from outside.
	for _, arg := range []string{"acme", "bolt", "bolt", "cold", "nobody"} {
		if err := scheduler.RunNow(ctx, "sample-data", tenant.ID(arg)); err != nil {
			fmt.Println(arg+":", err)
		}
	}
	var names []string
	check(db.SelectContext(tenant.WithID(ctx, "bolt"), &names, `SELECT name FROM contacts ORDER BY name`))
	fmt.Println(names)
	fmt.Println(nightly.Next(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)).UTC().Format(time.DateTime))
	// Output:
	// cold: timer sample-data: tenant: suspended
	// nobody: timer sample-data: tenant: unknown tenant
	// [Ann of Bolt Bob of Bolt]
	// 2026-07-01 01:30:00
}

// A scheduler runs until its context ends. OnResult hears of every run.
func ExampleScheduler() {
	dir, err := os.MkdirTemp("", "timer")
	check(err)
	defer os.RemoveAll(dir)
	db, err := scope.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)",
		scope.Policy{Dialect: tenant.SQLite, Column: "tenant_id", Default: scope.PerTenant})
	check(err)
	defer db.Close()
	check(timer.Migrate(context.Background(), db, tenant.SQLite))
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"})
	check(err)

	ctx, stop := context.WithCancel(context.Background())
	var mu sync.Mutex
	var lines []string
	scheduler, err := timer.New(timer.Config{
		DB: db, Dialect: tenant.SQLite, Registry: reg,
		Timers: []timer.Timer{
			{Name: "greet", Schedule: timer.Every(time.Second), Isolation: tenant.PerTenant, Run: func(ctx context.Context, run *timer.Run) error {
				id, _ := tenant.IDFromContext(ctx)
				if id == "bolt" {
					return timer.WithCode(fmt.Errorf("no one there"), "nobody-home")
				}
				return nil
			}},
		},
		OnResult: func(r timer.Result) {
			mu.Lock()
			defer mu.Unlock()
			if lines = append(lines, fmt.Sprintf("%s of %s: %v", r.Timer, r.Tenant, r.Outcome)); len(lines) == 2 {
				stop()
			}
		},
	})
	check(err)
	fmt.Println(scheduler.Run(ctx))
	sort.Strings(lines)
	for _, line := range lines[:2] {
		fmt.Println(line)
	}
	// Output:
	// context canceled
	// greet of acme: done
	// greet of bolt: failed
}
