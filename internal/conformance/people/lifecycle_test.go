package people_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// The people of a tenant from its birth, with the cohort, to its end: what its
// status forbids.
func Test_B26_C10_HookOfALife(t *testing.T) {
	each(t, func(w *world) {
		w.life("tenant.created", "dawn")
		_, found, err := w.dir.AutomaticCohort(w.central, "dawn")
		require.NoError(w, err)
		require.True(w, found, "C10: the cohort comes with the tenant")

		dawn := tenant.WithID(w.Context(), "dawn")
		w.member(dawn, "1", "ann")
		w.member(dawn, "2", "bob")
		w.global("g", "gus")
		cohort := w.shared("dawn")
		w.add(cohort, "g")
		require.NoError(w, w.dir.AddManager(w.central, "dawn", "g", ""))
		require.NoError(w, w.dir.Suspend(dawn, "2", ""))
		own, err := w.dir.CreateCohort(dawn, "", "class")
		require.NoError(w, err)
		reset, err := w.dir.StartReset(dawn, "ann@mail.test")
		require.NoError(w, err)
		require.Len(w, reset, 1)

		w.life("tenant.suspended", "dawn")
		w.refused(tenant.ErrSuspended, func() error { _, err := w.dir.AddMember(dawn, "", newAccount("3", "cat")); return err })
		require.NoError(w, w.dir.SetEmail(w.central, "1", "ann@mail.test"), "the back office may")
		w.life("tenant.resumed", "dawn")

		w.kinds()
		w.life("tenant.archived", "dawn")
		require.Equal(w, []string{"sessions.end dawn "}, w.kinds())
		for _, id := range []string{"1", "2"} {
			require.False(w, w.account(id).Active())
			w.refused(tenant.ErrArchived, func() error { return w.dir.Resume(w.central, id, "") })
		}
		require.False(w, w.account("1").Suspended, "it only counts as suspended")
		page, err := w.dir.Candidates(w.central, "dawn", member.Query{})
		require.NoError(w, err)
		require.Empty(w, page.Accounts)
		for _, ctx := range []func() error{
			func() error { _, err := w.dir.AddMember(w.central, "dawn", newAccount("3", "cat")); return err },
			func() error { return w.dir.Suspend(dawn, "1", "") },
			func() error { return w.dir.Rename(w.central, "1", "amy") },
			func() error { return w.dir.Remove(w.central, "1", "") },
			func() error { return w.dir.Move(w.central, "1", "dawn", "acme", "", "") },
			func() error { return w.dir.Release(w.central, "1", "", "") },
			func() error { return w.dir.Allocate(w.central, "g", "dawn", "", "") },
			func() error { return w.dir.AddManager(w.central, "dawn", "1", "") },
			func() error { return w.dir.RemoveManager(w.central, "dawn", "g", "") },
			func() error { return w.dir.SetAssociated(w.central, "dawn", "", "") },
			func() error { return w.dir.SetNamePattern(w.central, "dawn", "x") },
			func() error { _, err := w.dir.CreateCohort(w.central, "dawn", "x"); return err },
			func() error { return w.dir.AddToCohort(w.central, own.ID, "1", "") },
			func() error { return w.dir.DeleteCohort(w.central, own.ID) },
			func() error { _, err := w.dir.StartReset(dawn, "ann@mail.test"); return err },
		} {
			w.refused(tenant.ErrArchived, ctx)
		}

		w.life("tenant.restored", "dawn")
		require.True(w, w.account("1").Active())
		require.False(w, w.account("2").Active(), "restoring brings back only what archiving took")
		require.Equal(w, []string{"1", "2", "g"}, w.users("dawn"))
		_, err = w.dir.RedeemReset(dawn, reset[0].Reference)
		require.ErrorIs(w, err, member.ErrReference, "a reference does not outlive the archive")

		automatic, _, err := w.dir.AutomaticCohort(w.central, "dawn")
		require.NoError(w, err)
		w.member(w.acme, "9", "ann")
		w.global("h", "ann")
		w.life("tenant.archived", "dawn")
		w.life("tenant.deleted", "dawn")
		for _, id := range []string{"1", "2"} {
			a := w.account(id)
			require.Empty(w, a.Tenant)
			require.True(w, a.Suspended)
		}
		require.Equal(w, []string{"1", "2", "g"}, w.in(automatic), "the cohort is kept")
		shared, err := w.dir.Cohorts(w.central, "")
		require.NoError(w, err)
		require.Len(w, shared, 3)
		managed, err := w.dir.Managed(w.central, "g")
		require.NoError(w, err)
		require.Empty(w, managed)
		for _, id := range []tenant.ID{"acme", "dawn"} {
			may, err := w.dir.MayEnter(tenant.Global(w.Context()), tenant.Actor{ID: "g"}, id)
			require.NoError(w, err)
			require.False(w, may)
		}
		// Its name is not kept for a former member until it is claimed again.
		w.refused(member.ErrNamePattern, func() error { return w.dir.Resume(w.central, "1", "") })
		w.refused(member.ErrNameTaken, func() error { return w.dir.Rename(w.central, "1", "ANN") })
		require.NoError(w, w.dir.Rename(w.central, "1", "ann of dawn"))
		require.NoError(w, w.dir.Resume(w.central, "1", ""))
		require.NoError(w, w.dir.Allocate(w.central, "1", "acme", "ann2", ""))
		require.Equal(w, []string{"2", "g"}, w.in(automatic))

		// A new tenant with the old id has nobody of the old one's.
		w.life("tenant.created", "dawn")
		require.Empty(w, w.users("dawn"))
		n, _, err := w.dir.Usage(w.central, "dawn")
		require.NoError(w, err)
		require.Zero(w, n)
	})
}

