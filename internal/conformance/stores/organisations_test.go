package stores_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

func organisations(t *testing.T, e engines.Engine, tenants ...tenant.ID) (*sql.DB, *tenantsql.Organisations) {
	t.Helper()
	db := openScoped(t, e, tenantsql.Migrate)
	for _, id := range tenants {
		require.NoError(t, tenantsql.NewRegistry(db, e.Dialect).Create(t.Context(), tenant.Tenant{ID: id}))
	}
	return db, tenantsql.NewOrganisations(db, e.Dialect)
}

func shortNames(list []tenant.Organisation) string {
	var names []string
	for _, org := range list {
		names = append(names, org.ShortName)
	}
	return strings.Join(names, " ")
}

func Test_A08_Organisations(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		db, orgs := organisations(t, e, "acme", "bolt")
		plain := t.Context()
		acme, bolt := tenant.WithID(plain, "acme"), tenant.WithID(plain, "bolt")
		number := func(id tenant.ID) int64 {
			n, err := feed.NewStore(db, e.Dialect).Current(plain, id)
			require.NoError(t, err)
			return n
		}
		owner := func(ctx context.Context, name string) tenant.ID {
			id, found, err := orgs.TenantOf(ctx, name)
			require.NoError(t, err)
			require.Equal(t, found, id != "")
			return id
		}
		created := time.Date(2024, 2, 29, 1, 2, 3, 4_000_000, time.UTC)
		mit := tenant.Organisation{ShortName: "MITx", Tenant: "acme", Name: "M.I.T. 'x' é", Description: "two\nlines", Active: true, Created: created, Modified: created}
		require.NoError(t, orgs.Create(acme, mit))
		require.EqualValues(t, 2, number("acme"), "the registry's and ours")
		got, found, err := orgs.ByName(acme, "mitX")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, mit, got)

		for name, c := range map[string]struct {
			ctx  context.Context
			org  tenant.Organisation
			want error
		}{
			"taken by itself":             {acme, mit, tenant.ErrTaken},
			"taken in another case":       {bolt, tenant.Organisation{ShortName: "mitx", Tenant: "bolt"}, tenant.ErrTaken},
			"under another tenant":        {bolt, tenant.Organisation{ShortName: "new", Tenant: "acme"}, tenant.ErrTenantConflict},
			"without a tenant":            {plain, tenant.Organisation{ShortName: "new", Tenant: "acme"}, tenant.ErrNoTenant},
			"in global mode":              {tenant.Global(plain), tenant.Organisation{ShortName: "new", Tenant: "acme"}, tenant.ErrNoTenant},
			"across two":                  {tenant.Across(plain, "test", "acme", "bolt"), tenant.Organisation{ShortName: "new", Tenant: "acme"}, tenant.ErrSeveralTenants},
			"in a refused context":        {tenant.WithID(acme, "bolt"), tenant.Organisation{ShortName: "new", Tenant: "acme"}, tenant.ErrTenantConflict},
			"under a tenant there is not": {tenant.WithID(plain, "cold"), tenant.Organisation{ShortName: "new", Tenant: "cold"}, tenant.ErrUnknownTenant},
		} {
			err := orgs.Create(c.ctx, c.org)
			require.ErrorIs(t, err, c.want, name)
			require.NotContains(t, err.Error(), "acme", name)
			require.Empty(t, owner(plain, "new"), name)
		}
		require.EqualValues(t, 2, number("acme"))
		require.EqualValues(t, 1, number("bolt"))
		require.Zero(t, number("cold"))

		require.Equal(t, tenant.ID("acme"), owner(plain, "MITX"), "the name leads to the tenant")
		require.Equal(t, tenant.ID("acme"), owner(acme, "mitx"))
		require.Equal(t, tenant.ID("acme"), owner(tenant.Global(plain), "mitx"))
		require.Empty(t, owner(bolt, "mitx"), "another tenant's context learns nothing")
		for _, name := range []string{"", "mit", "mitx ", "mit%", "____", "\u212aITx", "mitx\x00"} {
			require.Empty(t, owner(plain, name))
			_, found, err := orgs.ByName(acme, name)
			require.NoError(t, err)
			require.False(t, found)
		}

		require.NoError(t, orgs.Create(bolt, tenant.Organisation{ShortName: "b-1", Tenant: "bolt"}))
		require.NoError(t, orgs.Create(tenant.AcrossAll(plain, "test"), tenant.Organisation{ShortName: "A_2", Tenant: "acme", Active: true}))
		require.Empty(t, owner(plain, "b-1"), "a name that is not active leads nowhere")
		for name, c := range map[string]struct {
			ctx  context.Context
			want string
		}{
			"acme": {acme, "A_2 MITx"}, "bolt": {bolt, "b-1"}, "all": {tenant.AcrossAll(plain, "test"), "A_2 b-1 MITx"},
			"both": {tenant.Across(plain, "test", "acme", "bolt"), "A_2 b-1 MITx"}, "one": {tenant.Across(plain, "test", "bolt"), "b-1"},
		} {
			var all []tenant.Organisation
			for after := ""; ; {
				page, err := orgs.List(c.ctx, after, 2)
				require.NoError(t, err)
				all = append(all, page...)
				if len(page) < 2 {
					break
				}
				after = page[1].ShortName
			}
			require.Equal(t, c.want, shortNames(all), name)
			for _, org := range []string{"mitx", "a_2", "b-1"} {
				_, found, err := orgs.ByName(c.ctx, org)
				require.NoError(t, err)
				require.Equal(t, strings.Contains(strings.ToLower(c.want), org), found, "%s reads %s", name, org)
			}
		}
		for _, ctx := range []context.Context{plain, tenant.Global(plain), tenant.WithID(acme, "bolt")} {
			_, _, err := orgs.ByName(ctx, "mitx")
			require.Error(t, err)
			_, err = orgs.List(ctx, "", 9)
			require.Error(t, err)
			_, err = orgs.Of(ctx, "course", "1")
			require.Error(t, err)
			_, err = orgs.Objects(ctx, "mitx", "course", "", 9)
			require.Error(t, err)
		}

		// Another tenant's organisation can neither be changed nor deleted.
		mit.Name, mit.Active = "changed", false
		before := number("acme")
		require.ErrorIs(t, orgs.Update(bolt, mit), tenant.ErrTenantConflict)
		theirs := mit
		theirs.Tenant = "bolt"
		require.ErrorIs(t, orgs.Update(bolt, theirs), tenant.ErrUnknownOrganisation)
		require.ErrorIs(t, orgs.Delete(bolt, "bolt", "mitx"), tenant.ErrUnknownOrganisation)
		require.ErrorIs(t, orgs.Delete(bolt, "acme", "mitx"), tenant.ErrTenantConflict)
		require.ErrorIs(t, orgs.DeleteAll(bolt, "acme"), tenant.ErrTenantConflict)
		got, _, err = orgs.ByName(acme, "mitx")
		require.NoError(t, err)
		require.True(t, got.Active)
		require.Equal(t, before, number("acme"))

		require.NoError(t, orgs.Update(acme, mit))
		got, _, err = orgs.ByName(acme, "mitx")
		require.NoError(t, err)
		require.Equal(t, "changed", got.Name)
		require.Equal(t, created, got.Created)
		require.True(t, got.Modified.After(created))
		require.Empty(t, owner(plain, "mitx"))
		require.ErrorIs(t, orgs.Create(bolt, tenant.Organisation{ShortName: "mitx", Tenant: "bolt"}), tenant.ErrTaken, "it keeps its name")
		require.NoError(t, orgs.Delete(acme, "acme", "MITX"))
		require.NoError(t, orgs.Create(bolt, tenant.Organisation{ShortName: "mitx", Tenant: "bolt", Active: true}), "what was given up is free")
		require.Equal(t, tenant.ID("bolt"), owner(plain, "mitx"))
		require.NoError(t, orgs.DeleteAll(bolt, "bolt"))
		left, err := orgs.List(tenant.AcrossAll(plain, "test"), "", 9)
		require.NoError(t, err)
		require.Equal(t, "A_2", shortNames(left))
	})
}

