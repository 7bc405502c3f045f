package tenant

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gotenancy/tenancy/internal/carry"
)

// EachOptions says how [Each] goes about it. The zero value is four tenants at
// a time, the active ones.
type EachOptions struct {
	// Parallel is how many tenants are worked on at once; 0 is 4. Each of them
	// may hold a database connection: stay well below the pool's size.
	Parallel int

	// Include picks the tenants; nil takes the active ones. It is called on one
	// goroutine, with records that must not be changed.
	Include func(*Tenant) bool

	// Page is how many records are asked of the registry at once; 0 is 256. It
	// is also how many Each holds in memory.
	Page int

	// MaxErrors is how many failures an [EachError] keeps; 0 is 100. All of
	// them are counted.
	MaxErrors int
}

// Each calls fn once for every active tenant that reg lists, in the order of
// their ids and several at once, each with a context in tenant mode for that
// tenant, as [NewContext] makes it. It returns when all calls have returned.
//
// It starts from a context without a tenant: a plain or a global one, or one
// across all tenants. Across listed tenants it visits only those, and a listed
// one that is not registered has failed with [ErrUnknownTenant]. From a
// tenant's context it refuses with [ErrTenantConflict], and for an actor who is
// a member of a tenant with [ErrNotMember]. Actor, settings, reason and the
// other values of ctx go along, and where ctx may not switch ([TenancySeparate])
// the contexts of fn may not.
//
// A tenant that fails or panics does not stop the others. What went wrong comes
// back as one [*EachError] that names the tenants. When ctx ends, no further
// tenant is begun, those at work see their context end, and the error says that
// the run is not complete; so it does when the registry fails.
//
// The tenants are read page by page as the work proceeds. Nobody is visited
// twice. A tenant that is registered meanwhile is visited if its id comes after
// the current page; one that is suspended or removed after its page was read is
// still visited, with the record as it was. What must not happen to such a
// tenant fn has to check itself, in its own transaction.
func Each(ctx context.Context, reg Registry, fn func(ctx context.Context, t *Tenant) error, opts EachOptions) error {
	v := carry.From(ctx)
	switch v.Mode {
	case carry.Refused:
		return v.Err()
	case carry.Tenant:
		return fmt.Errorf("tenant: Each starts from a context without a tenant: %w", ErrTenantConflict)
	}
	if a, ok := ActorFromContext(ctx); ok && a.Tenant != "" {
		return fmt.Errorf("tenant: Each for a member of one tenant: %w", ErrNotMember)
	}
	if opts.Parallel < 0 || opts.Page < 0 || opts.MaxErrors < 0 {
		return errors.New("tenant: Each takes no negative numbers")
	}
	if reg == nil || fn == nil {
		return errors.New("tenant: Each needs a Registry and a function")
	}
	run := &each{
		ctx: ctx, reg: reg, fn: fn, include: opts.Include,
		page:  defaultTo(opts.Page, 256),
		slots: make(chan struct{}, defaultTo(opts.Parallel, 4)),
		keep:  defaultTo(opts.MaxErrors, 100),
	}
	if run.include == nil {
		run.include = func(t *Tenant) bool { return t.Status == Active }
	}
	if v.Mode == carry.Across {
		run.incomplete = run.listed(v.IDs())
	} else {
		run.incomplete = run.all()
	}
	run.running.Wait()
	if run.failures == 0 && run.incomplete == nil {
		return nil
	}
	return &EachError{Failed: run.failed, Failures: run.failures, Finished: run.finished, Incomplete: run.incomplete}
}

func defaultTo(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// each is one run.
type each struct {
	ctx     context.Context // of the caller
	reg     Registry
	fn      func(context.Context, *Tenant) error
	include func(*Tenant) bool
	page    int
	keep    int

	slots   chan struct{} // one for each call at work
	running sync.WaitGroup

	incomplete error // set by the one goroutine that begins calls

	mu       sync.Mutex
	failed   []TenantError
	failures int
	finished int
}

// all begins the calls for everybody that the registry lists.
func (r *each) all() error {
	var after ID
	for {
		if err := context.Cause(r.ctx); err != nil {
			return err
		}
		tenants, err := r.reg.List(r.ctx, after, r.page)
		if err != nil {
			return fmt.Errorf("tenant: list the tenants: %w", err)
		}
		for _, t := range tenants {
			if t.ID <= after {
				// Going on could visit somebody twice, for ever.
				return errors.New("tenant: the registry's List is not in the order of ids")
			}
			after = t.ID
			if err := r.begin(t); err != nil {
				return err
			}
		}
		if len(tenants) < r.page {
			return nil
		}
	}
}

// listed begins the calls for these tenants.
func (r *each) listed(ids []string) error {
	for _, text := range ids {
		if err := context.Cause(r.ctx); err != nil {
			return err
		}
		id := ID(text)
		t, found, err := r.reg.ByID(r.ctx, id)
		switch {
		case err != nil:
			return fmt.Errorf("tenant: look up tenant %s: %w", id, err)
		case !found:
			r.end(id, ErrUnknownTenant)
			continue
		case t.ID != id:
			return errors.New("tenant: the registry's ByID gave another tenant")
		}
		if err := r.begin(t); err != nil {
			return err
		}
	}
	return nil
}

// begin waits for a free slot and starts the call for t on a goroutine of its
// own: one that ends its goroutine takes nobody along.
func (r *each) begin(t *Tenant) error {
	if !r.include(t) {
		return nil
	}
	select {
	case <-r.ctx.Done():
		return context.Cause(r.ctx)
	case r.slots <- struct{}{}:
	}
	// With both ready select takes either.
	if err := context.Cause(r.ctx); err != nil {
		<-r.slots
		return err
	}
	r.running.Go(func() {
		defer func() { <-r.slots }()
		r.call(t)
	})
	return nil
}

func (r *each) call(t *Tenant) {
	returned := false
	var err error
	defer func() {
		if !returned {
			if v := recover(); v != nil {
				err = newPanicError(v)
			} else {
				err = errGoexit
			}
		}
		r.end(t.ID, err)
	}()
	ctx := r.contextFor(t)
	if err = Err(ctx); err == nil {
		err = r.fn(ctx, t)
	}
	returned = true
}

// contextFor returns the caller's context in tenant mode for t. What is not
// about the tenants stays; a mark of the stores does not.
func (r *each) contextFor(t *Tenant) context.Context {
	from := carry.From(r.ctx)
	none := &carry.Value{Reason: from.Reason, Actor: from.Actor, Config: from.Config, Bound: from.Bound}
	return NewContext(carry.With(r.ctx, none), t)
}

func (r *each) end(id ID, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finished++
	if err == nil {
		return
	}
	r.failures++
	if len(r.failed) < r.keep {
		r.failed = append(r.failed, TenantError{ID: id, Err: err})
	}
}
