package sqlgen

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// Statement is one generated statement.
type Statement struct {
	Text        string
	Args        []any    // what database/sql takes, sql.Named among it
	Productions []string // what it is made of, each once
	Writes      bool
	Ordered     bool // its ORDER BY is total: compare the answer as a list
}

// Generator makes statements over one schema. The same schema, policy and seed
// give the same statements. It is not safe for concurrent use.
type Generator struct {
	rnd     *rand.Rand
	dialect tenant.Dialect
	in      dialects
	tables  []*table
	targets []prod            // what a statement may be made to reach
	count   [len(grammar)]int // statements with each so far, and those that should have had it

	// Of the statement that is being made.
	buf     []byte
	hits    []prod
	seen    [len(grammar)]bool
	focus   [len(grammar)]bool
	args    []argument
	style   style
	ctes    []cte
	used    []string // names of tables that stand as qualifiers
	frame   int      // where those of this FROM begin
	refs    int      // of tables, so far
	budget  int      // of tables
	names   int      // of aliases, so far
	labels  int      // of output columns, so far
	keys    int      // of new keys, so far
	fixed   int      // above 0 the text must read the same twice: no placeholders
	quiet   int      // above 0 no comments
	hostile bool
	comment bool
	locking bool
	target  *table // of a write that may not be read again
	read    *table // the one that was read last
	named   *table // the one whose name a query of WITH took last
	writes  bool
	ordered bool
}

// New returns a generator of statements over the schema. Tables that the policy
// leaves out by its default are used as that default has them.
func New(s *ddl.Schema, p scope.Policy, seed uint64) *Generator {
	g := &Generator{
		rnd:     rand.New(rand.NewPCG(seed, 0x5e1ec7)),
		dialect: s.Dialect,
		in:      dialectSet(s.Dialect),
	}
	for _, t := range s.Tables {
		if t := newTable(t, p); t != nil {
			g.tables = append(g.tables, t)
		}
	}
	for p := range grammar {
		if grammar[p].in&g.in != 0 && !grammar[p].refused {
			g.targets = append(g.targets, prod(p))
		}
	}
	return g
}

// Statement returns the next statement.
func (g *Generator) Statement() Statement {
	goal := g.rarest()
	var text string
	var args []any
	for try := 1; try == 1 || try <= maxTries && !g.seen[goal]; try++ {
		g.reset()
		g.aim(goal, try)
		g.statement()
		text, args = g.render()
	}
	g.settle(goal)
	out := Statement{Text: text, Args: args, Writes: g.writes, Ordered: g.ordered, Productions: make([]string, len(g.hits))}
	for i, p := range g.hits {
		out.Productions[i] = grammar[p].name
	}
	return out
}

// statement writes one statement.
func (g *Generator) statement() {
	g.budget = 3 + g.rnd.IntN(5)
	g.hostile = g.percent(4) || g.focus[pHostile]
	if g.hostile {
		g.hit(pHostile)
		g.comment = g.may(pComment, 25)
	}
	g.style = g.chooseStyle()
	switch g.one(option{pSelect, 62}, option{pInsert, 14}, option{pUpdate, 12}, option{pDelete, 9}, option{pMerge, 3}) {
	case pInsert:
		g.writes = true
		g.insertStatement()
	case pUpdate:
		g.writes = true
		g.updateStatement()
	case pDelete:
		g.writes = true
		g.deleteStatement()
	case pMerge:
		g.writes = true
		g.mergeStatement()
	default:
		g.selectStatement()
	}
	g.ending()
	g.refused()
}

func (g *Generator) reset() {
	g.buf, g.hits, g.args, g.ctes, g.used = g.buf[:0], g.hits[:0], g.args[:0], g.ctes[:0], g.used[:0]
	clear(g.seen[:])
	clear(g.focus[:])
	g.refs, g.names, g.labels, g.keys, g.fixed, g.quiet, g.frame = 0, 0, 0, 0, 0, 0, 0
	g.hostile, g.comment, g.locking, g.writes, g.ordered = false, false, false, false, false
	g.target, g.read, g.named = nil, nil, nil
}

// hit notes that the statement has the production.
func (g *Generator) hit(p prod) {
	g.focus[p] = false
	if !g.seen[p] {
		g.seen[p] = true
		g.hits = append(g.hits, p)
	}
}

func (g *Generator) percent(n int) bool { return g.rnd.IntN(100) < n }

// can reports whether the dialect has the production.
func (g *Generator) can(p prod) bool { return grammar[p].in&g.in != 0 }

// may decides whether to take a production that comes in so many of a hundred
// cases.
func (g *Generator) may(p prod, percent int) bool {
	if !g.can(p) {
		return false
	}
	if g.focus[p] {
		percent = max(percent, 85)
	}
	if !g.percent(percent) {
		return false
	}
	g.hit(p)
	return true
}

// rare is may for what only hostile statements have.
func (g *Generator) rare(p prod, percent int) bool {
	return g.hostile && g.may(p, percent)
}

// option is an alternative with its weight.
type option struct {
	p      prod
	weight int
}

// one takes one of the options that the dialect has. pNone is an option that is
// always there and counts for nothing.
func (g *Generator) one(options ...option) prod {
	total := 0
	for i := range options {
		o := &options[i]
		switch {
		case o.p == pNone:
		case !g.can(o.p):
			o.weight = 0
		case g.focus[o.p] && o.weight > 0:
			o.weight = 40 + 20*o.weight
		}
		total += o.weight
	}
	n := g.rnd.IntN(max(total, 1))
	for _, o := range options {
		if n < o.weight {
			if o.p != pNone {
				g.hit(o.p)
			}
			return o.p
		}
		n -= o.weight
	}
	return pNone
}

// w writes pieces of text.
func (g *Generator) w(pieces ...string) {
	for _, s := range pieces {
		g.buf = append(g.buf, s...)
	}
}

// capture returns what f writes instead of writing it.
func (g *Generator) capture(f func()) string {
	from := len(g.buf)
	f()
	s := string(g.buf[from:])
	g.buf = g.buf[:from]
	return s
}

// pick returns one of the texts.
func (g *Generator) pick(texts ...string) string { return texts[g.rnd.IntN(len(texts))] }

// isPG and the like are for differences that are no productions.
func (g *Generator) isPG() bool   { return g.dialect == tenant.Postgres }
func (g *Generator) isMy() bool   { return g.dialect == tenant.MySQL }
func (g *Generator) isLite() bool { return g.dialect == tenant.SQLite }

// label returns a new name for a column.
func (g *Generator) label() string {
	g.labels++
	return "c" + strconv.Itoa(g.labels)
}

// list writes n items with commas between them.
func (g *Generator) list(n int, item func(i int)) {
	for i := range n {
		if i > 0 {
			g.w(",")
			g.space()
		}
		item(i)
	}
}

func fold(s string) string { return strings.ToLower(s) }
