package front

import (
	"net/http"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
)

type taskRow struct {
	ID                          int64
	Title, Due, Company, Seller string
	CompanyID                   *int64 `db:"company_id"`
	Done                        int
}

func (s *site) tasks(w http.ResponseWriter, r *http.Request) error {
	return s.taskList(w, r, newForm(), s.pages.Render)
}

func (s *site) taskList(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	q, pattern := like(r)
	var rows []taskRow
	err := s.list(ctx, &rows, `
		SELECT k.id, k.title, k.due, k.done, k.company_id, COALESCE(c.name, '') AS company, COALESCE(p.name, '') AS seller
		FROM tasks k
		LEFT JOIN companies c ON c.id = k.company_id
		LEFT JOIN people p ON p.account = k.owner
		WHERE LOWER(k.title) LIKE ? ESCAPE '!' OR LOWER(c.name) LIKE ? ESCAPE '!'
		ORDER BY k.done, k.due, k.id LIMIT 200`, pattern, pattern)
	if err != nil {
		return err
	}
	companies, err := s.companyChoices(ctx)
	if err != nil {
		return err
	}
	show(w, r, "tasks.html", map[string]any{"Rows": rows, "Q": q, "Form": f, "Companies": companies, "MaySell": s.May(ctx, app.MaySell) == nil})
	return nil
}

func (s *site) task(w http.ResponseWriter, r *http.Request) error {
	return s.taskPage(w, r, nil, s.pages.Render)
}

func (s *site) taskPage(w http.ResponseWriter, r *http.Request, f *form, show func(http.ResponseWriter, *http.Request, string, any)) error {
	ctx := r.Context()
	task, err := id(r)
	if err != nil {
		return err
	}
	var k taskRow
	if err := s.get(ctx, &k, `SELECT id, title, due, done, company_id FROM tasks WHERE id = ?`, task); err != nil {
		return err
	}
	if f == nil {
		f = newForm()
		f.Values = map[string]string{"title": k.Title, "due": k.Due, "company": text(k.CompanyID)}
	}
	companies, err := s.companyChoices(ctx)
	if err != nil {
		return err
	}
	show(w, r, "task.html", map[string]any{"Task": k, "Form": f, "Companies": companies, "MaySell": s.May(ctx, app.MaySell) == nil})
	return nil
}

// saveTask enters a task for the actor, or changes the one of the path.
func (s *site) saveTask(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := typed(r, "title", "due", "company")
	title, due, company := f.text("title", 200), f.day("due"), f.number("company")
	if err := s.known(ctx, f, company); err != nil {
		return err
	}
	if r.PathValue("id") == "" {
		if !f.valid() {
			return s.taskList(w, r, f, s.pages.Invalid)
		}
		actor, _ := tenant.ActorFromContext(ctx)
		err := s.change(ctx, `INSERT INTO tasks (title, due, company_id, owner, done) VALUES (?, ?, ?, ?, 0)`, title, due, company, actor.ID)
		if err == nil {
			s.pages.Back(w, r, "/tasks", "The task is there.")
		}
		return err
	}
	task, err := id(r)
	if err != nil {
		return err
	}
	if !f.valid() {
		return s.taskPage(w, r, f, s.pages.Invalid)
	}
	err = s.change(ctx, `UPDATE tasks SET title = ?, due = ?, company_id = ? WHERE id = ?`, title, due, company, task)
	if err == nil {
		s.pages.Back(w, r, r.URL.Path, "The change is saved.")
	}
	return err
}

func (s *site) finishTask(w http.ResponseWriter, r *http.Request) error {
	task, err := id(r)
	if err == nil {
		err = s.change(r.Context(), `UPDATE tasks SET done = 1 WHERE id = ?`, task)
	}
	if err == nil {
		s.pages.Back(w, r, "/tasks", "Done.")
	}
	return err
}

func (s *site) deleteTask(w http.ResponseWriter, r *http.Request) error {
	task, err := id(r)
	if err != nil {
		return err
	}
	if err := s.mineOrManage(r.Context(), `SELECT owner FROM tasks WHERE id = ?`, task); err != nil {
		return err
	}
	err = s.change(r.Context(), `DELETE FROM tasks WHERE id = ?`, task)
	if err == nil {
		s.pages.Back(w, r, "/tasks", "The task is deleted.")
	}
	return err
}
