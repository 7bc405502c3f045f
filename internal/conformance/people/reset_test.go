package people_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

func (w *world) mail(account string) {
	w.Helper()
	require.NoError(w, w.dir.SetEmail(w.central, account, "Same@mail.test"))
}

func names(choices []member.ResetChoice) []string {
	var list []string
	for _, c := range choices {
		list = append(list, c.UserName)
	}
	return list
}

// B20: an e-mail address is not unique, and a reset asks which account.
func Test_B20_ResetAsksWhichAccount(t *testing.T) {
	each(t, func(w *world) {
		w.everyone()
		for _, id := range []string{"a1", "b1", "b2", "c1", "g1", "g2", "g3"} {
			w.mail(id)
		}
		w.member(w.bolt, "b3", "rests")
		w.mail("b3")
		require.NoError(w, w.dir.Suspend(w.bolt, "b3", ""))
		global := tenant.Global(w.Context())

		start := func(ctx context.Context) []member.ResetChoice {
			w.Helper()
			choices, err := w.dir.StartReset(ctx, "same@MAIL.test")
			require.NoError(w, err)
			return choices
		}
		// Of each site only the accounts that sign in there: what a choice shows
		// is a name, and no trace of another tenant.
		require.Equal(w, []string{"ann", "bob", "gus"}, names(start(w.acme)))
		require.Equal(w, []string{"ann", "bob", "gus"}, names(start(w.bolt)))
		require.Equal(w, []string{"ann@acme"}, names(start(w.coil)))
		require.Equal(w, []string{"bob", "gus", "zoe@acme.test"}, names(start(global)))
		for _, c := range start(w.acme) {
			require.NotContains(w, fmt.Sprintf("%+v", c), "bolt")
			require.NotEqual(w, c.UserName, c.Reference)
			require.False(w, c.Created.IsZero())
		}
		for _, nobody := range []string{"", "nobody@mail.test", "no address", "%@mail.test"} {
			choices, err := w.dir.StartReset(w.acme, nobody)
			require.NoError(w, err, "no account is no error: the page says the same")
			require.Empty(w, choices)
		}
		for _, ctx := range []context.Context{w.Context(), w.central} {
			_, err := w.dir.StartReset(ctx, "same@mail.test")
			require.Error(w, err)
		}

		choices := start(w.bolt)
		for _, elsewhere := range []context.Context{w.acme, w.coil, global} {
			for _, c := range choices { // gus could sign in on the other sites too
				_, err := w.dir.RedeemReset(elsewhere, c.Reference)
				require.ErrorIs(w, err, member.ErrReference, "a reference is of one site")
			}
		}
		for _, bad := range []string{"", "b1", choices[0].Reference + "x"} {
			_, err := w.dir.RedeemReset(w.bolt, bad)
			require.ErrorIs(w, err, member.ErrReference)
		}
		require.NotContains(w, w.state(), choices[0].Reference, "what is stored redeems nothing")
		w.kinds()
		a, err := w.dir.RedeemReset(w.bolt, choices[1].Reference)
		require.NoError(w, err)
		require.Equal(w, "b2", a.ID)
		require.Equal(w, []string{"account.reset_redeemed bolt b2", "sessions.end bolt b2"}, w.kinds())
		for _, c := range choices {
			_, err := w.dir.RedeemReset(w.bolt, c.Reference)
			require.ErrorIs(w, err, member.ErrReference, "one choice is made, once")
		}

		// What has changed since voids a reference.
		for name, change := range map[string]func() error{
			"suspended":    func() error { return w.dir.Suspend(w.central, "g1", "") },
			"other e-mail": func() error { return w.dir.SetEmail(w.central, "g1", "other@mail.test") },
			"left":         func() error { return w.dir.RemoveManager(w.central, "bolt", "g1", "") },
			"allocated":    func() error { return w.dir.Allocate(w.central, "g1", "coil", "", "") },
		} {
			choices := start(w.bolt)
			require.Equal(w, "gus", choices[len(choices)-1].UserName, name)
			require.NoError(w, change(), name)
			_, err := w.dir.RedeemReset(w.bolt, choices[len(choices)-1].Reference)
			require.ErrorIs(w, err, member.ErrReference, name)
			if name == "allocated" {
				require.NoError(w, w.dir.Release(w.central, "g1", "", ""))
			}
			require.NoError(w, w.dir.Resume(w.central, "g1", ""))
			require.NoError(w, w.dir.AddManager(w.central, "bolt", "g1", ""))
			w.mail("g1")
		}
		choices = start(w.bolt)
		w.life("tenant.suspended", "bolt")
		_, err = w.dir.RedeemReset(w.bolt, choices[0].Reference)
		require.ErrorIs(w, err, member.ErrReference)
	})
}

// A reference is redeemed once, also by many at the same moment.
func TestResetRedeemedOnce(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		choices, err := w.dir.StartReset(w.acme, "ann@mail.test")
		require.NoError(w, err)
		require.Len(w, choices, 1)
		in := 0
		for _, err := range w.atOnce(8, func(int) error { _, err := w.dir.RedeemReset(w.acme, choices[0].Reference); return err }) {
			if err == nil {
				in++
			} else {
				require.ErrorIs(w, err, member.ErrReference)
			}
		}
		require.Equal(w, 1, in)
	})
}

func TestResetExpires(t *testing.T) {
	each(t, func(w *world) {
		w.member(w.acme, "1", "ann")
		choices, err := w.dir.StartReset(w.acme, "ann@mail.test")
		require.NoError(w, err)
		require.Len(w, choices, 1)
		_, err = w.dir.RedeemReset(w.acme, choices[0].Reference)
		require.ErrorIs(w, err, member.ErrReference, "it was out of date before it could be used")
		_, err = w.dir.StartReset(w.acme, "nobody@mail.test")
		require.NoError(w, err)
		require.NotContains(w, w.dump(`SELECT account_id FROM tenancy_resets`), "1", "what has expired is cleared away")
	}, func(cfg *member.Config) { cfg.ResetTTL = time.Nanosecond })
}

func TestManyAccountsOfOneAddress(t *testing.T) {
	each(t, func(w *world) {
		for i := range member.MaxResetChoices + 3 {
			id := fmt.Sprintf("u%02d", i)
			_, err := w.dir.AddMember(w.acme, "", member.NewAccount{ID: id, UserName: id, Email: "same@mail.test"})
			require.NoError(w, err)
		}
		choices, err := w.dir.StartReset(w.acme, "same@mail.test")
		require.NoError(w, err)
		require.Len(w, choices, member.MaxResetChoices)
	})
}
