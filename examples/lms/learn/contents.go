package learn

import (
	"net/http"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/lms/app"
)

// entry is a line of the contents of a site.
type entry struct {
	Text, URL      string
	Active, Locked bool
	Items          []entry
}

// contents are the categories and courses of the current site, as a tree. It is
// built from the site's own nodes: how many other sites there are costs nothing.
func (s *site) contents(r *http.Request) ([]entry, error) {
	ctx := r.Context()
	root, err := s.TenantNode(ctx)
	if err != nil {
		return nil, err
	}
	items, err := s.Navigation.Navigation(ctx, ctxtree.NavigationOptions{
		Root:    root.ID,
		Visible: func(n ctxtree.Node) bool { return n.Level != app.LevelModule && n.Level != ctxtree.LevelUser },
	})
	if err != nil {
		return nil, err
	}
	titles := map[string]string{} // by level and id
	var rows []struct{ Level, ID, Title string }
	if err := s.DB.SelectContext(ctx, &rows, `SELECT 'category' AS level, id, name AS title FROM categories UNION ALL SELECT 'course', id, title FROM courses`); err != nil {
		return nil, err
	}
	for _, row := range rows {
		titles[row.Level+" "+row.ID] = row.Title
	}
	return entries(items, titles), nil
}

var folders = map[ctxtree.Level]string{app.LevelCategory: "/categories/", app.LevelCourse: "/courses/"}

func entries(items []ctxtree.Item, titles map[string]string) (out []entry) {
	for _, i := range items {
		out = append(out, entry{
			Text: titles[string(i.Node.Level)+" "+i.Node.Instance], URL: folders[i.Node.Level] + i.Node.Instance,
			Active: i.Active, Locked: i.Locked, Items: entries(i.Items, titles),
		})
	}
	return out
}
