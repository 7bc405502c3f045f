package people_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// C4, C10, C11: the automatic cohort is members and associated users, in both
// directions and on every change.
func Test_C04_C10_C11_C13_AutomaticCohortFollows(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.global("g", "gus")
		w.global("h", "hal")
		require.Equal(w, []string{"1"}, w.users("acme"))
		cohort := w.shared("acme", "bolt") // C13: several tenants share one
		require.Equal(w, []string{"1"}, w.users("acme"))
		w.add(cohort, "g", "h")
		require.Equal(w, []string{"1", "g", "h"}, w.users("acme"))
		require.Equal(w, []string{"g", "h"}, w.users("bolt"))

		// The defect of the model we copied: with one valid associated user the
		// stale ones stayed.
		require.NoError(w, w.dir.RemoveFromCohort(w.central, cohort, "g", ""))
		require.Equal(w, []string{"1", "h"}, w.users("acme"))
		require.Equal(w, []string{"h"}, w.users("bolt"))
		other, err := w.dir.CreateCohort(w.central, "", "others")
		require.NoError(w, err)
		w.add(other.ID, "g")
		require.NoError(w, w.dir.SetAssociated(w.central, "acme", other.ID, ""))
		require.Equal(w, []string{"1", "g"}, w.users("acme"), "the former cohort's accounts leave")
		require.Equal(w, []string{"h"}, w.users("bolt"))
		w.add(other.ID, "h")
		require.NoError(w, w.dir.SetAssociated(w.central, "acme", cohort, ""))
		require.Equal(w, []string{"1", "h"}, w.users("acme"), "who is in both stays")
		require.NoError(w, w.dir.SetAssociated(w.central, "acme", "", ""))
		require.Equal(w, []string{"1"}, w.users("acme"))

		require.NoError(w, w.dir.SetAssociated(w.central, "acme", cohort, ""))
		w.kinds()
		require.NoError(w, w.dir.Allocate(w.central, "h", "acme", "", "hired"))
		require.Equal(w, []string{"1", "h"}, w.users("acme"))
		require.Empty(w, w.users("bolt"), "a member is associated nowhere")
		require.Empty(w, w.in(cohort))
		require.ElementsMatch(w, []string{
			"cohort.member_removed  h",
			"associated.removed acme h",
			"associated.removed bolt h",
			"cohort.member_removed  h",
			"member.added acme h",
			"sessions.end acme h",
		}, w.kinds())
		require.NoError(w, w.dir.Move(w.central, "h", "acme", "bolt", "", "moved"))
		require.Equal(w, []string{"1"}, w.users("acme"))
		require.Equal(w, []string{"h"}, w.users("bolt"))
		require.NoError(w, w.dir.Release(w.central, "h", "", "left"))
		require.Empty(w, w.users("bolt"))
		require.NoError(w, w.dir.Remove(w.acme, "1", "left"))
		require.Empty(w, w.users("acme"))
		require.NoError(w, w.dir.Remove(w.central, "g", ""))
		require.Empty(w, w.in(other.ID), "a removed account is in no cohort")

		came, left, err := w.dir.Resync(w.central, "acme")
		require.NoError(w, err)
		require.Zero(w, came+left)
	})
}

// An account is global, or a member of one tenant; a global one may be associated
// with several. The users of a tenant are its members and those.
func Test_C04_KindsOfAccounts(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.member(w.bolt, "2", "bob")
		w.global("g", "gus")
		w.global("h", "hal")
		w.add(w.shared("acme", "bolt"), "g")
		for _, c := range []struct {
			ctx            context.Context
			members, users []string
		}{{w.acme, []string{"1"}, []string{"1", "g"}}, {w.bolt, []string{"2"}, []string{"2", "g"}}, {w.coil, nil, nil}} {
			members, err := w.dir.Members(c.ctx, "", member.Query{})
			require.NoError(w, err)
			require.Equal(w, c.members, ids(members))
			users, err := w.dir.Users(c.ctx, "", member.Query{})
			require.NoError(w, err)
			require.Equal(w, c.users, ids(users))
		}
		for account, home := range map[string]tenant.ID{"1": "acme", "2": "bolt", "g": "", "h": ""} {
			require.Equal(w, home, w.account(account).Tenant)
		}
		w.refused(member.ErrMemberElsewhere, func() error { return w.dir.Allocate(w.central, "1", "bolt", "", "") })

		// A global account that becomes a member is associated nowhere any more, and
		// free again when it is let go.
		require.NoError(w, w.dir.Allocate(w.central, "g", "acme", "", "hired"))
		require.Equal(w, tenant.ID("acme"), w.account("g").Tenant)
		require.Equal(w, []string{"1", "g"}, w.users("acme"))
		require.Equal(w, []string{"2"}, w.users("bolt"))
		require.NoError(w, w.dir.Release(w.central, "g", "", "left"))
		require.Empty(w, w.account("g").Tenant)
		require.Equal(w, []string{"1"}, w.users("acme"))
	})
}

