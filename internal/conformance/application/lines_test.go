package application

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// One process, one pool, one table: many customers use it at the same moment, and
// each finds what it has put there and nothing else.
func Test_A01_OneProcessServesAll(t *testing.T) {
	const tenants, rounds = 12, 5
	each(t, func(a *app) {
		var wg sync.WaitGroup
		for i := range tenants {
			id := tenant.ID(fmt.Sprintf("tenant-%02d", i))
			a.customer(id)
			b := a.ann(id)
			wg.Go(func() {
				want := []string{"Abel of " + string(id), "Zoe of " + string(id)}
				for round := range rounds {
					name := fmt.Sprintf("%d of %s", round, id)
					status, text, err := b.try("POST", site(id), "/api/contacts", fmt.Sprintf(`{"id": %d, "name": %q}`, 10+round, name))
					if err != nil || status != http.StatusOK {
						t.Errorf("%s writes: %d %s %v", id, status, text, err)
						return
					}
					want = append(want[:round:round], append([]string{name}, want[round:]...)...)
					status, text, err = b.try("GET", site(id), "/contacts", "")
					if page := "<li>" + strings.Join(want, "</li><li>") + "</li>"; err != nil || status != http.StatusOK || text != page {
						t.Errorf("%s reads: %d %s %v, want %s", id, status, text, err, page)
						return
					}
				}
			})
		}
		wg.Wait()
		var n, owners int
		require.NoError(a, a.raw.QueryRowContext(a.Context(), `SELECT COUNT(*), COUNT(DISTINCT tenant_id) FROM contacts WHERE tenant_id LIKE 'tenant-%'`).Scan(&n, &owners))
		require.Equal(a, [2]int{tenants * (2 + rounds), tenants}, [2]int{n, owners}, "all in the one table")
	})
}

// One migration is there for all tenants, in every process, and what is released
// is there for all who did not choose otherwise, at once.
func Test_A02_OneReleaseReachesAll(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		a := newApp(t, e)
		other := start(t, e, a.dsn, a.raw)
		const column = `ALTER TABLE contacts ADD COLUMN phone VARCHAR(20) DEFAULT 'unknown' NOT NULL`
		for _, id := range customers {
			_, err := a.db.ExecContext(a.in(id), column)
			require.Error(t, err, "a release is not a tenant's to make")
		}
		require.NoError(t, a.settings.Set(a.in("bolt"), "new.editor", false, "not yet"))

		release := tenant.AcrossAll(a.in("acme"), "release 2")
		a.exec(release, column)
		a.exec(release, `UPDATE contacts SET phone = 'asked' WHERE id = 1`)
		require.NoError(t, a.settings.Set(tenant.Global(t.Context()), "new.editor", true, "release 2"))
		a.customer("late")
		for _, process := range []*app{a, other} {
			require.NoError(t, process.poller.Poll(t.Context()))
			for _, id := range append(customers, "late") {
				first := map[bool]string{true: "unknown", false: "asked"}[id == "late"]
				require.Equal(t, []string{first, "unknown"}, texts(t, process.in(id), process.db, `SELECT phone FROM contacts ORDER BY id`), id)
				require.Equal(t, id != "bolt", flag(process, id), id)
			}
		}
		require.NoError(t, a.settings.Delete(a.in("bolt"), "new.editor", "now too"))
		require.NoError(t, other.poller.Poll(t.Context()))
		require.True(t, flag(other, "bolt"))
	})
}

func flag(process *app, id tenant.ID) bool {
	return config.Get(process.in(id), "new.editor", false)
}

// The host says which site it is, and with the site come its organizations; anew
// for each request.
func Test_A04_A11_DomainSiteOrganization(t *testing.T) {
	each(t, func(a *app) {
		require.NoError(a, a.orgs.Create(a.in("acme"), tenant.Organisation{ShortName: "AcmeLabs", Tenant: "acme", Active: true}))
		proof, err := a.manager.AddDomain(a.in("acme"), "acme", "shop.acme.test")
		require.NoError(a, err)
		b := &browser{app: a}
		shows := func(host, want string) {
			a.Helper()
			status, text := b.send("GET", host, "/site", "")
			require.Equal(a, http.StatusOK, status, text)
			require.Equal(a, want, text)
		}
		for range 2 { // in turn, on one connection: nothing is left over
			shows("acme.example.com", "acme: untitled [AcmeLabs] [acmeX]")
			shows("bolt.example.com", "bolt: untitled [boltX]")
			shows("ACME.example.com:8080", "acme: untitled [AcmeLabs] [acmeX]")
		}
		for host, want := range map[string]int{"shop.acme.test": 404, "nobody.example.com": 404, "acme.example.com.evil.test": 404, "acme_example.com": 400} {
			status, text := b.send("GET", host, "/site", "")
			require.Equal(a, want, status, host)
			require.NotContains(a, text, "[")
		}
		// An organization leads back to its site.
		id, found, err := a.orgs.TenantOf(a.Context(), "acmelabs")
		require.NoError(a, err)
		require.True(a, found)
		require.Equal(a, tenant.ID("acme"), id)

		// Verified, the customer's own domain is the site as well.
		a.dns[proof.Name] = []string{proof.Value}
		require.NoError(a, a.manager.VerifyDomain(a.in("acme"), "acme", "shop.acme.test"))
		shows("shop.acme.test", "acme: untitled [AcmeLabs] [acmeX]")
	})
}

