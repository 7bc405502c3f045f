package lifecycle

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// ownKeys is how the keys begin under which this package keeps something in a
// tenant's Metadata.
const ownKeys = "tenancy."

// The keys themselves.
const (
	keySignup    = ownKeys + "signup"    // the SHA-256 of Signup.Key
	keyDeleting  = ownKeys + "deleting"  // when the deletion began
	keySuspended = ownKeys + "suspended" // it was suspended when it was archived
)

// errUsed: something was written under the id before.
var errUsed = fmt.Errorf("lifecycle: %w: the id was in use before", tenant.ErrTaken)

// Create registers a tenant and runs the hooks with an event of [KindCreated],
// all in one transaction. Without an ID it derives one from the code: the code
// in lower case, with something random behind it where that id was used before.
// Created and Modified are the present time.
//
// It is idempotent by code, or without a code by id: if a tenant with that code
// exists and is in everything else what t says, Create returns it with created
// == false and runs no hooks. So a call whose process was killed is simply
// repeated. A tenant of the same code in other letters, or that differs
// anywhere, is [tenant.ErrTaken], and so is an id that was used before.
//
// The error is [ErrReserved] for a name of the installation, the hook's own, or
// one of those listed with the package's errors. On any error nothing has been
// created, unless the connection was lost during the commit: then repeat the
// call.
func (m *Manager) Create(ctx context.Context, t tenant.Tenant, also ...tenant.Hook) (record tenant.Tenant, created bool, err error) {
	if err := operator(ctx); err != nil {
		return tenant.Tenant{}, false, err
	}
	if err := m.mayBeCalled(ctx, &t); err != nil {
		return tenant.Tenant{}, false, err
	}
	for key := range t.Metadata {
		if strings.HasPrefix(key, ownKeys) {
			return tenant.Tenant{}, false, fmt.Errorf("%w: metadata keys that begin with %q", ErrReserved, ownKeys)
		}
	}
	return m.create(ctx, t, also)
}

func (m *Manager) create(ctx context.Context, t tenant.Tenant, also []tenant.Hook) (record tenant.Tenant, created bool, err error) {
	if slices.ContainsFunc(also, isNil) {
		return tenant.Tenant{}, false, errors.New("lifecycle: a hook is nil")
	}
	if t.Status != tenant.Active && t.Status != tenant.Suspended {
		return tenant.Tenant{}, false, fmt.Errorf("lifecycle: a new tenant is active or suspended: %w", ErrTransition)
	}
	derived := t.ID == "" && t.Code != ""
	if derived {
		t.ID = tenant.ID(strings.ToLower(t.Code))
	}
	if t, err = t.Check(); err != nil {
		return tenant.Tenant{}, false, err
	}
	record, created, err = m.attempt(ctx, t, derived, also)
	if derived && errors.Is(err, errUsed) {
		const random = 8
		t.ID = t.ID[:min(len(t.ID), tenant.MaxIDLen-random-1)] + "-" + tenant.ID(strings.ToLower(rand.Text()[:random]))
		record, created, err = m.attempt(ctx, t, derived, also)
	}
	return record, created, err
}

// attempt is create with an id.
func (m *Manager) attempt(ctx context.Context, t tenant.Tenant, derived bool, also []tenant.Hook) (tenant.Tenant, bool, error) {
	var record *tenant.Tenant
	created := false
	look := func(ctx context.Context, reg Registry) (err error) {
		if record, err = existing(ctx, reg, &t, derived); err == nil && record != nil {
			err = errNothing
		}
		return err
	}
	err := m.changeAfter(ctx, t.ID, func() error { return look(ctx, m.cfg.Registry(m.cfg.DB)) }, func(c *change) error {
		if err := look(c.ctx, c.reg); err != nil {
			return err
		}
		if c.number > 1 {
			return errUsed
		}
		if err := c.checkParent(&t); err != nil {
			return err
		}
		t.Created = time.Now()
		t.Modified = t.Created
		if err := c.reg.Create(c.ctx, t); err != nil {
			c.refused = &t
			return err
		}
		var err error
		if record, err = c.current(t.ID); err != nil {
			return err
		}
		created = true
		c.publish(record, tenant.Event{Kind: KindCreated, Detail: map[string]string{"code": record.Code, "status": record.Status.String()}})
		return nil
	}, also)
	if errors.Is(err, tenant.ErrTaken) && !errors.Is(err, errUsed) {
		// Another one may have created the very same at the same moment.
		if there, _ := existing(ctx, m.cfg.Registry(m.cfg.DB), &t, derived); there != nil {
			return *there, false, nil
		}
	}
	if err != nil {
		return tenant.Tenant{}, false, err
	}
	return *record, created, nil
}

// existing returns the tenant that t describes if it is registered, nil if its
// names are free, and otherwise an error that is tenant.ErrTaken.
func existing(ctx context.Context, reg Registry, t *tenant.Tenant, derived bool) (*tenant.Tenant, error) {
	var there *tenant.Tenant
	if t.Code != "" {
		found, ok, err := reg.ByCode(ctx, t.Code)
		if err != nil {
			return nil, err
		}
		if ok {
			there = found
		}
	}
	if there == nil {
		found, ok, err := reg.ByID(ctx, t.ID)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, nil
		case derived:
			return nil, errUsed // by one with another code: this one gets another id
		}
		there = found
	}
	want, own := *t, *there
	if derived {
		want.ID = own.ID
	}
	if len(changed(&own, &want)) > 0 {
		return nil, fmt.Errorf("lifecycle: %w: the code or the id", tenant.ErrTaken)
	}
	return &own, nil
}

// changed returns the names of the fields in which two records differ, apart
// from the times.
func changed(a, b *tenant.Tenant) []string {
	var fields []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"id", a.ID == b.ID},
		{"code", a.Code == b.Code},
		{"name", a.Name == b.Name},
		{"host", a.Host == b.Host},
		{"domains", slices.Equal(a.Domains, b.Domains)},
		{"external_id", a.ExternalID == b.ExternalID},
		{"description", a.Description == b.Description},
		{"description_format", a.DescriptionFormat == b.DescriptionFormat},
		{"status", a.Status == b.Status},
		{"language", a.Language == b.Language},
		{"theme", a.Theme == b.Theme},
		{"max_users", a.MaxUsers == b.MaxUsers},
		{"parent", a.Parent == b.Parent},
		{"metadata", maps.Equal(a.Metadata, b.Metadata)},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// maxAncestors is how far up the parents are followed.
const maxAncestors = 32

// checkParent returns an error if the parent of t is not registered, or if t is
// among its own ancestors.
func (c *change) checkParent(t *tenant.Tenant) error {
	next := t.Parent
	for range maxAncestors {
		if next == "" {
			return nil
		}
		if next == t.ID {
			return errors.New("lifecycle: the tenant would be among its own ancestors")
		}
		parent, found, err := c.reg.ByID(c.ctx, next)
		if err != nil {
			return err
		}
		if !found {
			if next == t.Parent {
				return fmt.Errorf("lifecycle: the parent: %w", tenant.ErrUnknownTenant)
			}
			return nil // an ancestor that was deleted
		}
		next = parent.Parent
	}
	return fmt.Errorf("lifecycle: the tenant has more than %d ancestors", maxAncestors)
}
