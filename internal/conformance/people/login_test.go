package people_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// everyone puts the same names into several tenants. Each account's credential
// is its id.
func (w *world) everyone() {
	w.Helper()
	w.member(w.acme, "a1", "ann")
	w.member(w.bolt, "b1", "ann")
	w.member(w.bolt, "b2", "bob")
	w.member(w.coil, "c1", "ann@acme") // as odd as a name can be
	w.global("g1", "gus")
	w.global("g2", "bob")
	w.global("g3", "zoe@acme.test")
	w.add(w.shared("acme"), "g1", "g2")
	require.NoError(w, w.dir.AddManager(w.central, "bolt", "g1", ""))
}

// D3, D9, D11, A10, B9: what each attempt finds, from everywhere.
func Test_A10_B09_D03_D09_D11_Login(t *testing.T) {
	each(t, func(w *world) {
		w.everyone()
		global := tenant.Global(w.Context())
		type attempt struct{ name, tenant string }
		for _, c := range []struct {
			about string
			ctx   context.Context
			in    attempt
			want  string // the account, "" for none
			site  tenant.ID
		}{
			{"a name, in its tenant", w.acme, attempt{"ann", ""}, "a1", "acme"},
			{"case is nothing", w.acme, attempt{"ANN", ""}, "a1", "acme"},
			{"the same name, in the other tenant", w.bolt, attempt{"ann", ""}, "b1", "bolt"},
			{"A10: another tenant's member", w.acme, attempt{"c1", ""}, "", ""},
			{"A10: a name that is only elsewhere", w.coil, attempt{"bob", ""}, "", ""},
			{"A10: a global account without business here", w.coil, attempt{"gus", ""}, "", ""},
			{"an associated one", w.acme, attempt{"gus", ""}, "g1", "acme"},
			{"a manager", w.bolt, attempt{"gus", ""}, "g1", "bolt"},
			{"a member before a global account", w.bolt, attempt{"bob", ""}, "b2", "bolt"},
			{"and the global one elsewhere", w.acme, attempt{"bob", ""}, "g2", "acme"},
			{"the tenant may be named", w.acme, attempt{"ann", "ACME"}, "a1", "acme"},
			{"but no other", w.acme, attempt{"ann", "bolt"}, "", ""},
			{"with the company", w.acme, attempt{"ann@ACME", ""}, "a1", "acme"},
			{"with another company", w.acme, attempt{"ann@bolt", ""}, "", ""},
			{"an odd name is a name", w.coil, attempt{"ann@acme", ""}, "c1", "coil"},

			{"B9: the global site has global accounts", global, attempt{"gus", ""}, "g1", ""},
			{"B9: and no members", global, attempt{"ann", ""}, "", ""},
			{"B9: whatever is named", global, attempt{"ann", "acme"}, "", ""},
			{"B9: or written", global, attempt{"ann@acme", ""}, "", ""},

			{"D3: a name that one account has", w.Context(), attempt{"gus", ""}, "g1", ""},
			{"D3: a name that several have", w.Context(), attempt{"ann", ""}, "", ""},
			{"D3: an e-mail address as a name", w.Context(), attempt{"zoe@acme.test", ""}, "g3", ""},
			{"D9: by company", w.Context(), attempt{"ann@bolt", ""}, "b1", "bolt"},
			{"D9: the code decides, not an odd name elsewhere", w.Context(), attempt{"ann@acme", ""}, "a1", "acme"},
			{"D11: by tenant", w.Context(), attempt{"ann", "acme"}, "a1", "acme"},
			{"D11: by the other tenant", w.Context(), attempt{"ann", "bolt"}, "b1", "bolt"},
			{"D11: an odd name by its tenant", w.Context(), attempt{"ann@acme", "coil"}, "c1", "coil"},
			{"D11: no such tenant", w.Context(), attempt{"ann", "nowhere"}, "", ""},
			{"nothing", w.Context(), attempt{"", ""}, "", ""},
			{"nobody", w.acme, attempt{"nobody", ""}, "", ""},
			{"a zero byte in the name", w.acme, attempt{"a\x00nn", ""}, "", ""},
			{"a name that is not UTF-8", w.Context(), attempt{"\xff@acme", ""}, "", ""},
			{"a zero byte in the tenant", w.Context(), attempt{"ann", "ac\x00me"}, "", ""},
		} {
			verifier := &passwords{}
			w.cfg.Authenticator = verifier
			dir, err := member.NewDirectory(w.db, w.engine.Dialect, w.cfg)
			require.NoError(w, err)
			for _, wrong := range []string{"", "wrong", "x"} {
				_, _, err = dir.Login(c.ctx, member.Attempt{UserName: c.in.name, Tenant: c.in.tenant, Credential: wrong})
				require.Equal(w, member.ErrCredentials, err, c.about) // the same error, not only of the same kind
			}
			require.Equal(w, 3, verifier.calls, "%s: the same work whether there is an account or not", c.about)

			for _, credential := range []string{"a1", "b1", "b2", "c1", "g1", "g2", "g3"} {
				out, a, err := dir.Login(c.ctx, member.Attempt{UserName: c.in.name, Tenant: c.in.tenant, Credential: credential})
				if credential != c.want {
					require.Equal(w, member.ErrCredentials, err, "%s: %s", c.about, credential)
					require.Empty(w, a.ID)
					continue
				}
				require.NoError(w, err, c.about)
				require.Equal(w, c.want, a.ID, c.about)
				actor, ok := tenant.ActorFromContext(out)
				require.True(w, ok)
				require.Equal(w, tenant.Actor{ID: a.ID, Tenant: a.Tenant}, actor, c.about)
				site, in := tenant.IDFromContext(out)
				require.Equal(w, c.site, site, c.about)
				require.Equal(w, c.site != "", in, c.about)
				require.NoError(w, tenant.Err(out), c.about)
			}
		}
		_, _, err := w.dir.Login(w.central, member.Attempt{UserName: "gus", Credential: "g1"})
		require.ErrorIs(w, err, tenant.ErrSeveralTenants)
	})
}

