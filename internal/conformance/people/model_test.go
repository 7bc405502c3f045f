package people_test

import (
	"maps"
	"slices"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// model is package member in maps: what a sequence of changes ought to come to.
type model struct {
	accounts map[string]*person
	gone     map[string]bool            // ids of accounts that were removed
	shared   map[string]map[string]bool // shared cohort -> accounts
	own      map[string]ownCohort       // tenants' own cohorts
	link     map[tenant.ID]string       // tenant -> shared cohort
	managers map[tenant.ID]map[string]bool
	held     map[tenant.ID]bool
	limit    map[tenant.ID]int
}

type person struct {
	tenant    tenant.ID
	name      string // lower case
	suspended bool
	guest     bool
	nameless  bool
}

type ownCohort struct {
	of tenant.ID
	in map[string]bool
}

func newModel(tenants []tenant.ID) *model {
	m := &model{accounts: map[string]*person{}, gone: map[string]bool{}, shared: map[string]map[string]bool{}, own: map[string]ownCohort{},
		link: map[tenant.ID]string{}, managers: map[tenant.ID]map[string]bool{}, held: map[tenant.ID]bool{}, limit: map[tenant.ID]int{}}
	for _, id := range tenants {
		m.managers[id] = map[string]bool{}
	}
	return m
}

func (m *model) user(id tenant.ID, account string) bool {
	p := m.accounts[account]
	return p != nil && (p.tenant == id || p.tenant == "" && !p.guest && m.link[id] != "" && m.shared[m.link[id]][account])
}

func (m *model) users(id tenant.ID) []string {
	var list []string
	for _, a := range slices.Sorted(maps.Keys(m.accounts)) {
		if m.user(id, a) {
			list = append(list, a)
		}
	}
	return list
}

func (m *model) members(id tenant.ID) (n int) {
	for _, p := range m.accounts {
		if p.tenant == id {
			n++
		}
	}
	return n
}

func (m *model) taken(realm tenant.ID, name, but string) bool {
	for id, p := range m.accounts {
		if id != but && !p.nameless && p.tenant == realm && p.name == name {
			return true
		}
	}
	return false
}

// settle drops from cohorts who may not be in them any more.
func (m *model) settle() {
	for _, k := range m.own {
		for a := range k.in {
			if !m.user(k.of, a) {
				delete(k.in, a)
			}
		}
	}
	for _, in := range m.shared {
		for a := range in {
			if p := m.accounts[a]; p == nil || p.tenant != "" {
				delete(in, a)
			}
		}
	}
	for id, in := range m.managers {
		for a := range in {
			if p := m.accounts[a]; p == nil || p.tenant != "" && p.tenant != id {
				delete(in, a)
			}
		}
	}
}

func (m *model) full(id tenant.ID) bool { return m.limit[id] > 0 && m.members(id) >= m.limit[id] }

// join returns why the account can not become a member of the tenant.
func (m *model) join(p *person, account string, to tenant.ID, name string) error {
	switch {
	case p.guest:
		return member.ErrGuest
	case p.suspended:
		return member.ErrSuspended
	case m.held[to]:
		return tenant.ErrArchived
	case m.full(to):
		return member.ErrLimit
	case m.taken(to, name, account):
		return member.ErrNameTaken
	}
	return nil
}
