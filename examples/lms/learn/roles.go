package learn

import (
	"net/http"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// holder is somebody who has a role in a place.
type holder struct{ Account, Person, Role, Component string }

// roles shows who has which role in a place of the site: a category or a course.
// It offers the site's own people and nobody else.
func (s *site) roles(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	n, err := s.ask(r, app.RoleAssign, ctxtree.Level(r.PathValue("level")), r.PathValue("object"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	assignable, err := s.Manager.Assignable(ctx, n.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	overridable, err := s.Manager.Overridable(ctx, n.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	candidates, err := s.People.Candidates(ctx, "", member.Query{Limit: member.MaxPage})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	placed, err := s.Roles.Assignments(ctx, n.Tenant, rbac.Filter{Node: n.ID})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	names := map[rbac.RoleID]string{}
	for name, id := range s.Role {
		names[id] = name
	}
	var holders []holder
	for _, a := range placed {
		holders = append(holders, holder{a.User, s.person(ctx, a.User), names[a.Role], a.Component})
	}
	var capabilities []string
	for _, c := range app.Capabilities() {
		if c.Level != ctxtree.LevelSystem {
			capabilities = append(capabilities, c.Name)
		}
	}
	s.render(w, r, "roles.html", map[string]any{
		"Level": r.PathValue("level"), "Object": n.Instance, "Roles": assignable, "Overridable": overridable,
		"Candidates": candidates.Accounts, "Holders": holders, "Capabilities": capabilities, "Permissions": permissions,
	})
}

var permissions = []rbac.Permission{rbac.Inherit, rbac.Allow, rbac.Prevent, rbac.Prohibit}

// changeRoles gives or takes a role, or changes what a role may in this place.
// The manager of roles asks whether the actor may, in the transaction that does
// it; what is said here holds in this part of this site and nowhere else.
func (s *site) changeRoles(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	n, err := s.Node(ctx, ctxtree.Level(r.PathValue("level")), r.PathValue("object"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	role := s.Role[r.PostFormValue("role")]
	given := rbac.Assignment{Role: role, User: r.PostFormValue("account")}
	switch r.PostFormValue("do") {
	case "assign":
		err = s.Manager.Assign(ctx, n.ID, given)
	case "unassign":
		err = s.Manager.Unassign(ctx, n.ID, given)
	case "override":
		var p rbac.Permission
		if p, err = rbac.ParsePermission(r.PostFormValue("permission")); err != nil {
			s.pages.Problem(w, r, http.StatusUnprocessableEntity, "That can not be given here.")
			return
		}
		err = s.Manager.Override(ctx, n.ID, role, r.PostFormValue("capability"), p)
	default:
		err = rbac.ErrUnknownRole
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, r.URL.Path, "Done.")
}

// token gives who is signed in a token for the API. The page shows it once.
func (s *site) token(w http.ResponseWriter, r *http.Request) {
	actor, _ := tenant.ActorFromContext(r.Context())
	if actor.Anonymous() {
		s.fail(w, r, tenant.ErrUnauthenticated)
		return
	}
	token, err := s.NewToken(r.Context(), actor.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.pages.Back(w, r, "/", "Your token for the API of this site, shown once: "+token)
}
