package rbac

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Token stands for a moment in the history of one tenant's nodes and roles, and
// of those without a tenant. Who has changed something takes one afterwards and
// sends its text along, for example in the answer to the client; the process
// that gets the next request waits for it, see [Checker.Await]. It says nothing
// but a tenant's id and how often something was changed, and gives no rights.
type Token struct {
	of          tenant.ID
	own, shared version
}

// ErrToken: the text is no token, or one of another installation or tenant, or
// of a moment that the stores have not reached.
var ErrToken = errors.New("rbac: the token is not one of these stores")

// String returns the text of the token, of letters, digits, hyphens and points.
func (t Token) String() string {
	return fmt.Sprintf("%d.%d.%d.%d.%s", t.shared.tree, t.shared.roles, t.own.tree, t.own.roles, t.of)
}

// ParseToken reads what [Token.String] has written. The error is [ErrToken].
func ParseToken(text string) (Token, error) {
	fields := strings.SplitN(text, ".", 5)
	if len(fields) != 5 {
		return Token{}, ErrToken
	}
	t := Token{of: tenant.ID(fields[4])}
	for i, number := range []*int64{&t.shared.tree, &t.shared.roles, &t.own.tree, &t.own.roles} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil || n < 0 || strconv.FormatInt(n, 10) != fields[i] {
			return Token{}, ErrToken
		}
		*number = n
	}
	if t.of != "" && !t.of.Valid() || t.of == "" && t.own != (version{}) {
		return Token{}, ErrToken
	}
	return t, nil
}

// Token returns the token of this moment, for the tenant of ctx or, in global
// mode, for what has none: every change that was committed before the call is
// part of it, whoever has made it.
func (c *Checker) Token(ctx context.Context) (Token, error) {
	of, err := c.oneTenant(ctx)
	if err != nil {
		return Token{}, err
	}
	t := Token{of: of}
	if t.shared, err = c.numbers(ctx, ""); err != nil {
		return Token{}, err
	}
	if of != "" {
		t.own, err = c.numbers(ctx, of)
	}
	return t, err
}

// Await returns once this process knows what had happened by the moment of the
// token: every question that is asked after it, in a context of the same
// tenant, is answered as of that moment or a later one. Where that is known
// already it costs two comparisons.
//
// The error is [ErrToken] where the token does not fit ctx or these stores, so
// that one which somebody has made up can not make the stores work; any other
// one is that of a store.
func (c *Checker) Await(ctx context.Context, t Token) error {
	of, err := c.oneTenant(ctx)
	if err != nil {
		return err
	}
	if t.of != of {
		return ErrToken
	}
	if err := c.await(ctx, "", t.shared); err != nil || of == "" {
		return err
	}
	return c.await(ctx, of, t.own)
}

// await does it for one part.
func (c *Checker) await(ctx context.Context, of tenant.ID, want version) error {
	p, err := c.part(ctx, of)
	if err != nil || p.version.covers(want) {
		return err
	}
	now, err := c.numbers(ctx, of)
	if err != nil {
		return err
	}
	if !now.covers(want) {
		return ErrToken
	}
	c.treeChanged(of, now.tree)
	c.rolesChanged(of, now.roles)
	p, err = c.part(ctx, of)
	if err == nil && !p.version.covers(want) {
		err = errBehind
	}
	return err
}

// errBehind is why there is no answer where what was read lacks a change that
// had been announced, as on a lagging replica.
var errBehind = errors.New("rbac: the stores are behind their own changes")

// numbers returns the newest change numbers of one part.
func (c *Checker) numbers(ctx context.Context, of tenant.ID) (v version, err error) {
	ctx = inside(ctx, of)
	if v.tree, err = c.tree.Number(ctx, of); err == nil {
		v.roles, err = c.store.Number(ctx, of)
	}
	return v, wrapped(err)
}

// oneTenant returns the tenant of ctx, or an empty id in global mode.
func (c *Checker) oneTenant(ctx context.Context) (tenant.ID, error) {
	if c == nil || c.cells == nil {
		return "", errNotBuilt
	}
	err := tenant.Err(ctx)
	id, ok := tenant.IDFromContext(ctx)
	if err == nil && !ok && tenant.ModeOf(ctx) != tenant.ModeGlobal {
		err = tenant.ErrSeveralTenants
	}
	return id, wrapped(err)
}
