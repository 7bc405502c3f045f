package scope

import (
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
)

// Class says whose rows a table holds.
type Class uint8

// The classes. In tenant mode:
//
//	PerTenant       each row belongs to one tenant, whose id is in the tenant
//	                column; only its own rows are read and written
//	Shared          everybody's rows; read-only (written in global mode)
//	SharedWritable  everybody's rows, which any tenant may also write: outside
//	                the promise of isolation by the application's own choice
//	Mixed           own rows, plus rows whose tenant column is NULL, which are
//	                everybody's and read-only
//
// Inherit takes the class of the table's [tenant.Module], or the policy's
// Default where it names none.
const (
	Inherit Class = iota
	PerTenant
	Shared
	SharedWritable
	Mixed
)

var classNames = [...]string{"inherit", "per-tenant", "shared", "shared-writable", "mixed"}

// ClassOf returns the class that stands for an isolation.
func ClassOf(i tenant.Isolation) Class {
	switch i {
	case tenant.PerTenant:
		return PerTenant
	case tenant.Shared:
		return Shared
	default:
		return Inherit
	}
}

// String returns the class's name, for example "per-tenant".
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("Class(%d)", uint8(c))
}

// MarshalText writes the form that [Class.String] returns.
func (c Class) MarshalText() ([]byte, error) {
	if int(c) >= len(classNames) {
		return nil, fmt.Errorf("scope: class %d does not exist", uint8(c))
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads the form that [Class.String] returns.
func (c *Class) UnmarshalText(text []byte) error {
	for k, name := range classNames {
		if name == string(text) {
			*c = Class(k)
			return nil
		}
	}
	return fmt.Errorf("scope: unknown class; use inherit, per-tenant, shared, shared-writable or mixed")
}
