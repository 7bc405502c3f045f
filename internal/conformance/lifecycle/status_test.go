package lifecycle

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

// the changes of status by name.
func (w *world) op(name string) func(context.Context, tenant.ID, string) error {
	switch name {
	case "suspend":
		return w.manager.Suspend
	case "resume":
		return w.manager.Resume
	case "archive":
		return w.manager.Archive
	case "restore":
		return w.manager.Restore
	case "delete":
		return w.manager.Delete
	}
	return nil
}

// Every change from every status: what is allowed leads where it should, what
// is not is a typed error and changes nothing.
func TestTransitions(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		_, _, err := w.manager.Create(t.Context(), acme, w.account("ann"))
		require.NoError(t, err)
		status := func() tenant.Status {
			got, found, err := w.registry.ByID(t.Context(), "acme")
			require.NoError(t, err)
			require.True(t, found)
			return got.Status
		}
		allowed := map[tenant.Status]map[string]tenant.Status{
			tenant.Active:    {"suspend": tenant.Suspended, "archive": tenant.Archived},
			tenant.Suspended: {"resume": tenant.Active, "archive": tenant.Archived},
			tenant.Archived:  {"restore": tenant.Active},
		}
		// A walk that takes every allowed step, and tries the others everywhere.
		for _, step := range []string{"suspend", "resume", "suspend", "archive", "restore", "resume", "archive", "restore"} {
			from := status()
			for _, other := range []string{"suspend", "resume", "archive", "restore", "delete"} {
				if _, ok := allowed[from][other]; ok || from == tenant.Archived && other == "delete" {
					continue
				}
				before := dump(t, e.Dialect, raw)
				err := w.op(other)(t.Context(), "acme", "because")
				var refused *lifecycle.TransitionError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, lifecycle.TransitionError{Op: other, From: from}, *refused)
				require.ErrorIs(t, err, lifecycle.ErrTransition)
				if from != tenant.Active {
					require.ErrorIs(t, err, from.Err())
				}
				require.Equal(t, before, dump(t, e.Dialect, raw), "%s from %v", other, from)
			}
			require.ErrorIs(t, w.op(step)(t.Context(), "acme", ""), lifecycle.ErrNoReason)
			require.ErrorIs(t, w.op(step)(t.Context(), "nobody", "because"), tenant.ErrUnknownTenant)
			require.NoError(t, w.op(step)(t.Context(), "acme", "because of "+step))
			want := allowed[from][step]
			if step == "restore" && len(w.kinds(t, "acme")) == 6 {
				want = tenant.Suspended // it was when it was archived
			}
			require.Equal(t, want, status(), step)
		}
		require.Equal(t, []string{
			lifecycle.KindCreated, lifecycle.KindSuspended, lifecycle.KindResumed, lifecycle.KindSuspended, lifecycle.KindArchived,
			lifecycle.KindRestored, lifecycle.KindResumed, lifecycle.KindArchived, lifecycle.KindRestored,
		}, w.kinds(t, "acme"))
		got, _, err := w.registry.ByID(t.Context(), "acme")
		require.NoError(t, err)
		require.Equal(t, acme.Metadata, got.Metadata, "nothing of ours is left in it")
		for r, err := range w.log.Records(tenant.WithID(t.Context(), "acme"), audit.Query{Kinds: []string{lifecycle.KindArchived}, Limit: 1}) {
			require.NoError(t, err)
			require.Equal(t, "because of archive", r.Reason)
			require.Equal(t, map[string]string{"from": "suspended", "to": "archived"}, r.Detail)
		}
	})
}

