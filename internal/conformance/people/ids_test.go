package people_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// An id is compared byte by byte on every engine, also where the engine takes a
// text with a space behind for the one without: such an account can not be made,
// and who asks for it does not get another one.
func TestAnIDWithASpaceIsNobody(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "a", "ann")
		w.global("g", "gus")
		cohort := w.shared("acme")
		w.add(cohort, "g")
		require.NoError(w, w.dir.AddManager(w.acme, "", "a", ""))
		require.NoError(w, w.dir.AddManager(w.central, "bolt", "g", ""))
		w.kinds()
		for _, space := range []string{" ", "  ", "\t", "\u00a0"} {
			a, g := "a"+space, "g"+space
			_, err := w.dir.AddMember(w.bolt, "", newAccount(a, "other"))
			require.ErrorIs(w, err, member.ErrBadName)
			_, err = w.dir.AddGlobal(w.central, newAccount(g, "other"))
			require.ErrorIs(w, err, member.ErrBadName)

			_, err = w.dir.Account(w.acme, a)
			require.ErrorIs(w, err, member.ErrUnknownAccount)
			_, err = w.dir.Account(w.central, g)
			require.ErrorIs(w, err, member.ErrUnknownAccount)
			_, err = w.dir.Actor(w.acme, a)
			require.ErrorIs(w, err, member.ErrUnknownAccount)
			may, err := w.dir.MayEnter(w.acme, tenant.Actor{ID: g}, "acme")
			require.NoError(w, err)
			require.False(w, may)
			is, err := w.dir.IsManager(w.acme, "", a)
			require.NoError(w, err)
			require.False(w, is)
			is, err = w.dir.IsCandidate(w.acme, "", a)
			require.NoError(w, err)
			require.False(w, is)
			managed, err := w.dir.Managed(w.central, g)
			require.NoError(w, err)
			require.Empty(w, managed)

			for _, change := range []func() error{
				func() error { return w.dir.Suspend(w.acme, a, "") },
				func() error { return w.dir.Remove(w.central, a, "") },
				func() error { return w.dir.AddManager(w.acme, "", a, "") },
				func() error { return w.dir.AddToCohort(w.central, cohort, g, "") },
				func() error { return w.dir.Allocate(w.central, g, "bolt", "", "") },
			} {
				require.ErrorIs(w, change(), member.ErrUnknownAccount)
			}
			require.NoError(w, w.dir.RemoveFromCohort(w.central, cohort, g, ""))
		}
		require.Empty(w, w.kinds(), "nothing has changed")
		require.Equal(w, []string{"g"}, w.in(cohort))
	})
}

// The id of an account that was removed is nobody else's: what names it, such as
// a session, a role or an audit record, does not become another person's.
func TestAnIDIsGivenOnce(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "a", "ann")
		w.global("g", "gus")
		require.NoError(w, w.dir.Remove(w.acme, "a", ""))
		require.NoError(w, w.dir.Remove(w.central, "g", ""))
		for _, id := range []string{"a", "g"} {
			for _, ctx := range []context.Context{w.acme, w.bolt} {
				w.refused(member.ErrTaken, func() error { _, err := w.dir.AddMember(ctx, "", newAccount(id, "new")); return err })
			}
			w.refused(member.ErrTaken, func() error { _, err := w.dir.AddGlobal(w.central, newAccount(id, "new")); return err })
		}
		w.member(w.acme, "b", "ann") // the name is free

		// Nor is it given by one who was waiting while it was removed.
		for round := range 4 {
			id := fmt.Sprint("r", round)
			w.member(w.acme, id, id)
			errs := w.atOnce(4, func(i int) error {
				if i == 0 {
					return w.dir.Remove(w.acme, id, "")
				}
				_, err := w.dir.AddMember(w.bolt, "", newAccount(id, fmt.Sprint(id, i)))
				return err
			})
			require.NoError(w, errs[0])
			for _, err := range errs[1:] {
				require.ErrorIs(w, err, member.ErrTaken)
			}
		}
	})
}

// What was made before ids were kept is kept from then on.
func TestIDsOfBefore(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "a", "ann")
		for _, stmt := range []string{`DROP TABLE tenancy_account_ids`, `DELETE FROM tenancy_migrations WHERE version = 602`} {
			_, err := w.db.ExecContext(carry.Library(w.central), stmt)
			require.NoError(w, err)
		}
		require.NoError(w, member.Migrate(w.Context(), w.db, w.engine.Dialect))
		require.NoError(w, w.dir.Remove(w.acme, "a", ""))
		w.refused(member.ErrTaken, func() error { _, err := w.dir.AddMember(w.bolt, "", newAccount("a", "new")); return err })
	})
}
