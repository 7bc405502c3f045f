package sqlgen

import (
	"fmt"
	"strings"
)

// reserved are words that no dialect, or not every one, takes as a bare name.
var reserved = wordSet(`add all alter analyse analyze and any array as asc asymmetric authorization before begin between
bigint binary blob both by call cascade case cast change char character check collate column condition constraint
continue convert create cross current current_date current_role current_time current_timestamp current_user cursor
database databases date dec decimal declare default deferrable delayed delete desc describe deterministic distinct
distinctrow div do double drop each else elseif enclosed end escaped except exists exit explain false fetch filter float
for force foreign freeze from full fulltext general grant group groups having if ignore ilike in index indexed infile
initially inner inout insert instead int integer intersect interval into is isnull iterate join key keys kill lateral
leading leave left level like limit linear lines load localtime localtimestamp lock long loop match mod modifies natural
no not nothing notnull null numeric of off offset on only optimize option optionally or order out outer outfile over
overlaps parse_vcol_expr partition placing precision primary procedure purge range rank read reads real recursive
references regexp release rename repeat replace require resignal restrict return returning revoke right rlike row
row_number rows schema schemas select separator session_user set show signal similar slow smallint some spatial specific
sql sqlexception sqlstate sqlwarning ssl starting stats symmetric system system_user table tablesample temp temporary
terminated text then time timestamp tinyint to trailing trigger true undo union unique unlock unsigned update usage use
user using utc_date utc_time utc_timestamp values varbinary varchar varying vacuum value variadic verbose virtual when
where while window with without write xor year zerofill date data value name type`, "date", "data", "value", "name", "type", "text", "year", "level", "level")

func wordSet(words string, but ...string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	for _, w := range but {
		delete(out, w)
	}
	return out
}

// plain reports whether a name can stand without quotes.
func (g *Generator) plain(name string) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c == '_', i > 0 && c >= '0' && c <= '9':
		case c >= 'A' && c <= 'Z' && !g.isPG():
		default:
			return false
		}
	}
	return name != "" && !reserved[fold(name)]
}

// quoted returns a name in the dialect's usual quotes.
func (g *Generator) quoted(name string) string {
	if g.isMy() {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// ident returns a name as it may be written: bare, in capitals, in quotes of some
// kind. A table's name is told apart because MySQL knows it in one case only.
func (g *Generator) ident(name string, isTable bool) string {
	if !g.plain(name) {
		return g.strange(name)
	}
	switch {
	case g.quiet > 0 || g.percent(88) && !g.focus[pNameQuoted] && !g.focus[pNameCase] && !g.focus[pOddQuote]:
		return name
	case !(isTable && g.isMy()) && g.may(pNameCase, 25):
		if g.percent(50) {
			return strings.ToUpper(name)
		}
		return strings.ToUpper(name[:1]) + name[1:]
	case g.may(pNameQuoted, 50):
		return g.strange(name)
	}
	return name
}

// strange returns a quoted name, in unusual quotes where the statement is hostile.
func (g *Generator) strange(name string) string {
	if g.rare(pOddQuote, 20) {
		if g.percent(50) && !strings.Contains(name, "]") {
			return "[" + name + "]"
		}
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	i := g.rnd.IntN(len(name))
	if g.quiet > 0 || strings.ContainsAny(name, `"\`) || name[i] >= 0x80 || !g.rare(pUnicodeEscape, 4) {
		return g.quoted(name)
	}
	return fmt.Sprintf(`U&"%s\%04X%s"`, name[:i], name[i], name[i+1:])
}

// str returns a text literal.
func (g *Generator) str(s string) string {
	if g.rare(pOddString, 12) {
		switch {
		case g.isPG():
			switch g.rnd.IntN(3) {
			case 0:
				return "E'" + strings.ReplaceAll(s, "'", `\'`) + "'"
			case 1:
				return "$q$" + s + "$q$"
			default:
				return "$$" + s + "$$"
			}
		case g.isMy():
			if g.percent(50) {
				return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
			}
			return "'" + strings.ReplaceAll(s, "'", `\'`) + "'"
		case g.percent(50):
			return "'' || '" + strings.ReplaceAll(s, "'", "''") + "'"
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// space writes what separates two tokens: a space, or in a statement with
// comments one of those.
func (g *Generator) space() {
	if !g.comment || g.quiet > 0 || !g.percent(8) {
		g.w(" ")
		return
	}
	switch g.one(option{pLineComment, 4}, option{pBlockComment, 4}, option{pNestedComment, 2}, option{pHashComment, 2}) {
	case pLineComment:
		g.w(" -- ", g.commentText(), "\n")
	case pHashComment:
		g.w(" # ", g.commentText(), "\n")
	case pNestedComment:
		g.w(" /* ", g.commentText(), " /* ; */ ", g.commentText(), " */ ")
	default:
		g.w(" /* ", g.commentText(), " */ ")
	}
}

func (g *Generator) commentText() string {
	return g.pick("it's", `say "hi"`, "; delete from t", "where 1=1) or (1=1", "acme", "`tick", "?", "$1", "(", "select", "")
}

// ending writes what may stand behind a statement.
func (g *Generator) ending() {
	switch {
	case g.rare(pTrailingComment, 8):
		g.w(g.pick(" -- the end", " -- the end\n", " /* the end */", "\n--\n"))
	case g.rare(pSemicolon, 8):
		g.w(g.pick(";", " ; ", ";\n", "; -- nothing else"))
	}
}
