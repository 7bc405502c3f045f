package people_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

func newAccount(id, name string) member.NewAccount {
	return member.NewAccount{ID: id, UserName: name}
}

// The same person registers on two sites: two accounts that know nothing of
// each other, or one global account associated with both.
func Test_A14_SamePersonOnSeveralSites(t *testing.T) {
	t.Run("A17 an account of its own on each site", func(t *testing.T) {
		each(t, func(w *world) {
			for id, ctx := range map[string]context.Context{"1": w.acme, "2": w.bolt} {
				_, err := w.dir.AddMember(ctx, "", member.NewAccount{ID: id, UserName: "Ann", Email: "ann@mail.test"})
				require.NoError(w, err, "a name or an address in use elsewhere is free here")
			}
			require.NoError(w, w.dir.Suspend(w.acme, "1", "a test"))
			_, a, err := w.dir.Login(w.bolt, member.Attempt{UserName: "ann", Credential: "2"})
			require.NoError(w, err, "what happens on one site does not reach the other")
			require.Equal(w, "2", a.ID)
			_, _, err = w.dir.Login(w.bolt, member.Attempt{UserName: "ann", Credential: "1"})
			require.ErrorIs(w, err, member.ErrCredentials, "nor does a credential")
			_, err = w.dir.Account(w.bolt, "1")
			require.ErrorIs(w, err, member.ErrUnknownAccount)
		})
	})
	t.Run("one account for both", func(t *testing.T) {
		each(t, func(w *world) {
			w.global("g", "ann")
			w.add(w.shared("acme", "bolt"), "g")
			for _, ctx := range []context.Context{w.acme, w.bolt} {
				in, a, err := w.dir.Login(ctx, member.Attempt{UserName: "ann", Credential: "g"})
				require.NoError(w, err)
				require.Equal(w, "g", a.ID)
				who, _ := tenant.ActorFromContext(in)
				require.Equal(w, tenant.Actor{ID: "g"}, who)
			}
			_, _, err := w.dir.Login(w.coil, member.Attempt{UserName: "ann", Credential: "g"})
			require.ErrorIs(w, err, member.ErrCredentials, "not where it is not associated")
			require.NoError(w, w.dir.Suspend(w.central, "g", "a test"))
			_, _, err = w.dir.Login(w.acme, member.Attempt{UserName: "ann", Credential: "g"})
			require.ErrorIs(w, err, member.ErrSuspended, "suspended once is suspended everywhere")
		})
	})
	t.Run("both side by side", func(t *testing.T) {
		each(t, func(w *world) {
			w.global("g", "ann")
			w.member(w.acme, "m", "ANN")
			w.add(w.shared("acme", "bolt"), "g")
			_, a, err := w.dir.Login(w.acme, member.Attempt{UserName: "ann", Credential: "m"})
			require.NoError(w, err)
			require.Equal(w, "m", a.ID, "in the member's tenant the name is the member's")
			_, _, err = w.dir.Login(w.acme, member.Attempt{UserName: "ann", Credential: "g"})
			require.ErrorIs(w, err, member.ErrCredentials)
			_, a, err = w.dir.Login(w.bolt, member.Attempt{UserName: "ann", Credential: "g"})
			require.NoError(w, err)
			require.Equal(w, "g", a.ID)
		})
	})
}

func Test_A09_B09_UserBelongsToOneTenant(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.global("g", "gus")
		require.Equal(w, tenant.ID("acme"), w.account("1").Tenant)
		require.Empty(w, w.account("g").Tenant)

		actor, err := w.dir.Actor(w.acme, "1")
		require.NoError(w, err)
		require.Equal(w, tenant.Actor{ID: "1", Tenant: "acme"}, actor)
		for _, elsewhere := range []context.Context{w.bolt, tenant.Global(w.Context())} {
			_, err = w.dir.Actor(elsewhere, "1")
			require.ErrorIs(w, err, member.ErrUnknownAccount, "B9: a member reaches one site only")
		}
		_, err = w.dir.Actor(w.Context(), "1")
		require.ErrorIs(w, err, tenant.ErrNoTenant)

		w.refused(member.ErrMemberElsewhere, func() error { return w.dir.Allocate(w.central, "1", "bolt", "", "a test") })
		w.refused(member.ErrUnknownAccount, func() error { return w.dir.Move(w.central, "1", "coil", "bolt", "", "a test") })
		w.refused(member.ErrTaken, func() error { _, err := w.dir.AddMember(w.bolt, "", newAccount("1", "ann")); return err })
		w.refused(member.ErrCentral, func() error { return w.dir.Allocate(w.acme, "g", "acme", "", "a test") })
	})
}

