package lifecycle

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Challenge is what a tenant publishes in the DNS to show that it controls a
// domain: a TXT record of that name with that value.
type Challenge struct {
	Host  string // the domain, in the form of tenant.CanonicalHost
	Name  string // "_tenancy-challenge." and the host
	Value string // different for each tenant and host
}

const (
	challengeLabel = "_tenancy-challenge."
	challengeValue = "tenancy-verify="
	maxDNSName     = 253
)

var errNoDomains = errors.New("lifecycle: domains take Config.ChallengeKey and Config.TXT")

// Challenge returns what the tenant has to publish for the host. It is the same
// each time, so that nothing has to be kept, and says nothing to another tenant.
// The error is [tenant.ErrBadHost] for what can not be a custom domain: an
// address, a name without a dot.
func (m *Manager) Challenge(id tenant.ID, host string) (Challenge, error) {
	if len(m.cfg.ChallengeKey) == 0 || m.cfg.TXT == nil {
		return Challenge{}, errNoDomains
	}
	if !id.Valid() {
		return Challenge{}, fmt.Errorf("lifecycle: %w", tenant.ErrInvalidID)
	}
	host, err := customDomain(host)
	if err != nil {
		return Challenge{}, err
	}
	mac := hmac.New(sha256.New, m.cfg.ChallengeKey)
	mac.Write([]byte("tenancy domain\x00" + string(id) + "\x00" + host)) // neither can hold a zero byte
	token := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:20]))
	return Challenge{Host: host, Name: challengeLabel + host, Value: challengeValue + token}, nil
}

func customDomain(host string) (string, error) {
	canonical, err := tenant.CanonicalHost(host)
	if err != nil {
		return "", fmt.Errorf("lifecycle: %w", err)
	}
	_, notAddress := netip.ParseAddr(canonical)
	if strings.HasPrefix(canonical, "[") || notAddress == nil || !strings.Contains(canonical, ".") || strings.Contains(host, ":") {
		return "", fmt.Errorf("lifecycle: %w: a domain is a host name with a dot, no address and no port", tenant.ErrBadHost)
	}
	if len(challengeLabel)+len(canonical) > maxDNSName {
		return "", fmt.Errorf("lifecycle: %w: it is too long to be verified", tenant.ErrBadHost)
	}
	return canonical, nil
}

// AddDomain lists a domain of the tenant's own, not verified: it resolves to
// nobody and takes the name from nobody. It returns what has to be published for
// [Manager.VerifyDomain]. A domain that is listed already stays as it is.
//
// The error is [tenant.ErrBadHost], [tenant.ErrTaken] if the name leads to a
// tenant already - this one's primary host included -, [ErrTooManyDomains] or
// [tenant.ErrArchived].
func (m *Manager) AddDomain(ctx context.Context, id tenant.ID, host string) (Challenge, error) {
	ch, err := m.Challenge(id, host)
	if err != nil {
		return Challenge{}, err
	}
	err = m.domains(ctx, id, func(c *change, t *tenant.Tenant) (tenant.Event, error) {
		if domainOf(t, ch.Host) >= 0 {
			return tenant.Event{}, errNothing
		}
		if t.Host == ch.Host {
			return tenant.Event{}, fmt.Errorf("lifecycle: %w: it is the primary host", tenant.ErrTaken)
		}
		if _, found, err := c.reg.ByHost(c.ctx, ch.Host); err != nil || found {
			return tenant.Event{}, orTaken(err)
		}
		if len(t.Domains) >= m.cfg.MaxDomains {
			return tenant.Event{}, ErrTooManyDomains
		}
		t.Domains = append(t.Domains, tenant.Domain{Name: ch.Host})
		return tenant.Event{Kind: KindDomainAdded, Object: ch.Host}, nil
	})
	if err != nil {
		return Challenge{}, err
	}
	return ch, nil
}

func orTaken(err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("lifecycle: %w: the host", tenant.ErrTaken)
}

