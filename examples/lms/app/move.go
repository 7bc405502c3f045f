package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/gotenancy/tenancy/config"
	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// The two files in the archive of a site.
const (
	bundleFile = "site.json"  // what the library's stores know
	rowsFile   = "rows.jsonl" // the application's rows, as package transfer writes them
)

// maxBundle is how large an archive's site.json may be, in bytes.
const maxBundle = 64 << 20

// bundle is what belongs to a site besides its rows. Nodes are named by level
// and instance, which stay the same elsewhere; their numbers do not.
type bundle struct {
	Site          tenant.Tenant
	Settings      config.Export
	Members       []person
	Globals       []person // accounts of no site that have something in this one
	Managers      []string // ids, of members and globals
	Cohorts       []cohort
	Organisations []organisation
	Locked        []place
	Roles         []held
	Overrides     []said
}

type person struct {
	ID, UserName, Email string
	Suspended           bool
}

type cohort struct {
	Name     string
	Accounts []string
}

type organisation struct {
	tenant.Organisation
	Courses []string
}

type place struct {
	Level    ctxtree.Level
	Instance string
}

type held struct {
	place
	Role, Account, Component string
}

type said struct {
	place
	Role, Capability, Permission string
}

// Export writes a site to w, for Import into another installation: categories,
// courses, people with their passwords, cohorts, roles, settings, grades and log.
// Tokens of the API stay here. An archived site is restored first: the error is
// tenant.ErrArchived.
func (a *App) Export(ctx context.Context, id tenant.ID, w io.Writer) error {
	b, err := a.collect(In(ctx, id))
	if err != nil {
		return fmt.Errorf("app: export: %w", err)
	}
	archive := zip.NewWriter(w)
	file, err := archive.Create(bundleFile)
	if err == nil {
		err = json.NewEncoder(file).Encode(b)
	}
	if err == nil {
		file, err = archive.Create(rowsFile)
	}
	if err == nil {
		_, err = transfer.Export(ctx, a.DB, id, file, transfer.ExportOptions{Skip: []string{"tokens"}})
	}
	if err != nil {
		return fmt.Errorf("app: export: %w", err)
	}
	return archive.Close()
}

// collect reads everything in the context of the site: there is no way from here
// to another one's.
func (a *App) collect(ctx context.Context) (*bundle, error) {
	id, _ := tenant.IDFromContext(ctx)
	t, found, err := a.Tenants.ByID(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, tenant.ErrUnknownTenant
	case t.Status == tenant.Archived:
		return nil, tenant.ErrArchived
	}
	b := &bundle{Site: *t}
	if b.Settings, err = a.Settings.Export(ctx); err != nil {
		return nil, err
	}
	for _, part := range []func(context.Context, *bundle) error{a.collectPeople, a.collectCohorts, a.collectOrganisations, a.collectRoles} {
		if err := part(ctx, b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (a *App) collectPeople(ctx context.Context, b *bundle) error {
	add := func(list *[]person) func(member.Account) {
		return func(m member.Account) { *list = append(*list, person{m.ID, m.UserName, m.Email, m.Suspended}) }
	}
	err := pages(ctx, func(q member.Query) (member.Page, error) { return a.People.Users(ctx, "", q) }, func(m member.Account) {
		if m.Tenant == b.Site.ID {
			add(&b.Members)(m)
		} else {
			add(&b.Globals)(m)
		}
	})
	if err != nil {
		return err
	}
	managers, err := a.People.Managers(ctx, "")
	for _, m := range managers {
		b.Managers = append(b.Managers, m.ID)
		if m.Tenant == "" && !contains(b.Globals, m.ID) {
			add(&b.Globals)(m)
		}
	}
	return err
}

func contains(list []person, id string) bool {
	for _, p := range list {
		if p.ID == id {
			return true
		}
	}
	return false
}

// pages calls each with every account of a list.
func pages(ctx context.Context, list func(member.Query) (member.Page, error), each func(member.Account)) error {
	q := member.Query{Limit: member.MaxPage}
	for ctx.Err() == nil {
		page, err := list(q)
		if err != nil {
			return err
		}
		for _, account := range page.Accounts {
			each(account)
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
	return ctx.Err()
}

func (a *App) collectCohorts(ctx context.Context, b *bundle) error {
	all, err := a.People.Cohorts(ctx, "")
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.Kind != member.TenantCohort {
			continue // the automatic one is made with the site
		}
		c := cohort{Name: k.Name}
		if err := pages(ctx, func(q member.Query) (member.Page, error) { return a.People.CohortMembers(ctx, k.ID, q) }, func(m member.Account) {
			c.Accounts = append(c.Accounts, m.ID)
		}); err != nil {
			return err
		}
		b.Cohorts = append(b.Cohorts, c)
	}
	return nil
}

func (a *App) collectOrganisations(ctx context.Context, b *bundle) error {
	const most = 1000
	all, err := a.Organisations.List(ctx, "", most)
	if err != nil {
		return err
	}
	for _, o := range all {
		courses, err := a.Organisations.Objects(ctx, o.ShortName, "course", "", most)
		if err != nil {
			return err
		}
		b.Organisations = append(b.Organisations, organisation{o, courses})
	}
	return nil
}

func (a *App) collectRoles(ctx context.Context, b *bundle) error {
	nodes, _, err := a.Tree.Load(ctx, b.Site.ID)
	if err != nil {
		return err
	}
	places := map[int64]place{}
	for _, n := range nodes {
		places[n.ID] = place{n.Level, n.Instance}
		if n.Locked {
			b.Locked = append(b.Locked, places[n.ID])
		}
	}
	names := map[rbac.RoleID]string{}
	for name, id := range a.Role {
		names[id] = name
	}
	rules, _, err := a.Roles.Load(ctx, b.Site.ID)
	for _, x := range rules.Assignments {
		if x.Component != rbac.ManagersComponent { // those come with the managers
			b.Roles = append(b.Roles, held{places[x.Node], names[x.Role], x.User, x.Component})
		}
	}
	for _, x := range rules.Permissions {
		b.Overrides = append(b.Overrides, said{places[x.Node], names[x.Role], x.Capability, x.Permission.String()})
	}
	return err
}

// readBundle reads the archive.
func readBundle(r io.Reader) (*bundle, []byte, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, nil, err
	}
	parts := map[string][]byte{}
	for _, name := range []string{bundleFile, rowsFile} {
		file, err := archive.Open(name)
		if err != nil {
			return nil, nil, err
		}
		parts[name], err = io.ReadAll(io.LimitReader(file, maxBundle))
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, nil, err
		}
	}
	b := &bundle{}
	return b, parts[rowsFile], json.Unmarshal(parts[bundleFile], b)
}
