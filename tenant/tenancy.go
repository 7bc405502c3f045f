package tenant

import "fmt"

// Tenancy is the mode of an installation: whether the application has tenants
// at all. The same program is sold to one customer and to many.
type Tenancy uint8

const (
	// TenancyOn: requests find their tenant by the resolver.
	TenancyOn Tenancy = iota

	// TenancyOff: there is one tenant, [MiddlewareConfig].Single, and every
	// request is for it. Nothing in a request is looked at. Everything else is as it
	// is with many: predicates are added, the actor is checked.
	TenancyOff

	// TenancySeparate: as on, but a tenant is reached only on its own host, and
	// nobody goes from one to another: a request whose tenant does not own its
	// host is answered with 404, a global account enters no tenant whatever
	// Members says, and [Switch] refuses. Global accounts have the central
	// routes.
	TenancySeparate
)

var tenancyNames = [...]string{"on", "off", "separate"}

// String returns "on", "off" or "separate".
func (t Tenancy) String() string {
	if int(t) < len(tenancyNames) {
		return tenancyNames[t]
	}
	return fmt.Sprintf("Tenancy(%d)", uint8(t))
}

// MarshalText writes the form that [Tenancy.String] returns.
func (t Tenancy) MarshalText() ([]byte, error) {
	if int(t) >= len(tenancyNames) {
		return nil, fmt.Errorf("tenant: tenancy %d does not exist", uint8(t))
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads the form that [Tenancy.String] returns.
func (t *Tenancy) UnmarshalText(text []byte) error {
	for k, name := range tenancyNames {
		if name == string(text) {
			*t = Tenancy(k)
			return nil
		}
	}
	return fmt.Errorf("tenant: unknown tenancy; use on, off or separate")
}