// VerifyDomain looks up what the tenant has published and, if it is the
// [Challenge], lets the domain resolve to the tenant. A verified domain stays
// verified.
//
// The error is [ErrUnknownDomain] for a domain that is not listed,
// [ErrUnverified] where the record is missing, says something else or could not
// be looked up (then with the resolver's error), and [tenant.ErrTaken] if the
// domain leads to another tenant: of two that have both shown that they control
// it, the first has it until it gives it up.
func (m *Manager) VerifyDomain(ctx context.Context, id tenant.ID, host string) error {
	ch, err := m.Challenge(id, host)
	if err != nil {
		return err
	}
	if err := operatorOrOwn(ctx, id); err != nil {
		return err
	}
	// Not under the lock: the answer can take its time.
	now, found, err := m.cfg.Registry(m.cfg.DB).ByID(ctx, id)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("lifecycle: %w", tenant.ErrUnknownTenant)
	case domainOf(now, ch.Host) < 0:
		return ErrUnknownDomain
	}
	// With the final dot it is this name and no other: without it a resolver goes
	// on with the domains of its search list.
	texts, err := m.cfg.TXT.LookupTXT(ctx, ch.Name+".")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnverified, err)
	}
	if !slices.ContainsFunc(texts, func(text string) bool { return hmac.Equal([]byte(text), []byte(ch.Value)) }) {
		return fmt.Errorf("%w: no TXT record of %s has the value of the challenge", ErrUnverified, ch.Name)
	}
	return m.domains(ctx, id, func(c *change, t *tenant.Tenant) (tenant.Event, error) {
		i := domainOf(t, ch.Host)
		if i < 0 {
			return tenant.Event{}, ErrUnknownDomain // it was removed in between
		}
		if t.Domains[i].Verified {
			return tenant.Event{}, errNothing
		}
		t.Domains[i].Verified = true
		return tenant.Event{Kind: KindDomainVerified, Object: ch.Host}, nil
	})
}

// RemoveDomain takes a domain from the list; the name is free then. The error is
// [ErrUnknownDomain] for one that is not listed, as the primary host is not.
func (m *Manager) RemoveDomain(ctx context.Context, id tenant.ID, host string) error {
	host, err := customDomain(host)
	if err != nil {
		return err
	}
	return m.domains(ctx, id, func(c *change, t *tenant.Tenant) (tenant.Event, error) {
		i := domainOf(t, host)
		if i < 0 {
			return tenant.Event{}, ErrUnknownDomain
		}
		t.Domains = slices.Delete(t.Domains, i, i+1)
		return tenant.Event{Kind: KindDomainRemoved, Object: host}, nil
	})
}

// MakePrimary makes a verified domain the tenant's primary host. The one that
// was primary stays, as a verified domain. For the primary host nothing happens.
// The error is [ErrUnknownDomain], or [ErrUnverified] for a domain that nobody
// has verified.
func (m *Manager) MakePrimary(ctx context.Context, id tenant.ID, host string) error {
	host, err := customDomain(host)
	if err != nil {
		return err
	}
	return m.domains(ctx, id, func(c *change, t *tenant.Tenant) (tenant.Event, error) {
		if t.Host == host {
			return tenant.Event{}, errNothing
		}
		i := domainOf(t, host)
		switch {
		case i < 0:
			return tenant.Event{}, ErrUnknownDomain
		case !t.Domains[i].Verified:
			return tenant.Event{}, ErrUnverified
		}
		was := t.Host
		if was == "" {
			t.Domains = slices.Delete(t.Domains, i, i+1)
		} else {
			t.Domains[i] = tenant.Domain{Name: was, Verified: true}
		}
		t.Host = host
		return tenant.Event{Kind: KindDomainPrimary, Object: host, Detail: map[string]string{"was": was}}, nil
	})
}

// domains changes the hosts of a tenant that is not archived, by an operator or
// in the tenant's own context.
func (m *Manager) domains(ctx context.Context, id tenant.ID, fn func(*change, *tenant.Tenant) (tenant.Event, error)) error {
	if err := operatorOrOwn(ctx, id); err != nil {
		return err
	}
	return m.change(ctx, id, func(c *change) error {
		t, err := c.notArchived(id)
		if err != nil {
			return err
		}
		ev, err := fn(c, t)
		if err != nil {
			return err
		}
		if t, err = c.update(t); err != nil {
			return err
		}
		c.publish(t, ev)
		return nil
	})
}

// domainOf returns where the host stands in the tenant's list, or -1.
func domainOf(t *tenant.Tenant, host string) int {
	return slices.IndexFunc(t.Domains, func(d tenant.Domain) bool { return d.Name == host })
}
