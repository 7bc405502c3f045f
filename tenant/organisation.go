package tenant

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// MaxOrganisationName is the longest short name of an organisation in bytes.
const MaxOrganisationName = 100

// Organisation is a registered name under exactly one tenant: a school of a
// university, a brand of a company, the org of a course key. It grants nothing
// by itself. Package tenantsql stores organisations and what belongs to them.
type Organisation struct {
	// ShortName is what the organisation is known by, see
	// [ValidOrganisationName]. It is unique in the whole installation, ignoring
	// case, and never changes, since links and keys hold it.
	ShortName string

	// Tenant is whom the organisation belongs to; it never changes either.
	Tenant ID

	Name        string // full name
	Description string

	// Active says whether the name is in use. The zero value is not: its name
	// is taken and leads to no tenant.
	Active bool

	Created  time.Time
	Modified time.Time
}

// ErrUnknownOrganisation says that no organisation has that short name, or none
// that the context reaches.
var ErrUnknownOrganisation = errors.New("tenant: unknown organisation")

// ValidOrganisationName reports whether s is a short name: 1 to 100 ASCII
// letters, digits, hyphens, underscores, dots and tildes, beginning with a
// letter or digit.
func ValidOrganisationName(s string) bool {
	if s == "" || len(s) > MaxOrganisationName {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && strings.IndexByte("-_.~", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// Check returns an error that says which field is malformed. Stores call it on
// everything they accept.
func (o Organisation) Check() error {
	if !ValidOrganisationName(o.ShortName) {
		return fmt.Errorf("tenant: the short name of an organisation must be 1 to %d letters, digits, hyphens, underscores, dots and tildes, beginning with a letter or digit", MaxOrganisationName)
	}
	if err := o.Tenant.check(); err != nil {
		return fmt.Errorf("organisation: %w", err)
	}
	return nil
}
