package learn

import (
	"net/http"

	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
)

// logRow is a row of the site's log. It stays when the course or the account
// that it names is gone.
type logRow struct {
	Since                           int64
	Account, Action, Object, Course string
	Person                          string
}

type figure struct {
	Name   string
	Amount int64
	Since  int64
}

const reported = 50 // rows of each list

// reports are the log, the figures that the site's job has counted, and the
// audit records: all of this site only, without a word about that in the SQL.
func (s *site) reports(w http.ResponseWriter, r *http.Request) {
	if _, err := s.askSite(r, app.SiteReports); err != nil {
		s.fail(w, r, err)
		return
	}
	rows, err := s.logRows(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for i := range rows {
		if rows[i].Account != "" {
			rows[i].Person = s.person(r.Context(), rows[i].Account)
		}
	}
	var figures []figure
	if err := s.DB.SelectContext(r.Context(), &figures, `SELECT name, amount, since FROM figures ORDER BY name`); err != nil {
		s.fail(w, r, err)
		return
	}
	var records []audit.Record
	for record, err := range s.Audit.Records(r.Context(), audit.Query{Newest: true, Limit: reported}) {
		if err != nil {
			s.fail(w, r, err)
			return
		}
		records = append(records, record)
	}
	s.render(w, r, "reports.html", map[string]any{"Log": rows, "Figures": figures, "Audit": records})
}

func (s *site) logRows(r *http.Request) ([]logRow, error) {
	var rows []logRow
	err := s.DB.SelectContext(r.Context(), &rows, s.DB.Rebind(`SELECT since, account, action, object, course FROM log ORDER BY since DESC, id LIMIT ?`), reported)
	return rows, err
}

// cron runs the site's jobs: POST /cron with the site's key, as from a machine's
// crontab. Whose jobs they are is what the address says.
func (s *site) cron(w http.ResponseWriter, r *http.Request) {
	id, _ := tenant.IDFromContext(r.Context())
	if err := s.CheckCronKey(id, r.PostFormValue("key")); err != nil {
		s.pages.Problem(w, r, http.StatusForbidden, err.Error()+".")
		return
	}
	if err := s.Cron(r.Context(), id); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