// Only who gave the right credential learns that the account rests.
func TestLoginOfWhoRests(t *testing.T) {
	each(t, func(w *world) {
		w.everyone()
		login := func(name, credential string) error {
			_, _, err := w.dir.Login(w.Context(), member.Attempt{UserName: name, Tenant: "bolt", Credential: credential})
			return err
		}
		require.NoError(w, w.dir.Suspend(w.bolt, "b1", ""))
		require.NoError(w, w.dir.Suspend(w.central, "g1", ""))
		require.ErrorIs(w, login("ann", "b1"), member.ErrSuspended)
		require.ErrorIs(w, login("gus", "g1"), member.ErrSuspended)
		require.Equal(w, member.ErrCredentials, login("ann", "wrong"))
		w.life("tenant.suspended", "bolt")
		require.ErrorIs(w, login("bob", "b2"), tenant.ErrSuspended)
		require.Equal(w, member.ErrCredentials, login("bob", "wrong"))
		w.life("tenant.archived", "bolt")
		require.ErrorIs(w, login("bob", "b2"), tenant.ErrArchived)
		w.life("tenant.deleted", "bolt")
		require.Equal(w, member.ErrCredentials, login("bob", "b2"))
	})
}

// session is a store of sessions like scs: a token finds its values until it
// is renewed.
type session struct {
	token  string
	values map[string]map[string]any // by token
	broken bool
}

func newSession(values map[string]any) *session {
	return &session{token: "0", values: map[string]map[string]any{"0": values}}
}

func (s *session) GetString(_ context.Context, key string) string {
	text, _ := s.values[s.token][key].(string)
	return text
}

func (s *session) Put(_ context.Context, key string, value any) { s.values[s.token][key] = value }

func (s *session) RenewToken(context.Context) error {
	if s.broken {
		return errors.New("the store of sessions is down")
	}
	values := s.values[s.token]
	delete(s.values, s.token)
	s.token += "+"
	s.values[s.token] = values
	return nil
}

