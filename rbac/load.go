package rbac

import (
	"context"
	"errors"
	"time"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/cell"
	"github.com/gotenancy/tenancy/tenant"
)

// torn is how often a part is read again because its nodes have changed while
// its rules were being read.
const torn = 10

var errTorn = errors.New("rbac: the tree changes faster than it can be read")

// loadTimeout bounds the reading of one part, and retryAfter is how long stores
// that failed are left alone.
const (
	loadTimeout = 30 * time.Second
	retryAfter  = 100 * time.Millisecond
)

var errUnavailable = errors.New("rbac: the rules can not be read")

// source is where the parts come from. What is out of date is never served: then
// an error denies.
func (c *Checker) source() cell.Source[part] {
	return cell.Source[part]{Load: c.load, Timeout: loadTimeout, RetryAfter: retryAfter, MaxStale: cell.Never, Unavailable: errUnavailable}
}

// load reads one part. What is loaded serves every later question, whoever asks
// it, so it is read in a context of its own: of the tenant, or global.
//
// The nodes and the rules come from two stores, and must be of one state: else
// a move and the prohibit that was set right after it could be seen the wrong
// way round. So the nodes are read first, and read again if they have changed
// by the time that the rules are there.
//
// Where Config.TreeOn puts both into one state to begin with, the first try is
// good, however fast somebody else is writing.
func (c *Checker) load(ctx context.Context, id string) (p *part, as cell.Number, err error) {
	of := tenant.ID(id)
	ctx = inside(ctx, of)
	if c.treeOn == nil {
		return c.loadFrom(ctx, of, c.tree, c.store)
	}
	err = c.store.Snapshot(ctx, func(s Store, db tenant.DBTX) (err error) {
		p, as, err = c.loadFrom(ctx, of, c.treeOn(db), s)
		return err
	})
	return p, as, err
}

func (c *Checker) loadFrom(ctx context.Context, of tenant.ID, tree ctxtree.Store, store Store) (*part, cell.Number, error) {
	for range torn {
		nodes, at, err := tree.Load(ctx, of)
		if err != nil {
			return nil, cell.Number{}, err
		}
		rules, roles, err := store.Load(ctx, of)
		if err != nil {
			return nil, cell.Number{}, err
		}
		after, err := tree.Number(ctx, of)
		if err != nil {
			return nil, cell.Number{}, err
		}
		if after == at {
			return newPart(of, nodes, rules, version{at, roles}, c.settings.catalogue), cell.Number{A: at, B: roles}, nil
		}
	}
	return nil, cell.Number{}, errTorn
}

// read returns what is needed to answer questions about nodes of one tenant, and
// about those without one, and the cell that keeps the tenant's part.
//
// The two parts must have been in force at one moment: else a right that was
// given right after a prohibit could be seen without it.
func (c *Checker) read(ctx context.Context, of tenant.ID) (*model, *cell.Cell[part], error) {
	for range torn {
		shared, err := c.part(ctx, "")
		if err != nil {
			return nil, nil, err
		}
		if of == "" {
			return newModel(&c.settings, shared, nil), nil, nil
		}
		own, at, err := c.partOf(ctx, of)
		if err != nil {
			return nil, nil, err
		}
		if c.shared.Fresh() == shared {
			return newModel(&c.settings, shared, own), at, nil
		}
	}
	return nil, nil, errTorn
}

// part returns one part, loading it if need be.
func (c *Checker) part(ctx context.Context, of tenant.ID) (*part, error) {
	if of == "" {
		p, _, err := c.shared.Get(ctx)
		return p, err
	}
	p, _, err := c.partOf(ctx, of)
	return p, err
}

// partOf returns the part of a tenant and the cell that keeps it.
func (c *Checker) partOf(ctx context.Context, of tenant.ID) (*part, *cell.Cell[part], error) {
	for {
		at := c.cells.Get(string(of))
		p, _, err := at.Get(ctx)
		if !errors.Is(err, cell.ErrEvicted) {
			return p, at, err
		}
	}
}

// inside returns ctx in the mode in which one part is read, without an actor.
func inside(ctx context.Context, of tenant.ID) context.Context {
	if of == "" {
		return carry.With(ctx, &carry.Value{Mode: carry.Global})
	}
	return carry.With(ctx, &carry.Value{Mode: carry.Tenant, ID: string(of)})
}

// Invalidate makes the checker forget what it has loaded of the tenant, or with
// an empty id of what has none. Every question asked after it returned is
// answered from what the stores hold then. Changes made through the stores that
// the checker was given need no call, except those inside a transaction of the
// caller's (see their method With). For changes made by other processes
// subscribe it to package feed:
//
//	poller.Subscribe(checker.Invalidate)
//
// number is the change's number, as the feed gives it; 0 says that something
// may have changed.
func (c *Checker) Invalidate(of tenant.ID, number int64) {
	at := c.at(of)
	if at == nil {
		return
	}
	// Which of the two stores counts with it is not known. It is no news if both
	// have been read as of it; else nothing can be said about what has been read,
	// or is being read.
	if number <= 0 || !at.AsOf().Covers(cell.Number{A: number, B: number}) {
		at.Doubt()
	}
}

// at returns what is kept of a part, or nil if that is nothing.
func (c *Checker) at(of tenant.ID) *cell.Cell[part] {
	switch {
	case c == nil || c.cells == nil:
		return nil
	case of == "":
		return &c.shared
	default:
		return c.cells.Peek(string(of))
	}
}

// treeChanged and rolesChanged are told by the stores.

func (c *Checker) treeChanged(of tenant.ID, number int64) {
	c.changed(of, cell.Number{A: number})
}

func (c *Checker) rolesChanged(of tenant.ID, number int64) {
	c.changed(of, cell.Number{B: number})
}

func (c *Checker) changed(of tenant.ID, number cell.Number) {
	switch at := c.at(of); {
	case at == nil:
	case number == cell.Number{}:
		at.Doubt()
	default:
		at.Invalidate(number)
	}
}