// Of many that do the same at once one does it, and the others learn that it is
// done. A failing hook undoes it.
func TestTransitionsTogether(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, dsn := newWorld(t, e)
		other := openWorld(t, e, dsn)
		_, _, err := w.manager.Create(t.Context(), acme, w.account("ann"))
		require.NoError(t, err)
		for _, step := range []string{"suspend", "archive", "restore", "resume"} {
			before := dump(t, e.Dialect, raw)
			boom := errors.New("boom")
			w.at = func(string) error { return boom }
			require.ErrorIs(t, w.op(step)(t.Context(), "acme", "because"), boom)
			w.at = func(string) error { return nil }
			require.Equal(t, before, dump(t, e.Dialect, raw))

			errs := make([]error, 10)
			var group sync.WaitGroup
			for i := range errs {
				op := w.op(step)
				if i%2 == 0 {
					op = other.op(step)
				}
				group.Go(func() { errs[i] = op(t.Context(), "acme", "because") })
			}
			group.Wait()
			done := 0
			for _, err := range errs {
				if err == nil {
					done++
					continue
				}
				require.ErrorIs(t, err, lifecycle.ErrTransition, step)
			}
			require.Equal(t, 1, done, step)
		}
		require.Len(t, w.kinds(t, "acme"), 5)
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, _ := newWorld(t, e)
		for _, code := range []string{"bolt", "Acme"} {
			_, _, err := w.manager.Create(t.Context(), tenant.Tenant{Code: code, Name: code, Host: code + ".example.com"}, w.account("ann"))
			require.NoError(t, err)
			ann := config.Owner{Tenant: tenant.ID(strings.ToLower(code)), Account: "ann"}
			_, err = w.settings.Write(t.Context(), ann, config.Edit{}, config.Change{Key: "theme", Value: []byte(`"dark"`)})
			require.NoError(t, err)
		}
		bolt := of(dump(t, e.Dialect, raw), "bolt")
		require.NoError(t, w.manager.Archive(t.Context(), "acme", "left"))

		// Whatever fails, it stays archived and nothing brings it back.
		boom := errors.New("boom")
		for _, place := range deletePlaces {
			w.at = func(p string) error {
				if p == place {
					return boom
				}
				return nil
			}
			require.ErrorIs(t, w.manager.Delete(t.Context(), "acme", "left"), boom, place)
			got, found, err := w.registry.ByID(t.Context(), "acme")
			require.NoError(t, err)
			require.True(t, found, place)
			require.Equal(t, tenant.Archived, got.Status)
			if place != deletePlaces[0] {
				w.at = func(string) error { return nil }
				require.ErrorIs(t, w.manager.Restore(t.Context(), "acme", "no"), lifecycle.ErrDeleting, place)
			}
			require.Equal(t, bolt, of(dump(t, e.Dialect, raw), "bolt"), place)
		}
		w.at = func(string) error { return nil }
		require.NoError(t, w.manager.Delete(t.Context(), "acme", "left for good"))
		require.ErrorIs(t, w.manager.Delete(t.Context(), "acme", "left"), tenant.ErrUnknownTenant)

		all := dump(t, e.Dialect, raw)
		require.Empty(t, of(all, "acme", "tenancy_changes", "tenancy_audit", "tenancy_audit_heads"))
		require.Equal(t, bolt, of(all, "bolt"))
		require.Equal(t, []string{lifecycle.KindCreated, lifecycle.KindArchived, lifecycle.KindDeleting, lifecycle.KindDeleted}, w.kinds(t, "acme"),
			"the records survive what they name")
	})
}

// deletePlaces are where a deletion can be stopped, in order.
var deletePlaces = []string{
	"tenant.deleting audit", "purge 1", "purge 2 half", "purge 2", "registry delete", "tenant.deleted node", "tenant.deleted setting", "tenant.deleted audit",
}

