package application

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// jobs returns a scheduler with one job, which removes the last contact of whom it
// runs for, and notes whom it saw.
func (a *app) jobs(saw map[tenant.ID][]string) *timer.Scheduler {
	a.Helper()
	s, err := timer.New(timer.Config{DB: a.db, Dialect: a.dialect, Registry: a.reg, Timers: []timer.Timer{{
		Name: "tidy", Schedule: timer.Every(time.Hour), Isolation: tenant.PerTenant, Run: func(ctx context.Context, run *timer.Run) error {
			saw[run.Tenant] = texts(a.T, ctx, a.db, `SELECT name FROM contacts ORDER BY id`)
			_, err := a.db.ExecContext(ctx, `DELETE FROM contacts WHERE id = 2`)
			return err
		},
	}}})
	require.NoError(a, err)
	return s
}

// looks is all that a customer can see, from everywhere: its pages, its API, its
// settings and its people.
func (a *app) looks(b *browser, id tenant.ID) string {
	a.Helper()
	var all strings.Builder
	for _, path := range []string{"/contacts", "/contacts/1", "/api/contacts", "/api/report", "/site"} {
		status, text := b.send("GET", site(id), path, "")
		fmt.Fprintln(&all, path, status, text)
	}
	people, err := a.dir.Users(a.in(id), "", member.Query{})
	require.NoError(a, err)
	for _, account := range people.Accounts {
		fmt.Fprintln(&all, account.ID, account.UserName, account.Suspended)
	}
	return all.String()
}

// Data, settings, people, sessions and jobs of the customers are apart: whatever
// one of them does, the others see exactly what they saw before.
func Test_D01_EverythingIsolated(t *testing.T) {
	each(t, func(a *app) {
		anns, before, saw := map[tenant.ID]*browser{}, map[tenant.ID]string{}, map[tenant.ID][]string{}
		jobs := a.jobs(saw)
		for _, id := range customers {
			anns[id] = a.ann(id)
			require.NoError(a, a.settings.Set(a.in(id), "title", "Welcome to "+string(id), "test"))
		}
		for _, id := range customers {
			before[id] = a.looks(anns[id], id)
			require.Contains(a, before[id], "Welcome to "+string(id))
			require.Contains(a, before[id], "/api/report 200 2\n")
			for _, other := range customers {
				require.Equal(a, id == other, strings.Contains(before[id], string(other)), "%s sees %s", id, other)
			}
		}

		bolt := a.in("bolt")
		for _, c := range []struct {
			what   string
			change func() error
		}{
			{"data", func() error { _, err := a.db.ExecContext(bolt, `UPDATE contacts SET name = 'changed'`); return err }},
			{"a row", func() error {
				_, err := a.db.ExecContext(bolt, `INSERT INTO contacts (id, name) VALUES (9, 'new')`)
				return err
			}},
			{"settings", func() error { return a.settings.Set(bolt, "title", "Closed", "test") }},
			{"people", func() error {
				_, err := a.dir.AddMember(bolt, "", member.NewAccount{ID: "ben", UserName: "ben"})
				return err
			}},
			{"a job", func() error { return jobs.RunNow(a.Context(), "tidy", "bolt") }},
			{"work after the request", func() error {
				request, done := context.WithCancel(bolt)
				detached, result := tenant.Detach(request), make(chan error)
				done()
				go func() {
					_, err := a.db.ExecContext(detached, `UPDATE contacts SET name = 'later' WHERE id = 1`)
					result <- err
				}()
				return <-result
			}},
			{"the sessions", func() error {
				// One account of the same name is shut out, in all its sessions.
				return a.dir.Suspend(bolt, "ann-bolt", "test")
			}},
		} {
			was := a.looks(&browser{app: a, cookie: anns["bolt"].cookie}, "bolt")
			require.NoError(a, c.change(), c.what)
			require.NotEqual(a, was, a.looks(anns["bolt"], "bolt"), c.what)
			for _, id := range []tenant.ID{"acme", "coil"} {
				require.Equal(a, before[id], a.looks(anns[id], id), "%s: %s of bolt", id, c.what)
			}
		}
		require.NotContains(a, strings.Join(saw["bolt"], " "), "acme")
		require.NotEmpty(a, saw["bolt"])
		require.Len(a, saw, 1, "the job ran for one")
		_, err := a.db.ExecContext(context.Background(), `UPDATE contacts SET name = 'nobody''s'`)
		require.ErrorIs(a, err, scope.ErrNoTenant, "work that has lost its tenant")

		status, _ := anns["acme"].send("GET", site("coil"), "/contacts", "")
		require.Equal(a, http.StatusForbidden, status, "the session of one is nothing at another")
		require.Equal(a, before["acme"], a.looks(anns["acme"], "acme"))
	})
}

