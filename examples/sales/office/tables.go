package office

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// tables shows what the schema check finds, for the application's pool and for
// the handle of this office, and the tables that the latter has opened.
func (o *Office) tables(w http.ResponseWriter, r *http.Request) error {
	common, err := scope.Check(r.Context(), o.DB)
	if err != nil {
		return err
	}
	own, err := scope.Check(r.Context(), o.exposed)
	if err != nil {
		return err
	}
	var grids []grid
	for _, table := range opened.Tables {
		g, err := o.grid(tenant.Global(r.Context()), table, `SELECT * FROM `+table+` ORDER BY 1 LIMIT 200`) // a name of our own
		if err != nil {
			return err
		}
		grids = append(grids, g)
	}
	o.pages.Render(w, r, "tables.html", map[string]any{"Common": common.Findings, "Own": own.Findings, "Opened": opened, "Grids": grids})
	return nil
}

// grid is what a statement on an opened table gave. The star has the tenant
// beside each row on this handle, and on no other.
type grid struct {
	Table   string
	Columns []column
	Rows    [][]string
}

// column is marked where it says whose a row is.
type column struct {
	Name   string
	Tenant bool
}

func (o *Office) grid(ctx context.Context, table, query string, args ...any) (grid, error) {
	g := grid{Table: table}
	rows, err := o.exposed.QueryxContext(ctx, o.exposed.Rebind(query), args...)
	if err != nil {
		return g, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return g, err
	}
	mark := app.Policy(nil).Column
	for _, name := range names {
		g.Columns = append(g.Columns, column{name, name == mark})
	}
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return g, err
		}
		line := make([]string, len(values))
		for i, v := range values {
			if raw, is := v.([]byte); is {
				v = string(raw)
			}
			line[i] = fmt.Sprint(v)
		}
		g.Rows = append(g.Rows, line)
	}
	return g, rows.Err()
}