// A13, B25, D13: in a tenant's context there are that tenant's people only, and
// D14: the back office has them all.
func Test_A13_B25_D13_D14_WallAroundPeople(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.member(w.bolt, "2", "bob")
		w.global("g", "gus")
		w.global("h", "hal")
		cohort := w.shared("bolt")
		w.add(cohort, "h")
		own, err := w.dir.CreateCohort(w.bolt, "", "class of bolt")
		require.NoError(w, err)
		automatic, _, err := w.dir.AutomaticCohort(w.bolt, "")
		require.NoError(w, err)

		acting := tenant.WithActor(w.acme, tenant.Actor{ID: "1", Tenant: "acme"})
		for _, ctx := range []context.Context{w.acme, acting} {
			for _, foreign := range []string{"2", "g", "h", "nobody"} {
				for name, call := range map[string]func() error{
					"Account":       func() error { _, err := w.dir.Account(ctx, foreign); return err },
					"Rename":        func() error { return w.dir.Rename(ctx, foreign, "x") },
					"SetEmail":      func() error { return w.dir.SetEmail(ctx, foreign, "x@y.test") },
					"Suspend":       func() error { return w.dir.Suspend(ctx, foreign, "") },
					"Resume":        func() error { return w.dir.Resume(ctx, foreign, "") },
					"Remove":        func() error { return w.dir.Remove(ctx, foreign, "") },
					"AddManager":    func() error { return w.dir.AddManager(ctx, "", foreign, "") },
					"RemoveManager": func() error { return w.dir.RemoveManager(ctx, "", foreign, "") },
				} {
					w.refused(member.ErrUnknownAccount, func() error { return named(name, call()) })
				}
			}
			for _, k := range []string{cohort, own.ID, automatic, "nothing"} {
				w.refused(member.ErrUnknownCohort, func() error { return w.dir.AddToCohort(ctx, k, "1", "") })
				w.refused(member.ErrUnknownCohort, func() error { return w.dir.RemoveFromCohort(ctx, k, "1", "") })
				w.refused(member.ErrUnknownCohort, func() error { return w.dir.DeleteCohort(ctx, k) })
				w.refused(member.ErrUnknownCohort, func() error { _, err := w.dir.CohortMembers(ctx, k, member.Query{}); return err })
			}
			for name, call := range map[string]func() error{
				"AddMember":       func() error { _, err := w.dir.AddMember(ctx, "bolt", newAccount("9", "x")); return err },
				"Candidates":      func() error { _, err := w.dir.Candidates(ctx, "bolt", member.Query{}); return err },
				"IsCandidate":     func() error { _, err := w.dir.IsCandidate(ctx, "bolt", "2"); return err },
				"Members":         func() error { _, err := w.dir.Members(ctx, "bolt", member.Query{}); return err },
				"Users":           func() error { _, err := w.dir.Users(ctx, "bolt", member.Query{}); return err },
				"Managers":        func() error { _, err := w.dir.Managers(ctx, "bolt"); return err },
				"IsManager":       func() error { _, err := w.dir.IsManager(ctx, "bolt", "2"); return err },
				"AddManager":      func() error { return w.dir.AddManager(ctx, "bolt", "1", "") },
				"CreateCohort":    func() error { _, err := w.dir.CreateCohort(ctx, "bolt", "x"); return err },
				"Cohorts":         func() error { _, err := w.dir.Cohorts(ctx, "bolt"); return err },
				"AutomaticCohort": func() error { _, _, err := w.dir.AutomaticCohort(ctx, "bolt"); return err },
				"Usage":           func() error { _, _, err := w.dir.Usage(ctx, "bolt"); return err },
				"NamePattern":     func() error { _, err := w.dir.NamePattern(ctx, "bolt"); return err },
				"MayEnter":        func() error { _, err := w.dir.MayEnter(ctx, tenant.Actor{ID: "h"}, "bolt"); return err },
			} {
				w.refused(member.ErrOutside, func() error { return named(name, call()) })
			}
			for _, call := range []func() error{
				func() error { _, err := w.dir.Accounts(ctx, member.Query{}); return err },
				func() error { _, err := w.dir.AddGlobal(ctx, newAccount("9", "x")); return err },
				func() error { return w.dir.Allocate(ctx, "g", "acme", "", "") },
				func() error { return w.dir.Move(ctx, "2", "bolt", "acme", "", "") },
				func() error { return w.dir.Release(ctx, "1", "", "") },
				func() error { return w.dir.SetAssociated(ctx, "acme", cohort, "") },
				func() error { _, err := w.dir.Associated(ctx, "acme"); return err },
				func() error { return w.dir.SetNamePattern(ctx, "acme", "x") },
				func() error { _, err := w.dir.Managed(ctx, "g"); return err },
				func() error { _, _, err := w.dir.Resync(ctx, "acme"); return err },
			} {
				w.refused(member.ErrCentral, call)
			}
		}
		page, err := w.dir.Users(w.acme, "", member.Query{})
		require.NoError(w, err)
		require.Equal(w, []string{"1"}, ids(page))

		// No member comes to the back office, whatever made the context.
		for _, ctx := range []context.Context{
			tenant.Global(tenant.WithActor(w.Context(), tenant.Actor{ID: "1", Tenant: "acme"})),
			tenant.AcrossAll(acting, "a test"),
			tenant.WithActor(w.bolt, tenant.Actor{ID: "1", Tenant: "acme"}),
		} {
			w.refused(member.ErrOutside, func() error { return w.dir.Suspend(ctx, "2", "") })
			w.refused(member.ErrOutside, func() error { _, err := w.dir.Users(ctx, "bolt", member.Query{}); return err })
		}
		some := tenant.Across(w.Context(), "a test", "acme", "bolt")
		w.refused(tenant.ErrSeveralTenants, func() error { _, err := w.dir.Account(some, "1"); return err })
		w.refused(tenant.ErrNoTenant, func() error { _, err := w.dir.Account(w.Context(), "1"); return err })

		// D14: the back office manages all of them.
		for _, ctx := range []context.Context{w.central, tenant.Global(w.Context())} {
			page, err := w.dir.Accounts(ctx, member.Query{})
			require.NoError(w, err)
			require.Equal(w, []string{"1", "2", "g", "h"}, ids(page))
			require.NoError(w, w.dir.Suspend(ctx, "2", "a test"))
			require.True(w, w.account("2").Suspended)
			require.NoError(w, w.dir.Resume(ctx, "2", "a test"))
			require.False(w, w.account("2").Suspended)
		}
	})
}

