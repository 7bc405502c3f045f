package ctxtree

import (
	"context"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/tenant"
)

// Page is the node that a request is about, as [Pages] has entered it.
type Page struct {
	Node Node
	Line []Node // from the system down to the node, which is the last; not to be changed

	// The context that it was put into: it is no page of any other.
	mode carry.Mode
	id   string

	session *carry.Value // what the context was before it followed the node into its tenant
}

// Current returns the page of ctx; ok is false where no node was entered.
//
// The page is of the context's own tenant or of none, always. It ends where the
// context comes to be about something else ([tenant.Switch], [tenant.Across] and
// the like, [tenant.Each]), and goes along with [tenant.Detach].
//
// Which tenant is the current one is never read off the page but off the context
// ([tenant.IDFromContext]), which for
//
//	a member is its own tenant, whatever page it asks for,
//	a global user on a tenant's page is that tenant,
//	a global user on a page without a tenant is the session's choice: what the
//	context was before any node was entered, so perhaps the global site,
//	everybody else is the one that the request came in with.
func Current(ctx context.Context) (p Page, ok bool) {
	v := carry.From(ctx)
	page := pageOf(v)
	if page == nil {
		return Page{}, false
	}
	return *page, true
}

// pageOf returns the page of what a context carries, if it is one of it.
func pageOf(v *carry.Value) *Page {
	p, _ := v.Page.(*Page)
	if p == nil || p.mode != v.Mode || p.id != v.ID || p.Node.Tenant != "" && (v.Mode != carry.Tenant || v.ID != string(p.Node.Tenant)) {
		return nil
	}
	return p
}

// withPage returns ctx on the page of the last node of line.
func withPage(ctx context.Context, line []Node, session *carry.Value) context.Context {
	v := *carry.From(ctx)
	v.Page = &Page{Node: line[len(line)-1], Line: line, mode: v.Mode, id: v.ID, session: session}
	return carry.With(ctx, &v)
}

// sessionOf returns ctx as it was before it followed a node into its tenant. The
// choice is the session's of that actor, and a context that was made read-only
// since stays what it is.
func sessionOf(ctx context.Context) context.Context {
	v := carry.From(ctx)
	p := pageOf(v)
	if p == nil || p.session == nil || v.ReadOnly && !p.session.ReadOnly {
		return ctx
	}
	back := *p.session
	before, _ := tenant.ActorFromContext(carry.With(ctx, &back))
	if now, ok := tenant.ActorFromContext(ctx); !ok || now != before {
		return ctx
	}
	back.Config, back.RBAC = v.Config, v.RBAC
	return carry.With(ctx, &back)
}