func TestDeletedWithItsMembers(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		w.member(w.bolt, "2", "bob")
		w.global("g", "gus")
		w.add(w.shared("acme"), "g")
		automatic, _, err := w.dir.AutomaticCohort(w.acme, "")
		require.NoError(w, err)
		w.kinds()
		w.life("tenant.archived", "acme")
		w.life("tenant.deleted", "acme")
		require.Equal(w, []string{"sessions.end acme ", "members.deleted acme ", "sessions.end acme "}, w.kinds())
		_, err = w.dir.Account(w.central, "1")
		require.ErrorIs(w, err, member.ErrUnknownAccount)
		w.refused(member.ErrTaken, func() error { _, err := w.dir.AddMember(w.bolt, "", newAccount("1", "new")); return err })
		require.Equal(w, []string{"g"}, w.in(automatic))
		require.Equal(w, []string{"2"}, w.users("bolt"))
	}, func(cfg *member.Config) { cfg.Departed = member.DeleteMembers })
}

// Hook takes part in the transaction: undone with it, and deaf to others.
func TestHookWithinTheTransaction(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		tx, err := w.db.BeginTx(w.acme, nil)
		require.NoError(w, err)
		require.NoError(w, w.dir.Hook(w.acme, tx, tenant.Event{Kind: "tenant.deleted", Tenant: "acme"}))
		require.NoError(w, tx.Rollback())
		require.Equal(w, tenant.ID("acme"), w.account("1").Tenant)
		require.Equal(w, []string{"1"}, w.users("acme"))

		before := w.state()
		require.ErrorIs(w, w.dir.Hook(w.acme, w.db, tenant.Event{Kind: "tenant.deleted", Tenant: "bolt"}), member.ErrOutside)
		require.ErrorIs(w, w.dir.Hook(w.acme, w.db, tenant.Event{Kind: "tenant.deleted"}), member.ErrOutside)
		require.ErrorIs(w, w.dir.Hook(w.central, w.db, tenant.Event{Kind: "tenant.deleted"}), tenant.ErrInvalidID)
		require.NoError(w, w.dir.Hook(w.acme, w.db, tenant.Event{Kind: "something.else", Tenant: "acme"}))
		require.Equal(w, before, w.state())
	})
}

