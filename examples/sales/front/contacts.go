package front

import (
	"net/http"
	"strconv"

	"github.com/gotenancy/tenancy/examples/sales/app"
)

type contactRow struct {
	ID                          int64
	Name, Email, Phone, Company string
	CompanyID                   *int64 `db:"company_id"`
}

func (s *site) contacts(w http.ResponseWriter, r *http.Request) error {
	return s.contactList(w, r, newForm(), s.pages.Render)
}

func (s *site) contactList(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	q, pattern := like(r)
	var rows []contactRow
	err := s.list(ctx, &rows, `
		SELECT t.id, t.name, t.email, t.phone, t.company_id, COALESCE(c.name, '') AS company
		FROM contacts t LEFT JOIN companies c ON c.id = t.company_id
		WHERE LOWER(t.name) LIKE ? ESCAPE '!' OR LOWER(t.email) LIKE ? ESCAPE '!' OR LOWER(c.name) LIKE ? ESCAPE '!'
		ORDER BY t.name, t.id LIMIT 200`, pattern, pattern, pattern)
	if err != nil {
		return err
	}
	companies, err := s.companyChoices(ctx)
	if err != nil {
		return err
	}
	show(w, r, "contacts.html", map[string]any{"Rows": rows, "Q": q, "Form": f, "Companies": companies, "MaySell": s.May(ctx, app.MaySell) == nil})
	return nil
}

func (s *site) contact(w http.ResponseWriter, r *http.Request) error {
	return s.contactPage(w, r, nil, s.pages.Render)
}

func (s *site) contactPage(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	contact, err := id(r)
	if err != nil {
		return err
	}
	var c contactRow
	if err := s.get(ctx, &c, `SELECT id, name, email, phone, company_id FROM contacts WHERE id = ?`, contact); err != nil {
		return err
	}
	if f == nil {
		f = newForm()
		f.Values = map[string]string{"name": c.Name, "email": c.Email, "phone": c.Phone, "company": text(c.CompanyID)}
	}
	companies, err := s.companyChoices(ctx)
	if err != nil {
		return err
	}
	show(w, r, "contact.html", map[string]any{"Contact": c, "Form": f, "Companies": companies, "MaySell": s.May(ctx, app.MaySell) == nil})
	return nil
}

// text is the number in a form.
func text(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// saveContact enters a contact, or changes the one of the path.
func (s *site) saveContact(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := typed(r, "name", "email", "phone", "company")
	name, email, phone, company := f.text("name", 200), f.short("email", 200), f.short("phone", 50), f.number("company")
	if err := s.known(ctx, f, company); err != nil {
		return err
	}
	if r.PathValue("id") == "" {
		if !f.valid() {
			return s.contactList(w, r, f, s.pages.Invalid)
		}
		err := s.change(ctx, `INSERT INTO contacts (name, email, phone, company_id) VALUES (?, ?, ?, ?)`, name, email, phone, company)
		if err == nil {
			s.pages.Back(w, r, "/contacts", "The contact is there.")
		}
		return err
	}
	contact, err := id(r)
	if err != nil {
		return err
	}
	if !f.valid() {
		return s.contactPage(w, r, f, s.pages.Invalid)
	}
	err = s.change(ctx, `UPDATE contacts SET name = ?, email = ?, phone = ?, company_id = ? WHERE id = ?`, name, email, phone, company, contact)
	if err == nil {
		s.pages.Back(w, r, r.URL.Path, "The change is saved.")
	}
	return err
}

func (s *site) deleteContact(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	contact, err := id(r)
	if err != nil {
		return err
	}
	tx, err := s.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	var name string
	if err := tx.GetContext(ctx, &name, tx.Rebind(`SELECT name FROM contacts WHERE id = ?`), contact); err != nil {
		return err
	}
	for _, query := range []string{`UPDATE opportunities SET contact_id = NULL WHERE contact_id = ?`, `DELETE FROM contacts WHERE id = ?`} {
		if _, err := tx.ExecContext(ctx, tx.Rebind(query), contact); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.pages.Back(w, r, "/contacts", name+" is deleted.")
	return nil
}
