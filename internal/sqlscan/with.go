package sqlscan

import (
	"slices"

	"github.com/gotenancy/tenancy/tenant"
)

// cteState says whether a WITH name hides a table of the same name where the
// parser is now.
type cteState uint8

const (
	cteHidden    cteState = iota // the name means a table
	cteVisible                   // the name means the WITH query
	cteUndecided                 // the servers do not agree: refuse the name
)

type cte struct {
	name  string
	state cteState
}

// with reads a WITH clause and leaves its names in scope; the caller takes
// them out again.
//
// Where a name is visible differs. PostgreSQL: in the queries after its own,
// and with RECURSIVE everywhere in the clause. SQLite: everywhere in the
// clause, RECURSIVE or not. MySQL: after its own, with RECURSIVE also in its
// own; MariaDB goes further, so a forward reference is refused there.
// To take a WITH query for a table is harmless - it is not in the policy, or a
// predicate too many is added; the reverse would leak.
func (p *parser) with() error {
	p.i++
	recursive := p.accept(KwRecursive)
	base := len(p.ctes)
	if err := p.withNames(); err != nil {
		return err
	}
	n := len(p.ctes) - base
	if p.Dialect == tenant.MySQL {
		// MariaDB 10.11 does not see the names of an outer WITH from the queries
		// of an inner one, but from what follows them it does.
		outer := slices.Clone(p.ctes[:base])
		for k := range p.ctes[:base] {
			p.ctes[k].state = cteUndecided
		}
		defer func() { copy(p.ctes, outer) }()
	}
	own, later := cteHidden, cteHidden
	switch {
	case p.Dialect == tenant.SQLite, p.Dialect == tenant.Postgres && recursive:
		own, later = cteVisible, cteVisible
	case p.Dialect == tenant.MySQL:
		later = cteUndecided
		if recursive {
			own = cteVisible
		}
	}
	for k := range n {
		p.ctes[base+k].state = own
		for j := k + 1; j < n; j++ {
			p.ctes[base+j].state = later
		}
		if err := p.withQuery(); err != nil {
			return err
		}
		p.ctes[base+k].state = cteVisible
		if p.tok().Kind == Comma {
			p.i++
		}
	}
	return nil
}

// withNames puts the names of the clause in scope without reading the queries,
// because a query may name a later one.
func (p *parser) withNames() error {
	at := p.i
	defer func() { p.i = at }()
	for {
		if !p.isName() {
			return p.unexpected("a name")
		}
		if len(p.ctes) >= MaxDepth {
			return &Error{TooLong, "too many WITH queries", int(p.tok().Start)}
		}
		p.ctes = append(p.ctes, cte{name: p.Fold(p.i)})
		name := p.i
		if err := p.withHead(); err != nil {
			return err
		}
		p.Plain = append(p.Plain, Span{name, p.i})
		p.i = p.tok().Match + 1
		if p.tok().Kind != Comma {
			return nil
		}
		p.i++
	}
}

// withHead reads name [(columns)] AS [[NOT] MATERIALIZED] up to the
// parenthesis of the query.
func (p *parser) withHead() error {
	p.i++
	if p.tok().Kind == LParen {
		if err := p.namesIn(); err != nil {
			return err
		}
	}
	if !p.accept(KwAs) {
		return p.unexpected("AS")
	}
	if p.accept(KwNot) && p.kw() != KwMaterialized {
		return p.unexpected("MATERIALIZED")
	}
	p.accept(KwMaterialized)
	if p.tok().Kind != LParen {
		return p.unexpected("a query in parentheses")
	}
	return nil
}

func (p *parser) withQuery() error {
	if err := p.withHead(); err != nil {
		return err
	}
	p.i++
	kind, err := p.write()
	if kind == 0 {
		if !p.startsQuery() {
			return p.unexpected("a query")
		}
		err = p.query(nil)
	}
	if err != nil {
		return err
	}
	return p.expect(RParen, "a closing parenthesis")
}
