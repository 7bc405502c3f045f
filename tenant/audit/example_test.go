package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// The last page of what happened to one account, for the tenant's own managers.
func ExampleLog_Records() {
	history := func(ctx context.Context, db *sql.DB, account string) error {
		log := audit.New(db, tenant.Postgres)
		for r, err := range log.Records(ctx, audit.Query{Object: account, Newest: true, Limit: 50}) {
			if err != nil {
				return err
			}
			fmt.Println(r.At, r.Kind, r.Actor.ID, r.Reason)
		}
		return nil
	}
	_ = history
}

// A program that copies every tenant's records elsewhere keeps one number for
// each tenant, and misses none.
func ExampleLog_Heads() {
	follow := func(ctx context.Context, log *audit.Log, done map[tenant.ID]int64, keep func(audit.Record) error) error {
		ctx = tenant.AcrossAll(ctx, "copy the audit log")
		for head, err := range log.Heads(ctx, time.Time{}) {
			if err != nil {
				return err
			}
			if head.Seq <= done[head.Tenant] {
				continue
			}
			q := audit.Query{Tenant: head.Tenant, NoTenant: head.Tenant == "", After: audit.Position{Seq: done[head.Tenant]}}
			for r, err := range log.Records(ctx, q) {
				if err != nil {
					return err
				}
				if err := keep(r); err != nil {
					return err
				}
				done[r.Tenant] = r.Seq
			}
		}
		return nil
	}
	_ = follow
}

// An event is checked before anything is sent.
func ExampleTooLargeError() {
	acme := tenant.WithID(context.Background(), "acme")
	err := audit.New(nil, tenant.SQLite).Append(acme, tenant.Event{
		Kind: "import.finished", Tenant: "acme", Detail: map[string]string{"file": strings.Repeat("x", 10_000)},
	})
	fmt.Println(err)
	// Output:
	// audit: too large: the event's Detail has 10011 bytes, at most 8192 are allowed
}
