package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// queryTail reads what may follow a query, in any order: the servers differ,
// and none of it says which tables are read.
func (p *parser) queryTail(first int) error {
	limited := p.Dialect == tenant.Postgres
	for {
		var err error
		switch p.kw() {
		case KwOrder:
			p.i++
			err = p.byList("ORDER BY")
		case KwLimit, KwOffset:
			err = p.rowLimit(&limited)
		case KwFetch:
			p.i++
			_, err = p.run("a number of rows")
		case KwFor:
			p.i++
			p.locks(first)
			err = p.locking()
		case KwLock:
			p.locks(first)
			err = p.words("LOCK", "IN", "SHARE", "MODE")
		case KwInto:
			return p.unsupported("SELECT ... INTO")
		case KwProcedure:
			return p.unsupported("PROCEDURE")
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// locks notes that the rows of all blocks since first are locked.
func (p *parser) locks(first int) {
	for b := first; b < len(p.Blocks); b++ {
		p.Blocks[b].Locks = true
	}
}

// rowLimit reads LIMIT or OFFSET. Without LIMIT before it, OFFSET is an
// identifier to SQLite and to MySQL. MariaDB's OFFSET ... FETCH is refused with
// it.
func (p *parser) rowLimit(limited *bool) error {
	if p.kw() == KwOffset && !*limited {
		return p.unexpected("LIMIT")
	}
	*limited = true
	p.i++
	if p.kw() == KwRows {
		// How many rows are examined depends on those of other tenants.
		return p.unsupported("LIMIT ROWS EXAMINED")
	}
	return p.runs("a number")
}

// locking reads what follows FOR in FOR UPDATE and its weaker forms.
func (p *parser) locking() error {
	var err error
	switch strings.ToUpper(p.Word(p.i)) {
	case "UPDATE", "SHARE":
		p.i++
	case "NO":
		err = p.words("NO", "KEY", "UPDATE")
	case "KEY":
		err = p.words("KEY", "SHARE")
	default:
		return p.unexpected("UPDATE or SHARE")
	}
	if err != nil {
		return err
	}
	if p.accept(KwOf) {
		if err := p.names(); err != nil {
			return err
		}
	}
	if p.tok().Kind == Word && strings.EqualFold(p.Word(p.i), "SKIP") {
		return p.words("SKIP", "LOCKED")
	}
	p.accept(KwNowait)
	return nil
}