func (s *session) Destroy(context.Context) error {
	if s.broken {
		return errors.New("the store of sessions is down")
	}
	delete(s.values, s.token)
	s.token += "!"
	s.values[s.token] = map[string]any{}
	return nil
}

// The sign-in binds the session to the tenant by itself, whatever verifies the
// credential, and it stays bound.
func Test_D03_D10_SessionBoundToItsTenant(t *testing.T) {
	each(t, func(w *world) {
		w.everyone()
		s := newSession(map[string]any{"basket": "full"})
		_, _, err := w.dir.SignIn(w.Context(), s, member.Attempt{UserName: "ann", Tenant: "acme", Credential: "b1"})
		require.Equal(w, member.ErrCredentials, err)
		require.Equal(w, "0", s.token)
		require.Len(w, s.values["0"], 1, "a failed attempt leaves the session as it was")
		_, a, err := w.dir.SignIn(w.Context(), s, member.Attempt{UserName: "ann", Tenant: "acme", Credential: "a1"})
		require.NoError(w, err)
		require.Equal(w, "a1", a.ID)
		require.NotContains(w, s.values, "0", "the session from before the sign-in is dead")
		require.Equal(w, "acme", s.GetString(w.Context(), tenant.SessionTenant))
		require.Equal(w, "a1", s.GetString(w.Context(), member.SessionAccount))
		require.Equal(w, "full", s.GetString(w.Context(), "basket"))

		bolt := member.Attempt{UserName: "ann", Credential: "b1"}
		_, _, err = w.dir.SignIn(w.bolt, s, bolt)
		require.ErrorIs(w, err, member.ErrOutside, "a session of acme on the site of bolt")
		require.Equal(w, "acme", s.GetString(w.Context(), tenant.SessionTenant))
		bolt.Tenant = "bolt"
		_, _, err = w.dir.SignIn(w.Context(), s, bolt)
		require.NoError(w, err)
		require.Len(w, s.values, 1)
		require.Empty(w, s.GetString(w.Context(), "basket"), "nothing of one tenant turns up in another")
		require.Equal(w, "bolt", s.GetString(w.Context(), tenant.SessionTenant))
		require.NoError(w, s.Destroy(w.Context()))
		_, _, err = w.dir.SignIn(w.acme, s, member.Attempt{UserName: "ann", Credential: "a1"})
		require.NoError(w, err)
		s.Put(w.Context(), "basket", "full")
		_, _, err = w.dir.SignIn(w.acme, s, member.Attempt{UserName: "gus", Credential: "g1"})
		require.NoError(w, err)
		require.Empty(w, s.GetString(w.Context(), "basket"), "nor anything of another account")
		s.broken = true
		_, _, err = w.dir.SignIn(w.Context(), s, member.Attempt{UserName: "ann", Tenant: "bolt", Credential: "b1"})
		require.ErrorContains(w, err, "down")
		require.Equal(w, "acme", s.GetString(w.Context(), tenant.SessionTenant))
	})
}

