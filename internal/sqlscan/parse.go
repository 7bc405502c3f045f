package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Parse reads the structure of one statement, which may end in a semicolon, as
// a session with these modes does. The error is always an *Error. The work is
// linear in the length of the text.
func Parse(d tenant.Dialect, m Modes, text string) (*Stmt, error) {
	s := new(Stmt)
	if err := s.Parse(d, m, text); err != nil {
		return nil, err
	}
	return s, nil
}

// Parse is [Parse] into s, which must be empty or released. After an error it is
// empty again.
func (s *Stmt) Parse(d tenant.Dialect, m Modes, text string) error {
	mem := memories.Get().(*memory)
	lx, err := mem.lex(d, m, text)
	if err != nil {
		mem.put()
		return err
	}
	mem.lend(s)
	p := parser{Stmt: s}
	p.Dialect, p.Modes, p.Text, p.Toks, p.Params, p.MaxParam = d, m, text, lx.toks, lx.params, lx.max
	if err := p.statement(); err != nil {
		s.Release()
		return err
	}
	return nil
}

// Verb reads no more than the tokens: it returns the first word in upper case
// of a text that is one statement, for statements whose structure does not
// matter to the caller. What creates something temporary is a verb of its own,
// CREATE TEMPORARY, since it stays with the connection.
func Verb(d tenant.Dialect, m Modes, text string) (string, error) {
	mem := memories.Get().(*memory)
	defer mem.put()
	lx, err := mem.lex(d, m|verbOnly, text)
	if err != nil {
		return "", err
	}
	toks := lx.toks
	for i := triggerEnd(d, text, toks); i < len(toks); i++ {
		if toks[i].Kind == Semicolon && toks[i+1].Kind != EOF {
			return "", &Error{SecondStmt, "text after the semicolon", int(toks[i+1].Start)}
		}
	}
	first := toks[0]
	for i := 0; first.Kind == LParen; i++ {
		first = toks[i]
	}
	if first.Kind != Word {
		return "", &Error{Unexpected, "a text that begins with no keyword", int(first.Start)}
	}
	for _, t := range toks[:min(len(toks), 4)] { // CREATE [LOCAL] TEMPORARY
		if t.Kw == KwTable || t.Kw == KwIndex {
			break // what follows is a name
		}
		if first.Kw == KwCreate && t.Kw == KwTemp {
			return "CREATE TEMPORARY", nil
		}
	}
	return strings.ToUpper(text[first.Start:first.End]), nil
}

// parser goes over the tokens once, from left to right.
type parser struct {
	*Stmt
	i     int32 // the current token
	depth int   // joins and queries being read
	ctes  []cte // the WITH names in scope, innermost last
	until kwSet // further keywords that end a run, unless they belong to CASE: those of MERGE, and DO
}

func (p *parser) tok() *Token { return &p.Toks[p.i] }

func (p *parser) kw() Kw { return p.Toks[p.i].Kw }

// peek returns the token n places ahead, EOF past the end.
func (p *parser) peek(n int32) *Token {
	return &p.Toks[min(p.i+n, int32(len(p.Toks)-1))]
}

// accept goes past the keyword if it is next.
func (p *parser) accept(k Kw) bool {
	if p.kw() == k {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(k Kind, what string) error {
	if p.tok().Kind != k {
		return p.unexpected(what)
	}
	p.i++
	return nil
}

// found describes the current token without quoting values.
func (p *parser) found() string {
	switch t := p.tok(); t.Kind {
	case EOF:
		return "the end"
	case Word, QuotedName:
		return clip(p.Word(p.i))
	case String, Number:
		return "a literal"
	case Param:
		return "a placeholder"
	default:
		return p.Word(p.i)
	}
}

// clip keeps a hostile name from filling a log.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "..."
	}
	return s
}

func (p *parser) unexpected(wanted string) error {
	return &Error{Unexpected, p.found() + " where " + wanted + " should be", int(p.tok().Start)}
}

func (p *parser) unsupported(construct string) error { return p.unsupportedAt(construct, p.i) }

func (p *parser) unsupportedAt(construct string, tok int32) error {
	return &Error{Unsupported, construct, int(p.Toks[tok].Start)}
}

// enter bounds the recursion that is not bounded by parentheses.
func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return &Error{TooDeep, "a query or join", int(p.tok().Start)}
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// statement reads the whole text.
func (p *parser) statement() error {
	if err := p.verb(); err != nil {
		return err
	}
	if p.tok().Kind == Semicolon {
		p.i++
		if p.tok().Kind != EOF {
			return &Error{SecondStmt, "text after the semicolon", int(p.tok().Start)}
		}
	}
	if p.tok().Kind != EOF {
		return p.unexpected("the end of the statement")
	}
	return nil
}

func (p *parser) verb() error {
	if p.tok().Kind == EOF {
		return &Error{Unexpected, "an empty statement", 0}
	}
	if p.startsQuery() || p.kw() == KwValues {
		p.Kind = Select
		if p.kw() == KwWith {
			return p.withStatement()
		}
		return p.query(nil)
	}
	if p.tok().Kind != Word {
		return p.unexpected("a statement")
	}
	if kind, err := p.write(); kind != 0 {
		p.Kind = kind
		return err
	}
	switch strings.ToUpper(p.Word(p.i)) {
	case "CREATE":
		return p.create()
	case "SAVEPOINT", "RELEASE", "ROLLBACK":
		return p.savepoint()
	}
	return p.unsupported(strings.ToUpper(clip(p.Word(p.i))) + " statement")
}

// write reads a statement that changes rows, if one begins here, and returns
// its kind.
func (p *parser) write() (StmtKind, error) {
	switch p.kw() {
	case KwInsert, KwReplace:
		return Insert, p.insert()
	case KwUpdate:
		return Update, p.update()
	case KwDelete:
		return Delete, p.delete()
	case KwMerge:
		return Merge, p.merge()
	}
	return 0, nil
}

// withStatement reads WITH and the statement it belongs to.
func (p *parser) withStatement() error {
	scope := len(p.ctes)
	defer func() { p.ctes = p.ctes[:scope] }()
	if err := p.with(); err != nil {
		return err
	}
	if kind, err := p.write(); kind != 0 {
		p.Kind = kind
		return err
	}
	return p.query(nil)
}
