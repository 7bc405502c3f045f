package tenant

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
)

// Tenant is the record of one customer. The fields are those of the systems
// this module was distilled from.
type Tenant struct {
	home *carry.Home // set by a registry that keeps the record in memory

	// What every request reads comes first: a record among a million is far away
	// from the processor, and reaches it in pieces of 64 bytes.

	ID     ID // never changes
	Status Status
	// Host is the primary host name, given by the operator and therefore
	// trusted. It is compared in the form that CanonicalHost returns.
	Host string

	Code string // short name for people and URLs, see ValidCode; optional
	Name string // full name
	// Domains are the tenant's own host names, without the primary one. Only
	// verified ones resolve.
	Domains []Domain

	ExternalID        string // the id in another system, not interpreted
	Description       string
	DescriptionFormat string // for example "text/markdown", not interpreted
	Language          string // BCP 47 tag, not interpreted
	Theme             string
	MaxUsers          int // 0 is no limit
	Parent            ID  // optional; grants nothing by itself
	Created           time.Time
	Modified          time.Time
	Metadata          map[string]string
}

// Domain is a host name that a tenant brought along. It resolves to the tenant
// only once somebody has verified that the tenant controls it.
type Domain struct {
	Name     string
	Verified bool
}

// Status says whether a tenant is in use. The zero value is Active: a record
// exists because somebody registered it.
type Status uint8

// The states of a tenant.
const (
	Active Status = iota
	Suspended
	Archived
)

var statusNames = [...]string{"active", "suspended", "archived"}

// String returns "active", "suspended" or "archived".
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// ParseStatus reads the form that [Status.String] returns.
func ParseStatus(text string) (Status, error) {
	for k, name := range statusNames {
		if name == text {
			return Status(k), nil
		}
	}
	return 0, errors.New("tenant: unknown status; use active, suspended or archived")
}

// Err returns nil for an active tenant, [ErrSuspended] or [ErrArchived]
// otherwise.
func (s Status) Err() error {
	switch s {
	case Active:
		return nil
	case Suspended:
		return ErrSuspended
	default:
		return ErrArchived
	}
}

// ValidCode reports whether s is a short name: 2 to 63 ASCII letters, digits
// and hyphens, beginning with a letter. Codes are unique ignoring case.
func ValidCode(s string) bool {
	if len(s) < 2 || len(s) > 63 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// Check returns t in the form that registries keep, with its hosts canonical
// and sharing nothing with the caller's, or an error that says which field is
// malformed. Registries call it on everything they accept.
func (t Tenant) Check() (Tenant, error) {
	if err := t.ID.check(); err != nil {
		return t, err
	}
	if t.Parent != "" {
		if err := t.Parent.check(); err != nil {
			return t, fmt.Errorf("parent: %w", err)
		}
	}
	if t.Code != "" && !ValidCode(t.Code) {
		return t, errors.New("tenant: code must be 2 to 63 letters, digits and hyphens, beginning with a letter")
	}
	if t.MaxUsers < 0 {
		return t, errors.New("tenant: the user limit is negative")
	}
	if int(t.Status) >= len(statusNames) {
		return t, errors.New("tenant: unknown status")
	}
	var err error
	if t.Host != "" {
		if t.Host, err = CanonicalHost(t.Host); err != nil {
			return t, fmt.Errorf("host: %w", err)
		}
	}
	domains := make([]Domain, 0, len(t.Domains))
	for i, d := range t.Domains {
		if d.Name, err = CanonicalHost(d.Name); err != nil {
			return t, fmt.Errorf("domain %d: %w", i, err)
		}
		same := func(other Domain) bool { return other.Name == d.Name }
		if d.Name == t.Host || slices.ContainsFunc(domains, same) {
			return t, fmt.Errorf("tenant: domain %d is listed twice, or is the primary host", i)
		}
		domains = append(domains, d)
	}
	t.Domains = domains
	t.Metadata = maps.Clone(t.Metadata)
	return t, nil
}

// slots returns the record's Home, unless the record was copied and given
// another id.
func (t *Tenant) slots() *carry.Home {
	if t.home != nil && t.home.ID() == string(t.ID) {
		return t.home
	}
	return nil
}