// D10, C8: the explicit switch.
func Test_D10_Switch(t *testing.T) {
	each(t, func(w *world) {
		w.everyone()
		w.global("idle", "idle")
		gus := tenant.Actor{ID: "g1"}
		s := newSession(map[string]any{member.SessionAccount: "g1", tenant.SessionTenant: "acme", "basket": "full"})
		w.kinds()

		from := tenant.WithActor(w.acme, gus)
		to, err := w.dir.Switch(from, s, "bolt", "support of a customer")
		require.NoError(w, err)
		id, _ := tenant.IDFromContext(to)
		require.Equal(w, tenant.ID("bolt"), id)
		actor, _ := tenant.ActorFromContext(to)
		require.Equal(w, gus, actor)
		require.NotContains(w, s.values, "0", "the old session is dead")
		require.Equal(w, map[string]any{member.SessionAccount: "g1", tenant.SessionTenant: "bolt"}, s.values[s.token])
		require.Equal(w, "bolt", s.GetString(w.Context(), tenant.SessionTenant))
		require.Len(w, w.events, 1)
		require.Equal(w, "acme", w.events[0].Detail["from"])
		require.Equal(w, "support of a customer", w.events[0].Reason)
		require.Equal(w, gus, w.events[0].Actor)
		require.Equal(w, []string{"session.switched bolt g1"}, w.kinds())

		_, err = w.dir.Switch(tenant.WithActor(tenant.Global(w.Context()), gus), s, "acme", "from the global site")
		require.NoError(w, err)
		_, err = w.dir.Switch(tenant.WithActor(w.Context(), gus), s, "bolt", "from a central route")
		require.NoError(w, err)
		w.kinds()

		token := s.token
		refuse := func(want error, ctx context.Context, to tenant.ID) {
			w.Helper()
			out, err := w.dir.Switch(ctx, s, to, "a test")
			require.ErrorIs(w, err, want)
			require.Equal(w, ctx, out)
			require.Equal(w, token, s.token)
			require.Equal(w, "bolt", s.GetString(w.Context(), tenant.SessionTenant))
			require.Empty(w, w.kinds())
		}
		as := func(ctx context.Context, a tenant.Actor) context.Context { return tenant.WithActor(ctx, a) }
		refuse(tenant.ErrNotMember, as(w.bolt, tenant.Actor{ID: "b1", Tenant: "bolt"}), "acme")
		refuse(tenant.ErrNotMember, as(w.bolt, tenant.Actor{ID: "b1", Tenant: "bolt"}), "bolt")
		refuse(tenant.ErrNotMember, as(w.bolt, tenant.Actor{ID: "b1"}), "acme") // the session lies about it
		refuse(tenant.ErrNotMember, from, "coil")
		refuse(tenant.ErrNotMember, from, "nowhere")
		refuse(tenant.ErrInvalidID, from, "No id")
		refuse(tenant.ErrNotMember, as(w.acme, tenant.Actor{ID: "idle"}), "bolt")
		refuse(tenant.ErrNotMember, as(w.acme, tenant.Actor{ID: "unknown"}), "bolt")
		refuse(tenant.ErrUnauthenticated, w.acme, "bolt")
		refuse(tenant.ErrUnauthenticated, as(w.acme, tenant.Actor{}), "bolt")
		refuse(tenant.ErrSeveralTenants, as(w.central, gus), "bolt")
		_, err = w.dir.Switch(from, s, "bolt", "")
		require.ErrorIs(w, err, tenant.ErrNoReason)

		w.life("tenant.suspended", "acme")
		w.kinds()
		refuse(tenant.ErrSuspended, from, "acme")
		w.life("tenant.archived", "acme")
		w.kinds()
		refuse(tenant.ErrArchived, from, "acme")
		require.NoError(w, w.dir.Suspend(w.central, "g1", ""))
		w.kinds()
		refuse(member.ErrSuspended, from, "bolt")
		require.NoError(w, w.dir.Resume(w.central, "g1", ""))
		s.broken = true
		_, err = w.dir.Switch(from, s, "bolt", "a test")
		require.ErrorContains(w, err, "down")
		require.Equal(w, token, s.token)
	})
}

// A switch that can not be recorded does not happen.
func TestSwitchNeedsItsRecord(t *testing.T) {
	boom := errors.New("boom")
	each(t, func(w *world) {
		w.everyone()
		w.cfg.Hooks = []tenant.Hook{func(context.Context, tenant.DBTX, tenant.Event) error { return boom }}
		dir, err := member.NewDirectory(w.db, w.engine.Dialect, w.cfg)
		require.NoError(w, err)
		s := newSession(map[string]any{})
		_, err = dir.Switch(tenant.WithActor(w.acme, tenant.Actor{ID: "g1"}), s, "bolt", "a test")
		require.ErrorIs(w, err, boom)
		require.Equal(w, "0", s.token)
		require.Empty(w, s.values["0"])
	})
}