// named says which call an error is of.
func named(call string, err error) error {
	if err == nil {
		return errors.New(call + " was let through")
	}
	return fmt.Errorf("%s: %w", call, err)
}

func Test_B19_UserNamesMatchThePattern(t *testing.T) {
	each(t, func(w *world) {
		require.NoError(w, w.dir.SetNamePattern(w.central, "acme", `sk1_.*|head`))
		w.refused(member.ErrNamePattern, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("1", "ann")); return err })
		w.refused(member.ErrNamePattern, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("1", "header")); return err })
		w.refused(member.ErrNamePattern, func() error { _, err := w.dir.AddMember(w.central, "acme", newAccount("1", "x sk1_ann")); return err })
		w.member(w.acme, "1", "sk1_ann")
		w.refused(member.ErrNamePattern, func() error { return w.dir.Rename(w.acme, "1", "ann") })
		require.NoError(w, w.dir.Rename(w.acme, "1", "head"))
		w.member(w.bolt, "2", "ann") // another tenant's pattern is its own
		w.global("g", "gus")
		w.refused(member.ErrNamePattern, func() error { return w.dir.Allocate(w.central, "g", "acme", "", "") })
		require.NoError(w, w.dir.Allocate(w.central, "g", "acme", "sk1_gus", ""))

		for _, bad := range []string{"(", "a)|(b"} {
			w.refused(member.ErrBadName, func() error { return w.dir.SetNamePattern(w.central, "acme", bad) })
		}
		require.NoError(w, w.dir.SetNamePattern(w.central, "acme", ""))
		w.member(w.acme, "3", "anything")
	})
}

func TestUserNames(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "Ann")
		for _, same := range []string{"ann", "ANN", "Ann"} {
			w.refused(member.ErrNameTaken, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("2", same)); return err })
		}
		w.member(w.acme, "2", "straße")
		w.refused(member.ErrNameTaken, func() error { return w.dir.Rename(w.acme, "1", "STRAẞE") })
		require.NoError(w, w.dir.Rename(w.acme, "1", "aNN"), "an account may change the case of its own name")
		for _, bad := range []string{"", " ann", "ann ", "a\nb", "a\x00b", "a\u200bb", "a\xffb", string(make([]byte, 129))} {
			w.refused(member.ErrBadName, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("3", bad)); return err })
		}
		w.refused(member.ErrNameReserved, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("3", "Admin")); return err })
		w.refused(member.ErrBadName, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("a b", "bob")); return err })
		w.refused(member.ErrBadName, func() error { return w.dir.SetEmail(w.acme, "1", "no address") })
		w.refused(member.ErrGuest, func() error {
			_, err := w.dir.AddMember(w.acme, "", member.NewAccount{ID: "3", UserName: "guest", Guest: true})
			return err
		})
		_, err := w.dir.AddMember(w.central, "acme", newAccount("3", "admin"))
		require.NoError(w, err, "the back office gives reserved names")
	})
}