// Resync mends what an import has broken.
func TestResync(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.member(w.acme, "2", "bob")
		w.global("g", "gus")
		w.global("h", "hal")
		w.add(w.shared("acme"), "g")
		automatic, _, err := w.dir.AutomaticCohort(w.acme, "")
		require.NoError(w, err)
		w.exec(`DELETE FROM tenancy_cohort_members WHERE account_id = '1'`)
		w.exec(`DELETE FROM tenancy_cohort_members WHERE account_id = 'g' AND cohort_id = '` + automatic + `'`)
		w.exec(`INSERT INTO tenancy_cohort_members (cohort_id, account_id) VALUES ('` + automatic + `', 'h')`)
		w.exec(`UPDATE tenancy_people SET members = 9`)
		came, left, err := w.dir.Resync(w.central, "acme")
		require.NoError(w, err)
		require.Equal(w, [2]int{2, 1}, [2]int{came, left})
		require.Equal(w, []string{"1", "2", "g"}, w.users("acme"))
		n, _, err := w.dir.Usage(w.acme, "")
		require.NoError(w, err)
		require.Equal(w, 2, n)
	})
}

// C6: being associated makes visible and lets in, in several tenants, and gives
// nothing.
func Test_C06_AssociatedUsers(t *testing.T) {
	each(t, func(w *world) {
		w.global("g", "gus")
		w.global("h", "hal")
		cohort := w.shared("acme", "bolt")
		w.add(cohort, "g")
		gus := tenant.Actor{ID: "g"}
		for _, c := range []struct {
			id   tenant.ID
			want bool
		}{{"acme", true}, {"bolt", true}, {"coil", false}} {
			ctx := tenant.WithID(w.Context(), c.id)
			may, err := w.dir.MayEnter(ctx, gus, c.id)
			require.NoError(w, err)
			require.Equal(w, c.want, may)
			manages, err := w.dir.IsManager(ctx, "", "g")
			require.NoError(w, err)
			require.False(w, manages)
			_, err = w.dir.Account(ctx, "g")
			require.Equal(w, c.want, err == nil)
		}
		for _, nobody := range []tenant.Actor{{}, {ID: "h"}, {ID: "g", Guest: true}, {ID: "g", Tenant: "bolt"}, {ID: "unknown"}} {
			may, err := w.dir.MayEnter(w.acme, nobody, "acme")
			require.NoError(w, err)
			require.False(w, may)
		}
		require.NoError(w, w.dir.Suspend(w.central, "g", ""))
		may, err := w.dir.MayEnter(w.acme, gus, "acme")
		require.NoError(w, err)
		require.False(w, may)

		w.member(w.acme, "1", "ann")
		_, err = w.dir.AddGlobal(w.central, member.NewAccount{ID: "guest", UserName: "guest", Guest: true})
		require.NoError(w, err)
		w.refused(member.ErrNotGlobal, func() error { return w.dir.AddToCohort(w.central, cohort, "1", "") })
		w.refused(member.ErrGuest, func() error { return w.dir.AddToCohort(w.central, cohort, "guest", "") })
		w.refused(member.ErrUnknownAccount, func() error { return w.dir.AddToCohort(w.central, cohort, "nobody", "") })
		w.refused(member.ErrInUse, func() error { return w.dir.DeleteCohort(w.central, cohort) })
	})
}

