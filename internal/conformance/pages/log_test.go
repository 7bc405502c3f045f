package pages

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// A line of the log gets its tenant from who does something or, for a global user,
// from the course it is done in. It keeps the tenant when course, account and
// tenant are gone, so that there are logs and reports of one tenant.
func Test_B15_LogKeepsItsTenant(t *testing.T) {
	each(t, func(w *world) {
		central := tenant.AcrossAll(w.Context(), "a test")
		_, err := w.pool.ExecContext(central, `CREATE TABLE log (tenant_id VARCHAR(63) NOT NULL, account VARCHAR(20) NOT NULL, course BIGINT NOT NULL, action VARCHAR(20) NOT NULL)`)
		require.NoError(w, err)
		require.NoError(w, audit.Migrate(w.Context(), w.pool, w.dialect))
		trail := audit.New(w.pool, w.dialect)

		// What every page does: it enters its course and writes the log, in the
		// application's own table and in the library's. Nobody says whose it is.
		visit := func(ctx context.Context, course ctxtree.Node) error {
			ctx, err := w.pages.Enter(ctx, course.ID)
			if err != nil {
				return err
			}
			who, _ := tenant.ActorFromContext(ctx)
			id, _ := tenant.IDFromContext(ctx)
			_, err = w.pool.ExecContext(ctx, sqltext.Rebind(w.dialect, `INSERT INTO log (account, course, action) VALUES (?, ?, 'view')`), who.ID, course.ID)
			if err != nil {
				return err
			}
			return trail.Append(ctx, tenant.Event{Kind: "course.viewed", Tenant: id, Actor: who, Object: fmt.Sprint(course.ID)})
		}
		member := tenant.WithActor(in("acme"), ann)
		require.NoError(w, visit(member, w.course["acme"]))
		require.NoError(w, visit(member, w.course["acme"]))
		require.NoError(w, visit(member, w.course[""]), "what all share: the tenant is the user's")
		nobody := tenant.WithActor(context.Background(), eve)
		require.NoError(w, visit(nobody, w.course["bolt"]), "a global user: the tenant is the course's")
		require.NoError(w, visit(nobody, w.course["coil"]))
		require.Error(w, visit(nobody, w.course[""]), "neither has one, and the log of tenants takes no line without")
		require.ErrorIs(w, visit(member, w.course["bolt"]), ctxtree.ErrNoNode)

		report := func(id tenant.ID) (lines []string) {
			w.Helper()
			rows, err := w.pool.QueryContext(in(id), `SELECT account, course, COUNT(*) FROM log GROUP BY account, course ORDER BY account, course`)
			require.NoError(w, err)
			defer rows.Close()
			for rows.Next() {
				var who string
				var course, n int64
				require.NoError(w, rows.Scan(&who, &course, &n))
				lines = append(lines, fmt.Sprint(who, " ", course, " ", n))
			}
			require.NoError(w, rows.Err())
			seen := map[string]int64{}
			for r, err := range trail.Records(in(id), audit.Query{Kinds: []string{"course.viewed"}}) {
				require.NoError(w, err)
				require.Equal(w, id, r.Tenant)
				seen[r.Actor.ID+" "+r.Object]++
			}
			require.Len(w, seen, len(lines))
			for what, n := range seen {
				require.Contains(w, lines, fmt.Sprint(what, " ", n))
			}
			return lines
		}
		want := map[tenant.ID][]string{
			"acme": {fmt.Sprint("ann ", w.course["acme"].ID, " 2"), fmt.Sprint("ann ", w.course[""].ID, " 1")},
			"bolt": {fmt.Sprint("eve ", w.course["bolt"].ID, " 1")},
			"coil": {fmt.Sprint("eve ", w.course["coil"].ID, " 1")},
		}
		for id, lines := range want {
			require.ElementsMatch(w, lines, report(id), id)
		}

		// The objects vanish: a course, accounts, a whole tenant.
		require.NoError(w, w.tree.Delete(in("acme"), w.course["acme"].ID))
		require.NoError(w, w.dir.Remove(in("acme"), "ann", "left"))
		require.NoError(w, w.dir.Remove(central, "eve", "left"))
		require.NoError(w, w.tree.Delete(in("coil"), w.course["coil"].ID))
		require.NoError(w, w.manager.Archive(w.Context(), "coil", "left"))
		require.NoError(w, w.manager.Delete(w.Context(), "coil", "left"))
		_, found, err := w.reg.ByID(w.Context(), "coil")
		require.NoError(w, err)
		require.False(w, found)
		for id, lines := range want {
			require.ElementsMatch(w, lines, report(id), id)
		}

		// Only the operator counts over all of them.
		var n int
		require.NoError(w, w.pool.QueryRowContext(central, `SELECT COUNT(*) FROM log`).Scan(&n))
		require.Equal(w, 5, n)
		require.ErrorIs(w, w.pool.QueryRowContext(tenant.Global(w.Context()), `SELECT COUNT(*) FROM log`).Scan(&n), scope.ErrRefused)
	})
}
