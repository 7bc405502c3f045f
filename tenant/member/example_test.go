package member_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
)

// passwords verifies with what the application stores; the directory stores no
// credentials.
type passwords struct{}

func (passwords) Verify(_ context.Context, a member.Account, credential string) error {
	// The zero Account is an unknown name: compare with a fixed hash then, so
	// that the answer takes as long.
	return errors.New("compare the hashes here")
}

func newDirectory(db *sql.DB) (*member.Directory, error) {
	tenants := tenantsql.NewRegistry(db, tenant.Postgres)
	return member.NewDirectory(db, tenant.Postgres, member.Config{
		Tenants: func(db tenant.DBTX) tenant.Registry { return tenants.With(db) },
		Administrator: func(context.Context, tenant.DBTX, string) (bool, error) {
			return false, nil
		},
		Authenticator: passwords{},
	})
}

// A directory beside the middleware: who asks, and whether a global account may
// come in.
func ExampleDirectory_middleware() {
	wire := func(db *sql.DB, sessions tenant.SessionStore) (func(http.Handler) http.Handler, error) {
		dir, err := newDirectory(db)
		if err != nil {
			return nil, err
		}
		tenants := tenantsql.NewRegistry(db, tenant.Postgres)
		return tenant.Middleware(tenant.MiddlewareConfig{
			Registry: tenants,
			Resolve:  tenant.ByHost(tenants),
			Members:  dir.MayEnter,
			Actor: tenant.BindSessions(sessions).Actor(func(r *http.Request) (tenant.Actor, error) {
				account := sessions.GetString(r.Context(), member.SessionAccount)
				if account == "" {
					return tenant.Actor{}, nil // a visitor
				}
				return dir.Actor(r.Context(), account)
			}),
		}), nil
	}
	_ = wire
}

// A trainer of two customers is one global account in the cohort that both have
// chosen.
func ExampleDirectory_SetAssociated() {
	share := func(ctx context.Context, dir *member.Directory) error {
		office := tenant.AcrossAll(ctx, "the back office shares a trainer")
		trainers, err := dir.CreateCohort(office, "", "trainers")
		if err != nil {
			return err
		}
		for _, id := range []tenant.ID{"acme", "bolt"} {
			if err := dir.SetAssociated(office, id, trainers.ID, "contract 17"); err != nil {
				return err
			}
		}
		return dir.AddToCohort(office, trainers.ID, "account-of-the-trainer", "contract 17")
	}
	_ = share
}

// What a caller does with a refusal.
func ExampleLimitError() {
	tell := func(err error) {
		var limit *member.LimitError
		switch {
		case errors.As(err, &limit):
			fmt.Printf("your plan has %d users\n", limit.Limit)
		case errors.Is(err, member.ErrNameTaken):
			fmt.Println("choose another name")
		}
	}
	tell(&member.LimitError{Limit: 25})
	tell(member.ErrNameTaken)
	// Output:
	// your plan has 25 users
	// choose another name
}

// A reset mails each choice to the address that its account has, and says the
// same to whoever asked.
func ExampleDirectory_StartReset() {
	ask := func(ctx context.Context, dir *member.Directory, email string, mail func(to string, choices []member.ResetChoice)) string {
		byAddress := map[string][]member.ResetChoice{}
		choices, err := dir.StartReset(ctx, email)
		for _, c := range choices {
			byAddress[c.Email] = append(byAddress[c.Email], c)
		}
		for address, choices := range byAddress { // never to what was typed
			mail(address, choices) // a link to redeem, or a list of names to choose from
		}
		_ = err // for the log: the page says the same
		return "If there is an account with this address, we have sent a mail."
	}
	_ = ask
}