// Courses and users are linked to organizations.
func Test_A08_A09_OrganisationLinks(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		db, orgs := organisations(t, e, "acme", "bolt")
		acme, bolt := tenant.WithID(t.Context(), "acme"), tenant.WithID(t.Context(), "bolt")
		all := tenant.AcrossAll(t.Context(), "test")
		for name, ctx := range map[string]context.Context{"Red": acme, "Blue": acme, "Green": bolt} {
			id, _ := tenant.IDFromContext(ctx)
			require.NoError(t, orgs.Create(ctx, tenant.Organisation{ShortName: name, Tenant: id}))
		}
		of := func(ctx context.Context, kind, object string) string {
			list, err := orgs.Of(ctx, kind, object)
			require.NoError(t, err)
			return shortNames(list)
		}
		objects := func(ctx context.Context, name, kind string) []string {
			list, err := orgs.Objects(ctx, name, kind, "", 100)
			require.NoError(t, err)
			return list
		}
		for range 2 { // again is no error
			require.NoError(t, orgs.Link(acme, "acme", "RED", tenantsql.KindCourse, "c1"))
		}
		require.NoError(t, orgs.Link(acme, "acme", "blue", tenantsql.KindCourse, "c1"))
		require.NoError(t, orgs.Link(acme, "acme", "red", tenantsql.KindCourse, "C1"))
		require.NoError(t, orgs.Link(acme, "acme", "red", tenantsql.KindUser, "7"))
		require.NoError(t, orgs.Link(bolt, "bolt", "green", tenantsql.KindCourse, "c1"))
		require.NoError(t, orgs.Link(bolt, "bolt", "green", tenantsql.KindUser, "7"))

		require.Equal(t, "Blue Red", of(acme, "course", "c1"))
		require.Equal(t, "Red", of(acme, "course", "C1"), "ids differ by case")
		require.Equal(t, "Red", of(acme, "user", "7"))
		require.Equal(t, "Green", of(bolt, "course", "c1"), "the same id is another object")
		require.Equal(t, "Blue Green Red", of(all, "course", "c1"))
		require.Equal(t, "Green", of(tenant.Across(t.Context(), "test", "bolt"), "user", "7"))
		require.Equal(t, []string{"C1", "c1"}, objects(acme, "red", "course"))
		require.Empty(t, objects(bolt, "red", "course"), "another tenant reads nothing")
		page, err := orgs.Objects(acme, "red", "course", "C1", 1)
		require.NoError(t, err)
		require.Equal(t, []string{"c1"}, page)

		number := func() int64 {
			n, err := feed.NewStore(db, e.Dialect).Current(t.Context(), "acme")
			require.NoError(t, err)
			return n
		}
		before := number()
		for name, err := range map[string]error{
			"their organisation":         orgs.Link(bolt, "bolt", "red", "course", "x"),
			"no organisation":            orgs.Link(acme, "acme", "none", "course", "x"),
			"to be unlinked from theirs": orgs.Unlink(bolt, "bolt", "red", "course", "c1"),
		} {
			require.ErrorIs(t, err, tenant.ErrUnknownOrganisation, name)
		}
		require.ErrorIs(t, orgs.Link(bolt, "acme", "red", "course", "x"), tenant.ErrTenantConflict)
		require.ErrorIs(t, orgs.Unlink(bolt, "acme", "red", "course", "c1"), tenant.ErrTenantConflict)
		for _, odd := range []string{"", "a\x00", "a ", "é", strings.Repeat("x", 256)} {
			require.Error(t, orgs.Link(acme, "acme", "red", "course", odd))
			require.Error(t, orgs.Link(acme, "acme", "red", odd, "x"))
			_, err := orgs.Of(acme, "course", odd)
			require.Error(t, err)
		}
		require.Equal(t, before, number())
		require.Empty(t, of(all, "course", "x"))

		require.NoError(t, orgs.Unlink(acme, "acme", "red", "course", "c1"))
		require.NoError(t, orgs.Unlink(acme, "acme", "red", "course", "c1"))
		require.Equal(t, "Blue", of(acme, "course", "c1"))
		require.NoError(t, orgs.Delete(acme, "acme", "blue"))
		require.NoError(t, orgs.Create(bolt, tenant.Organisation{ShortName: "blue", Tenant: "bolt"}))
		require.Empty(t, objects(bolt, "blue", "course"), "links went with the organisation")
		require.NoError(t, orgs.DeleteAll(acme, "acme"))
		require.Equal(t, "Green", of(all, "course", "c1"))
		require.Equal(t, "Green", of(all, "user", "7"))
	})
}

