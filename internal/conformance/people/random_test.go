package people_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// player makes random changes to the directory and to the model, and holds the
// one against the other after each.
type player struct {
	*world
	m       *model
	r       *rand.Rand
	tenants []tenant.ID
	log     []string
}

func TestRandomChangesAgainstAModel(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		for seed := range uint64(3) {
			p := &player{world: newWorld(t, e), r: rand.New(rand.NewPCG(seed, 1)), tenants: []tenant.ID{"acme", "bolt", "coil"}}
			p.m = newModel(p.tenants)
			p.m.limit["coil"] = 3
			require.NoError(t, p.reg.Update(t.Context(), tenant.Tenant{ID: "coil", Code: "coil", MaxUsers: 3}))
			done := map[string]int{}
			for range 150 {
				what, got, want := p.step()
				p.log = append(p.log, fmt.Sprintf("%s: %v", what, got))
				require.True(t, errors.Is(got, want), "seed %d: got %v, the model says %v, after\n%s", seed, got, want, strings.Join(p.log, "\n"))
				if want == nil {
					done[strings.Fields(what)[0]]++
				}
				p.compare(seed)
			}
			require.Greater(t, len(done), 9, "the sequence did too little: %v", done)
		}
	})
}

func (p *player) tenant() tenant.ID { return p.tenants[p.r.IntN(len(p.tenants))] }

// someone is one of the accounts that may be there, sometimes one that is gone.
func (p *player) someone() string {
	id := fmt.Sprintf("u%d", p.r.IntN(14))
	for p.m.gone[id] && p.r.IntN(8) > 0 {
		id += "+"
	}
	return id
}

func (p *player) name() string {
	name := fmt.Sprintf("name%d", p.r.IntN(9))
	if p.r.IntN(2) == 0 {
		return strings.ToUpper(name)
	}
	return name
}

// where returns a context that may change the account, and sometimes one that
// may not.
func (p *player) where(account string) (ctx context.Context, sees bool) {
	if p.r.IntN(2) == 0 {
		return p.central, p.m.accounts[account] != nil
	}
	id := p.tenant()
	a := p.m.accounts[account]
	return tenant.WithID(p.Context(), id), a != nil && a.tenant == id
}

func pick(r *rand.Rand, ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	slices.Sort(ids)
	return ids[r.IntN(len(ids))]
}

func (p *player) step() (what string, got, want error) {
	m, account, id, name := p.m, p.someone(), p.tenant(), p.name()
	key := strings.ToLower(name)
	a := m.accounts[account]
	switch n := p.r.IntN(30); {
	case n < 6:
		_, got = p.dir.AddMember(tenant.WithID(p.Context(), id), "", newAccount(account, name))
		switch {
		case m.held[id]:
			want = tenant.ErrArchived
		case m.full(id):
			want = member.ErrLimit
		case a != nil || m.gone[account]:
			want = member.ErrTaken
		case m.taken(id, key, account):
			want = member.ErrNameTaken
		default:
			m.accounts[account] = &person{tenant: id, name: key}
		}
		return "AddMember " + account + " " + name + " " + string(id), got, want
	case n < 9:
		_, got = p.dir.AddGlobal(p.central, newAccount(account, name))
		switch {
		case a != nil || m.gone[account]:
			want = member.ErrTaken
		case m.taken("", key, account):
			want = member.ErrNameTaken
		default:
			m.accounts[account] = &person{name: key}
		}
		return "AddGlobal " + account + " " + name, got, want
	case n < 11:
		got = p.dir.Allocate(p.central, account, id, name, "")
		switch {
		case a == nil:
			want = member.ErrUnknownAccount
		case a.tenant == id:
		case a.tenant != "":
			want = member.ErrMemberElsewhere
		default:
			if want = m.join(a, account, id, key); want == nil {
				a.tenant, a.name, a.nameless = id, key, false
			}
		}
		return "Allocate " + account + " " + string(id) + " " + name, got, want
	case n < 13:
		from := p.tenant()
		got = p.dir.Move(p.central, account, from, id, name, "")
		switch {
		case from == id:
			want = tenant.ErrDuplicateID
		case a == nil || a.tenant != from:
			want = member.ErrUnknownAccount
		case m.held[from]:
			want = tenant.ErrArchived
		default:
			if want = m.join(a, account, id, key); want == nil {
				delete(m.managers[from], account)
				a.tenant, a.name = id, key
			}
		}
		return fmt.Sprintf("Move %s %s %s %s", account, from, id, name), got, want
	case n < 14:
		got = p.dir.Release(p.central, account, name, "")
		switch {
		case a == nil:
			want = member.ErrUnknownAccount
		case a.tenant == "":
		case m.held[a.tenant]:
			want = tenant.ErrArchived
		case m.taken("", key, account):
			want = member.ErrNameTaken
		default:
			delete(m.managers[a.tenant], account)
			a.tenant, a.name = "", key
		}
		return "Release " + account + " " + name, got, want
	case n < 19:
		return p.edit(account, name)
	case n < 21:
		return p.manager(account, id)
	case n < 28:
		return p.cohort(account, id)
	default:
		return p.live(id)
	}
}

