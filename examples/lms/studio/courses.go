package studio

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
)

// shelf is what the studio shows of one organisation of a site: the courses that
// belong to it. Courses of no organisation stand on a shelf of the site's own.
type shelf struct {
	Site, Organisation string
	Courses            []line
}

// line is a course and the number of its node, by which pages name it: ids of
// courses are unique within a site only.
type line struct {
	Node  int64
	Title string
}

// courses shows what the actor may edit, by organisations.
func (s *studio) courses(w http.ResponseWriter, r *http.Request) {
	sites, own := []context.Context{r.Context()}, true
	if tenant.ModeOf(r.Context()) != tenant.ModeTenant {
		var err error
		if sites, err = s.known(r.Context()); err != nil {
			s.fail(w, r, err)
			return
		}
		own = false
	}
	var shelves []shelf
	for _, ctx := range sites {
		more, err := s.shelves(ctx)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		shelves = append(shelves, more...)
	}
	data := map[string]any{"Shelves": shelves, "Own": own}
	if own {
		categories, err := s.categories(r.Context())
		if err != nil {
			s.fail(w, r, err)
			return
		}
		organisations, err := s.Organisations.List(r.Context(), "", 1000)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		data["Categories"], data["Organisations"] = categories, organisations
	}
	s.pages.Render(w, r, "courses.html", data)
}

// shelves returns the courses of the context's site that the actor may edit.
func (s *studio) shelves(ctx context.Context) ([]shelf, error) {
	nodes, err := s.Checker.WhereCan(ctx, app.CourseEdit, app.LevelCourse)
	if err != nil {
		return nil, err
	}
	node := map[string]int64{}
	for _, n := range nodes {
		node[n.Instance] = n.ID
	}
	var all []app.Course
	if err := s.DB.SelectContext(ctx, &all, `SELECT id, category_id, title, summary FROM courses ORDER BY title, id`); err != nil {
		return nil, err
	}
	organisations, err := s.Organisations.List(ctx, "", 1000)
	if err != nil {
		return nil, err
	}
	var site string
	if id, ok := tenant.IDFromContext(ctx); ok {
		t, _, err := s.Registry.ByID(ctx, id)
		if err != nil {
			return nil, err
		}
		site = t.Name
	}
	shelves := []shelf{{Site: site}} // of no organisation
	at := map[string]int{}
	for _, o := range organisations {
		at[o.ShortName] = len(shelves)
		shelves = append(shelves, shelf{Site: site, Organisation: o.Name})
	}
	for _, c := range all {
		if node[c.ID] == 0 {
			continue
		}
		of, err := s.Organisations.Of(ctx, courseKind, c.ID)
		if err != nil {
			return nil, err
		}
		if len(of) == 0 {
			shelves[0].Courses = append(shelves[0].Courses, line{node[c.ID], c.Title})
		}
		for _, o := range of {
			to := &shelves[at[o.ShortName]]
			to.Courses = append(to.Courses, line{node[c.ID], c.Title})
		}
	}
	filled := shelves[:0]
	for _, sh := range shelves {
		if len(sh.Courses) > 0 {
			filled = append(filled, sh)
		}
	}
	return filled, nil
}

// courseKind is what organisations know courses as.
const courseKind = "course"

// category is one in which the actor may make a course.
type category struct {
	Node int64
	Name string
}

func (s *studio) categories(ctx context.Context) ([]category, error) {
	nodes, err := s.Checker.WhereCan(ctx, app.CourseEdit, app.LevelCategory)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	if err := s.DB.SelectContext(ctx, &rows, `SELECT id, name FROM categories`); err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, c := range rows {
		names[c.ID] = c.Name
	}
	var list []category
	for _, n := range nodes {
		list = append(list, category{n.ID, names[n.Instance]})
	}
	return list, nil
}

// addCourse makes a course in a category of the site whose studio it is, for one
// of its organisations or for none.
func (s *studio) addCourse(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	id, ok := tenant.IDFromContext(ctx)
	number, err := strconv.ParseInt(r.PostFormValue("category"), 10, 64)
	if !ok || err != nil {
		s.fail(w, r, ctxtree.ErrNoNode)
		return
	}
	in, found, err := s.Tree.Node(ctx, number)
	if err == nil && (!found || in.Level != app.LevelCategory || in.Tenant != id) {
		err = ctxtree.ErrNoNode
	}
	if err == nil {
		err = s.Checker.Check(ctx, app.CourseEdit, in.ID)
	}
	organisation := r.PostFormValue("organisation")
	if err == nil && organisation != "" {
		err = s.ownOrganisation(ctx, organisation)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	title := strings.TrimSpace(r.PostFormValue("title"))
	if title == "" {
		s.pages.Back(w, r, "/", "A course has a title.")
		return
	}
	c := app.Course{ID: app.NewID(), Category: in.Instance, Title: title}
	err = s.AddCourse(ctx, c)
	if err == nil && organisation != "" {
		err = s.Organisations.Link(ctx, id, organisation, courseKind, c.ID)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/", "The course is made.")
}

// ownOrganisation refuses an organisation that is not the site's, like one that
// does not exist.
func (s *studio) ownOrganisation(ctx context.Context, short string) error {
	_, found, err := s.Organisations.ByName(ctx, short)
	if err == nil && !found {
		err = tenant.ErrUnknownOrganisation
	}
	return err
}
