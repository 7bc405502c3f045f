package orms

import (
	"context"
	"fmt"
	"sync"
	"testing"

	sq "github.com/Masterminds/squirrel"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/orms/bunmodel"
	entcontact "github.com/gotenancy/tenancy/internal/conformance/orms/ent/contact"
	"github.com/gotenancy/tenancy/tenant"
)

// TestAtOnce: tenants use the same prepared statements and connections at the
// same time, and each reads its own rows.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w := newWorld(t, e)
		x := openSqlx(t, e, w.scoped)
		prepared, err := x.PreparexContext(t.Context(), x.Rebind(`SELECT name FROM contacts WHERE id = ?`))
		require.NoError(t, err)
		defer prepared.Close()
		squirrel := squirrelOn(e, w.scoped, sq.NewStmtCache(w.scoped))
		g := openGORM(t, e, w.scoped, option(func(c *gorm.Config) { c.PrepareStmt = true }))
		ent, bun := openEnt(t, e, w.scoped), openBun(t, e, w.scoped)

		// Each answers with the name of the first contact, which tells the tenant.
		readers := []func(ctx context.Context) (string, error){
			func(ctx context.Context) (name string, err error) {
				err = prepared.GetContext(ctx, &name, 1)
				return name, err
			},
			func(ctx context.Context) (name string, err error) {
				err = squirrel.Select("name").From("contacts").Where(sq.Eq{"id": 1}).QueryRowContext(ctx).Scan(&name)
				return name, err
			},
			func(ctx context.Context) (string, error) {
				var c contact
				err := g.WithContext(ctx).Preload("Tags").First(&c, 1).Error
				return c.Name, err
			},
			func(ctx context.Context) (string, error) {
				c, err := ent.Contact.Query().Where(entcontact.ID(1)).WithTags().Only(ctx)
				if err != nil {
					return "", err
				}
				return c.Name, nil
			},
			func(ctx context.Context) (string, error) {
				c := bunmodel.Contact{ID: 1}
				err := bun.NewSelect().Model(&c).Relation("Tags").WherePK().Scan(ctx)
				return c.Name, err
			},
		}
		want := map[tenant.ID]string{"acme": "Ann of ACME", "bolt": "Ann of BOLT"}
		var all sync.WaitGroup
		wrong := make(chan string, 2*len(readers)*len(tenants))
		for range 2 {
			for k, read := range readers {
				for _, id := range tenants {
					all.Go(func() {
						for range 10 {
							if name, err := read(tenant.WithID(t.Context(), id)); err != nil || name != want[id] {
								wrong <- fmt.Sprintf("reader %d as %s: %q, %v", k, id, name, err)
								return
							}
						}
					})
				}
			}
		}
		all.Wait()
		close(wrong)
		for message := range wrong {
			t.Error(message)
		}
	})
}
