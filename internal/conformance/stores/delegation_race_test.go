package stores_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/tenant"
)

// Somebody's right goes while a change of theirs is on its way: their node has
// been looked at, and the change that takes the right away has been made, but
// has not committed. Whoever decided by what is committed at that moment would
// let them.
func TestRightLostOnTheWay(t *testing.T) {
	for name, lose := range map[string]func(ctx context.Context, c *company, tx rbac.Store) error{
		"in the tenant": func(ctx context.Context, c *company, tx rbac.Store) error {
			_, err := tx.UnassignAll(ctx, "acme", rbac.Filter{User: "ann"})
			return err
		},
		"of everybody": func(ctx context.Context, c *company, tx rbac.Store) error {
			return tx.SetPermission(ctx, companySystem, c.ids["boss"], "role:assign", rbac.Prohibit)
		},
		"by a pair": func(ctx context.Context, c *company, tx rbac.Store) error {
			return tx.SetPair(ctx, rbac.Pair{Kind: rbac.PairAssign, Role: c.ids["boss"], Target: c.ids["teacher"]}, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachCompany(t, func(c *company) {
				c.managing("acme", "ann")
				ann := c.member("acme", "ann")
				of := tenant.ID("")
				if name == "in the tenant" {
					of = "acme"
				}
				// The manager's checker is of another process: it hears of nothing.
				seen := make(chan struct{})
				tree := &seenTree{Store: c.tree, seen: seen}
				checker, err := rbac.NewChecker(rbac.Config{Tree: tree, Store: rbacsql.New(c.pool, c.dialect), Capabilities: companyCapabilities})
				require.NoError(c, err)
				require.True(c, checker.Can(ann, "role:assign", c.course["acme"].ID))
				cfg := c.cfg
				cfg.Checker = checker
				manager, err := rbac.NewManager(cfg)
				require.NoError(c, err)

				result := make(chan error, 1)
				err = c.store.Change(tenant.AcrossAll(c.Context(), "test"), of, func(tx rbac.Store, _ tenant.DBTX) error {
					if err := lose(tenant.AcrossAll(c.Context(), "test"), c, tx); err != nil {
						return err
					}
					go func() {
						result <- manager.Assign(ann, c.course["acme"].ID, byHand(c.ids["teacher"], "amy"))
					}()
					<-seen
					return nil
				})
				require.NoError(c, err)
				require.ErrorIs(c, <-result, rbac.ErrDenied)
				held, err := c.store.Assignments(c.in("acme"), "acme", rbac.Filter{User: "amy"})
				require.NoError(c, err)
				require.Empty(c, held)
			})
		})
	}
}

// seenTree tells when a node was looked at.
type seenTree struct {
	ctxtree.Store
	once sync.Once
	seen chan struct{}
}

func (s *seenTree) Node(ctx context.Context, id int64) (ctxtree.Node, bool, error) {
	n, found, err := s.Store.Node(ctx, id)
	s.once.Do(func() { close(s.seen) })
	return n, found, err
}

// Between the decision and the commit nobody changes what it depends on, in the
// tenant or for all: who tries waits, here until it gives up. On the servers:
// SQLite has one writer at a time in any case.
func TestNobodyComesBetween(t *testing.T) {
	onServers(t, func(c *company) {
		c.managing("acme", "ann")
		ann := c.member("acme", "ann")
		var waited []error
		cfg := c.cfg
		cfg.Hooks = []tenant.Hook{func(context.Context, tenant.DBTX, tenant.Event) error {
			try := func(fn func(ctx context.Context) error) {
				ctx, cancel := context.WithTimeout(tenant.AcrossAll(c.Context(), "test"), 300*time.Millisecond)
				defer cancel()
				waited = append(waited, fn(ctx))
			}
			try(func(ctx context.Context) error {
				return c.store.SetPermission(ctx, companySystem, c.ids["boss"], "role:assign", rbac.Prohibit)
			})
			try(func(ctx context.Context) error {
				_, err := c.store.UnassignAll(ctx, "acme", rbac.Filter{User: "ann"})
				return err
			})
			try(func(ctx context.Context) error {
				_, err := c.tree.Move(ctx, c.course["acme"].ID, c.top["acme"].ID)
				return err
			})
			return nil
		}}
		slow, err := rbac.NewManager(cfg)
		require.NoError(c, err)
		require.NoError(c, slow.Assign(ann, c.course["acme"].ID, byHand(c.ids["teacher"], "amy")))
		require.Len(c, waited, 3)
		for _, err := range waited {
			require.ErrorIs(c, err, context.DeadlineExceeded)
		}
		// And in another tenant nobody waited.
		other := cfg
		other.Hooks = []tenant.Hook{func(context.Context, tenant.DBTX, tenant.Event) error {
			return c.store.Assign(c.in("bolt"), c.course["bolt"], byHand(c.ids["teacher"], "bob"))
		}}
		apart, err := rbac.NewManager(other)
		require.NoError(c, err)
		require.NoError(c, apart.Assign(ann, c.course["acme"].ID, byHand(c.ids["student"], "amy")))
	})
}

// A record that can not be written undoes the change, and so does anything else
// behind it.
func TestChangeAndRecordTogether(t *testing.T) {
	eachCompany(t, func(c *company) {
		c.managing("acme", "ann")
		ann := c.member("acme", "ann")
		boom := errors.New("boom")
		cfg := c.cfg
		cfg.Hooks = []tenant.Hook{c.log.Hook, func(ctx context.Context, tx tenant.DBTX, _ tenant.Event) error {
			held, err := c.store.With(tx).Assignments(ctx, "acme", rbac.Filter{User: "amy"})
			if err != nil || len(held) != 1 {
				return errors.Join(errors.New("the hook does not see the change"), err)
			}
			return boom
		}}
		failing, err := rbac.NewManager(cfg)
		require.NoError(c, err)
		before := len(c.kinds("acme"))
		require.ErrorIs(c, failing.Assign(ann, c.course["acme"].ID, byHand(c.ids["teacher"], "amy")), boom)
		require.Len(c, c.kinds("acme"), before)
		c.can(c.member("acme", "amy"), "course:edit", c.course["acme"], false)
		require.NoError(c, c.roles.Assign(ann, c.course["acme"].ID, byHand(c.ids["teacher"], "amy")))
		require.Len(c, c.kinds("acme"), before+1)
		c.can(c.member("acme", "amy"), "course:edit", c.course["acme"], true)
	})
}
