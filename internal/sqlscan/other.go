package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// savepoint reads SAVEPOINT name, RELEASE [SAVEPOINT] name and
// ROLLBACK TO [SAVEPOINT] name, which libraries send for transactions inside
// transactions. A ROLLBACK without TO would end a transaction that database/sql
// believes to be open.
func (p *parser) savepoint() error {
	p.Kind = Savepoint
	switch strings.ToUpper(p.Word(p.i)) {
	case "SAVEPOINT":
		p.i++
	case "RELEASE":
		p.i++
		p.acceptWord("SAVEPOINT")
	default:
		p.i++
		if !p.acceptWord("WORK") {
			p.acceptWord("TRANSACTION")
		}
		if !p.acceptWord("TO") {
			return p.unsupportedAt("ROLLBACK statement", 0)
		}
		p.acceptWord("SAVEPOINT")
	}
	if !p.isName() {
		return p.unexpected("the name of a savepoint")
	}
	p.i++
	return nil
}

// acceptWord goes past the word if it is next and a name follows it.
func (p *parser) acceptWord(word string) bool {
	if p.tok().Kind != Word || !strings.EqualFold(p.Word(p.i), word) {
		return false
	}
	if k := p.peek(1).Kind; word != "TO" && k != Word && k != QuotedName {
		return false // it is the name itself
	}
	p.i++
	return true
}

// create reads as much of CREATE TABLE and CREATE INDEX as says which table it
// is about. The rest is not read, so nobody but the migrations of this module
// may act on it.
func (p *parser) create() error {
	p.i++
	p.Kind = CreateTable
	if p.accept(KwUnique) || p.kw() == KwIndex {
		p.Kind = CreateIndex
	}
	verb := "TABLE"
	if p.Kind == CreateIndex {
		verb = "INDEX"
	}
	if p.tok().Kind != Word || !strings.EqualFold(p.Word(p.i), verb) {
		return p.unsupportedAt("CREATE "+strings.ToUpper(clip(p.wordAt(p.i)))+" statement", 0)
	}
	p.i++
	if p.tok().Kind == Word && strings.EqualFold(p.Word(p.i), "IF") {
		if err := p.words("IF", "NOT", "EXISTS"); err != nil {
			return err
		}
	}
	if p.Kind == CreateIndex {
		if err := p.names(); err != nil {
			return err
		}
		if !p.accept(KwOn) {
			return p.unexpected("ON")
		}
	}
	ref, err := p.target(-1)
	if err != nil {
		return err
	}
	p.Refs = append(p.Refs, ref)
	for k := p.tok().Kind; k != EOF && k != Semicolon; k = p.tok().Kind {
		query := p.kw() == KwSelect || p.kw() == KwAs && !strings.EqualFold(p.wordAt(p.i+1), "IDENTITY") // GENERATED ... AS IDENTITY
		if query || strings.EqualFold(p.wordAt(p.i), "REFERENCES") || strings.EqualFold(p.wordAt(p.i), "LIKE") {
			return p.unsupported("CREATE with another table in it")
		}
		p.i++
	}
	return nil
}

// triggerEnd returns the token after the END of the trigger that SQLite creates
// by this text, or 0 if it creates none. The statements of a trigger end in
// semicolons, and none begins with END: so the first END right after a semicolon
// is the trigger's, and the server goes no further than we do. Where a semicolon
// stands before BEGIN the server takes nothing of the text. MySQL's bodies nest,
// and BEGIN and END may be names in them; they are left to Unscoped.
// https://www.sqlite.org/lang_createtrigger.html
func triggerEnd(d tenant.Dialect, text string, toks []Token) int {
	word := func(i int, w string) bool {
		return toks[i].Kind == Word && strings.EqualFold(text[toks[i].Start:toks[i].End], w)
	}
	if d != tenant.SQLite || toks[0].Kw != KwCreate || !word(1, "TRIGGER") {
		return 0
	}
	for i := 2; i < len(toks); i++ {
		if toks[i].Kind != Semicolon || !word(i+1, "END") {
			continue
		}
		if k := toks[i+2].Kind; k != Semicolon && k != EOF {
			return 0
		}
		return i + 2
	}
	return 0
}
