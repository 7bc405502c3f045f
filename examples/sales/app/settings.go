package app

import (
	"context"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// The settings of the application.
var (
	// Currency is what new amounts are in: each customer's own, as the module is.
	Currency = config.Declare("currency.default", "EUR", config.OneOf(Currencies...), config.Module("sales"),
		config.EditableBy(config.EditorManager), config.Public(),
		config.Describe("The currency of new opportunities and quotas, and of reports."))

	// MailToken is each customer's own, and nobody is shown it.
	MailToken = config.Declare("mail.token", config.NewSecret(""), config.Module("sales"), config.EditableBy(config.EditorManager),
		config.Describe("The token of the mail service, which is sealed."))

	// Retries is one for the installation, whatever the flag of a module is: how
	// often somebody may miss the password before a pause.
	Retries = config.Declare("signin.retries", 5, config.Between(1, 50), config.Isolation(tenant.Shared),
		config.Describe("How often a password may be wrong before the account has to wait."))
)

// Currencies are those that there are rates for.
var Currencies = []string{"EUR", "CHF", "CZK", "GBP", "USD"}

// Settings are the keys that the resolver knows.
func Settings() []config.Declaration { return []config.Declaration{Currency, MailToken, Retries} }

// editor says who may change a setting: the administrators of the platform all
// of them, those of a customer its own. A context without an actor is a
// program's, such as a timer.
func (a *App) editor(ctx context.Context) config.Editor {
	actor, someone := tenant.ActorFromContext(ctx)
	if someone && actor.Tenant == "" {
		if admin, err := a.RoleStore.IsSiteAdmin(ctx, actor.ID); err == nil && admin {
			return config.EditorOperator
		}
	}
	if tenant.ModeOf(ctx) != tenant.ModeTenant {
		if someone {
			return config.EditorNobody
		}
		return config.EditorOperator
	}
	if a.May(ctx, MaySettings) == nil {
		return config.EditorManager
	}
	return config.EditorNobody
}

// Operator is the context of who runs the installation, such as a command line:
// no request has it.
func Operator(ctx context.Context) context.Context { return tenant.Global(ctx) }
