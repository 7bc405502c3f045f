package front

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
)

type companyRow struct {
	ID                         int64
	Name, City, Country, State string
	Open, Contacts             int
	Picture                    bool
}

func (s *site) companies(w http.ResponseWriter, r *http.Request) error {
	return s.companyList(w, r, newForm(), s.pages.Render)
}

// companyList shows what was searched for, and the form for a new one.
func (s *site) companyList(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	q, pattern := like(r)
	var rows []companyRow
	err := s.list(ctx, &rows, `
		SELECT c.id, c.name, c.city, c.country, k.name AS state, p.company_id IS NOT NULL AS picture,
			(SELECT COUNT(*) FROM opportunities o WHERE o.company_id = c.id AND o.stage NOT IN ('won', 'lost')) AS open,
			(SELECT COUNT(*) FROM contacts t WHERE t.company_id = c.id) AS contacts
		FROM companies c
		JOIN countries k ON k.code = c.country
		LEFT JOIN company_pictures p ON p.company_id = c.id
		WHERE LOWER(c.name) LIKE ? ESCAPE '!' OR LOWER(c.city) LIKE ? ESCAPE '!' OR LOWER(k.name) LIKE ? ESCAPE '!'
		ORDER BY c.name LIMIT 200`, pattern, pattern, pattern)
	if err != nil {
		return err
	}
	countries, err := s.countryChoices(r)
	if err != nil {
		return err
	}
	show(w, r, "companies.html", map[string]any{"Rows": rows, "Q": q, "Form": f, "Countries": countries, "MaySell": s.May(ctx, app.MaySell) == nil})
	return nil
}

// countryChoices are everybody's: the table is shared.
func (s *site) countryChoices(r *http.Request) (all []choice, err error) {
	err = s.list(r.Context(), &all, `SELECT code AS value, name AS text FROM countries ORDER BY name`)
	return all, err
}

// companyForm reads the fields of a company.
func (s *site) companyForm(r *http.Request) (*form, error) {
	f := typed(r, "name", "city", "country")
	f.text("name", 200)
	f.text("city", 100)
	countries, err := s.countryChoices(r)
	var codes []string
	for _, c := range countries {
		codes = append(codes, c.Value)
	}
	f.oneOf("country", codes)
	return f, err
}

// taken says whether another company of the tenant has the name.
func (s *site) taken(r *http.Request, f *form, except int64) error {
	var n int
	err := s.get(r.Context(), &n, `SELECT COUNT(*) FROM companies WHERE name = ? AND id <> ?`, f.Values["name"], except)
	if err == nil && n > 0 {
		f.Wrong["name"] = "There is a company of that name."
	}
	return err
}

func (s *site) addCompany(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.companyForm(r)
	if err == nil {
		err = s.taken(r, f, 0)
	}
	if err != nil {
		return err
	}
	if !f.valid() {
		return s.companyList(w, r, f, s.pages.Invalid)
	}
	tx, err := s.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	var company int64
	err = tx.GetContext(ctx, &company, tx.Rebind(`INSERT INTO companies (name, city, country) VALUES (?, ?, ?) RETURNING id`),
		f.Values["name"], f.Values["city"], f.Values["country"])
	if err != nil {
		return err
	}
	actor, _ := tenant.ActorFromContext(ctx)
	_, err = tx.ExecContext(ctx, tx.Rebind(`INSERT INTO company_changes (company_id, at, account, what) VALUES (?, ?, ?, ?)`),
		company, s.Stamp(), actor.ID, "entered")
	if err == nil {
		err = tx.Commit()
	}
	if err == nil {
		s.pages.Back(w, r, fmt.Sprintf("/companies/%d", company), "The company is there.")
	}
	return err
}

func (s *site) company(w http.ResponseWriter, r *http.Request) error {
	return s.companyPage(w, r, nil, s.pages.Render)
}

