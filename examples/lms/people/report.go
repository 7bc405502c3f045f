package people

import (
	"net/http"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// reportSize is how many records a report shows.
const reportSize = 100

// report shows who runs the installation what happened on all sites. It is one
// of the few places that read across tenants: it says so, and why. A site's own
// managers read the same records of their site on its page of reports.
func (p *people) report(w http.ResponseWriter, r *http.Request) {
	ctx := tenant.AcrossAll(r.Context(), "report: what happened on all sites")
	var list []audit.Record
	for record, err := range p.Audit.Records(ctx, audit.Query{Newest: true, Limit: reportSize}) {
		if err != nil {
			p.fail(w, r, err)
			return
		}
		list = append(list, record)
	}
	p.pages.Render(w, r, "report.html", list)
}