func Test_D09_NamesUniqueByCompany(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann@ACME")
		w.member(w.bolt, "2", "ann@bolt")
		for _, bad := range []string{"ann", "ann@bolt", "bob@coil", "@acme", "bob@acme.test"} {
			w.refused(member.ErrNamePattern, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("3", bad)); return err })
		}
		w.refused(member.ErrNameReserved, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("3", "admin@acme")); return err })
		w.refused(member.ErrNamePattern, func() error { _, err := w.dir.AddGlobal(w.central, newAccount("3", "eve@acme")); return err })
		w.global("g", "gus@nowhere")
		// A tenant that comes later does not get a name that is in use.
		w.life("tenant.created", "nowhere")
		w.refused(member.ErrNameTaken, func() error {
			_, err := w.dir.AddMember(w.central, "nowhere", newAccount("4", "GUS@nowhere"))
			return err
		})
		w.refused(member.ErrNamePattern, func() error { return w.dir.Move(w.central, "1", "acme", "bolt", "", "") })
		require.NoError(w, w.dir.Move(w.central, "1", "acme", "bolt", "ann2@bolt", ""))

		for _, name := range []string{"ann@bolt", "ANN@Bolt"} {
			in, a, err := w.dir.Login(w.Context(), member.Attempt{UserName: name, Credential: "2"})
			require.NoError(w, err)
			require.Equal(w, "2", a.ID)
			id, _ := tenant.IDFromContext(in)
			require.Equal(w, tenant.ID("bolt"), id)
		}
		_, a, err := w.dir.Login(w.bolt, member.Attempt{UserName: "ann", Credential: "2"})
		require.NoError(w, err, "on the tenant's site the company goes without saying")
		require.Equal(w, "2", a.ID)
	}, func(cfg *member.Config) { cfg.Names = member.NamesQualified })
}

// B26, and a limit reached under concurrency: of 20 at once exactly 5 get in.
func Test_B26_UserLimit(t *testing.T) {
	each(t, func(w *world) {
		require.NoError(w, w.reg.Update(w.Context(), tenant.Tenant{ID: "acme", Code: "acme", MaxUsers: 5}))
		errs := w.atOnce(20, func(i int) error {
			id := "user-" + string(rune('a'+i))
			_, err := w.dir.AddMember(w.acme, "", newAccount(id, id))
			return err
		})
		in := 0
		for _, err := range errs {
			if err == nil {
				in++
				continue
			}
			require.ErrorIs(w, err, member.ErrLimit)
			var limit *member.LimitError
			require.ErrorAs(w, err, &limit)
			require.Equal(w, 5, limit.Limit)
		}
		require.Equal(w, 5, in)
		require.Len(w, w.users("acme"), 5)
		members, limit, err := w.dir.Usage(w.acme, "")
		require.NoError(w, err)
		require.Equal(w, [2]int{5, 5}, [2]int{members, limit})

		w.global("g", "gus")
		w.add(w.shared("acme"), "g")
		require.Len(w, w.users("acme"), 6, "associated users do not count")
		w.refused(member.ErrLimit, func() error { return w.dir.Allocate(w.central, "g", "acme", "", "") })
		w.member(w.bolt, "b", "bob")
		w.refused(member.ErrLimit, func() error { return w.dir.Move(w.central, "b", "bolt", "acme", "", "") })
		require.NoError(w, w.dir.Suspend(w.acme, w.users("acme")[1], ""))
		w.refused(member.ErrLimit, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("z", "zoe")); return err })
		page, err := w.dir.Members(w.acme, "", member.Query{Limit: 1})
		require.NoError(w, err)
		require.NoError(w, w.dir.Remove(w.acme, page.Accounts[0].ID, ""))
		w.member(w.acme, "z", "zoe")
	})
}

