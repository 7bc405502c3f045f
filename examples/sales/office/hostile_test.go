package office_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
)

// TestNamesAreText: what a customer typed runs nothing in the back office, whose
// pages may change every customer.
func TestNamesAreText(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`
	_, record, err := w.SignUp(t.Context(), app.SignUp{Company: evil, Code: "evil", UserName: evil, Email: "e@example.com", Password: "a password"})
	require.NoError(t, err)
	olga, user := w.admin(t), w.account(t, record.ID, evil)
	olga.post("/users/"+user.ID+"/status", "do", "suspend", "reason", evil)
	olga.post("/tenants", "name", evil, "code", evil, "user", evil, "email", evil, "reason", evil)
	id := string(record.ID)
	for _, path := range []string{
		"/tenants", "/tenants/" + id, "/users", "/users?search=%3Cscript%3Ealert", "/users/" + user.ID, "/settings?tenant=" + id, "/roles?tenant=" + id,
		"/audit", "/audit?tenant=" + id + "&kind=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/crossings", "/tables", "/administrators",
	} {
		a := olga.get(path)
		require.Equal(t, http.StatusOK, a.status, path)
		require.NotContains(t, a.body, "<script>alert", path)
		require.NotContains(t, a.body, "<img src=x", path)
	}
}

// TestGuessing: a password is tried as often as the setting says, also by who
// asks for all at once.
func TestGuessing(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	limit := app.Retries.Get(w.Extend(tenant.Global(t.Context())))
	var tried atomic.Int64
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			if a := w.person(t).signIn([]string{"olga", "OLGA"}[i%2], fmt.Sprint("wrong guess ", i)); a.status == http.StatusUnprocessableEntity && !strings.Contains(a.shown(), "too often") {
				tried.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, limit, tried.Load())
	require.Contains(t, w.person(t).signIn("olga", app.DemoPassword).shown(), "too often")
}