func (p *player) edit(account, name string) (what string, got, want error) {
	m, a := p.m, p.m.accounts[account]
	ctx, sees := p.where(account)
	switch {
	case !sees:
		want = member.ErrUnknownAccount
	case a.tenant != "" && m.held[a.tenant]:
		want = tenant.ErrArchived
	}
	switch p.r.IntN(4) {
	case 0:
		got = p.dir.Rename(ctx, account, name)
		if want == nil {
			if m.taken(a.tenant, strings.ToLower(name), account) {
				want = member.ErrNameTaken
			} else {
				a.name, a.nameless = strings.ToLower(name), false
			}
		}
		return "Rename " + account + " " + name, got, want
	case 1:
		got = p.dir.Suspend(ctx, account, "")
		if want == nil {
			a.suspended = true
		}
		return "Suspend " + account, got, want
	case 2:
		got = p.dir.Resume(ctx, account, "")
		if want == nil && a.nameless {
			want = member.ErrNamePattern
		} else if want == nil {
			a.suspended = false
		}
		return "Resume " + account, got, want
	default:
		got = p.dir.Remove(ctx, account, "")
		if want == nil {
			delete(m.accounts, account)
			m.gone[account] = true
		}
		return "Remove " + account, got, want
	}
}

func (p *player) manager(account string, id tenant.ID) (what string, got, want error) {
	m, a := p.m, p.m.accounts[account]
	add := p.r.IntN(3) > 0
	if add {
		got = p.dir.AddManager(p.central, id, account, "")
	} else {
		got = p.dir.RemoveManager(p.central, id, account, "")
	}
	switch {
	case a == nil:
		want = member.ErrUnknownAccount
	case m.held[id]:
		want = tenant.ErrArchived
	case add && a.tenant != "" && a.tenant != id:
		want = member.ErrMemberElsewhere
	case add:
		m.managers[id][account] = true
	default:
		delete(m.managers[id], account)
	}
	return fmt.Sprintf("Manager %s %s %v", account, id, add), got, want
}

func (p *player) cohort(account string, id tenant.ID) (what string, got, want error) {
	m, a := p.m, p.m.accounts[account]
	shared := pick(p.r, slices.Collect(maps.Keys(m.shared)))
	own := pick(p.r, slices.Collect(maps.Keys(m.own)))
	switch n := p.r.IntN(10); {
	case n == 0:
		var k member.Cohort
		k, got = p.dir.CreateCohort(p.central, "", "shared")
		m.shared[k.ID] = map[string]bool{}
		return "CreateShared " + k.ID, got, nil
	case n == 1:
		var k member.Cohort
		k, got = p.dir.CreateCohort(p.central, id, "own")
		if m.held[id] {
			want = tenant.ErrArchived
		} else {
			m.own[k.ID] = ownCohort{id, map[string]bool{}}
		}
		return "CreateOwn " + string(id), got, want
	case n < 4:
		got = p.dir.SetAssociated(p.central, id, shared, "")
		switch {
		case m.held[id]:
			want = tenant.ErrArchived
		case m.shared[shared] == nil:
			want = member.ErrUnknownCohort
		default:
			m.link[id] = shared
		}
		return "SetAssociated " + string(id) + " " + shared, got, want
	case n < 7:
		got = p.dir.AddToCohort(p.central, shared, account, "")
		switch {
		case m.shared[shared] == nil:
			want = member.ErrUnknownCohort
		case a == nil:
			want = member.ErrUnknownAccount
		case a.tenant != "":
			want = member.ErrNotGlobal
		default:
			m.shared[shared][account] = true
		}
		return "AddShared " + shared + " " + account, got, want
	case n < 8:
		got = p.dir.RemoveFromCohort(p.central, shared, account, "")
		if m.shared[shared] == nil {
			want = member.ErrUnknownCohort
		} else {
			delete(m.shared[shared], account)
		}
		return "RemoveShared " + shared + " " + account, got, want
	case n < 9:
		got = p.dir.AddToCohort(p.central, own, account, "")
		switch k := m.own[own]; {
		case k.in == nil:
			want = member.ErrUnknownCohort
		case m.held[k.of]:
			want = tenant.ErrArchived
		case !m.user(k.of, account):
			want = member.ErrUnknownAccount
		default:
			k.in[account] = true
		}
		return "AddOwn " + own + " " + account, got, want
	default:
		got = p.dir.DeleteCohort(p.central, shared)
		linked := slices.Contains(slices.Collect(maps.Values(m.link)), shared)
		switch {
		case m.shared[shared] == nil:
			want = member.ErrUnknownCohort
		case linked:
			want = member.ErrInUse
		default:
			delete(m.shared, shared)
		}
		return "DeleteShared " + shared, got, want
	}
}