// A limit holds when accounts come in by every way at once, from inside and
// from the back office.
func TestLimitByAllWaysAtOnce(t *testing.T) {
	each(t, func(w *world) {
		require.NoError(w, w.reg.Update(w.Context(), tenant.Tenant{ID: "acme", Code: "acme", MaxUsers: 4}))
		for i := range 5 {
			w.global("g"+string(rune('0'+i)), "gus"+string(rune('0'+i)))
			w.member(w.bolt, "b"+string(rune('0'+i)), "bob"+string(rune('0'+i)))
		}
		errs := w.atOnce(15, func(i int) error {
			n := string(rune('0' + i/3))
			switch i % 3 {
			case 0:
				_, err := w.dir.AddMember(w.acme, "", newAccount("a"+n, "ann"+n))
				return err
			case 1:
				return w.dir.Allocate(w.central, "g"+n, "acme", "", "")
			default:
				return w.dir.Move(w.central, "b"+n, "bolt", "acme", "", "")
			}
		})
		in := 0
		for _, err := range errs {
			if err == nil {
				in++
			} else {
				require.ErrorIs(w, err, member.ErrLimit)
			}
		}
		require.Equal(w, 4, in)
		members, _, err := w.dir.Usage(w.acme, "")
		require.NoError(w, err)
		require.Equal(w, 4, members)
		came, left, err := w.dir.Resync(w.central, "acme")
		require.NoError(w, err)
		require.Zero(w, came+left)
	})
}

// One name, one id and one account for two tenants are given once, whoever asks
// at the same moment.
func TestClaimsAtOnce(t *testing.T) {
	each(t, func(w *world) {
		one := func(want error, errs []error) {
			w.Helper()
			in := 0
			for _, err := range errs {
				if err == nil {
					in++
				} else {
					require.ErrorIs(w, err, want)
				}
			}
			require.Equal(w, 1, in)
		}
		one(member.ErrNameTaken, w.atOnce(8, func(i int) error {
			name := "ann"
			if i%2 == 0 {
				name = "ANN"
			}
			_, err := w.dir.AddMember(w.acme, "", newAccount(string(rune('a'+i)), name))
			return err
		}))
		tenants := []context.Context{w.acme, w.bolt, w.coil}
		one(member.ErrTaken, w.atOnce(9, func(i int) error {
			_, err := w.dir.AddMember(tenants[i%3], "", newAccount("same", "user-"+string(rune('a'+i))))
			return err
		}))
		w.global("gus", "gus")
		errs := w.atOnce(6, func(i int) error {
			return w.dir.Allocate(w.central, "gus", []tenant.ID{"acme", "bolt", "coil"}[i%3], "", "")
		})
		home := w.account("gus").Tenant
		for i, err := range errs {
			if []tenant.ID{"acme", "bolt", "coil"}[i%3] == home {
				require.NoError(w, err)
			} else {
				require.ErrorIs(w, err, member.ErrMemberElsewhere)
			}
		}
	})
}

// atOnce calls f n times at the same moment.
func (w *world) atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// A hook that fails undoes the change as a whole, with its number in the feed.
func TestHookUndoesTheChange(t *testing.T) {
	boom := errors.New("boom")
	each(t, func(w *world) {
		failing := false
		w.cfg.Hooks = append(w.cfg.Hooks, func(context.Context, tenant.DBTX, tenant.Event) error {
			if failing {
				return boom
			}
			return nil
		})
		var err error
		w.dir, err = member.NewDirectory(w.db, w.engine.Dialect, w.cfg)
		require.NoError(w, err)
		w.member(w.acme, "1", "ann")
		w.global("g", "gus")
		cohort := w.shared("acme", "bolt")
		failing = true
		for _, call := range []func() error{
			func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("2", "bob")); return err },
			func() error { _, err := w.dir.AddGlobal(w.central, newAccount("2", "bob")); return err },
			func() error { return w.dir.Suspend(w.acme, "1", "") },
			func() error { return w.dir.Remove(w.acme, "1", "") },
			func() error { return w.dir.Rename(w.acme, "1", "bob") },
			func() error { return w.dir.AddManager(w.acme, "", "1", "") },
			func() error { return w.dir.Move(w.central, "1", "acme", "bolt", "", "") },
			func() error { return w.dir.Release(w.central, "1", "", "") },
			func() error { return w.dir.Allocate(w.central, "g", "bolt", "", "") },
			func() error { return w.dir.AddToCohort(w.central, cohort, "g", "") },
			func() error { return w.dir.SetAssociated(w.central, "acme", "", "") },
			func() error { _, err := w.dir.CreateCohort(w.acme, "", "x"); return err },
			func() error { return w.dir.SetNamePattern(w.central, "acme", "x") },
		} {
			w.refused(boom, call)
		}
	})
}
