package rbac

import "fmt"

// Permission is what a role says about a capability on a node.
type Permission uint8

// The permissions. Inherit, the zero value, is the absence of a permission:
// what is said above counts.
const (
	Inherit  Permission = iota
	Allow               // yes, from here down, unless something nearer says otherwise
	Prevent             // not by this role
	Prohibit            // no, from here down, whatever else is said
)

var permissionNames = [...]string{"inherit", "allow", "prevent", "prohibit"}

// String returns "inherit", "allow", "prevent" or "prohibit".
func (p Permission) String() string {
	if int(p) < len(permissionNames) {
		return permissionNames[p]
	}
	return fmt.Sprintf("Permission(%d)", uint8(p))
}

// ParsePermission reads the form that [Permission.String] returns.
func ParsePermission(text string) (Permission, error) {
	for k, name := range permissionNames {
		if name == text {
			return Permission(k), nil
		}
	}
	return Inherit, fmt.Errorf("%w: unknown permission; use inherit, allow, prevent or prohibit", ErrInvalid)
}

// CheckPermissions returns an error that is [ErrInvalid] if the name of a
// capability or a permission is malformed: for implementations of [Store].
func CheckPermissions(all map[string]Permission) error {
	for capability, p := range all {
		if !ValidCapability(capability) || p > Prohibit {
			return fmt.Errorf("%w: capability name or permission", ErrInvalid)
		}
	}
	return nil
}
