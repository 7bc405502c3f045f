package rbac

import (
	"context"
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/tenant"
)

// Readable returns nil if the context reads the part of that tenant, or with an
// empty id the one without, and else why not: for implementations of [Store].
func Readable(ctx context.Context, of tenant.ID) error {
	reach, err := ctxtree.ReachOf(ctx)
	if err == nil && !reach.Reads(of) {
		err = ctxtree.ErrOutside
	}
	return wrapped(err)
}

// Writable returns nil if the context changes the part of that tenant, or with
// an empty id the one without, and else why not: for implementations of [Store].
func Writable(ctx context.Context, of tenant.ID) error {
	reach, err := ctxtree.ReachOf(ctx)
	if err == nil {
		err = reach.Writes(of)
	}
	return wrapped(err)
}

// wrapped says where err, if any, has come from.
func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("rbac: %w", err)
}

// LineOf returns whose part the line of nodes ends in, and an error if ctx does
// not read it and the part without tenant, or if the line is none: for
// implementations of [Store].
func LineOf(ctx context.Context, line []ctxtree.Node) (tenant.ID, error) {
	if len(line) == 0 {
		return "", fmt.Errorf("rbac: %w", ctxtree.ErrNoNode)
	}
	of := line[len(line)-1].Tenant
	for _, part := range []tenant.ID{"", of} {
		if err := Readable(ctx, part); err != nil {
			return "", err
		}
	}
	return of, nil
}