// companyPage shows one company with its people, opportunities and history.
func (s *site) companyPage(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	company, err := id(r)
	if err != nil {
		return err
	}
	var c companyRow
	err = s.get(ctx, &c, `SELECT c.id, c.name, c.city, c.country, k.name AS state,
			EXISTS (SELECT 1 FROM company_pictures p WHERE p.company_id = c.id) AS picture
		FROM companies c JOIN countries k ON k.code = c.country WHERE c.id = ?`, company)
	if err != nil {
		return err
	}
	var contacts []struct {
		ID   int64
		Name string
	}
	var deals []struct {
		ID                     int64
		Title, Stage, Currency string
		Cents                  int64
	}
	var history []struct{ At, What, Who string }
	countries, err := s.countryChoices(r)
	err = errors.Join(err,
		s.list(ctx, &contacts, `SELECT id, name FROM contacts WHERE company_id = ? ORDER BY name`, company),
		s.list(ctx, &deals, `SELECT id, title, stage, currency, cents FROM opportunities WHERE company_id = ? ORDER BY closes`, company),
		s.list(ctx, &history, `SELECT h.at, h.what, COALESCE(p.name, '') AS who
			FROM company_changes h LEFT JOIN people p ON p.account = h.account
			WHERE h.company_id = ? ORDER BY h.id DESC LIMIT 50`, company))
	if err != nil {
		return err
	}
	if f == nil {
		f = newForm()
	}
	if len(f.Values) == 0 {
		f.Values = map[string]string{"name": c.Name, "city": c.City, "country": c.Country}
	}
	show(w, r, "company.html", map[string]any{
		"Company": c, "Contacts": contacts, "Deals": deals, "History": history, "Form": f, "Countries": countries,
		"MaySell": s.May(ctx, app.MaySell) == nil, "MayManage": s.May(ctx, app.MayManage) == nil,
	})
	return nil
}

// changeCompany writes what was changed into the history, in one transaction
// with the change.
func (s *site) changeCompany(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	company, err := id(r)
	if err != nil {
		return err
	}
	f, err := s.companyForm(r)
	if err == nil {
		err = s.taken(r, f, company)
	}
	if err != nil {
		return err
	}
	if !f.valid() {
		return s.companyPage(w, r, f, s.pages.Invalid)
	}
	tx, err := s.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	var before companyRow
	if err := tx.GetContext(ctx, &before, tx.Rebind(`SELECT name, city, country FROM companies WHERE id = ?`), company); err != nil {
		return err
	}
	var what []string
	for _, field := range []struct{ name, was string }{{"name", before.Name}, {"city", before.City}, {"country", before.Country}} {
		if now := f.Values[field.name]; now != field.was {
			what = append(what, fmt.Sprintf("%s: %s → %s", field.name, field.was, now))
		}
	}
	if len(what) == 0 {
		s.pages.Back(w, r, r.URL.Path, "Nothing was changed.")
		return nil
	}
	_, err = tx.ExecContext(ctx, tx.Rebind(`UPDATE companies SET name = ?, city = ?, country = ? WHERE id = ?`),
		f.Values["name"], f.Values["city"], f.Values["country"], company)
	if err != nil {
		return err
	}
	actor, _ := tenant.ActorFromContext(ctx)
	_, err = tx.ExecContext(ctx, tx.Rebind(`INSERT INTO company_changes (company_id, at, account, what) VALUES (?, ?, ?, ?)`),
		company, s.Stamp(), actor.ID, strings.Join(what, "; "))
	if err == nil {
		err = tx.Commit()
	}
	if err == nil {
		s.pages.Back(w, r, r.URL.Path, "The change is saved.")
	}
	return err
}

// deleteCompany leaves its contacts, without a company. One with opportunities
// stays.
func (s *site) deleteCompany(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	company, err := id(r)
	if err != nil {
		return err
	}
	tx, err := s.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	var name string
	if err := tx.GetContext(ctx, &name, tx.Rebind(`SELECT name FROM companies WHERE id = ?`), company); err != nil {
		return err
	}
	var deals int
	if err := tx.GetContext(ctx, &deals, tx.Rebind(`SELECT COUNT(*) FROM opportunities WHERE company_id = ?`), company); err != nil {
		return err
	}
	if deals > 0 {
		s.pages.Back(w, r, fmt.Sprintf("/companies/%d", company), "It has opportunities: delete them first.")
		return nil
	}
	for _, query := range []string{`UPDATE contacts SET company_id = NULL WHERE company_id = ?`, `DELETE FROM companies WHERE id = ?`} {
		if _, err := tx.ExecContext(ctx, tx.Rebind(query), company); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.pages.Back(w, r, "/companies", name+" is deleted.")
	return nil
}