// What a page shows the API shows, to a person with a cookie and to a program with
// a key, and nothing else; and what a page does not reach the API does not.
func Test_A16_APIScopedAsPages(t *testing.T) {
	each(t, func(a *app) {
		a.exec(a.in("bolt"), `INSERT INTO contacts (id, name) VALUES (77, 'Only of bolt')`)
		others := func() []string {
			return texts(a.T, a.Context(), a.raw, `SELECT name FROM contacts WHERE tenant_id <> 'acme' ORDER BY tenant_id, id`)
		}
		before := others()
		person, program := a.ann("acme"), &browser{app: a, key: "key-of-acme"}
		for name, c := range map[string]struct {
			*browser
			host string
		}{"a person": {person, "acme.example.com"}, "a program": {program, "api.example.com"}} {
			ask := func(method, path, body string, want int) string {
				a.Helper()
				status, text := c.send(method, c.host, path, body)
				require.Equal(a, want, status, "%s: %s %s: %s", name, method, path, text)
				require.NotContains(a, text, "bolt", "%s: %s %s", name, method, path)
				return text
			}
			page := ask("GET", "/contacts", "", 200)
			var list []contact
			require.NoError(a, json.Unmarshal([]byte(ask("GET", "/api/contacts?q=Only", "", 200)), &list))
			shown := ""
			for _, row := range list {
				shown += "<li>" + row.Name + "</li>"
			}
			require.Equal(a, page, shown)
			require.Contains(a, shown, "Abel of acme")
			require.Equal(a, fmt.Sprint(len(list)), strings.TrimSpace(ask("GET", "/api/report", "", 200)), "nor counted")

			require.Equal(a, "<h1>Abel of acme</h1>", ask("GET", "/contacts/1", "", 200))

			// An id that only another customer has.
			ask("GET", "/contacts/77", "", 404)
			ask("GET", "/api/contacts/77", "", 404)
			ask("PUT", "/api/contacts/77", `{"name": "taken"}`, 404)
			ask("DELETE", "/api/contacts/77", "", 404)
			// One that several have, and what a request says about whose it is.
			ask("PUT", "/api/contacts/1", fmt.Sprintf(`{"name": "Abel, by %s", "tenant_id": "bolt"}`, name), 200)
			ask("POST", "/api/contacts?tenant=bolt", `{"id": 50, "name": "New of acme", "tenant_id": "bolt"}`, 200)
			require.Contains(a, ask("GET", "/contacts", "", 200), "New of acme")
			ask("DELETE", "/api/contacts/50", "", 200)
			ask("PUT", "/api/contacts/1", `{"name": "Abel of acme"}`, 200)
			require.Equal(a, before, others())
		}

		// Who gets no page gets no answer of the API, and the same status.
		for name, c := range map[string]struct {
			browser
			host string
			want int
		}{
			"a visitor":                       {browser{app: a}, "acme.example.com", 401},
			"acme's person at bolt":           {browser{app: a, cookie: person.cookie}, "bolt.example.com", 403},
			"acme's key at bolt":              {browser{app: a, key: "key-of-acme"}, "bolt.example.com", 403},
			"nobody's key":                    {browser{app: a, key: "key-of-nobody"}, "api.example.com", 401},
			"nobody's key at acme":            {browser{app: a, key: "key-of-nobody"}, "acme.example.com", 401},
			"a person where keys are":         {browser{app: a, cookie: person.cookie}, "api.example.com", 404},
			"a program of nobody's, nowhere ": {browser{app: a, key: "key-of-acme"}, "nobody.example.com", 404},
		} {
			for _, path := range []string{"/contacts", "/contacts/1", "/api/contacts", "/api/contacts/1", "/api/report"} {
				status, text := c.send("GET", c.host, path, "")
				require.Equal(a, c.want, status, "%s: %s", name, path)
				require.NotContains(a, text, " of ", "%s: %s", name, path)
			}
		}
	})
}
