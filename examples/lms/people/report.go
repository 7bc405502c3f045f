package people

import (
	"net/http"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// reportSize is how many records a report shows.
const reportSize = 100

// report shows a site's managers what happened on it: who switched, who was
// suspended, which setting was changed.
func (p *People) report(w http.ResponseWriter, r *http.Request) {
	p.records(w, r, audit.Query{Newest: true, Limit: reportSize})
}

// platformReport shows who runs the installation what happened on all sites. It
// is one of the few places that read across tenants: it says so, and why.
func (p *People) platformReport(w http.ResponseWriter, r *http.Request) {
	ctx := tenant.AcrossAll(r.Context(), "report: what happened on all sites")
	p.records(w, r.WithContext(ctx), audit.Query{Newest: true, Limit: reportSize})
}

func (p *People) records(w http.ResponseWriter, r *http.Request, q audit.Query) {
	var list []audit.Record
	for record, err := range p.Audit.Records(r.Context(), q) {
		if err != nil {
			p.fail(w, r, err)
			return
		}
		list = append(list, record)
	}
	p.pages.Render(w, r, "report.html", map[string]any{"Records": list, "All": tenant.ModeOf(r.Context()) == tenant.ModeAcrossAll})
}