// Who may not become a member.
func TestAllocateRefuses(t *testing.T) {
	each(t, func(w *world) {
		w.global("root", "root")
		w.global("s", "sue")
		w.global("g", "gus")
		_, err := w.dir.AddGlobal(w.central, member.NewAccount{ID: "guest", UserName: "guest", Guest: true})
		require.NoError(w, err)
		require.NoError(w, w.dir.Suspend(w.central, "s", ""))
		w.member(w.acme, "1", "GUS")
		for account, want := range map[string]error{
			"root": member.ErrAdministrator, "s": member.ErrSuspended, "guest": member.ErrGuest, "nobody": member.ErrUnknownAccount, "g": member.ErrNameTaken,
		} {
			w.refused(want, func() error { return w.dir.Allocate(w.central, account, "acme", "", "") })
		}
		w.refused(tenant.ErrUnknownTenant, func() error { return w.dir.Allocate(w.central, "g", "nowhere", "", "") })
		w.refused(tenant.ErrInvalidID, func() error { return w.dir.Allocate(w.central, "g", "", "", "") })
		require.NoError(w, w.dir.Remove(w.central, "root", ""))
		w.refused(member.ErrAdministrator, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("root", "ruth")); return err })
		require.NoError(w, w.dir.Allocate(w.central, "g", "acme", "gus2", ""))
		require.NoError(w, w.dir.Allocate(w.central, "g", "acme", "ignored", ""), "it is there already")
		require.Equal(w, "gus2", w.account("g").UserName)
	})
}

// D12: a tenant comes into being with its first administrator, or not at all.
func Test_D12_FirstAdministratorInOneTransaction(t *testing.T) {
	each(t, func(w *world) {
		create := func(commit bool) {
			w.Helper()
			tx, err := w.db.BeginTx(w.Context(), nil)
			require.NoError(w, err)
			defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
			require.NoError(w, w.reg.With(tx).Create(w.Context(), tenant.Tenant{ID: "dawn", Code: "dawn", MaxUsers: 1}))
			dawn := tenant.WithID(w.Context(), "dawn")
			require.NoError(w, w.dir.Hook(dawn, tx, tenant.Event{Kind: "tenant.created", Tenant: "dawn"}))
			dir := w.dir.With(tx)
			_, err = dir.AddMember(dawn, "", newAccount("1", "ann"))
			require.NoError(w, err)
			require.NoError(w, dir.AddManager(dawn, "", "1", "the first"))
			_, err = dir.AddMember(dawn, "", newAccount("2", "bob"))
			require.ErrorIs(w, err, member.ErrLimit, "the limit counts what the transaction itself has added")
			if commit {
				require.NoError(w, tx.Commit())
			}
		}
		before := w.state()
		create(false)
		require.Equal(w, before, w.state())
		create(true)
		manages, err := w.dir.IsManager(tenant.WithID(w.Context(), "dawn"), "", "1")
		require.NoError(w, err)
		require.True(w, manages)
		require.Equal(w, []string{"1"}, w.users("dawn"))
	})
}

// A pool of one connection, such as one on a database in memory: no call holds
// it and wants a second.
func TestOneConnection(t *testing.T) {
	each(t, func(w *world) {
		w.db.SetMaxOpenConns(1)
		w.everyone()
		w.life("tenant.archived", "coil")
		choices, err := w.dir.StartReset(w.acme, "ann@mail.test")
		require.NoError(w, err)
		_, err = w.dir.RedeemReset(w.acme, choices[0].Reference)
		require.NoError(w, err)
		_, _, err = w.dir.Login(w.Context(), member.Attempt{UserName: "ann@bolt", Credential: "b1"})
		require.NoError(w, err)
		_, err = w.dir.Switch(tenant.WithActor(w.acme, tenant.Actor{ID: "g1"}), newSession(map[string]any{}), "bolt", "a test")
		require.NoError(w, err)
		w.refused(member.ErrTaken, func() error { _, err := w.dir.AddMember(w.acme, "", newAccount("b1", "x")); return err })
		_, _, err = w.dir.Resync(w.central, "acme")
		require.NoError(w, err)
	})
}
