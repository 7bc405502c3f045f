package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// change is one transaction about one tenant, which holds the tenant's lock.
type change struct {
	ctx    context.Context // in tenant mode
	reg    Registry        // on the transaction
	number int64           // of the change: 1 if nothing was ever written about the tenant
	locked bool            // the number was given

	record *tenant.Tenant // what the hooks find in their context
	event  tenant.Event

	// refused is set where the registry refused a write: it may have been for a
	// name that another transaction took at the same moment.
	refused *tenant.Tenant
}

// errNothing ends a change that has nothing to do.
var errNothing = errors.New("lifecycle: nothing to do")

// attempts is how often a change is begun at most.
const attempts = 5

// change runs fn under the tenant's lock, then the hooks, and commits. fn calls
// publish, or returns an error. A change that ends with errNothing is none.
//
// Where the engine refuses the lock or a write of the registry, all of it is
// begun again: MySQL picks victims among transactions that insert side by side
// when one of them rolls back, and says that they are to be repeated. No hook
// has run by then; once one has, nothing is repeated.
func (m *Manager) change(ctx context.Context, id tenant.ID, fn func(*change) error) error {
	return m.changeAfter(ctx, id, func() error { return nil }, fn, nil)
}

// changeAfter is change with a look at the registry before each attempt, which
// spares those who come too late the lock, and with hooks of the call.
func (m *Manager) changeAfter(ctx context.Context, id tenant.ID, look func() error, fn func(*change) error, also []tenant.Hook) error {
	for n := 1; ; n++ {
		if err := look(); err != nil {
			return orNothing(err)
		}
		c := &change{ctx: tenant.Switch(ctx, id, "lifecycle: a change of this tenant")}
		if err := tenant.Err(c.ctx); err != nil {
			return fmt.Errorf("lifecycle: %w", err)
		}
		err := orNothing(m.once(c, id, fn, also))
		if err != nil && c.refused != nil {
			err = m.taken(ctx, c.refused, err)
		}
		switch {
		case err == nil:
			m.tell(c)
			return nil
		case n == attempts || ctx.Err() != nil || errors.Is(err, tenant.ErrTaken) || c.locked && c.refused == nil:
			return err
		}
	}
}

