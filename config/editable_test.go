package config

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// Who may edit is a table of the editor's answer, the owner and the key.
func TestMayEdit(t *testing.T) {
	t.Parallel()
	keys := []Declaration{
		Declare("for.nobody.named", 0),
		Declare("for.operators", 0, EditableBy(EditorOperator)),
		Declare("for.managers", 0, EditableBy(EditorManager)),
		Declare("for.accounts", 0, EditableBy(EditorAccount)), // and not one of each account
		Declare("own", 0, EditableBy(EditorAccount), PerAccount()),
		Declare("own.given", 0, EditableBy(EditorManager), PerAccount()),
		Declare("own.fixed", 0, PerAccount()),
	}
	ada := tenant.WithActor(t.Context(), tenant.Actor{ID: "ada"})
	acme, bolt := tenant.WithID(ada, "acme"), tenant.WithID(ada, "bolt")
	global, none := tenant.Global(ada), ada
	guest := tenant.WithID(tenant.WithActor(t.Context(), tenant.Actor{ID: "ada", Guest: true}), "acme")
	visitor := tenant.WithID(t.Context(), "acme")
	member := tenant.WithActor(t.Context(), tenant.Actor{ID: "ada", Tenant: "acme"})

	all, ofAcme := Owner{}, Owner{Tenant: "acme"}
	gold := Owner{Group: "gold"}
	adas, bobs := Owner{Tenant: "acme", Account: "ada"}, Owner{Tenant: "acme", Account: "bob"}
	globalAda, globalBob := Owner{Account: "ada"}, Owner{Account: "bob"}

	for _, tt := range []struct {
		name  string
		ctx   context.Context
		owner Owner
		key   string
		from  Editor // the lowest answer that may; 0 for none
	}{
		{"global", global, all, "for.managers", EditorOperator},
		{"global, for everybody", global, all, "own", EditorOperator},
		{"a group", global, gold, "for.managers", EditorOperator},
		{"a group, from a tenant", acme, gold, "own", EditorOperator},
		{"global, from a tenant", acme, all, "own", EditorOperator},

		{"a tenant, nothing said", acme, ofAcme, "for.nobody.named", EditorOperator},
		{"a tenant, operators", acme, ofAcme, "for.operators", EditorOperator},
		{"a tenant, managers", acme, ofAcme, "for.managers", EditorManager},
		{"a tenant, accounts", acme, ofAcme, "for.accounts", EditorManager},
		{"a tenant's value of what accounts have too", acme, ofAcme, "own", EditorManager},
		{"a tenant, undeclared", acme, ofAcme, "undeclared", EditorOperator},
		{"another tenant", bolt, ofAcme, "for.managers", EditorOperator},
		{"a tenant, from no mode", none, ofAcme, "for.managers", EditorOperator},
		{"a tenant, from global mode", global, ofAcme, "for.managers", EditorOperator},

		{"himself", acme, adas, "own", EditorAccount},
		{"somebody else", acme, bobs, "own", EditorManager},
		{"himself, a manager's to give", acme, adas, "own.given", EditorManager},
		{"himself, an operator's to give", acme, adas, "own.fixed", EditorOperator},
		{"himself, elsewhere", bolt, adas, "own", EditorOperator},
		{"somebody else, elsewhere", bolt, bobs, "own", EditorOperator},
		{"himself, of no such key", acme, adas, "for.accounts", EditorNobody},
		{"himself, undeclared", acme, adas, "undeclared", EditorNobody},
		{"the guest", guest, adas, "own", EditorManager},
		{"a visitor", visitor, adas, "own", EditorManager},

		{"a global account, himself", none, globalAda, "own", EditorAccount},
		{"a global account, somebody else", acme, globalBob, "own", EditorOperator},
		{"a member of that id", member, globalAda, "own", EditorOperator},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for answer := EditorNobody; answer <= EditorOperator+1; answer++ {
				var asked context.Context
				r, err := NewResolver(Config{Store: NewMemoryStore(), Keys: keys, Editor: func(ctx context.Context) Editor {
					asked = ctx
					return answer
				}})
				require.NoError(t, err)
				want := tt.from != EditorNobody && answer >= tt.from && answer <= EditorOperator
				require.Equal(t, want, r.mayEdit(tt.ctx, tt.owner, tt.key), "answer %d", answer)
				require.Equal(t, tt.ctx, asked)
			}
			r, err := NewResolver(Config{Store: NewMemoryStore(), Keys: keys})
			require.NoError(t, err)
			require.True(t, r.mayEdit(tt.ctx, tt.owner, tt.key), "without an Editor nothing is refused")
		})
	}
}