func Test_D16_Update(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, dsn := newWorld(t, e)
		for _, code := range []string{"bolt", "Acme"} {
			_, _, err := w.manager.Create(t.Context(), tenant.Tenant{Code: code, Name: code, Host: code + ".example.com", Metadata: map[string]string{"plan": "gold"}})
			require.NoError(t, err)
		}
		_, _, err := w.manager.Create(tenant.Global(t.Context()), tenant.Tenant{Code: "Users", Name: "Users"})
		require.NoError(t, err)

		got, err := w.manager.Update(t.Context(), "acme", "a new contract", func(r *tenant.Tenant) error {
			r.Code, r.Name, r.ExternalID, r.Description, r.DescriptionFormat = "acme-2", "Acme Two", "x1", "*hi*", "text/markdown"
			r.Language, r.Theme, r.MaxUsers, r.Parent, r.Host = "de", "dark", 7, "bolt", "two.example.com"
			r.Metadata["plan"] = "silver"
			return nil
		})
		require.NoError(t, err)
		stored, _, err := w.registry.ByID(t.Context(), "acme")
		require.NoError(t, err)
		require.Equal(t, *stored, got)
		require.Equal(t, "acme-2", got.Code)
		require.Equal(t, "silver", got.Metadata["plan"])
		for r, err := range w.log.Records(tenant.WithID(t.Context(), "acme"), audit.Query{Newest: true, Limit: 1}) {
			require.NoError(t, err)
			require.Equal(t, map[string]string{
				"fields":    "code name host external_id description description_format language theme max_users parent metadata",
				"code_from": "Acme", "code_to": "acme-2",
			}, r.Detail)
			require.Equal(t, "a new contract", r.Reason)
		}

		before := dump(t, e.Dialect, raw)
		boom := errors.New("boom")
		for name, c := range map[string]struct {
			id   tenant.ID
			edit func(*tenant.Tenant)
			want error
		}{
			"a code in another case":   {"acme", func(r *tenant.Tenant) { r.Code = "BOLT" }, tenant.ErrTaken},
			"a host":                   {"acme", func(r *tenant.Tenant) { r.Host = "Bolt.example.com" }, tenant.ErrTaken},
			"a reserved code":          {"acme", func(r *tenant.Tenant) { r.Code = "WWW" }, lifecycle.ErrReserved},
			"the code of a fixed one":  {"acme", func(r *tenant.Tenant) { r.Code = "users" }, lifecycle.ErrReserved},
			"a fixed one renamed":      {"users", func(r *tenant.Tenant) { r.Name = "People" }, lifecycle.ErrFixed},
			"a fixed one's code":       {"users", func(r *tenant.Tenant) { r.Code = "people" }, lifecycle.ErrFixed},
			"the id":                   {"acme", func(r *tenant.Tenant) { r.ID = "new" }, lifecycle.ErrNotEditable},
			"the status":               {"acme", func(r *tenant.Tenant) { r.Status = tenant.Archived }, lifecycle.ErrNotEditable},
			"the domains":              {"acme", func(r *tenant.Tenant) { r.Domains = []tenant.Domain{{Name: "x.test", Verified: true}} }, lifecycle.ErrNotEditable},
			"the creation":             {"acme", func(r *tenant.Tenant) { r.Created = r.Created.AddDate(1, 0, 0) }, lifecycle.ErrNotEditable},
			"a parent that is not":     {"acme", func(r *tenant.Tenant) { r.Parent = "nobody" }, tenant.ErrUnknownTenant},
			"somebody unknown":         {"nobody", func(r *tenant.Tenant) {}, tenant.ErrUnknownTenant},
			"nothing":                  {"acme", func(r *tenant.Tenant) {}, nil},
			"only our own metadata":    {"acme", func(r *tenant.Tenant) { r.Metadata["tenancy.deleting"] = "now" }, nil},
			"its own ancestor, no two": {"bolt", func(r *tenant.Tenant) { r.Parent = "acme" }, errors.New("the tenant would be among its own ancestors")},
		} {
			_, err := w.manager.Update(t.Context(), c.id, "", func(r *tenant.Tenant) error { c.edit(r); return nil })
			switch {
			case c.want == nil:
				require.NoError(t, err, name)
			case errors.Is(err, c.want):
			default:
				require.ErrorContains(t, err, c.want.Error(), name)
			}
			require.Equal(t, before, dump(t, e.Dialect, raw), name)
		}
		_, err = w.manager.Update(t.Context(), "acme", "", func(*tenant.Tenant) error { return boom })
		require.ErrorIs(t, err, boom)
		require.Equal(t, before, dump(t, e.Dialect, raw))

		// A fixed tenant is neither archived nor deleted; its other fields change.
		require.ErrorIs(t, w.manager.Archive(t.Context(), "users", "no"), lifecycle.ErrFixed)
		_, err = w.manager.Update(t.Context(), "users", "", func(r *tenant.Tenant) error { r.Theme = "dark"; return nil })
		require.NoError(t, err)

		// Two updates at once do not undo each other.
		other := openWorld(t, e, dsn)
		var group sync.WaitGroup
		for i := range 10 {
			m := w.manager
			if i%2 == 0 {
				m = other.manager
			}
			group.Go(func() {
				_, err := m.Update(t.Context(), "bolt", "", func(r *tenant.Tenant) error { r.MaxUsers++; return nil })
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		bolt, _, err := w.registry.ByID(t.Context(), "bolt")
		require.NoError(t, err)
		require.Equal(t, 10, bolt.MaxUsers)

		// Of two that want one code at once one gets it, whatever the engine says.
		errs := make([]error, 2)
		for i, id := range []tenant.ID{"acme", "bolt"} {
			m := []*world{w, other}[i].manager
			group.Go(func() {
				_, errs[i] = m.Update(t.Context(), id, "", func(r *tenant.Tenant) error { r.Code = "Wanted"; return nil })
			})
		}
		group.Wait()
		require.True(t, (errs[0] == nil) != (errs[1] == nil), "%v", errs)
		require.ErrorIs(t, errors.Join(errs...), tenant.ErrTaken)

		// An archived tenant is not written to.
		require.NoError(t, w.manager.Archive(t.Context(), "acme", "left"))
		before = dump(t, e.Dialect, raw)
		_, err = w.manager.Update(t.Context(), "acme", "", func(r *tenant.Tenant) error { r.Theme = "x"; return nil })
		require.ErrorIs(t, err, tenant.ErrArchived)
		_, err = w.manager.AddDomain(t.Context(), "acme", "acme.test")
		require.ErrorIs(t, err, tenant.ErrArchived)
		require.ErrorIs(t, w.manager.MakePrimary(t.Context(), "acme", "acme.test"), tenant.ErrArchived)
		require.ErrorIs(t, w.manager.RemoveDomain(t.Context(), "acme", "acme.test"), tenant.ErrArchived)
		require.Equal(t, before, dump(t, e.Dialect, raw))
	})
}
