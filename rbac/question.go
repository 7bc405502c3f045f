package rbac

import (
	"context"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// question is what an answer depends on besides the capability and the node:
// where it is asked, and about whom.
type question struct {
	scene   scene
	subject subject
}

// question reads it from ctx.
func (c *Checker) question(ctx context.Context) (question, error) {
	q, err := c.asks(ctx)
	if err != nil || c.known == nil || q.subject.outsider() {
		return q, err
	}
	known, err := c.knows(ctx, q.subject.session)
	if err != nil {
		return question{}, fmt.Errorf("rbac: %w", err)
	}
	q.subject.unknown = !known
	return q, nil
}

// knows reports whether the application knows the actor, and who acts as it.
func (c *Checker) knows(ctx context.Context, s Session) (bool, error) {
	actor, _ := tenant.ActorFromContext(ctx)
	known, err := c.known(ctx, actor)
	if err == nil && known && s.Acting() {
		return c.known(ctx, s.Real)
	}
	return known, err
}

// asks is question but for whether the application knows the actor.
func (c *Checker) asks(ctx context.Context) (question, error) {
	if c == nil || c.cells == nil {
		return question{}, errNotBuilt
	}
	if !c.lease.holds() {
		return question{}, ErrBehind
	}
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil {
		return question{}, fmt.Errorf("rbac: %w", err)
	}
	actor, ok := tenant.ActorFromContext(ctx)
	if !ok {
		return question{}, ErrNoActor
	}
	s := subject{
		user:      actor.ID,
		home:      actor.Tenant,
		guest:     actor.Guest,
		anonymous: actor.Anonymous(),
		session:   SessionFromContext(ctx),
	}
	in, _ := tenant.IDFromContext(ctx)
	mode := tenant.ModeOf(ctx)
	sc := scene{reach: reach, in: in, across: mode == tenant.ModeAcross || mode == tenant.ModeAcrossAll}
	return question{sc, s}, nil
}

// model returns what is needed to answer a question about the node.
func (c *Checker) model(ctx context.Context, sc scene, node int64) (*model, error) {
	of := sc.in
	if sc.across {
		// In the other modes the context says whose part it is.
		n, _, err := c.tree.Node(ctx, node)
		if err != nil {
			return nil, fmt.Errorf("rbac: %w", err)
		}
		of = n.Tenant
	}
	return c.modelOf(ctx, of)
}

// modelOf returns what is needed to answer questions about nodes of one tenant
// and about those without one.
func (c *Checker) modelOf(ctx context.Context, of tenant.ID) (*model, error) {
	m, _, err := c.read(ctx, of)
	return m, err
}
