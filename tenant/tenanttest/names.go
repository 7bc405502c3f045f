package tenanttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gotenancy/tenancy/tenant"
)

// Writer writes to a registry: Create a tenant whose id is not registered,
// Update one whose id is.
type Writer struct {
	Create, Update func(ctx context.Context, t tenant.Tenant) error
}

// TestNames runs the part of the contract of [tenant.Registry] that its writes
// can break: ids and codes are names of one kind, which nobody shares. newWriter
// is called several times, and each time returns the writes of another registry,
// which is empty. They are called from several goroutines.
func TestNames(t *testing.T, newWriter func(t *testing.T) Writer) {
	t.Run("names", func(t *testing.T) { testNames(t, newWriter(t)) })
	t.Run("concurrent names", func(t *testing.T) { testNamesTogether(t, newWriter(t)) })
}

func testNames(t *testing.T, w Writer) {
	for _, step := range []struct {
		what  string
		write func(context.Context, tenant.Tenant) error
		t     tenant.Tenant
		taken bool
	}{
		{"a code of its own", w.Create, tenant.Tenant{ID: "acme", Code: "Alpha"}, false},
		{"no code", w.Create, tenant.Tenant{ID: "bolt"}, false},
		{"its own id as its code", w.Create, tenant.Tenant{ID: "coil", Code: "coil"}, false},
		{"another's id as a code", w.Create, tenant.Tenant{ID: "new", Code: "bolt"}, true},
		{"another's id as a code, in another case", w.Create, tenant.Tenant{ID: "new", Code: "ACME"}, true},
		{"another's code as an id", w.Create, tenant.Tenant{ID: "alpha"}, true},
		{"another's code as id and code", w.Create, tenant.Tenant{ID: "alpha", Code: "alpha"}, true},
		{"a name that is id and code of another", w.Create, tenant.Tenant{ID: "new", Code: "coil"}, true},
		{"another's id as the new code", w.Update, tenant.Tenant{ID: "bolt", Code: "Acme"}, true},
		{"no code any more", w.Update, tenant.Tenant{ID: "coil"}, false},
		{"a code that was given up is still an id", w.Create, tenant.Tenant{ID: "new", Code: "coil"}, true},
		{"its own id as the new code", w.Update, tenant.Tenant{ID: "acme", Code: "ACME"}, false},
		{"a code that was given up, as an id", w.Create, tenant.Tenant{ID: "alpha"}, false},
		{"a code that it had and that is an id by now", w.Update, tenant.Tenant{ID: "acme", Code: "Alpha"}, true},
		{"the code that it has", w.Update, tenant.Tenant{ID: "acme", Code: "acme", Name: "Acme"}, false},
		{"what was refused has taken nothing", w.Create, tenant.Tenant{ID: "new", Code: "newest"}, false},
	} {
		err := step.write(context.Background(), step.t)
		switch {
		case !step.taken && err != nil:
			t.Fatalf("%s: %v", step.what, err)
		case step.taken && !errors.Is(err, tenant.ErrTaken):
			t.Fatalf("%s: the error is %v, want ErrTaken", step.what, err)
		}
	}
}

// testNamesTogether: of several that take the same name at the same moment, as
// an id, as a code or as a new code, exactly one gets it.
func testNamesTogether(t *testing.T, w Writer) {
	ctx := context.Background()
	for round := range 5 {
		name, other := fmt.Sprint("name-", round), fmt.Sprint("other-", round)
		old := tenant.Tenant{ID: tenant.ID(fmt.Sprint("old-", round)), Code: fmt.Sprint("was-", round)}
		if err := w.Create(ctx, old); err != nil {
			t.Fatal(err)
		}
		old.Code = strings.ToUpper(name)
		errs := together(
			func() error { return w.Create(ctx, tenant.Tenant{ID: tenant.ID(name), Code: other}) },
			func() error { return w.Create(ctx, tenant.Tenant{ID: tenant.ID(other), Code: name}) },
			func() error {
				return w.Create(ctx, tenant.Tenant{ID: tenant.ID(fmt.Sprint("third-", round)), Code: name})
			},
			func() error { return w.Update(ctx, old) },
		)
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, tenant.ErrTaken):
				t.Errorf("the error is %v, want ErrTaken", err)
			}
		}
		if won != 1 {
			t.Errorf("%d have the name, want 1", won)
		}
	}
}

func together(calls ...func() error) []error {
	errs := make([]error, len(calls))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() {
			<-start
			errs[i] = call()
		})
	}
	close(start)
	wg.Wait()
	return errs
}