// Of several tenants that want the same name at the same moment one gets it.
func TestOrganisationRace(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		dsn, db := e.NewDatabase(t)
		require.NoError(t, tenantsql.Migrate(t.Context(), db, e.Dialect))
		stores := map[tenant.ID]*tenantsql.Organisations{}
		for _, id := range []tenant.ID{"a", "b", "c", "d"} {
			require.NoError(t, tenantsql.NewRegistry(db, e.Dialect).Create(t.Context(), tenant.Tenant{ID: id}))
			stores[id] = tenantsql.NewOrganisations(e.Pool(t, dsn), e.Dialect)
		}
		for round := range 5 {
			var mu sync.Mutex
			var errs []error
			var group sync.WaitGroup
			for id, store := range stores {
				group.Go(func() {
					err := store.Create(tenant.WithID(context.Background(), id), tenant.Organisation{ShortName: fmt.Sprint("org", round), Tenant: id})
					mu.Lock()
					defer mu.Unlock()
					errs = append(errs, err)
				})
			}
			group.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else {
					require.ErrorIs(t, err, tenant.ErrTaken)
				}
			}
			require.Equal(t, 1, won)
		}
	})
}

// What was linked in a transaction that is rolled back was never there, and a
// caller's transaction on MySQL sees what others have committed meanwhile.
func TestOrganisationsInTransaction(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		db, orgs := organisations(t, e, "acme")
		ctx := tenant.WithID(t.Context(), "acme")
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			in := orgs.With(tx)
			require.NoError(t, in.Create(ctx, tenant.Organisation{ShortName: "red", Tenant: "acme"}))
			require.ErrorIs(t, in.Create(ctx, tenant.Organisation{ShortName: "Red", Tenant: "acme"}), tenant.ErrTaken)
			require.NoError(t, in.Link(ctx, "acme", "red", "course", "1"))
			if commit {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
			list, err := orgs.Of(ctx, "course", "1")
			require.NoError(t, err)
			require.Equal(t, commit, len(list) == 1)
		}
		if e.Dialect == tenant.MySQL {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			defer tx.Rollback()
			_, found, err := orgs.With(tx).ByName(ctx, "red") // the snapshot is of now
			require.NoError(t, err)
			require.True(t, found)
			require.NoError(t, orgs.Delete(ctx, "acme", "red"))
			require.ErrorIs(t, orgs.With(tx).Link(ctx, "acme", "red", "course", "1"), tenant.ErrUnknownOrganisation)
		}
	})
}

