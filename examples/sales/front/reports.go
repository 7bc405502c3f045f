package front

import (
	"errors"
	"net/http"
	"regexp"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/timer"
)

var quarters = regexp.MustCompile(`^20\d\d-Q[1-4]$`)

func (s *site) quotas(w http.ResponseWriter, r *http.Request) error {
	return s.quotaList(w, r, newForm(), s.pages.Render)
}

// quotaList shows for each person and quarter what is to be sold and what is
// won, at the day's rates.
func (s *site) quotaList(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	q, pattern := like(r)
	currency := app.Currency.Get(ctx)
	var rows []struct {
		Name, Quarter string
		Cents, Won    int64
	}
	err := s.list(ctx, &rows, `
		SELECT p.name, q.quarter, q.cents, COALESCE((
			SELECT CAST(SUM(o.cents * (mine.per_euro / theirs.per_euro)) AS BIGINT)
			FROM opportunities o
			JOIN exchange_rates theirs ON theirs.currency = o.currency
			JOIN exchange_rates mine ON mine.currency = ?
			WHERE o.owner = q.account AND o.stage = 'won'
				AND substr(o.closes, 1, 4) = substr(q.quarter, 1, 4)
				AND (CAST(substr(o.closes, 6, 2) AS INTEGER) + 2) / 3 = CAST(substr(q.quarter, 7, 1) AS INTEGER)), 0) AS won
		FROM quotas q JOIN people p ON p.account = q.account
		WHERE LOWER(p.name) LIKE ? ESCAPE '!' OR LOWER(q.quarter) LIKE ? ESCAPE '!'
		ORDER BY q.quarter DESC, p.name LIMIT 200`, currency, pattern, pattern)
	if err != nil {
		return err
	}
	var people []choice
	if err := s.list(ctx, &people, `SELECT account AS value, name AS text FROM people WHERE gone = 0 ORDER BY name`); err != nil {
		return err
	}
	if f.Values["quarter"] == "" {
		f.Values["quarter"] = app.Quarter(s.Today())
	}
	show(w, r, "quotas.html", map[string]any{"Rows": rows, "Q": q, "Form": f, "People": people, "Currency": currency, "MayManage": s.May(ctx, app.MayManage) == nil})
	return nil
}

// setQuota sets or changes the quota of a person of the tenant, and takes an
// empty amount for none.
func (s *site) setQuota(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := typed(r, "account", "quarter", "amount")
	if !quarters.MatchString(f.Values["quarter"]) {
		f.Wrong["quarter"] = "A quarter such as 2026-Q4."
	}
	var n int
	if err := s.get(ctx, &n, `SELECT COUNT(*) FROM people WHERE account = ?`, f.Values["account"]); err != nil {
		return err
	}
	if n == 0 {
		f.Wrong["account"] = "Choose one of the list."
	}
	remove := f.Values["amount"] == ""
	cents := int64(0)
	if !remove {
		cents = f.cents("amount")
	}
	if !f.valid() {
		return s.quotaList(w, r, f, s.pages.Invalid)
	}
	var err error
	if remove {
		_, err = s.DB.ExecContext(ctx, s.DB.Rebind(`DELETE FROM quotas WHERE account = ? AND quarter = ?`), f.Values["account"], f.Values["quarter"])
	} else {
		err = s.change(ctx, `INSERT INTO quotas (account, quarter, cents) VALUES (?, ?, ?)
			ON CONFLICT (account, quarter) DO UPDATE SET cents = excluded.cents`, f.Values["account"], f.Values["quarter"], cents)
	}
	if err == nil {
		s.pages.Back(w, r, "/quotas", "The quota is saved.")
	}
	return err
}

// reports shows what the tenant's reporting timer has counted, and what is
// counted now.
func (s *site) reports(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var counted []struct {
		Stage, Currency, Made string
		Deals, Cents          int64
	}
	var sellers []struct {
		Name      string
		Open, Won int64
	}
	var states []struct {
		Name             string
		Companies, Deals int64
	}
	err := errors.Join(
		s.list(ctx, &counted, `SELECT stage, deals, cents, currency, made FROM reports ORDER BY cents DESC`),
		s.list(ctx, &sellers, `
			SELECT COALESCE(p.name, 'from outside') AS name,
				COUNT(CASE WHEN o.stage NOT IN ('won', 'lost') THEN 1 END) AS open, COUNT(CASE WHEN o.stage = 'won' THEN 1 END) AS won
			FROM opportunities o LEFT JOIN people p ON p.account = o.owner
			GROUP BY COALESCE(p.name, 'from outside') ORDER BY 3 DESC, 2 DESC, 1`),
		s.list(ctx, &states, `
			SELECT k.name, COUNT(DISTINCT c.id) AS companies, COUNT(o.id) AS deals
			FROM countries k JOIN companies c ON c.country = k.code LEFT JOIN opportunities o ON o.company_id = c.id
			GROUP BY k.name HAVING COUNT(DISTINCT c.id) > 0 ORDER BY companies DESC, k.name`))
	if err == nil {
		s.pages.Render(w, r, "reports.html", map[string]any{"Counted": counted, "Sellers": sellers, "States": states})
	}
	return err
}

// rates shows tables that all tenants share.
func (s *site) rates(w http.ResponseWriter, r *http.Request) {
	var rates []struct {
		Currency string
		PerEuro  float64 `db:"per_euro"`
		AsOf     string  `db:"as_of"`
	}
	var countries []choice
	err := errors.Join(
		s.list(r.Context(), &rates, `SELECT currency, per_euro, as_of FROM exchange_rates ORDER BY currency`),
		s.list(r.Context(), &countries, `SELECT code AS value, name AS text FROM countries ORDER BY name`))
	if err != nil {
		s.pages.Fail(w, r, err)
		return
	}
	s.pages.Render(w, r, "rates.html", map[string]any{"Rates": rates, "Countries": countries})
}

// timers shows when the jobs ran for this tenant last, and the shared one for
// all.
func (s *site) timers(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	own, _ := tenant.IDFromContext(ctx)
	type row struct {
		Name, What, For string
		State           timer.State
		Ran, Own        bool
	}
	var rows []row
	for _, t := range []struct {
		name, what string
		of         tenant.ID
	}{
		{app.TimerReports, "counts opportunities by stage", own},
		{app.TimerSamples, "fills what is empty with samples", own},
		{app.TimerRates, "asks for exchange rates", ""},
	} {
		state, ran, err := s.Timer.State(ctx, t.name, t.of)
		if err != nil {
			return err
		}
		whose := "you alone"
		if t.of == "" {
			whose = "everybody together"
		}
		rows = append(rows, row{t.name, t.what, whose, state, ran, t.of != ""})
	}
	s.pages.Render(w, r, "timers.html", map[string]any{"Rows": rows, "MayRun": s.May(ctx, app.MaySettings) == nil})
	return nil
}

// runTimer runs one of the tenant's own timers at once. The scheduler itself
// refuses a shared one, and one for another tenant.
func (s *site) runTimer(w http.ResponseWriter, r *http.Request) error {
	own, _ := tenant.IDFromContext(r.Context())
	name := r.PostFormValue("timer")
	switch err := s.Timer.RunNow(r.Context(), name, own); {
	case errors.Is(err, timer.ErrUnknownTimer):
		s.pages.Back(w, r, "/timers", "There is no such timer.")
	case errors.Is(err, timer.ErrBusy):
		s.pages.Back(w, r, "/timers", "It is running already.")
	case err != nil:
		return err
	default:
		s.pages.Back(w, r, "/timers", name+" has run for you.")
	}
	return nil
}
