package member

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/tenant"
)

// The longest texts, in bytes.
const (
	maxName    = 128 // a user name, an account's id
	maxEmail   = 254 // RFC 5321 leaves no more
	maxPattern = 500
)

// fold returns the form in which names and e-mail addresses are compared: case
// is ignored, by Unicode's simple folding, so that no letter has two other
// cases that differ. The result is never longer than s.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}

// checkText returns an error that is ErrBadName unless s is 1 to limit bytes of
// UTF-8 that can be seen, without spaces at the ends. It does not quote s.
func checkText(what, s string, limit int) error {
	switch {
	case s == "":
		return fmt.Errorf("%w: the %s is empty", ErrBadName, what)
	case len(s) > limit:
		return fmt.Errorf("%w: the %s has %d bytes, at most %d are allowed", ErrBadName, what, len(s), limit)
	case !utf8.ValidString(s):
		return fmt.Errorf("%w: the %s is not UTF-8", ErrBadName, what)
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%w: the %s begins or ends with a space", ErrBadName, what)
	}
	for _, r := range s {
		// IsPrint knows one space, and no character without width.
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%w: the %s has a character that can not be seen", ErrBadName, what)
		}
	}
	return nil
}

func checkEmail(s string) error {
	if s == "" {
		return nil // an account needs none
	}
	if err := checkText("e-mail address", s, maxEmail); err != nil {
		return err
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || strings.ContainsAny(s, " <>,;") {
		return fmt.Errorf("%w: the e-mail address", ErrBadName)
	}
	return nil
}

func checkID(s string) error {
	if err := checkText("account id", s, maxName); err != nil {
		return err
	}
	if strings.Contains(s, " ") {
		return fmt.Errorf("%w: the account id has a space", ErrBadName)
	}
	return nil
}

// compile returns a pattern that a whole user name has to match. The pattern is
// compiled alone first: in "a)|(b" parentheses would close ours, and leave both
// ends open.
func compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("%w: the pattern has %d bytes, at most %d are allowed", ErrBadName, len(pattern), maxPattern)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, fmt.Errorf("%w: the pattern: %w", ErrBadName, err)
	}
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}

// checkName decides whether an account may have this user name. t and pattern
// are of its tenant, nil and empty for a global account; within says that a
// tenant's context asks.
func (c *change) checkName(name string, t *tenant.Tenant, pattern string, within bool) error {
	if err := checkText("user name", name, maxName); err != nil {
		return err
	}
	if within && c.d.reserved[fold(name)] {
		return ErrNameReserved
	}
	if pattern != "" {
		re, err := compile(pattern)
		if err != nil {
			return err
		}
		if !re.MatchString(name) {
			return fmt.Errorf("%w: it is matched against the tenant's pattern as a whole", ErrNamePattern)
		}
	}
	if c.d.cfg.Names != NamesQualified {
		return nil
	}
	before, company, ok := cutCompany(name)
	if t != nil {
		switch {
		case t.Code == "":
			return fmt.Errorf("%w: the tenant has no code to end in", ErrNamePattern)
		case !ok || before == "" || !strings.EqualFold(company, t.Code):
			return fmt.Errorf("%w: it ends in @ and the tenant's code", ErrNamePattern)
		case within && c.d.reserved[fold(before)]:
			return ErrNameReserved
		}
		return nil
	}
	if ok {
		if _, found, err := c.registry().ByCode(c.ctx, company); err != nil {
			return fmt.Errorf("member: %w", err)
		} else if found {
			return fmt.Errorf("%w: a global account's name does not end in a tenant's code", ErrNamePattern)
		}
	}
	return nil
}

// cutCompany splits user@company where company may be a tenant's code. A code
// has no dots, so that most e-mail addresses are no such names.
func cutCompany(name string) (user, company string, ok bool) {
	at := strings.LastIndexByte(name, '@')
	if at < 0 || !tenant.ValidCode(name[at+1:]) {
		return name, "", false
	}
	return name[:at], name[at+1:], true
}
