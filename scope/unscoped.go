package scope

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Unscoped hands out the driver's own connection behind c, for what
// database/sql does not have: COPY, LISTEN, a backup. It is the only way to it;
// sql.Conn.Raw gets a connection whose statements are scoped.
//
//	err := scope.Unscoped(tenant.AcrossAll(ctx, "nightly import"), c, func(driverConn any) error {
//		pg := driverConn.(*stdlib.Conn).Conn()
//		_, err := pg.CopyFrom(ctx, pgx.Identifier{"events"}, columns, rows)
//		return err
//	})
//
// No tenant is kept apart inside fn. So ctx must be one of [tenant.AcrossAll],
// whose reason is reported as a [Crossing] before fn runs; in any other mode, and
// in the transaction of a tenant, the answer is a [*RefusedError]. The error of
// fn is returned as it is. driverConn must not be used after fn has returned.
//
// What fn leaves behind on the session - a role, a search path, a mode that
// changes how texts are read - would meet the next tenant. So the connection is
// closed when c goes back to the pool. A database that lives in the memory of its
// one connection ends with it.
func Unscoped(ctx context.Context, c *sql.Conn, fn func(driverConn any) error) error {
	return c.Raw(func(driverConn any) error {
		cn, ok := driverConn.(*conn)
		if !ok {
			return errors.New("scope: the connection is not one of a pool that this package opened")
		}
		return cn.unscoped(ctx, func() error { return fn(cn.inner) })
	})
}

// unscoped runs fn, which uses the connection behind c.
func (c *conn) unscoped(ctx context.Context, fn func() error) error {
	v := c.value(ctx)
	switch v.Mode {
	case carry.AcrossAll:
	case carry.None, carry.Refused:
		cause := v.Err()
		if cause == nil {
			cause = ErrNoTenant
		}
		return refusedContext(cause)
	default:
		return &RefusedError{Reason: ReasonMode, Construct: "the driver's own connection in " + tenant.Mode(v.Mode).String() + " mode", Offset: -1, Hint: "it sees every tenant's rows: use tenant.AcrossAll with a reason"}
	}
	crossing := crossingOf(v)
	crossing.Writes, crossing.Unscoped = true, true
	if err := call(func() { c.pool.onCrossing(ctx, crossing) }); err != nil {
		return err
	}
	c.spoilt = true
	defer func() { // it may be used until it goes back
		c.forgetSession()
		c.asked = false
	}()
	defer func() { // fn may have changed the schema
		c.ddl = c.ddl || c.tx != nil
		c.changed()
	}()
	return fn()
}
