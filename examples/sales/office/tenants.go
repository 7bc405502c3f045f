package office

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
)

// perPage is how many lines a list has.
const perPage = 50

// tenantLine is a tenant with how many users it has.
type tenantLine struct {
	*tenant.Tenant
	Users int
	Fixed bool // it belongs to the installation
}

func (o *Office) line(ctx context.Context, t *tenant.Tenant) (tenantLine, error) {
	users, _, err := o.People.Usage(tenant.Global(ctx), t.ID)
	return tenantLine{t, users, t.ID == app.UsersTenant}, err
}

func (o *Office) tenants(w http.ResponseWriter, r *http.Request) error {
	list, err := o.Tenants.List(r.Context(), tenant.ID(r.FormValue("after")), perPage)
	if err != nil {
		return err
	}
	var lines []tenantLine
	var next tenant.ID
	for _, t := range list {
		l, err := o.line(r.Context(), t)
		if err != nil {
			return err
		}
		lines = append(lines, l)
		next = t.ID
	}
	if len(list) < perPage {
		next = ""
	}
	o.pages.Render(w, r, "tenants.html", map[string]any{"Tenants": lines, "Next": next})
	return nil
}

// find returns the tenant that the path names, as the database has it.
func (o *Office) find(r *http.Request) (*tenant.Tenant, error) {
	return o.byID(r.Context(), r.PathValue("id"))
}

func (o *Office) byID(ctx context.Context, text string) (*tenant.Tenant, error) {
	id, err := tenant.ParseID(text)
	if err != nil {
		return nil, err
	}
	t, found, err := o.Tenants.ByID(ctx, id)
	if err == nil && !found {
		err = tenant.ErrUnknownTenant
	}
	return t, err
}

func (o *Office) tenant(w http.ResponseWriter, r *http.Request) error {
	t, err := o.find(r)
	if err != nil {
		return err
	}
	l, err := o.line(r.Context(), t)
	if err != nil {
		return err
	}
	type domain struct {
		tenant.Domain
		lifecycle.Challenge
	}
	var domains []domain
	for _, d := range t.Domains {
		challenge, err := o.Lifecycle.Challenge(t.ID, d.Name)
		if err != nil {
			return err
		}
		domains = append(domains, domain{d, challenge})
	}
	global := tenant.Global(r.Context())
	people, err := o.People.Users(global, t.ID, member.Query{Limit: member.MaxPage})
	if err != nil {
		return err
	}
	managers, err := o.People.Managers(global, t.ID)
	if err != nil {
		return err
	}
	o.pages.Render(w, r, "tenant.html", map[string]any{"Tenant": l, "Domains": domains, "Users": people.Accounts, "Managers": managers})
	return nil
}

// limit reads the most users that a tenant may have; nothing is no limit.
func limit(r *http.Request) (int, error) {
	text := strings.TrimSpace(r.PostFormValue("limit"))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: the limit is a number, or empty", errChoice)
	}
	return n, nil
}

func code(r *http.Request) (string, error) {
	c := strings.TrimSpace(r.PostFormValue("code"))
	if !tenant.ValidCode(c) {
		return "", fmt.Errorf("%w: a short name is a letter and then letters, digits or hyphens", errChoice)
	}
	return c, nil
}

// create makes a tenant and its first administrator, who is made inside it, as
// one change. The password is told once.
func (o *Office) create(r *http.Request, reason string) (string, error) {
	record := tenant.Tenant{Name: strings.TrimSpace(r.PostFormValue("name"))}
	var err error
	if record.Code, err = code(r); err != nil {
		return "", err
	}
	if record.MaxUsers, err = limit(r); err != nil {
		return "", err
	}
	password := passwords.Invent()
	name := strings.TrimSpace(r.PostFormValue("user"))
	actor, _ := tenant.ActorFromContext(r.Context())
	_, created, err := o.Lifecycle.Create(tenant.Global(r.Context()), record, func(ctx context.Context, tx tenant.DBTX, ev tenant.Event) error {
		people := o.People.With(tx)
		account, err := people.AddMember(ctx, ev.Tenant, member.NewAccount{ID: app.NewAccountID(), UserName: name, Email: strings.TrimSpace(r.PostFormValue("email"))})
		if err != nil {
			return err
		}
		if err := people.AddManager(ctx, ev.Tenant, account.ID, reason); err != nil {
			return err
		}
		if err := o.Passwords.Set(ctx, tx, account.ID, password); err != nil {
			return err
		}
		return o.Audit.With(tx).Append(ctx, tenant.Event{Kind: "office.tenant_created", Tenant: ev.Tenant, Actor: actor, Reason: reason})
	})
	if err != nil {
		return "", err
	}
	if !created {
		return "Such a tenant was there already.", nil
	}
	return fmt.Sprintf("%s is there. Its administrator %s signs in with %s, which is shown this once.", record.Name, name, password), nil
}

func (o *Office) setStatus(r *http.Request, reason string) (string, error) {
	t, err := o.find(r)
	if err != nil {
		return "", err
	}
	step, known := map[string]func(context.Context, tenant.ID, string) error{
		"suspend": o.Lifecycle.Suspend, "resume": o.Lifecycle.Resume,
		"archive": o.Lifecycle.Archive, "restore": o.Lifecycle.Restore,
	}[r.PostFormValue("do")]
	if !known {
		return "", errChoice
	}
	if err := step(tenant.Global(r.Context()), t.ID, reason); err != nil {
		return "", err
	}
	return "The status is changed, and counts for every request from now on.", nil
}

// setRecord changes names and limit. A tenant of the installation keeps its
// names: package lifecycle refuses, whatever a form says.
func (o *Office) setRecord(r *http.Request, reason string) (string, error) {
	t, err := o.find(r)
	if err != nil {
		return "", err
	}
	c, err := code(r)
	if err != nil {
		return "", err
	}
	n, err := limit(r)
	if err != nil {
		return "", err
	}
	_, err = o.Lifecycle.Update(tenant.Global(r.Context()), t.ID, reason, func(t *tenant.Tenant) error {
		t.Name, t.Code, t.MaxUsers = strings.TrimSpace(r.PostFormValue("name")), c, n
		return nil
	})
	return "The record is changed.", err
}

func (o *Office) setDomains(r *http.Request, reason string) (string, error) {
	t, err := o.find(r)
	if err != nil {
		return "", err
	}
	host, do := strings.TrimSpace(r.PostFormValue("host")), r.PostFormValue("do")
	global := tenant.Global(r.Context())
	step, known := map[string]func(context.Context, tenant.ID, string) error{
		"add": func(ctx context.Context, id tenant.ID, host string) error {
			_, err := o.Lifecycle.AddDomain(ctx, id, host)
			return err
		},
		"verify": o.Lifecycle.VerifyDomain, "primary": o.Lifecycle.MakePrimary, "remove": o.Lifecycle.RemoveDomain,
	}[do]
	if !known {
		return "", errChoice
	}
	if _, err := tenant.CanonicalHost(host); err != nil {
		return "", err
	}
	// The calls take no reason: what is asked for is recorded before.
	if err := o.note(r.Context(), t.ID, "office.domain_"+do, host, reason); err != nil {
		return "", err
	}
	if err := step(global, t.ID, host); err != nil {
		return "", err
	}
	return map[string]string{
		"add": "The domain is listed. It leads here once its owner has published what is shown.", "verify": "The domain leads to this tenant now.",
		"primary": "The domain is the primary one.", "remove": "The domain is off the list.",
	}[do], nil
}