// orNothing returns nil for errNothing.
func orNothing(err error) error {
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// tell tells those who want to know after the commit.
func (m *Manager) tell(c *change) {
	if c.event.Kind == "" {
		return // there was nothing to do
	}
	for _, fn := range m.cfg.OnCommit {
		fn(c.ctx, c.copyOfEvent())
	}
}

// once is one attempt of a change.
func (m *Manager) once(c *change, id tenant.ID, fn func(*change) error, also []tenant.Hook) error {
	return sqltext.InTx(c.ctx, m.cfg.DB, func(tx tenant.DBTX) error {
		var err error
		// First of all, because it takes the lock, and because SQLite wants a
		// transaction to write before it reads.
		if c.number, err = feed.Bump(c.ctx, tx, m.cfg.Dialect, id); err != nil {
			return err
		}
		c.locked, c.reg = true, m.cfg.Registry(tx)
		if err := fn(c); err != nil {
			return err
		}
		return m.runHooks(c, tx, also)
	})
}

// publish says what has happened to which record.
func (c *change) publish(t *tenant.Tenant, ev tenant.Event) {
	c.record = t
	c.ctx = tenant.NewContext(c.ctx, t)
	ev.Tenant, ev.At = t.ID, time.Now().Truncate(time.Millisecond)
	ev.Actor, _ = tenant.ActorFromContext(c.ctx)
	c.event = ev
}

func (c *change) copyOfEvent() tenant.Event {
	ev := c.event
	ev.Detail = maps.Clone(ev.Detail)
	return ev
}

func (m *Manager) runHooks(c *change, tx tenant.DBTX, also []tenant.Hook) error {
	n := len(m.cfg.Hooks)
	for i := range n + len(also) {
		hook, where := tenant.Hook(nil), ""
		if i < n {
			hook, where = m.cfg.Hooks[i], fmt.Sprintf("Config.Hooks[%d]", i)
		} else {
			hook, where = also[i-n], fmt.Sprintf("hook %d of the call", i-n)
		}
		if err := hook(c.ctx, tx, c.copyOfEvent()); err != nil {
			return fmt.Errorf("lifecycle: %s on %s: %w", where, c.event.Kind, err)
		}
	}
	return nil
}

// current returns the tenant as it is under the lock, to be changed at will.
func (c *change) current(id tenant.ID) (*tenant.Tenant, error) {
	t, found, err := c.reg.ByID(c.ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("lifecycle: %w", tenant.ErrUnknownTenant)
	}
	own, err := t.Check() // shares nothing with the registry's
	if len(own.Domains) == 0 {
		own.Domains = nil // as the registry has it
	}
	return &own, err
}

// update writes the record and returns it as the registry has it then.
func (c *change) update(t *tenant.Tenant) (*tenant.Tenant, error) {
	if err := c.reg.Update(c.ctx, *t); err != nil {
		c.refused = t
		return nil, err
	}
	return c.current(t.ID)
}

// taken finds out, with the transaction gone, whether the registry refused the
// record for a name that belongs to another tenant; PostgreSQL does not let a
// failed transaction ask. It returns cause where it was something else.
func (m *Manager) taken(ctx context.Context, t *tenant.Tenant, cause error) error {
	if errors.Is(cause, tenant.ErrTaken) {
		return cause
	}
	reg := m.cfg.Registry(m.cfg.DB)
	for _, name := range []string{t.Code, string(t.ID)} { // ids and codes are names of one kind
		if other, found, err := reg.ByCode(ctx, name); err == nil && found && other.ID != t.ID {
			return fmt.Errorf("lifecycle: %w: the code or the id", tenant.ErrTaken)
		}
	}
	code := tenant.ID(strings.ToLower(t.Code))
	if _, found, err := reg.ByID(ctx, code); err == nil && found && code != t.ID {
		return fmt.Errorf("lifecycle: %w: the code", tenant.ErrTaken)
	}
	for _, host := range resolving(t) {
		if other, found, err := reg.ByHost(ctx, host); err == nil && found && other.ID != t.ID {
			return fmt.Errorf("lifecycle: %w: a host", tenant.ErrTaken)
		}
	}
	return cause
}

// resolving returns the hosts that lead to the tenant.
func resolving(t *tenant.Tenant) []string {
	var hosts []string
	if t.Host != "" {
		hosts = append(hosts, t.Host)
	}
	for _, d := range t.Domains {
		if d.Verified {
			hosts = append(hosts, d.Name)
		}
	}
	return hosts
}

// operator returns nil where ctx is one in which tenants are administered.
func operator(ctx context.Context) error {
	var err error
	switch tenant.ModeOf(ctx) {
	case tenant.ModeNone, tenant.ModeGlobal, tenant.ModeAcrossAll:
		if a, ok := tenant.ActorFromContext(ctx); ok && a.Tenant != "" {
			err = tenant.ErrNotMember
		}
	case tenant.ModeAcross:
		err = tenant.ErrSeveralTenants
	case tenant.ModeTenant:
		err = tenant.ErrTenantConflict
	default:
		err = tenant.Err(ctx)
	}
	if err != nil {
		return fmt.Errorf("lifecycle: tenants are administered without a tenant in the context, in global mode or across all: %w", err)
	}
	return nil
}

// operatorOrOwn is operator, or the tenant's own context.
func operatorOrOwn(ctx context.Context, id tenant.ID) error {
	own, ok := tenant.IDFromContext(ctx)
	if !ok || own != id {
		return operator(ctx)
	}
	if tenant.IsReadOnly(ctx) {
		return fmt.Errorf("lifecycle: %w", tenant.ErrReadOnly)
	}
	if a, ok := tenant.ActorFromContext(ctx); ok && a.Tenant != "" && a.Tenant != id {
		return fmt.Errorf("lifecycle: %w", tenant.ErrNotMember)
	}
	return nil
}
