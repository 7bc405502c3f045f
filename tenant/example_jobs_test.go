package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// Work that outlives its request keeps the tenant.
func ExampleDetach() {
	ctx, cancel := context.WithCancel(tenant.WithID(context.Background(), "acme"))
	done := make(chan struct{})
	go func(ctx context.Context) {
		defer close(done)
		id, _ := tenant.IDFromContext(ctx)
		fmt.Println("mail for", id, ctx.Err())
	}(tenant.Detach(ctx))
	cancel() // the request is over
	<-done
	// Output:
	// mail for acme <nil>
}

// A nightly job visits every active tenant. One that fails does not stop it.
func ExampleEach() {
	reg, err := tenant.NewMemoryRegistry(
		tenant.Tenant{ID: "acme"}, tenant.Tenant{ID: "bolt"}, tenant.Tenant{ID: "core", Status: tenant.Suspended})
	if err != nil {
		panic(err)
	}
	err = tenant.Each(context.Background(), reg, func(ctx context.Context, t *tenant.Tenant) error {
		if t.ID == "bolt" {
			return errors.New("no invoice template")
		}
		fmt.Println("invoices of", t.ID)
		return nil
	}, tenant.EachOptions{})
	fmt.Println(err)
	// Output:
	// invoices of acme
	// tenant: 1 of 2 tenants failed; tenant bolt: no invoice template
}

// A cache that tenants share needs the tenant in its keys.
func ExampleKey() {
	key, err := tenant.Key(tenant.WithID(context.Background(), "acme"), "invoice", "2026:7")
	fmt.Println(key, err)
	_, err = tenant.Key(context.Background(), "invoice", "2026:7")
	fmt.Println(err)
	fmt.Println(tenant.GlobalKey("countries"))
	// Output:
	// t:acme:invoice:2026%3A7 <nil>
	// tenant: no cache key: tenancy: no tenant in the context
	// g:countries
}

// A message carries its tenant from the one who writes it to the one who reads.
func ExampleCodec() {
	reg, err := tenant.NewMemoryRegistry(tenant.Tenant{ID: "acme"})
	if err != nil {
		panic(err)
	}
	codec, err := tenant.NewSignedCodec(tenant.CodecConfig{
		Audience: "invoices",
		Keys:     []tenant.SigningKey{{ID: "2026a", Secret: []byte("thirty-two bytes of true chance.")}},
		MaxAge:   24 * time.Hour,
	})
	if err != nil {
		panic(err)
	}
	headers := http.Header{} // or those of your queue
	if err := codec.Inject(tenant.WithID(context.Background(), "acme"), headers); err != nil {
		panic(err)
	}

	ctx, err := codec.Extract(context.Background(), headers, reg) // in the worker
	id, _ := tenant.IDFromContext(ctx)
	fmt.Println(id, err)

	_, err = codec.Extract(context.Background(), http.Header{}, reg)
	fmt.Println(err)
	// Output:
	// acme <nil>
	// the message carries none: tenancy: no tenant in the context
}

// Every record names its tenant, at the top whatever groups are open.
func ExampleNewLogHandler() {
	withoutTime := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	log := slog.New(tenant.NewLogHandler(slog.NewJSONHandler(os.Stdout, withoutTime), tenant.LogKeys{}))

	ctx := tenant.WithActor(tenant.WithID(context.Background(), "acme"), tenant.Actor{ID: "ann"})
	log.WithGroup("invoice").InfoContext(ctx, "paid", "number", 7)
	// Output:
	// {"level":"INFO","msg":"paid","invoice":{"number":7},"tenancy.mode":"tenant","tenancy.tenant.id":"acme","tenancy.actor.id":"ann"}
}
