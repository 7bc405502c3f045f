package tenant

import "fmt"

// Isolation says whether a thing - a table, a setting, a timer - exists once
// for each tenant or once for all of them.
type Isolation uint8

// The three values. Inherit takes the isolation of the [Module] that the thing
// names, or of the installation where it names none.
const (
	Inherit Isolation = iota
	PerTenant
	Shared
)

var isolationNames = [...]string{"inherit", "per-tenant", "shared"}

// String returns "inherit", "per-tenant" or "shared".
func (i Isolation) String() string {
	if int(i) < len(isolationNames) {
		return isolationNames[i]
	}
	return fmt.Sprintf("Isolation(%d)", uint8(i))
}

// MarshalText writes the form that [Isolation.String] returns.
func (i Isolation) MarshalText() ([]byte, error) {
	if int(i) >= len(isolationNames) {
		return nil, fmt.Errorf("tenant: isolation %d does not exist", uint8(i))
	}
	return []byte(i.String()), nil
}

// UnmarshalText reads the form that [Isolation.String] returns.
func (i *Isolation) UnmarshalText(text []byte) error {
	for k, name := range isolationNames {
		if name == string(text) {
			*i = Isolation(k)
			return nil
		}
	}
	return fmt.Errorf("tenant: unknown isolation; use inherit, per-tenant or shared")
}

// Module is a part of the application that is made multi-tenant as a whole.
// Tables, settings and timers name their module; those whose own isolation is
// [Inherit] take the module's. Flipping it flips exactly those.
type Module struct {
	Name      string    `json:"name"`
	Isolation Isolation `json:"isolation"`
}
