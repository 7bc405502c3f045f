package rbac

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// NodeOf says which node a request is about. An error that is
// ctxtree.ErrNoNode says that there is none; a tenant.RequestError is answered
// with its own status, and any other error is a failure behind us.
type NodeOf func(r *http.Request) (node int64, err error)

// PathNode takes the number of the node from the wildcard of that name in the
// pattern of http.ServeMux, such as {node}.
func PathNode(name string) NodeOf {
	return func(r *http.Request) (int64, error) {
		id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
		if err != nil || id <= 0 {
			return 0, ctxtree.ErrNoNode
		}
		return id, nil
	}
}

// PathObject takes the node of an object of the request's tenant whose id is in
// the wildcard of that name, such as the course {course}.
func PathObject(tree ctxtree.Store, level ctxtree.Level, name string) NodeOf {
	return func(r *http.Request) (int64, error) {
		of, _ := tenant.IDFromContext(r.Context())
		n, found, err := tree.ByInstance(r.Context(), of, level, r.PathValue(name))
		if err == nil && !found {
			err = ctxtree.ErrNoNode
		}
		return n.ID, err
	}
}

// OnNode is for handlers that are about one and the same node.
func OnNode(id int64) NodeOf {
	return func(*http.Request) (int64, error) { return id, nil }
}

// Require returns a wrapper that lets those requests through to the handler
// whose actor has the capability on the request's node. It belongs inside
// tenant.Middleware, through whose OnError it answers the others:
//
//	401  the visitor is not signed in, whatever the node
//	403  the actor does not have it
//	404  the node is beyond the wall, or there is none: the two look the same
//	500  the request has not passed tenant.Middleware
//	503  there is no answer: a store failed
func (c *Checker) Require(capability string, node NodeOf) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if fault := c.refusal(r, capability, node); fault != nil {
				tenant.Refuse(w, r, fault)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// refusal returns why the request may not pass, or nil.
func (c *Checker) refusal(r *http.Request, capability string, node NodeOf) error {
	ctx := r.Context()
	actor, known := tenant.ActorFromContext(ctx)
	if !known {
		return &tenant.RequestError{Status: http.StatusInternalServerError, Err: ErrNoActor}
	}
	if err := tenant.Err(ctx); err != nil {
		return &tenant.RequestError{Status: http.StatusInternalServerError, Err: err}
	}
	err := c.checkRequest(ctx, r, capability, node)
	var denied *DeniedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &denied), errors.Is(err, ctxtree.ErrNoNode):
		return &tenant.RequestError{Status: statusOf(actor, denied), Err: err}
	default:
		return err // of package tenant, or 503
	}
}

func (c *Checker) checkRequest(ctx context.Context, r *http.Request, capability string, node NodeOf) error {
	id, err := node(r)
	if err != nil {
		return err
	}
	return c.Check(ctx, capability, id)
}

// statusOf is the answer to a no. Where denied is nil there is no such node.
func statusOf(a tenant.Actor, denied *DeniedError) int {
	switch {
	case a.Anonymous():
		// Before anything is said about the node: for somebody who is not
		// signed in those of a tenant are all beyond the wall.
		return http.StatusUnauthorized
	case denied == nil, denied.Step == StepWall:
		return http.StatusNotFound
	default:
		return http.StatusForbidden
	}
}