func TestOrganisationPlans(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		db := open(t, e, tenantsql.Migrate)
		require.NoError(t, tenantsql.NewRegistry(db, e.Dialect).Create(t.Context(), tenant.Tenant{ID: "acme"}))
		ctx := tenant.WithID(t.Context(), "acme")
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		in := tenantsql.NewOrganisations(tx, e.Dialect)
		for i := range 200 {
			name := fmt.Sprintf("o%03d", i)
			require.NoError(t, in.Create(ctx, tenant.Organisation{ShortName: name, Tenant: "acme"}))
			require.NoError(t, in.Link(ctx, "acme", name, "course", name))
		}
		require.NoError(t, tx.Commit())
		requireIndexes(t, e, db, func(db tenant.DBTX) {
			orgs := tenantsql.NewOrganisations(db, e.Dialect)
			_, _, err := orgs.TenantOf(t.Context(), "o007")
			require.NoError(t, err)
			_, _, err = orgs.ByName(ctx, "o007")
			require.NoError(t, err)
			_, err = orgs.List(ctx, "o190", 3)
			require.NoError(t, err)
			_, err = orgs.Of(ctx, "course", "o007")
			require.NoError(t, err)
			_, err = orgs.Objects(ctx, "o007", "course", "o007", 3)
			require.NoError(t, err)
		})
	})
}
