// Package tenant says who a request is for.
//
// One process and one database serve many customers, the tenants. This package
// finds out which tenant an HTTP request belongs to, puts it into the
// request's context, and lets the rest of the module (scope, config, rbac)
// read it from there. There is no current tenant anywhere else: no package
// variable, no session state in the database, no goroutine-local value.
//
//	reg, err := tenant.NewMemoryRegistry(
//		tenant.Tenant{ID: "acme", Host: "acme.example.com"},
//		tenant.Tenant{ID: "bolt", Host: "bolt.example.com"})
//	...
//	mw := tenant.Middleware(tenant.MiddlewareConfig{
//		Registry: reg,
//		Resolve:  tenant.ByHost(reg),
//		Actor:    sessionActor, // your own sign-in
//	})
//	http.ListenAndServe(":8080", mw(mux))
//
// # Modes
//
// A context is in exactly one mode. These functions are the only way into one,
// and this is what each package does there:
//
//	mode    made by                       scope                      config                 rbac
//	none    a plain context               refuses every statement    Lookup: ErrNoTenant    denies
//	                                                                 Get: closed value or
//	                                                                 the caller's default
//	tenant  Middleware, NewContext,       that tenant's rows,        tenant over global     inside the wall
//	        WithID, Switch                shared tables readable
//	global  Global                        shared tables, no          global layers          nodes without a tenant
//	                                      tenant's rows
//	across  Across, AcrossAll             the listed tenants' rows,  ErrSeveralTenants      listed tenants, never
//	                                      or all                     for per-tenant keys    for members
//
// A context that was built wrongly refuses in every package, with the reason:
// an invalid or duplicate id, an empty reason, or a second tenant. [WithID],
// [NewContext] and [Global] start only from a context without a mode; on a
// context that already has another one they give a context that refuses with
// [ErrTenantConflict]. Changing tenant is [Switch], which takes a reason.
//
// # From a request to a tenant
//
// A [Resolver] finds the tenant: [ByHost], [ByTemplate], [ByPath], [ByHeader],
// [ByQuery], [ByCookie], [SessionBinding.BySession], [ByClaim], [ByAPIKey],
// [ByCertificate], [ByUserName], [ByUserPattern], [ByUser], [ByText], or a
// function of the application's own. [First] asks one after the other, [Agree]
// wants them to say the same, [OnHosts] limits one to a host that tenants share,
// and [Proxies.ForwardedHost] lets a load balancer say which host was asked for.
// [Middleware] then looks the tenant up, asks who is there, and checks that they
// may enter; [MemberCache] remembers it. [SessionBinding] keeps a session inside
// its tenant. [Tenancy] is the mode of the installation as a whole.
//
// # Guarantees and limits
//
// Whatever is odd in a request is refused, never repaired: a malformed host, a
// header, parameter, cookie or host sent twice, a path that can be read in two
// ways, an unknown tenant. Headers that name a tenant or forward a host count
// only from trusted proxies. A request whose target is a whole URL
// (GET http://host/) is for that host, as RFC 9112 section 3.2.2 says, and
// net/http drops its Host header: a proxy in front that decides by the header
// has to refuse such targets. A proxy that sends two requests over one
// connection has to agree with net/http on where the first ends.
//
// The package trusts what [MiddlewareConfig.Actor] says about the person, and
// the application's own functions about tokens, keys and certificates: it checks
// which tenant they may name, not that they are genuine.
package tenant
