package people_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// Many writers at once, from inside the tenants, from the back office and from
// the tenants' lives: none of them waits for another for ever (an engine would
// report a deadlock), and what comes out is in step.
func TestManyWriters(t *testing.T) {
	each(t, func(w *world) {
		cohort := w.shared("acme", "bolt", "coil")
		tenants := []tenant.ID{"acme", "bolt", "coil"}
		for i := range 4 {
			w.global(fmt.Sprintf("u%d", i), fmt.Sprintf("user%d", i))
		}
		errs := w.atOnce(8, func(i int) error {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			for range 12 {
				id := tenants[r.IntN(3)]
				in := tenant.WithID(w.Context(), id)
				account := fmt.Sprintf("u%d", r.IntN(8))
				var err error
				switch r.IntN(10) {
				case 0, 1:
					_, err = w.dir.AddMember(in, "", newAccount(account, "user-of-"+account))
				case 2:
					err = w.dir.Allocate(w.central, account, id, "", "")
				case 3:
					err = w.dir.Move(w.central, account, tenants[r.IntN(3)], id, "", "")
				case 4:
					err = w.dir.Release(w.central, account, "", "")
				case 5, 6:
					err = w.dir.AddToCohort(w.central, cohort, account, "")
				case 7:
					err = w.dir.Remove(in, account, "")
				case 8:
					err = w.dir.AddManager(w.central, id, account, "")
				default:
					to := cohort
					if r.IntN(2) == 0 {
						to = ""
					}
					err = w.dir.SetAssociated(w.central, id, to, "")
				}
				if err != nil && !refusal(err) {
					return err
				}
			}
			return nil
		})
		for _, err := range errs {
			require.NoError(w, err)
		}
		for _, id := range tenants {
			before, _, err := w.dir.Usage(w.central, id)
			require.NoError(w, err)
			came, left, err := w.dir.Resync(w.central, id)
			require.NoError(w, err)
			require.Zero(w, came+left, "the cohorts were out of step")
			counted, _, err := w.dir.Usage(w.central, id)
			require.NoError(w, err)
			require.Equal(w, counted, before, "the count of members was out of step")
		}
	})
}

// refusal is an error that a rule of the package explains.
func refusal(err error) bool {
	for _, want := range []error{member.ErrTaken, member.ErrNameTaken, member.ErrUnknownAccount, member.ErrMemberElsewhere, member.ErrNotGlobal, tenant.ErrDuplicateID} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}
