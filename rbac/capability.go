package rbac

import (
	"fmt"

	ctxtree "github.com/gotenancy/tenancy/context"
)

// Kind says whether a capability only shows things or also changes them.
type Kind uint8

// The kinds. The zero value is the stricter one.
const (
	Write Kind = iota // never for guests and anonymous visitors; stopped by locks
	Read
)

// Risk is what somebody with a capability could do to others: a set of bits.
type Risk uint8

// The risks. Capabilities with one of RiskConfig, RiskXSS and RiskDataLoss are
// never for guests and anonymous visitors.
const (
	RiskManageTrust Risk = 1 << iota // give capabilities to others
	RiskConfig                       // change the installation's behaviour
	RiskXSS                          // publish unfiltered content
	RiskPersonal                     // see personal data
	RiskSpam                         // send or publish to many
	RiskDataLoss                     // destroy much at once
)

// unsafeRisks are those of the capabilities that a safe override leaves alone.
const unsafeRisks = RiskManageTrust | RiskConfig | RiskXSS | RiskPersonal | RiskDataLoss

// notForGuests are the risks that step 3 looks at.
const notForGuests = RiskConfig | RiskXSS | RiskDataLoss

// Capability is something that can be allowed, declared once by the
// application.
type Capability struct {
	// Name is 1 to 190 bytes of ASCII letters, digits and the characters
	// colon, slash, point, hyphen and underscore.
	Name string

	Kind  Kind
	Risks Risk

	// ManagesLocks exempts the capability from locks: it is the one that
	// removes them.
	ManagesLocks bool

	// Level says on which nodes it makes sense: of that level and above. It is
	// for those who offer choices; no answer depends on it.
	Level ctxtree.Level

	// Defaults are what roles of these archetypes begin with, see [Install].
	Defaults map[Archetype]Permission

	// ReplacedBy makes this a deprecated name for another capability, which
	// is asked for instead.
	ReplacedBy string
}

// maxNameLen is the longest name of a capability in bytes.
const maxNameLen = 190

// ValidCapability reports whether name is well formed, see [Capability].
func ValidCapability(name string) bool {
	if name == "" || len(name) > maxNameLen {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == ':', c == '/', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// capabilities are those declared, by name. Deprecated names lead to what they
// were replaced by.
type capabilities map[string]Capability

func newCapabilities(list []Capability) (capabilities, error) {
	declared := make(capabilities, len(list))
	for _, c := range list {
		if !ValidCapability(c.Name) {
			return nil, fmt.Errorf("%w: capability name %q", ErrInvalid, c.Name)
		}
		if c.Kind > Read {
			return nil, fmt.Errorf("%w: capability %q: unknown kind", ErrInvalid, c.Name)
		}
		for a, p := range c.Defaults {
			if a == NoArchetype || !a.valid() || p > Prohibit {
				return nil, fmt.Errorf("%w: defaults of capability %q", ErrInvalid, c.Name)
			}
		}
		if _, twice := declared[c.Name]; twice {
			return nil, fmt.Errorf("%w: capability %q is declared twice", ErrInvalid, c.Name)
		}
		declared[c.Name] = c
	}
	resolved := make(capabilities, len(list))
	for name, c := range declared {
		for hops := 0; c.ReplacedBy != ""; hops++ {
			next, ok := declared[c.ReplacedBy]
			if !ok || hops == len(declared) {
				return nil, fmt.Errorf("%w: capability %q is replaced by one that is not declared, or by itself", ErrInvalid, name)
			}
			c = next
		}
		resolved[name] = c
	}
	return resolved, nil
}
