package front

import (
	"errors"
	"net/http"

	"github.com/gotenancy/tenancy/tenant"
)

// start is the first page: an invitation to who is nobody's yet, and what is to
// be done for who has signed in.
func (s *site) start(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	actor, _ := tenant.ActorFromContext(ctx)
	if actor.Anonymous() {
		record, _ := tenant.FromContext(ctx)
		s.pages.Render(w, r, "welcome.html", map[string]any{"Own": !tenant.IsReadOnly(ctx), "Company": record})
		return
	}
	var counts struct{ Companies, Contacts, Deals int }
	var due []taskRow
	var closing []dealRow
	err := errors.Join(
		s.get(ctx, &counts, `SELECT (SELECT COUNT(*) FROM companies) AS companies, (SELECT COUNT(*) FROM contacts) AS contacts,
			(SELECT COUNT(*) FROM opportunities WHERE stage NOT IN ('won', 'lost')) AS deals`),
		s.list(ctx, &due, `SELECT id, title, due FROM tasks WHERE owner = ? AND done = 0 ORDER BY due LIMIT 10`, actor.ID),
		s.list(ctx, &closing, selectDeals+` WHERE o.stage NOT IN ('won', 'lost') ORDER BY o.closes LIMIT 10`))
	if err != nil {
		s.pages.Fail(w, r, err)
		return
	}
	s.pages.Render(w, r, "start.html", map[string]any{"Counts": counts, "Due": due, "Closing": closing})
}