// B24: a cohort made in a tenant's context is that tenant's, and holds its users
// only.
func Test_B24_CohortsOfATenant(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.member(w.bolt, "2", "bob")
		w.global("g", "gus")
		shared := w.shared("acme")
		w.add(shared, "g")
		k, err := w.dir.CreateCohort(w.acme, "", "class")
		require.NoError(w, err)
		require.Equal(w, tenant.ID("acme"), k.Tenant)
		require.Equal(w, member.TenantCohort, k.Kind)
		for _, user := range []string{"1", "g", "1"} {
			require.NoError(w, w.dir.AddToCohort(w.acme, k.ID, user, ""))
		}
		for _, other := range []string{"2", "nobody"} {
			w.refused(member.ErrUnknownAccount, func() error { return w.dir.AddToCohort(w.acme, k.ID, other, "") })
			w.refused(member.ErrUnknownAccount, func() error { return w.dir.AddToCohort(w.central, k.ID, other, "") })
		}
		page, err := w.dir.CohortMembers(w.acme, k.ID, member.Query{})
		require.NoError(w, err)
		require.Equal(w, []string{"1", "g"}, ids(page))
		w.refused(member.ErrNotGlobal, func() error { return w.dir.SetAssociated(w.central, "bolt", k.ID, "") })
		w.refused(member.ErrUnknownCohort, func() error { return w.dir.SetAssociated(w.central, "bolt", "nothing", "") })

		list, err := w.dir.Cohorts(w.acme, "")
		require.NoError(w, err)
		require.Len(w, list, 2, "its own and the automatic one, not the shared one")
		automatic, _, err := w.dir.AutomaticCohort(w.acme, "")
		require.NoError(w, err)
		for _, ctx := range []func() error{
			func() error { return w.dir.AddToCohort(w.acme, automatic, "1", "") },
			func() error { return w.dir.RemoveFromCohort(w.central, automatic, "1", "") },
			func() error { return w.dir.DeleteCohort(w.central, automatic) },
		} {
			w.refused(member.ErrReadOnly, ctx)
		}

		// Who is no user any more leaves the tenant's own cohorts too.
		require.NoError(w, w.dir.RemoveFromCohort(w.central, shared, "g", ""))
		require.Equal(w, []string{"1"}, w.in(k.ID))
		w.add(shared, "g")
		require.NoError(w, w.dir.AddToCohort(w.acme, k.ID, "g", ""))
		require.NoError(w, w.dir.SetAssociated(w.central, "acme", "", ""))
		require.Equal(w, []string{"1"}, w.in(k.ID))
		require.NoError(w, w.dir.Move(w.central, "1", "acme", "bolt", "", ""))
		require.Empty(w, w.in(k.ID))
		require.NoError(w, w.dir.DeleteCohort(w.acme, k.ID))
		w.refused(member.ErrUnknownCohort, func() error { return w.dir.DeleteCohort(w.acme, k.ID) })
	})
}

