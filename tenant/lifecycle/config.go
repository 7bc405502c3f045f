package lifecycle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Registry is what this package needs of a registry; *tenantsql.Registry has
// it. Create, Update and SetStatus return an error that is [tenant.ErrTaken]
// where they can tell that a name belongs to another tenant, and the database
// holds codes (ignoring case) and the hosts that resolve to be unique.
type Registry interface {
	ByID(ctx context.Context, id tenant.ID) (t *tenant.Tenant, found bool, err error)
	ByCode(ctx context.Context, code string) (t *tenant.Tenant, found bool, err error)
	ByHost(ctx context.Context, host string) (t *tenant.Tenant, found bool, err error)
	Create(ctx context.Context, t tenant.Tenant) error
	Update(ctx context.Context, t tenant.Tenant) error
	SetStatus(ctx context.Context, id tenant.ID, status tenant.Status) error
	Delete(ctx context.Context, id tenant.ID) error
}

// TXTResolver looks up TXT records; *net.Resolver is one.
type TXTResolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Config says what a [Manager] works on. DB, Dialect and Registry are required.
type Config struct {
	// DB is the application's own pool, as package scope opened it. It must be
	// able to begin transactions: *sql.DB or *sqlx.DB.
	DB      tenant.DBTX
	Dialect tenant.Dialect

	// Registry returns the registry on a transaction of DB, or on DB itself. It
	// must read what the transaction sees: a store, not a cache.
	Registry func(tx tenant.DBTX) Registry

	// Hooks take part in every change, in this order.
	Hooks []tenant.Hook

	// OnCommit is told of every change after its transaction has committed, in
	// the context that the hooks had: to drop what caches of this process hold
	// of the tenant. A process that is killed in between does not tell, so
	// nothing may depend on it.
	OnCommit []func(ctx context.Context, ev tenant.Event)

	// Purge removes what is stored of a tenant that is being deleted: rows,
	// files, search indexes. The steps run in this order, outside of any
	// transaction of this package, in a context in the tenant's mode. Each must
	// be harmless to run again, also after it was interrupted. With the stores of
	// this module they are DeleteAll of tenantsql.Organisations, Abandon of package
	// scope/transfer for an import that did not end, and its Purger; the example
	// Example_deletion of internal/conformance/lifecycle runs them.
	Purge []func(ctx context.Context, id tenant.ID) error

	// Reserved are names that no tenant gets as its code or id, in whatever
	// case. nil stands for [DefaultReserved]; an empty list that is not nil for
	// none.
	Reserved []string

	// Fixed are the codes of tenants that belong to the installation, such as
	// "Users". They are reserved too, except that [Manager.Create] makes them
	// in global mode or across all tenants. Such a tenant is not renamed,
	// archived or deleted.
	Fixed []string

	// ChallengeKey is a secret of at least 32 bytes, the same in all processes.
	// What a tenant has to publish to verify a domain is derived from it.
	// Without it, or without TXT, domains are not added and not verified.
	ChallengeKey []byte

	// TXT looks up what a tenant has published.
	TXT TXTResolver

	// MaxDomains is how many domains a tenant may list, without its primary
	// host; 20 where it is 0.
	MaxDomains int
}

// Manager changes tenants. It is safe for concurrent use.
type Manager struct {
	cfg      Config
	reserved map[string]bool // lower case
	fixed    map[string]bool // lower case
}

// New returns a manager, or an error that says what is missing in cfg.
func New(cfg Config) (*Manager, error) {
	if _, ok := cfg.DB.(interface {
		BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
	}); !ok {
		return nil, errors.New("lifecycle: Config.DB must be a pool that can begin transactions")
	}
	if _, err := cfg.Dialect.MarshalText(); err != nil {
		return nil, fmt.Errorf("lifecycle: Config.Dialect: %w", err)
	}
	if cfg.Registry == nil {
		return nil, errors.New("lifecycle: Config.Registry is missing")
	}
	if slices.ContainsFunc(cfg.Hooks, isNil) {
		return nil, errors.New("lifecycle: Config.Hooks holds a nil")
	}
	for _, fn := range cfg.OnCommit {
		if fn == nil {
			return nil, errors.New("lifecycle: Config.OnCommit holds a nil")
		}
	}
	for _, step := range cfg.Purge {
		if step == nil {
			return nil, errors.New("lifecycle: Config.Purge holds a nil")
		}
	}
	if n := len(cfg.ChallengeKey); n > 0 && n < 32 {
		return nil, errors.New("lifecycle: Config.ChallengeKey has less than 32 bytes")
	}
	if cfg.MaxDomains < 0 {
		return nil, errors.New("lifecycle: Config.MaxDomains is negative")
	}
	if cfg.MaxDomains == 0 {
		cfg.MaxDomains = 20
	}
	m := &Manager{cfg: cfg, reserved: map[string]bool{}, fixed: map[string]bool{}}
	if cfg.Reserved == nil {
		cfg.Reserved = DefaultReserved()
	}
	for _, name := range cfg.Reserved {
		m.reserved[strings.ToLower(name)] = true
	}
	for _, code := range cfg.Fixed {
		if !tenant.ValidCode(code) {
			return nil, errors.New("lifecycle: Config.Fixed holds what can not be a code")
		}
		m.fixed[strings.ToLower(code)] = true
	}
	m.cfg.Hooks, m.cfg.OnCommit, m.cfg.Purge = slices.Clone(cfg.Hooks), slices.Clone(cfg.OnCommit), slices.Clone(cfg.Purge)
	m.cfg.ChallengeKey = slices.Clone(cfg.ChallengeKey)
	return m, nil
}

func isNil(h tenant.Hook) bool { return h == nil }