// A customer that is suspended or archived has no site, no sign-in, no new people
// and no jobs until it is back; and never more people than it may have.
func Test_B26_StatusAndLimitAreEnforced(t *testing.T) {
	each(t, func(a *app) {
		b, saw := a.ann("acme"), map[tenant.ID][]string{}
		jobs := a.jobs(saw)
		before := a.looks(b, "acme")
		expect := func(status int, why error) {
			a.Helper()
			for _, path := range []string{"/contacts", "/api/contacts", "/site"} {
				got, text := b.send("GET", site("acme"), path, "")
				require.Equal(a, status, got, path)
				require.NotContains(a, text, "of acme")
				got, _ = (&browser{app: a, key: "key-of-acme"}).send("GET", "api.example.com", path, "")
				require.Equal(a, status, got, "%s for a program", path)
			}
			got, _ := (&browser{app: a}).send("POST", site("acme"), "/sign-in", "name=ann&password=ann-acme")
			require.Equal(a, status, got, "sign-in")
			_, _, err := a.dir.Login(a.in("acme"), member.Attempt{UserName: "ann", Credential: "ann-acme"})
			require.ErrorIs(a, err, why)
			_, err = a.dir.AddMember(a.in("acme"), "", member.NewAccount{ID: "eve", UserName: "eve"})
			require.ErrorIs(a, err, why)
			require.ErrorIs(a, jobs.RunNow(a.Context(), "tidy", "acme"), why)
			require.Empty(a, saw)
			got, _ = a.ann("bolt").send("GET", site("bolt"), "/contacts", "")
			require.Equal(a, http.StatusOK, got, "the others go on")
		}
		require.NoError(a, a.manager.Suspend(a.Context(), "acme", "unpaid"))
		expect(http.StatusServiceUnavailable, tenant.ErrSuspended)
		require.NoError(a, a.manager.Resume(a.Context(), "acme", "paid"))
		require.Equal(a, before, a.looks(b, "acme"))
		require.NoError(a, a.manager.Archive(a.Context(), "acme", "left"))
		expect(http.StatusNotFound, tenant.ErrArchived)
		require.ErrorIs(a, a.manager.Suspend(a.Context(), "acme", "again"), lifecycle.ErrTransition)
		require.NoError(a, a.manager.Restore(a.Context(), "acme", "back"))
		require.Equal(a, before, a.looks(a.ann("acme"), "acme"))

		_, err := a.manager.Update(a.Context(), "acme", "the small plan", func(r *tenant.Tenant) error { r.MaxUsers = 2; return nil })
		require.NoError(a, err)
		for i, want := range []error{nil, member.ErrLimit} {
			name := fmt.Sprint("user", i)
			_, err := a.dir.AddMember(a.in("acme"), "", member.NewAccount{ID: name, UserName: name})
			require.ErrorIs(a, err, want)
		}
		_, err = a.dir.AddMember(a.in("bolt"), "", member.NewAccount{ID: "user1", UserName: "user1"})
		require.NoError(a, err, "the limit of one is not another's")
	})
}
