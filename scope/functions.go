package scope

import (
	_ "embed" // the review is read from files
	"strings"
	"sync"

	"github.com/gotenancy/tenancy/internal/sqlscan"
)

// Every function that a server brings along has been looked at once, and the
// folder functions holds what came out of it, by dialect. A function is allowed
// if its result is made of nothing but its arguments, the rows of its group, the
// clock, chance, and facts that are the same for every tenant, such as the
// server's version. It must not read a table by name, run SQL text, read or
// change the state of the connection or the server, touch files, take locks or
// sleep. Any other is refused with the reason that is written there. What stands
// in neither list is the application's own: [Policy.Functions] declares it.
//
// A name is judged, not a function. An overload of a built-in name, a stored
// function where an older or a newer server has the built-in, and an operator
// that the application made go by the name; and the functions that an
// application registers in SQLite take the place of built-in ones.
//
// The files have a paragraph for each verdict:
//
//	allow: a title that only readers read
//		names, of which a/b is b where the word a, or the sign, stands before it
//
//	allow newer: as allow; not every server has them yet
//		names
//
//	allow close: as allow, but without a space before the parenthesis
//		names
//
//	refuse: what the refusal says of it
//		names, and prefixes such as pg_* for what no exact name decides
//
//	type: what the refusal says of a value of this type
//		names
var (
	//go:embed functions/postgres.txt
	postgresReview string
	//go:embed functions/postgres_inner.txt
	postgresInner string
	//go:embed functions/mysql.txt
	mysqlReview string
	//go:embed functions/sqlite.txt
	sqliteReview string
)

// reviews are read by the first policy of their dialect, in a fraction of a
// millisecond.
var reviews = map[Dialect]func() *review{
	Postgres: sync.OnceValue(func() *review { return readReview(postgresReview, postgresInner) }),
	MySQL:    sync.OnceValue(func() *review { return readReview(mysqlReview) }),
	SQLite:   sync.OnceValue(func() *review { return readReview(sqliteReview) }),
}

// review is what is known of a dialect's functions, by name.
type review struct {
	allowed  map[string]bool   // true: only without a space before the parenthesis
	refused  map[string]string // and why
	prefixes [][2]string       // a prefix, and why a name that begins with it is refused
	types    map[string]string // why no value may be made of a type
	initials [256]bool         // what the names of those types begin with
}

func readReview(texts ...string) *review {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	v := &review{allowed: make(map[string]bool, 512), refused: make(map[string]string, size/16), types: map[string]string{}, initials: [256]bool{'_': true}}
	kind, reason := "", ""
	for _, text := range texts {
		for line := range strings.Lines(text) {
			switch {
			case line[0] == '#', line[0] == '\n':
			case line[0] != '\t':
				kind, reason, _ = strings.Cut(strings.TrimSpace(line), ": ")
			default:
				for name := range strings.FieldsSeq(line) {
					v.add(kind, name, reason)
				}
			}
		}
	}
	return v
}

func (v *review) add(kind, name, reason string) {
	switch prefix, isPrefix := strings.CutSuffix(name, "*"); {
	case isPrefix:
		v.prefixes = append(v.prefixes, [2]string{prefix, reason})
	case kind == "allow", kind == "allow newer":
		v.allowed[name] = false
	case kind == "allow close":
		v.allowed[name] = true
	case kind == "type": // its name called as a function makes a value too
		v.types[name], v.refused[name] = reason, reason
		v.initials[name[0]] = true
	default:
		v.refused[name] = reason
	}
}

// refusal returns why a function that is not among the allowed ones is refused.
// The longest prefix decides about a name that is not there itself.
func (v *review) refusal(name string) string {
	reason, known := v.refused[name]
	longest := 0
	for _, p := range v.prefixes {
		if !known && len(p[0]) > longest && strings.HasPrefix(name, p[0]) {
			longest, reason = len(p[0]), p[1]
		}
	}
	if reason == "" {
		return "if it reads no tenant's table, add it to Policy.Functions"
	}
	return "it " + reason
}

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// allows reports whether a call is of a reviewed or declared function, the
// function's name, and the reason or what to do if it is not. A quoted or
// qualified name is the application's own, except that pg_catalog may stand
// before a built-in one.
func (r *rules) allows(s *sqlscan.Stmt, c sqlscan.Call) (ok bool, name, hint string) {
	// Only ASCII letters have two cases in the name of a built-in function.
	name = sqlscan.Fold(SQLite, s.Fold(c.Tok))
	if r.Dialect != Postgres || c.Tok-c.First != 2 || s.Fold(c.First) != "pg_catalog" {
		for t := c.Tok - 2; t >= c.First; t -= 2 {
			name = sqlscan.Fold(SQLite, s.Fold(t)) + "." + name
		}
	}
	if r.funcs[name] || isTypeModifier(s, c.First) || r.setsLastID(s, c, name) {
		return true, name, ""
	}
	v := r.review
	if s.Toks[c.Tok].Kind == sqlscan.Word {
		tight, is := v.allowed[name]
		if tight && isApart(s, c.Tok) {
			return false, name, "take out the space before the parenthesis: with it MySQL looks for a stored function"
		}
		if is || v.isSyntax(s, c.First, name) {
			return true, name, ""
		}
	}
	return false, name, v.refusal(name)
}

// isBuiltIn reports whether the review allows a function of that name.
func isBuiltIn(d Dialect, name string) bool {
	_, is := reviews[d]().allowed[name]
	return is
}

// setsLastID reports whether a call is MySQL's LAST_INSERT_ID(x), with which
// libraries let an upsert tell the id of the row it met. It gives back x, and
// sets what only the form without an argument reads, which is refused.
func (r *rules) setsLastID(s *sqlscan.Stmt, c sqlscan.Call, name string) bool {
	return r.Dialect == MySQL && name == "last_insert_id" && s.Toks[c.Tok].Kind == sqlscan.Word &&
		s.Toks[c.Tok].End == s.Toks[c.Tok+1].Start && s.Toks[c.Tok+2].Kind != sqlscan.RParen
}

// isTypeModifier reports whether the name at token t is PostgreSQL's x::name(3):
// the name of a type, whatever its schema.
func isTypeModifier(s *sqlscan.Stmt, t int32) bool {
	return s.Dialect == Postgres && t > 0 && s.Word(t-1) == "::"
}

// isSyntax reports whether the name at token t is a part of something longer
// that calls nothing, such as GROUPING SETS (..).
func (v *review) isSyntax(s *sqlscan.Stmt, t int32, name string) bool {
	if t == 0 {
		return false
	}
	before := sqlscan.Fold(SQLite, s.Word(t-1))
	if s.Toks[t-1].Kind == sqlscan.String {
		before = "'"
	}
	_, is := v.allowed[before+"/"+name]
	return is
}

// isApart reports whether white space keeps the name at token t from being one
// of MySQL's built-in functions. A window function is built-in in any case.
// https://dev.mysql.com/doc/refman/8.4/en/function-resolution.html
func isApart(s *sqlscan.Stmt, t int32) bool {
	open := &s.Toks[t+1]
	return s.Toks[t].End != open.Start && s.Toks[open.Match+1].Kw != sqlscan.KwOver
}
