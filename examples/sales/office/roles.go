package office

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/office/admins"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// seeRoles is why the office reads a tenant's tree and roles.
const seeRoles = "the platform's administrators look why somebody may do something"

// answer is a question about a right, and why it is answered so.
type answer struct {
	rbac.Decision
	Who, Why string
}

// roles shows which role allows what, who holds it in the chosen tenant, and why
// somebody may do something there or not.
func (o *Office) roles(w http.ResponseWriter, r *http.Request) error {
	rules, _, err := o.RoleStore.Load(tenant.Global(r.Context()), "")
	if err != nil {
		return err
	}
	all, err := o.choices(r.Context())
	if err != nil {
		return err
	}
	page := map[string]any{"Tenants": all, "Capabilities": app.Capabilities(), "Roles": rules.Roles, "Allowed": matrix(rules), "Reason": seeRoles,
		"User": r.FormValue("user"), "Capability": r.FormValue("capability"), "Node": r.FormValue("node")}
	if r.FormValue("tenant") != "" {
		if err := o.rolesOf(r, rules, page); err != nil {
			return err
		}
	}
	o.pages.Render(w, r, "roles.html", page)
	return nil
}

// matrix says what each role allows on the system node: by capability, in the
// order of the roles.
func matrix(rules rbac.Rules) map[string][]string {
	cells := make(map[string][]string)
	for _, c := range app.Capabilities() {
		line := make([]string, len(rules.Roles))
		for _, p := range rules.Permissions {
			at := slices.IndexFunc(rules.Roles, func(role rbac.Role) bool { return role.ID == p.Role })
			if p.Capability == c.Name && p.Node == ctxtree.SystemID && at >= 0 {
				line[at] = p.Permission.String()
			}
		}
		cells[c.Name] = line
	}
	return cells
}

func (o *Office) rolesOf(r *http.Request, rules rbac.Rules, page map[string]any) error {
	t, err := o.byID(r.Context(), r.FormValue("tenant"))
	if err != nil {
		return err
	}
	inside := tenant.Switch(r.Context(), t.ID, seeRoles)
	top, err := o.Node(inside)
	if err != nil {
		return err
	}
	line, err := o.Tree.Ancestors(inside, top.ID)
	if err != nil {
		return err
	}
	below, err := o.Tree.Descendants(inside, top.ID)
	if err != nil {
		return err
	}
	nodes := append(line, below...)
	people, err := o.around(r.Context(), t.ID)
	if err != nil {
		return err
	}
	holders, err := o.holders(inside, t.ID, nodes, people, roleNames(rules))
	if err != nil {
		return err
	}
	page["Tenant"], page["Nodes"], page["People"], page["Holders"] = t, nodes, people, holders
	if r.FormValue("capability") == "" {
		return nil
	}
	a, err := o.ask(r, t.ID, people)
	page["Answer"] = a
	return err
}

// around are the people to ask about: the tenant's, who manages it from outside,
// and the administrators of the platform.
func (o *Office) around(ctx context.Context, id tenant.ID) ([]member.Account, error) {
	global := tenant.Global(ctx)
	users, err := o.People.Users(global, id, member.Query{Limit: member.MaxPage})
	if err != nil {
		return nil, err
	}
	people := users.Accounts
	managers, err := o.People.Managers(global, id)
	if err != nil {
		return nil, err
	}
	platform, err := admins.List(ctx, o.App)
	for _, more := range append(managers, platform...) {
		if !slices.ContainsFunc(people, func(a member.Account) bool { return a.ID == more.ID }) {
			people = append(people, more)
		}
	}
	return people, err
}

// holder is who has which role where.
type holder struct {
	Who, Role, Component string
	Node                 ctxtree.Node
}

func (o *Office) holders(inside context.Context, id tenant.ID, nodes []ctxtree.Node, people []member.Account, roles map[rbac.RoleID]string) ([]holder, error) {
	var list []holder
	for _, n := range nodes {
		if n.Tenant != id {
			continue // what is held on the system's node is no tenant's
		}
		held, err := o.RoleStore.Assignments(inside, id, rbac.Filter{Node: n.ID})
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			list = append(list, holder{called(people, h.User), roles[h.Role], h.Component, n})
		}
	}
	return list, nil
}

// called is the user name of an account, or its id where it is none of these.
func called(people []member.Account, id string) string {
	if at := slices.IndexFunc(people, func(a member.Account) bool { return a.ID == id }); at >= 0 {
		return people[at].UserName
	}
	return id
}

// ask puts the question as that person would, in the tenant.
func (o *Office) ask(r *http.Request, id tenant.ID, people []member.Account) (*answer, error) {
	node, err := strconv.ParseInt(r.FormValue("node"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: a node is a number", errChoice)
	}
	who, actor := "a visitor who has not signed in", tenant.Actor{}
	if user := r.FormValue("user"); user != "" {
		at := slices.IndexFunc(people, func(a member.Account) bool { return a.ID == user })
		if at < 0 {
			return nil, member.ErrUnknownAccount
		}
		who, actor = people[at].UserName, tenant.Actor{ID: user, Tenant: people[at].Tenant, Guest: people[at].Guest}
	}
	ctx := tenant.WithActor(tenant.WithID(r.Context(), id), actor)
	d, err := o.Checker.Explain(ctx, r.FormValue("capability"), node)
	if err != nil {
		return nil, err
	}
	return &answer{d, who, d.Step.String()}, nil
}
