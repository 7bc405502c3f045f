package member

import (
	"context"
	"errors"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// Names says where a user name is unique.
type Names uint8

// The scopes of user names. Case is ignored in both.
const (
	// NamesPerTenant: unique in each tenant, and among the global accounts.
	NamesPerTenant Names = iota

	// NamesQualified: unique in the installation. A member's name ends in "@"
	// and the code of its tenant, so that two tenants can not want the same
	// name.
	NamesQualified
)

// Departed says what becomes of the members of a deleted tenant.
type Departed uint8

// What can become of them.
const (
	// KeepSuspended makes them global accounts that are suspended. Their user
	// names are free at once: [Directory.Rename] claims one again.
	KeepSuspended Departed = iota

	// DeleteMembers deletes their accounts.
	DeleteMembers
)

// Config is what a [Directory] needs to know. Tenants and Administrator are
// required.
type Config struct {
	// Tenants returns the registry as it is seen within a transaction, so that
	// status and limit are read where the decision is made:
	//
	//	func(db tenant.DBTX) tenant.Registry { return tenants.With(db) }
	//
	// A registry that is not in this database returns itself. A caching one
	// would enforce limits of some seconds ago.
	Tenants func(db tenant.DBTX) tenant.Registry

	// Administrator says whether an account is a global administrator. Such an
	// account can not become a member of a tenant. Use db for what it asks the
	// database.
	Administrator func(ctx context.Context, db tenant.DBTX, account string) (bool, error)

	// Tenancy is the mode of the installation, as in tenant.MiddlewareConfig. With
	// TenancySeparate no global account signs in to a tenant, and nobody switches.
	Tenancy tenant.Tenancy

	// Hooks take part in every change, in order, within its transaction.
	Hooks []tenant.Hook

	// Authenticator verifies credentials. Without one [Directory.Login] refuses.
	Authenticator Authenticator

	// Names says where a user name is unique.
	Names Names

	// ReservedNames can not be given to an account in a tenant's context, such
	// as "admin" or "support". Case is ignored.
	ReservedNames []string

	// Departed says what becomes of the members of a deleted tenant.
	Departed Departed

	// ResetTTL is how long a reset reference may be redeemed; 0 is an hour.
	ResetTTL time.Duration
}

// Directory knows the people: accounts, who belongs to which tenant and how,
// and cohorts. It is safe for concurrent use.
//
// Each method says in which modes of the context it works; in others it
// returns an error. A method that takes a tenant's id accepts in a tenant's
// context that tenant or the empty id, and nothing else: an id from a request
// never widens what the context reaches. A context whose actor is a member
// reaches that member's tenant only.
//
// The directory is the wall between tenants, not the roles inside one: whether
// the actor may manage people at all is for package rbac, or
// [Directory.IsManager], to say before.
type Directory struct {
	db       tenant.DBTX
	dialect  tenant.Dialect
	cfg      Config
	reserved map[string]bool
}

// NewDirectory returns a directory on db, whose schema [Migrate] or the files
// in [Migrations] have made.
func NewDirectory(db tenant.DBTX, dialect tenant.Dialect, cfg Config) (*Directory, error) {
	switch {
	case db == nil:
		return nil, errors.New("member: a directory needs a database")
	case dialect < tenant.Postgres || dialect > tenant.SQLite:
		return nil, errors.New("member: unknown dialect; use tenant.Postgres, tenant.MySQL or tenant.SQLite")
	case cfg.Tenants == nil:
		return nil, errors.New("member: Config.Tenants is missing")
	case cfg.Administrator == nil:
		return nil, errors.New("member: Config.Administrator is missing; where there are none, return false")
	case cfg.Names > NamesQualified || cfg.Departed > DeleteMembers:
		return nil, errors.New("member: Config.Names or Config.Departed is out of range")
	case cfg.ResetTTL < 0:
		return nil, errors.New("member: Config.ResetTTL is negative")
	}
	if cfg.ResetTTL == 0 {
		cfg.ResetTTL = time.Hour
	}
	d := &Directory{db: db, dialect: dialect, cfg: cfg, reserved: map[string]bool{}}
	d.cfg.Hooks = append([]tenant.Hook(nil), cfg.Hooks...)
	for _, name := range cfg.ReservedNames {
		d.reserved[fold(name)] = true
	}
	return d, nil
}

// With returns the same directory on db, usually a transaction. A write that
// fails there may have been half made: the caller rolls back.
//
// Begin that transaction with a context without a mode if it changes several
// tenants: package scope holds the application's own statements in it, those
// of hooks among them, to the mode it began in. On MySQL a transaction that
// has read before sees the tenant's record as it was then.
func (d *Directory) With(db tenant.DBTX) *Directory {
	c := *d
	c.db = db
	return &c
}
