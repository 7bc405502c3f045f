package tenant

import (
	"fmt"
	"net/http"
	"strings"
)

// ByTemplate resolves the host name by a template: labels separated by dots,
// exactly one of which is {tenant}, where the tenant's name stands; each * is
// any one label, and every other has to be there as it is.
//
//	tenant.ByTemplate("{tenant}.example.com", tenant.Codes(reg))
//	tenant.ByTemplate("{tenant}.*.example.com", tenant.Codes(reg)) // a region
//
// A host that does not fit the template is no answer; one that fits and names
// nobody is [ErrUnknownTenant]. Host names are compared as [CanonicalHost] has
// them. A label in the ASCII form of an internationalised name (xn--...) is
// [ErrBadHost]: browsers show it as other letters, which may be those of another
// tenant's name to the eye.
//
// The last label can be neither {tenant} nor * nor a number: a template is for
// names below a domain, not for addresses.
func ByTemplate(template string, names Names) Resolver {
	labels, at, err := parseTemplate(template)
	if err == nil {
		err = names.check()
	}
	if err != nil {
		return misconfigured("ByTemplate: %v", err)
	}
	return func(r *http.Request) (ID, error) {
		host, err := requestHost(r)
		if err != nil {
			return "", err
		}
		name, fits := fit(host, labels, at)
		switch {
		case !fits:
			return "", ErrNoAnswer
		case strings.HasPrefix(name, "xn--"):
			return "", fmt.Errorf("%w: a tenant's name is no internationalised one", ErrBadHost)
		}
		return names.find(r.Context(), name, true)
	}
}

const tenantLabel = "{tenant}"

func parseTemplate(template string) (labels []string, at int, err error) {
	labels, at = strings.Split(template, "."), -1
	literal := make([]string, len(labels))
	for i, l := range labels {
		literal[i] = l
		switch {
		case l == tenantLabel && at >= 0:
			return nil, 0, fmt.Errorf("{tenant} stands in it twice")
		case l == tenantLabel:
			at, literal[i] = i, "t"
		case l == "*":
			literal[i] = "t"
		}
	}
	last := labels[len(labels)-1]
	switch host, err := CanonicalHost(strings.Join(literal, ".")); {
	case at < 0:
		return nil, 0, fmt.Errorf("it has no label {tenant}")
	case err != nil:
		return nil, 0, err
	case host != strings.Join(literal, "."):
		return nil, 0, fmt.Errorf("it has to be in lower case, without a port and without a dot at its end")
	case last == tenantLabel || last == "*" || strings.Trim(last, "0123456789") == "":
		return nil, 0, fmt.Errorf("its last label has to be that of a domain")
	}
	return labels, at, nil
}

// fit returns the label of host at which the tenant's name stands.
func fit(host string, labels []string, at int) (name string, fits bool) {
	for i, want := range labels {
		label, rest, more := strings.Cut(host, ".")
		if more == (i == len(labels)-1) {
			return "", false
		}
		switch {
		case i == at:
			name = label
		case want != "*" && want != label:
			return "", false
		}
		host = rest
	}
	return name, true
}