// C12: who may be enrolled or given a role is a user of the tenant.
func Test_C12_Candidates(t *testing.T) {
	each(t, func(w *world) {
		for _, name := range []string{"dora", "Carl", "bea", "ann", "50%_!off"} {
			w.member(w.acme, "m-"+name, name)
		}
		w.member(w.bolt, "other", "ann-of-bolt")
		w.global("g", "gus")
		w.global("outsider", "otto")
		w.global("boss", "boss")
		require.NoError(w, w.dir.AddManager(w.central, "acme", "boss", ""))
		w.add(w.shared("acme"), "g")
		require.NoError(w, w.dir.Suspend(w.acme, "m-bea", ""))

		all := []string{"m-50%_!off", "m-ann", "m-Carl", "m-dora", "g"}
		for limit := 1; limit <= 6; limit++ {
			var got []string
			q := member.Query{Limit: limit}
			for {
				page, err := w.dir.Candidates(w.acme, "", q)
				require.NoError(w, err)
				require.LessOrEqual(w, len(page.Accounts), limit)
				got = append(got, ids(page)...)
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			require.Equal(w, all, got)
		}
		for search, want := range map[string][]string{
			"AR": {"m-Carl"}, "an": {"m-ann"}, "%": {"m-50%_!off"}, "_!": {"m-50%_!off"}, "otto": nil, "of-bolt": nil, "bea": nil, "gus@MAIL": {"g"},
			"' OR 1=1 --": nil,
		} {
			page, err := w.dir.Candidates(w.acme, "", member.Query{Search: search})
			require.NoError(w, err)
			require.Equal(w, want, ids(page), search)
		}
		for _, account := range append(all, "m-bea", "other", "outsider", "boss", "nobody", "") {
			ok, err := w.dir.IsCandidate(w.acme, "", account)
			require.NoError(w, err)
			require.Equal(w, strings.Contains(strings.Join(all, " "), account) && account != "", ok, account)
		}
		users, err := w.dir.Users(w.acme, "", member.Query{})
		require.NoError(w, err)
		require.Len(w, users.Accounts, 6, "a suspended member is a user, and no candidate")
		members, err := w.dir.Members(w.acme, "", member.Query{})
		require.NoError(w, err)
		require.Len(w, members.Accounts, 5)
		for _, bad := range []member.Query{{Limit: -1}, {Limit: 501}, {After: "?"}, {After: "abcd"}} {
			w.refused(member.ErrBadName, func() error { _, err := w.dir.Candidates(w.acme, "", bad); return err })
		}
	})
}

// C5, C7, C8 as far as people go: members manage their own tenant, global
// accounts several.
func Test_C05_C08_Managers(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.member(w.bolt, "2", "bob")
		w.global("g", "gus")
		require.NoError(w, w.dir.AddManager(w.acme, "", "1", ""))
		require.NoError(w, w.dir.AddManager(w.acme, "", "1", ""), "twice is once")
		w.refused(member.ErrMemberElsewhere, func() error { return w.dir.AddManager(w.central, "acme", "2", "") })
		w.refused(member.ErrUnknownAccount, func() error { return w.dir.AddManager(w.acme, "", "g", "") })
		for _, id := range []tenant.ID{"acme", "bolt"} {
			require.NoError(w, w.dir.AddManager(w.central, id, "g", ""))
			may, err := w.dir.MayEnter(tenant.WithID(w.Context(), id), tenant.Actor{ID: "g"}, id)
			require.NoError(w, err)
			require.True(w, may)
		}
		managed, err := w.dir.Managed(w.central, "g")
		require.NoError(w, err)
		require.Equal(w, []tenant.ID{"acme", "bolt"}, managed)
		list, err := w.dir.Managers(w.acme, "")
		require.NoError(w, err)
		require.Equal(w, []string{"1", "g"}, ids(member.Page{Accounts: list}))
		w.refused(member.ErrUnknownAccount, func() error { return w.dir.RemoveManager(w.acme, "", "g", "") })

		require.NoError(w, w.dir.Suspend(w.acme, "1", ""))
		manages, err := w.dir.IsManager(w.acme, "", "1")
		require.NoError(w, err)
		require.False(w, manages, "a suspended manager manages nothing")

		// Foreign rows go when the account becomes a member; its own stays.
		w.kinds()
		require.NoError(w, w.dir.Allocate(w.central, "g", "bolt", "", ""))
		managed, err = w.dir.Managed(w.central, "g")
		require.NoError(w, err)
		require.Equal(w, []tenant.ID{"bolt"}, managed)
		require.Contains(w, w.kinds(), "manager.removed acme g")
		require.NoError(w, w.dir.Move(w.central, "g", "bolt", "acme", "", ""))
		managed, err = w.dir.Managed(w.central, "g")
		require.NoError(w, err)
		require.Empty(w, managed)
		require.NoError(w, w.dir.RemoveManager(w.acme, "", "1", ""))
		require.NoError(w, w.dir.RemoveManager(w.acme, "", "1", ""))
		require.Equal(w, 1, strings.Count(strings.Join(w.kinds(), "\n"), "manager.removed acme 1"))
	})
}