// live archives and restores tenants, and now and then deletes one and makes it
// anew.
func (p *player) live(id tenant.ID) (what string, got, want error) {
	m := p.m
	switch {
	case !m.held[id]:
		p.life("tenant.archived", id)
		m.held[id] = true
		return "Archive " + string(id), nil, nil
	case p.r.IntN(4) > 0 || id == "coil":
		p.life("tenant.restored", id)
		m.held[id] = false
		return "Restore " + string(id), nil, nil
	}
	automatic, _, err := p.dir.AutomaticCohort(p.central, id)
	require.NoError(p, err)
	kept := map[string]bool{}
	for _, a := range m.users(id) {
		kept[a] = true
	}
	p.life("tenant.deleted", id)
	p.life("tenant.created", id)
	m.shared[automatic] = kept
	for k, own := range m.own {
		if own.of == id {
			m.shared[k] = own.in
			delete(m.own, k)
		}
	}
	for _, a := range m.accounts {
		if a.tenant == id {
			a.tenant, a.suspended, a.nameless = "", true, true
		}
	}
	delete(m.link, id)
	delete(m.held, id)
	m.managers[id] = map[string]bool{}
	return "Delete " + string(id), nil, nil
}

// compare holds the directory against the model: cohorts, counts, managers,
// names.
func (p *player) compare(seed uint64) {
	p.Helper()
	m := p.m
	m.settle()
	where := func() string {
		return fmt.Sprintf("seed %d, after\n%s", seed, strings.Join(p.log[max(0, len(p.log)-12):], "\n"))
	}
	sorted := func(in map[string]bool) []string { return slices.Sorted(maps.Keys(in)) }
	for _, id := range p.tenants {
		got := p.users(id)
		slices.Sort(got)
		require.Equal(p, m.users(id), got, "users of %s, %s", id, where())
		n, _, err := p.dir.Usage(p.central, id)
		require.NoError(p, err)
		require.Equal(p, m.members(id), n, "members of %s, %s", id, where())
		managers, err := p.dir.Managers(p.central, id)
		require.NoError(p, err)
		got = ids(member.Page{Accounts: managers})
		slices.Sort(got)
		require.Equal(p, sorted(m.managers[id]), got, "managers of %s, %s", id, where())
	}
	for k, in := range m.shared {
		got := p.in(k)
		slices.Sort(got)
		require.Equal(p, sorted(in), got, "shared cohort, %s", where())
	}
	for k, own := range m.own {
		got := p.in(k)
		slices.Sort(got)
		require.Equal(p, sorted(own.in), got, "cohort of %s, %s", own.of, where())
	}
	page, err := p.dir.Accounts(p.central, member.Query{Limit: member.MaxPage})
	require.NoError(p, err)
	require.Len(p, page.Accounts, len(m.accounts), where())
	for _, a := range page.Accounts {
		want := m.accounts[a.ID]
		require.NotNil(p, want, where())
		require.Equal(p, person{want.tenant, want.name, want.suspended, want.guest, want.nameless},
			person{a.Tenant, strings.ToLower(a.UserName), a.Suspended, a.Guest, want.nameless}, where())
		require.Equal(p, m.held[a.Tenant], a.Held, where())
	}
}
