package rbactest

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"testing"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
)

// Stores are an empty tree and an empty role store that belong together. The
// tree knows the levels of [OracleLevels].
type Stores struct {
	Tree  ctxtree.Store
	Roles rbac.Store

	// Questions returns the other forms in which a checker on these stores
	// answers. Where it is nil, single checks only are compared.
	Questions func(*rbac.Checker) Questions

	// Define stores who manages which roles; without it lists of roles are not
	// compared.
	Define func(ctx context.Context, r RoleRules) error
}

// OracleLevels are the levels that occur in recorded scenarios.
func OracleLevels() (ctxtree.Levels, error) {
	return ctxtree.NewLevels(
		ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelSystem, "category"}},
		ctxtree.LevelRule{Level: "course", Under: []ctxtree.Level{ctxtree.LevelSystem, "category"}},
		ctxtree.LevelRule{Level: "module", Under: []ctxtree.Level{"course"}},
		ctxtree.LevelRule{Level: "block", Under: []ctxtree.Level{ctxtree.AnyLevel}})
}

// TestOracle compares a checker on these stores with the answers that were
// recorded in the file at path, in the format moodle-access-oracle-1. Every
// every-th scenario is taken. Whatever is recorded is compared: single answers,
// also after moves, with switched roles and without the bypass of
// administrators, and as far as the stores' Questions have the form, lists of
// people, of nodes and of roles. Each answer has to be explained by the step
// that the recorded facts imply.
//
// Where a scenario has tenants, the wall Shared is compared with what was
// recorded, but for administrators who are members: our wall comes before
// their flag. The wall Strict is compared with what follows from the answers
// that were recorded without a tenant rule.
func TestOracle(t *testing.T, path string, every int, newStores func(t *testing.T) Stores) {
	header, scenarios := readOracle(t, path)
	for i, s := range scenarios {
		if i%every != 0 {
			continue
		}
		t.Run(s.Kind+"/"+s.ID, func(t *testing.T) {
			newWorld(t, header.Caps, s, newStores(t)).compareAll()
		})
	}
}

type oracleHeader struct {
	Format string      `json:"format"`
	Caps   []oracleCap `json:"caps"`
}

type oracleCap struct {
	Key        string `json:"key"`
	Type       string `json:"type"`
	Risky      bool   `json:"risky"`
	LockExempt bool   `json:"lock_exempt"`
}

// matrix is user -> capability -> one digit a context.
type matrix map[string][]string

type oracleContext struct {
	Key    string        `json:"key"`
	Level  ctxtree.Level `json:"level"`
	Parent string        `json:"parent"`
	Tenant tenant.ID     `json:"tenant"`
	Locked bool          `json:"locked"`
}

type oracleUser struct {
	Key     string    `json:"key"`
	Kind    string    `json:"kind"`
	Tenant  tenant.ID `json:"tenant"`
	Deleted bool      `json:"deleted"`
}

type oracleScenario struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Flags struct {
		ForceLogin         bool `json:"forcelogin"`
		Locking            bool `json:"locking"`
		LockAppliesToAdmin bool `json:"lock_applies_to_admin"`
	} `json:"flags"`
	SpecialRoles struct {
		DefaultUser      string `json:"default_user"`
		NotLoggedIn      string `json:"not_logged_in"`
		Guest            string `json:"guest"`
		FrontPage        string `json:"front_page"`
		FrontPageContext string `json:"front_page_context"`
	} `json:"special_roles"`
	Contexts    []oracleContext `json:"contexts"`
	Users       []oracleUser    `json:"users"`
	SiteAdmins  []string        `json:"site_admins"`
	Roles       []string        `json:"roles"`
	RoleCaps    [][4]string     `json:"role_caps"`   // role, context, capability, permission
	Assignments [][3]string     `json:"assignments"` // user, role, context

	Matrix             matrix `json:"matrix"`
	MatrixNoWall       matrix `json:"matrix_no_wall"`
	MatrixNoDoAnything matrix `json:"matrix_no_doanything"`
	Switched           []struct {
		User     string      `json:"user"`
		Switches [][2]string `json:"switches"` // role, context
		Matrix   []string    `json:"matrix"`
	} `json:"switched"`
	Steps []struct {
		Move   string `json:"move"`
		To     string `json:"to"`
		Matrix matrix `json:"matrix"`
	} `json:"steps"`

	WhoCan   []recordedList `json:"who_can"`                          // context, capability, users
	WhereCan []recordedList `json:"where_can_courses_and_categories"` // user, capability, contexts

	RoleManagementCaps [][4]string            `json:"role_management_caps"` // like RoleCaps
	Allow              map[string][][2]string `json:"allow"`                // held role, target
	RoleLevels         [][2]string            `json:"role_levels"`          // role, level
	RoleLists          []struct {
		User        string   `json:"user"`
		Context     string   `json:"ctx"`
		Assignable  []string `json:"assignable"`
		Overridable []string `json:"overridable"`
		Switchable  []string `json:"switchable"`
		Viewable    []string `json:"viewable"`
	} `json:"role_lists"`
}

// recordedList is an array of two texts and a list.
type recordedList struct {
	Of, Capability string
	List           []string
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *recordedList) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&l.Of, &l.Capability, &l.List})
}

func readOracle(t testing.TB, path string) (header oracleHeader, scenarios []oracleScenario) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		if header.Format == "" {
			if err := json.Unmarshal(lines.Bytes(), &header); err != nil || header.Format != "moodle-access-oracle-1" {
				t.Fatalf("%s: format %q, error %v", path, header.Format, err)
			}
			continue
		}
		var s oracleScenario
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		scenarios = append(scenarios, s)
	}
	if err := lines.Err(); err != nil || len(scenarios) == 0 {
		t.Fatalf("%s: %d scenarios, error %v", path, len(scenarios), err)
	}
	return header, scenarios
}
