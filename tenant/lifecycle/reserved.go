package lifecycle

import (
	"context"
	"fmt"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// DefaultReserved returns the names that nobody's code or id may be unless
// [Config.Reserved] says otherwise: hosts and paths that installations have for
// themselves, the mailboxes of RFC 2142, and names that browsers and mail
// programs look for by themselves. Append your own routes to it.
func DefaultReserved() []string {
	return []string{
		"abuse", "account", "accounts", "admin", "administrator", "administrators", "api", "app", "apps", "assets", "auth",
		"autoconfig", "autodiscover", "backoffice", "billing", "blog", "cdn", "community", "console", "dashboard", "default",
		"demo", "dev", "docs", "download", "downloads", "email", "files", "ftp", "global", "guest", "health", "healthz", "help",
		"home", "hostmaster", "id", "images", "imap", "info", "internal", "intranet", "isatap", "jobs", "localhost", "login",
		"logout", "mail", "media", "metrics", "mx", "news", "noc", "ns", "ns1", "ns2", "oauth", "operator", "pay", "payment",
		"platform", "pop", "pop3", "postmaster", "proxy", "public", "register", "root", "security", "server", "shared", "signin",
		"signout", "signup", "site", "smtp", "sso", "staging", "static", "status", "support", "system", "tenancy", "tenant",
		"tenants", "test", "upload", "uploads", "user", "users", "vpn", "web", "webmail", "webmaster", "wpad", "www",
	}
}

// isReserved reports whether a code or id is kept for the installation. Names of
// the form "xn--..." are as well: in a host they would stand for another name
// (RFC 5890 section 2.3.1), which can look like somebody else's.
func (m *Manager) isReserved(name string) bool {
	name = strings.ToLower(name)
	return m.reserved[name] || m.fixed[name] || len(name) > 4 && name[2:4] == "--"
}

func (m *Manager) isFixed(t *tenant.Tenant) bool { return m.fixed[strings.ToLower(t.Code)] }

// mayBeCalled returns ErrReserved where a new tenant must not get its code or
// id. An operator who has said so by the mode makes the fixed ones.
func (m *Manager) mayBeCalled(ctx context.Context, t *tenant.Tenant) error {
	explicit := tenant.ModeOf(ctx) == tenant.ModeGlobal || tenant.ModeOf(ctx) == tenant.ModeAcrossAll
	if explicit && m.isFixed(t) && (t.ID == "" || !m.isReserved(string(t.ID)) || strings.EqualFold(string(t.ID), t.Code)) {
		return nil
	}
	if m.isReserved(t.Code) {
		return fmt.Errorf("%w: the code", ErrReserved)
	}
	if m.isReserved(string(t.ID)) {
		return fmt.Errorf("%w: the id", ErrReserved)
	}
	return nil
}
