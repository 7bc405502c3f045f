package difftest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

// TestCompare: each kind of difference is found, and what is equal is not one.
func TestCompare(t *testing.T) {
	base := func() Reading {
		return Reading{
			Tables:  []Table{{Offset: 14, Name: "t", Alias: "a"}, {Offset: 30, Name: "u", CTE: true}},
			Extents: map[Clause][]Extent{Where: {{Start: 40, End: 45}}},
			Trees:   []string{"(14 INNER 30)"},
			Calls:   []Call{{Offset: 7, Name: "f"}},
		}
	}
	for _, c := range []struct {
		name   string
		change func(peer *Reading)
		want   []string
	}{
		{"nothing", func(*Reading) {}, nil},
		{"a table more", func(p *Reading) { p.Tables = append(p.Tables, Table{Offset: 50, Name: "v"}) }, []string{Missed}},
		{"a table without a place", func(p *Reading) { p.Tables[0].Offset = 0 }, nil},
		{"another without a place", func(p *Reading) { p.Tables[0] = Table{Name: "v"} }, []string{Missed, Invented}},
		{"the same table twice without a place", func(p *Reading) {
			p.Tables = append(p.Tables, Table{Name: "t", Alias: "a"})
		}, []string{Missed}},
		{"a table less", func(p *Reading) { p.Tables = p.Tables[:1] }, []string{Invented}},
		{"a table where we see WITH", func(p *Reading) { p.Tables[1].CTE = false }, []string{Scope}},
		{"another alias", func(p *Reading) { p.Tables[0].Alias = "b" }, []string{Named}},
		{"another schema", func(p *Reading) { p.Tables[0].Schema = "s" }, []string{Named}},
		{"another target", func(p *Reading) { p.Tables[0].Target = true }, []string{Named}},
		{"a longer condition", func(p *Reading) { p.Extents[Where] = []Extent{{Start: 40, End: 46}} }, []string{string(Where)}},
		{"no condition", func(p *Reading) { p.Extents[Where] = nil }, []string{string(Where)}},
		{"a clause of which it does not tell", func(p *Reading) { p.Extents = map[Clause][]Extent{} }, nil},
		{"marks of the same condition", func(p *Reading) {
			p.Marks = []int{14, 30, 41, 44, 44, 46}
			p.Extents[Where] = []Extent{{Marks: []int{44, 41}}}
		}, nil},
		{"a mark behind the condition", func(p *Reading) {
			p.Marks = []int{14, 30, 41, 44, 46}
			p.Extents[Where] = []Extent{{Marks: []int{41, 44, 46}}}
		}, []string{string(Where)}},
		{"another join", func(p *Reading) { p.Trees = []string{"(14 LEFT 30 ON)"} }, []string{Joins}},
		{"inner joins in another order", func(p *Reading) { p.Loose, p.Trees = true, []string{"(14 INNER 30 ON)"} }, nil},
		{"other tables in inner joins", func(p *Reading) { p.Loose, p.Trees = true, []string{"(14 INNER 31)"} }, []string{Joins}},
		{"an outer join among loose ones", func(p *Reading) { p.Loose, p.Trees = true, []string{"(14 LEFT 30)"} }, []string{Joins}},
		{"a call more", func(p *Reading) { p.Calls = append(p.Calls, Call{Offset: 9, Name: "g"}) }, []string{Uncalled}},
		{"a call less", func(p *Reading) { p.Calls = nil }, nil},
	} {
		peer := base()
		c.change(&peer)
		var got []string
		for _, d := range Compare(base(), peer) {
			got = append(got, d.What)
		}
		require.Equal(t, c.want, got, c.name)
	}
}

func TestOwn(t *testing.T) {
	r, ok, err := Own(tenant.Postgres, 0, "SELECT f(x) FROM a.t AS q LEFT JOIN (SELECT 1) d ON y WHERE z")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []Table{{Offset: 17, Schema: "a", Name: "t", Alias: "q"}}, r.Tables)
	require.Equal(t, []string{"(17 LEFT query ON)"}, r.Trees)
	require.Equal(t, []Call{{7, "f"}}, r.Calls)
	require.Equal(t, []Extent{{Start: 60, End: 61}}, r.Extents[Where])
	require.Equal(t, []Extent{{Start: 52, End: 53}}, r.Extents[On])
	require.Contains(t, r.Extents[From], Extent{Start: 17, End: 53})

	_, ok, err = Own(tenant.SQLite, 0, "CREATE TABLE t (a)")
	require.NoError(t, err)
	require.False(t, ok, "nothing but its name is read")
	_, _, err = Own(tenant.MySQL, 0, "SELEC")
	require.Error(t, err)
}

// TestTokens: one token of the peer may be several of ours only in a literal.
func TestTokens(t *testing.T) {
	text := "SELECT 'a'\n'b' || x"
	for _, c := range []struct {
		name         string
		ours, theirs []Token
		want         bool
	}{
		{"equal", []Token{{0, 6}}, []Token{{0, 6}}, true},
		{"a literal in two parts", []Token{{0, 6}, {7, 10}, {11, 14}, {15, 17}}, []Token{{0, 6}, {7, 14}, {15, 17}}, true},
		{"the other way", []Token{{0, 6}, {7, 14}, {15, 17}}, []Token{{0, 6}, {7, 10}, {11, 14}, {15, 17}}, true},
		{"an operator in two parts", []Token{{0, 6}, {15, 16}, {16, 17}}, []Token{{0, 6}, {15, 17}}, false},
		{"another begin", []Token{{0, 6}, {15, 17}}, []Token{{0, 6}, {16, 17}}, false},
		{"one more", []Token{{0, 6}, {15, 17}}, []Token{{0, 6}}, false},
		{"one less", []Token{{0, 6}}, []Token{{0, 6}, {15, 17}}, false},
	} {
		ty := tally{tolerated: map[string]int{}}
		peer := Peer{Tokens: func(string) ([]Token, error) { return c.theirs, nil }}
		require.Equal(t, c.want, len(ty.tokens(peer, c.ours, text)) == 0, c.name)
	}
}

func TestLoosen(t *testing.T) {
	want := loosen("((1 INNER (2 LEFT 3 ON)) LEFT 4 ON)")
	require.Equal(t, want, loosen("(((1 INNER 2) LEFT 3 ON) LEFT 4 ON)"))
	require.Equal(t, want, loosen("((1 INNER (3 RIGHT 2 ON) AS) LEFT 4 ON)"))
	for _, other := range []string{
		"((1 INNER (2 RIGHT 3 ON)) LEFT 4 ON)", "((1 INNER (2 LEFT 3 ON)) LEFT 4 USING)", "((1 INNER (2 LEFT 3 ON)) INNER 4 ON)",
		"((1 INNER (2 FULL 3 ON)) LEFT 4 ON)", "((1 INNER (2 LEFT 3 ON)) LEFT query ON)", "(1 INNER (2 LEFT (3 LEFT 4 ON) ON))",
	} {
		require.NotEqual(t, want, loosen(other), other)
	}
	require.Equal(t, loosen("((1 INNER 2 ON) INNER 3)"), loosen("(3 INNER (1 INNER 2))"))
}
