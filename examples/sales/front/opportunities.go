package front

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
)

type dealRow struct {
	ID                                                       int64
	Title, Stage, Currency, Closes, Company, Contact, Seller string
	Owner                                                    string
	Cents                                                    int64
	CompanyID                                                *int64 `db:"company_id"`
	ContactID                                                *int64 `db:"contact_id"`
}

const selectDeals = `
	SELECT o.id, o.title, o.stage, o.currency, o.closes, o.cents, o.owner, o.company_id, o.contact_id,
		c.name AS company, COALESCE(t.name, '') AS contact, COALESCE(p.name, '') AS seller
	FROM opportunities o
	JOIN companies c ON c.id = o.company_id
	LEFT JOIN contacts t ON t.id = o.contact_id
	LEFT JOIN people p ON p.account = o.owner`

func (s *site) opportunities(w http.ResponseWriter, r *http.Request) error {
	return s.dealList(w, r, newForm(), s.pages.Render)
}

func (s *site) dealList(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	q, pattern := like(r)
	stage := r.URL.Query().Get("stage")
	var rows []dealRow
	err := s.list(r.Context(), &rows, selectDeals+`
		WHERE (LOWER(o.title) LIKE ? ESCAPE '!' OR LOWER(c.name) LIKE ? ESCAPE '!') AND (? = '' OR o.stage = ?)
		ORDER BY o.closes, o.id LIMIT 200`, pattern, pattern, stage, stage)
	if err != nil {
		return err
	}
	return s.showDeals(w, r, "opportunities.html", map[string]any{"Rows": rows, "Q": q, "Stage": stage}, f, show)
}

// showDeals adds what both pages choose from.
func (s *site) showDeals(w http.ResponseWriter, r *http.Request, page string, data map[string]any, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	companies, err := s.companyChoices(ctx)
	if err != nil {
		return err
	}
	contacts, err := s.choices(ctx, "nobody", `SELECT CAST(id AS VARCHAR(20)) AS value, name AS text FROM contacts ORDER BY name, id`)
	if err != nil {
		return err
	}
	data["Form"], data["Companies"], data["Contacts"], data["Stages"] = f, companies[1:], contacts, choices(app.Stages)
	data["Currency"], data["MaySell"] = app.Currency.Get(ctx), s.May(ctx, app.MaySell) == nil
	show(w, r, page, data)
	return nil
}

func (s *site) opportunity(w http.ResponseWriter, r *http.Request) error {
	return s.dealPage(w, r, nil, s.pages.Render)
}

func (s *site) dealPage(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	deal, err := id(r)
	if err != nil {
		return err
	}
	var d dealRow
	if err := s.get(r.Context(), &d, selectDeals+` WHERE o.id = ?`, deal); err != nil {
		return err
	}
	if f == nil {
		f = newForm()
		f.Values = map[string]string{
			"title": d.Title, "stage": d.Stage, "closes": d.Closes, "amount": fmt.Sprintf("%d.%02d", d.Cents/100, d.Cents%100),
			"company": text(d.CompanyID), "contact": text(d.ContactID),
		}
	}
	return s.showDeals(w, r, "opportunity.html", map[string]any{"Deal": d}, f, show)
}

// dealForm reads the fields of an opportunity.
func (s *site) dealForm(r *http.Request) (f *form, cents int64, company, contact *int64, err error) {
	f = typed(r, "title", "stage", "closes", "amount", "company", "contact")
	f.text("title", 200)
	f.oneOf("stage", app.Stages)
	f.day("closes")
	cents, company, contact = f.cents("amount"), f.number("company"), f.number("contact")
	if company == nil {
		f.Wrong["company"] = "Choose one of the list."
	}
	if err = s.known(r.Context(), f, company); err == nil && contact != nil {
		var n int
		err = s.get(r.Context(), &n, `SELECT COUNT(*) FROM contacts WHERE id = ?`, *contact)
		if err == nil && n == 0 {
			f.Wrong["contact"] = "Choose one of the list."
		}
	}
	return f, cents, company, contact, err
}

// saveOpportunity enters an opportunity, which is then the actor's, in the
// currency of the tenant, or changes the one of the path.
func (s *site) saveOpportunity(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, cents, company, contact, err := s.dealForm(r)
	if err != nil {
		return err
	}
	if r.PathValue("id") == "" {
		if !f.valid() {
			return s.dealList(w, r, f, s.pages.Invalid)
		}
		actor, _ := tenant.ActorFromContext(ctx)
		err := s.change(ctx, `INSERT INTO opportunities (title, stage, closes, cents, company_id, contact_id, currency, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			f.Values["title"], f.Values["stage"], f.Values["closes"], cents, company, contact, app.Currency.Get(ctx), actor.ID)
		if err == nil {
			s.pages.Back(w, r, "/opportunities", "The opportunity is there.")
		}
		return err
	}
	deal, err := id(r)
	if err != nil {
		return err
	}
	if !f.valid() {
		return s.dealPage(w, r, f, s.pages.Invalid)
	}
	err = s.change(ctx, `UPDATE opportunities SET title = ?, stage = ?, closes = ?, cents = ?, company_id = ?, contact_id = ? WHERE id = ?`,
		f.Values["title"], f.Values["stage"], f.Values["closes"], cents, company, contact, deal)
	if err == nil {
		s.pages.Back(w, r, r.URL.Path, "The change is saved.")
	}
	return err
}

func (s *site) deleteOpportunity(w http.ResponseWriter, r *http.Request) error {
	deal, err := id(r)
	if err != nil {
		return err
	}
	if err := s.mineOrManage(r.Context(), `SELECT owner FROM opportunities WHERE id = ?`, deal); err != nil {
		return err
	}
	err = s.change(r.Context(), `DELETE FROM opportunities WHERE id = ?`, deal)
	if err == nil {
		s.pages.Back(w, r, "/opportunities", "The opportunity is deleted.")
	}
	return err
}

// mineOrManage lets sellers delete what is theirs, and managers everything.
func (s *site) mineOrManage(ctx context.Context, query string, id int64) error {
	var owner string
	if err := s.get(ctx, &owner, query, id); err != nil {
		return err
	}
	if actor, _ := tenant.ActorFromContext(ctx); actor.ID == owner {
		return nil
	}
	return s.May(ctx, app.MayManage)
}
