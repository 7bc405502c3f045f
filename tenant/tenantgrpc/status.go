package tenantgrpc

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/gotenancy/tenancy/tenant"
)

// internalError is a fault of the program, not of the call.
type internalError struct{ err error }

func (e *internalError) Error() string { return e.err.Error() }
func (e *internalError) Unwrap() error { return e.err }

// causes are what a call can do something about. Whatever is not here is
// a failure behind us: Unavailable. The texts name neither tenant nor cause.
var causes = []struct {
	err  error
	code codes.Code
	text string
}{
	{context.Canceled, codes.Canceled, "the call was cancelled"},
	{context.DeadlineExceeded, codes.DeadlineExceeded, "the call ran out of time"},
	{tenant.ErrUnauthenticated, codes.Unauthenticated, "the call is not signed in"},
	{tenant.ErrTenantConflict, codes.Internal, "internal error"},
	{tenant.ErrMessageMalformed, codes.InvalidArgument, "the call names its tenant in a malformed way"},
	{tenant.ErrMessageDuplicated, codes.InvalidArgument, "the call names its tenant in a malformed way"},
	{tenant.ErrBadHost, codes.InvalidArgument, "the call names its tenant in a malformed way"},
	{tenant.ErrInvalidID, codes.InvalidArgument, "the call names its tenant in a malformed way"},
	{ErrDuplicate, codes.InvalidArgument, "the call names its tenant in a malformed way"},
	{ErrDisagree, codes.InvalidArgument, "the call names its tenant in a malformed way"},
	{tenant.ErrMessageForged, codes.Unauthenticated, "the call is not signed in"},
	{tenant.ErrMessageExpired, codes.Unauthenticated, "the call is not signed in"},
	{tenant.ErrMessageAudience, codes.Unauthenticated, "the call is not signed in"},
	{tenant.ErrNotMember, codes.PermissionDenied, "this account has no access here"},
	{tenant.ErrUnknownTenant, codes.NotFound, "there is nothing at this address"},
	{tenant.ErrNoAnswer, codes.NotFound, "there is nothing at this address"},
	{tenant.ErrNoTenant, codes.NotFound, "there is nothing at this address"},
	{tenant.ErrArchived, codes.NotFound, "there is nothing at this address"},
	{tenant.ErrSuspended, codes.Unavailable, "this tenant is switched off for now"},
}

// statusOf returns what the client is told.
func statusOf(err error) error {
	if internal := (*internalError)(nil); errors.As(err, &internal) {
		return status.Error(codes.Internal, "internal error")
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return status.Error(c.code, c.text)
		}
	}
	return status.Error(codes.Unavailable, "try again later")
}

// carrier makes a tenant.Carrier of metadata.
type carrier metadata.MD

func (c carrier) Get(name string) string {
	if values := c.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

func (c carrier) Set(name, value string) { metadata.MD(c).Set(name, value) }

// Values lets the codec see a second header.
func (c carrier) Values(name string) []string { return metadata.MD(c).Get(name) }
