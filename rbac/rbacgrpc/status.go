package rbacgrpc

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// internalError is a fault of the program, not of the call.
type internalError struct{ err error }

func (e *internalError) Error() string { return e.err.Error() }
func (e *internalError) Unwrap() error { return e.err }

// The answers. The texts name neither node nor cause.
var (
	internal    = status.Error(codes.Internal, "internal error")
	notSignedIn = status.Error(codes.Unauthenticated, "the call is not signed in")
	noSuchThing = status.Error(codes.NotFound, "there is nothing at this address")
	notAllowed  = status.Error(codes.PermissionDenied, "this account may not do that")
	noAnswer    = status.Error(codes.Unavailable, "try again later")
	cancelled   = status.Error(codes.Canceled, "the call was cancelled")
	outOfTime   = status.Error(codes.DeadlineExceeded, "the call ran out of time")
)

// statusOf returns what the client is told.
func statusOf(a tenant.Actor, err error) error {
	var fault *internalError
	var denied *rbac.DeniedError
	isDenied := errors.As(err, &denied)
	absent := errors.Is(err, ctxtree.ErrNoNode) || isDenied && denied.Step == rbac.StepWall
	switch {
	case errors.As(err, &fault):
		return internal
	case a.Anonymous() && (isDenied || absent || errors.Is(err, errNoRule)):
		return notSignedIn
	case absent:
		return noSuchThing
	case isDenied, errors.Is(err, errNoRule):
		return notAllowed
	case errors.Is(err, context.Canceled):
		return cancelled
	case errors.Is(err, context.DeadlineExceeded):
		return outOfTime
	default:
		return noAnswer
	}
}
