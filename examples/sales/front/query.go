package front

import (
	"context"
	"database/sql"
	"net/http"
	"strconv"
	"strings"
)

// get reads one row; where there is none the error is sql.ErrNoRows, and the
// page 404: the same for a row of another tenant and for one that never was.
func (s *site) get(ctx context.Context, into any, query string, args ...any) error {
	return s.DB.GetContext(ctx, into, s.DB.Rebind(query), args...)
}

// list reads all rows.
func (s *site) list(ctx context.Context, into any, query string, args ...any) error {
	return s.DB.SelectContext(ctx, into, s.DB.Rebind(query), args...)
}

// change writes; where no row was there to be changed the error is
// sql.ErrNoRows.
func (s *site) change(ctx context.Context, query string, args ...any) error {
	result, err := s.DB.ExecContext(ctx, s.DB.Rebind(query), args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return sql.ErrNoRows
}

// id is the number in the request's path.
func id(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, sql.ErrNoRows
	}
	return n, nil
}

// like makes a pattern for LIKE ... ESCAPE '!' of what was searched for.
func like(r *http.Request) (q, pattern string) {
	q = strings.TrimSpace(r.URL.Query().Get("q"))
	return q, "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(q)) + "%"
}

// companyChoices are for the forms of what belongs to a company.
func (s *site) companyChoices(ctx context.Context) ([]choice, error) {
	return s.choices(ctx, "none", `SELECT CAST(id AS VARCHAR(20)) AS value, name AS text FROM companies ORDER BY name`)
}

// choices reads what can be chosen, behind the word for nothing.
func (s *site) choices(ctx context.Context, none, query string) ([]choice, error) {
	var all []choice
	err := s.list(ctx, &all, query)
	return append([]choice{{"", none}}, all...), err
}

// known says whether the company that a form names is one of the tenant's. The
// foreign keys hold it as well; this is for the message.
func (s *site) known(ctx context.Context, f *form, company *int64) error {
	if company == nil {
		return nil
	}
	var n int
	err := s.get(ctx, &n, `SELECT COUNT(*) FROM companies WHERE id = ?`, *company)
	if err == nil && n == 0 {
		f.Wrong["company"] = "Choose one of the list."
	}
	return err
}
