package sqlgen

import (
	"database/sql"
	"strconv"

	"github.com/gotenancy/tenancy/internal/ddl"
)

// style is how placeholders are written.
type style uint8

const (
	literals style = iota // none
	positional
	numbered // $1, in PostgreSQL also out of order and more than once; ?1 in SQLite
	colon    // :name
	at       // @name
	dollar   // $name in SQLite
)

// argument is the value of a placeholder.
type argument struct {
	kind  ddl.Kind
	value any
}

func (g *Generator) chooseStyle() style {
	if g.percent(35) && !g.focus[pPlaceholder] && !g.focus[pTenantGiven] {
		return literals
	}
	switch g.dialect {
	case 1:
		return numbered
	case 2:
		return positional
	}
	switch g.one(option{pNone, 60}, option{pNumbered, 15}, option{pColonName, 10}, option{pAtName, 10}, option{pDollarName, 10}) {
	case pNumbered:
		return numbered
	case pColonName:
		return colon
	case pAtName:
		return at
	case pDollarName:
		return dollar
	}
	return positional
}

// mark stands in the text for a placeholder until its number is known; the byte
// behind it is the argument's index.
const mark = 0

// maxArgs of one statement.
const maxArgs = 100

// place writes a placeholder for a value, or reports that there is to be none.
func (g *Generator) place(kind ddl.Kind, value any) bool {
	if g.style == literals || g.fixed > 0 || len(g.args) >= maxArgs {
		return false
	}
	index := -1
	if g.style != positional && len(g.args) > 0 && kind != keyKind && g.may(pReusedPlaceholder, 12) {
		for i, a := range g.args {
			if a.kind == kind {
				index = i
			}
		}
	}
	if index < 0 {
		index = len(g.args)
		g.args = append(g.args, argument{kind, value})
	}
	g.hit(pPlaceholder)
	g.buf = append(g.buf, mark, byte(index+1))
	return true
}

// render returns the finished text and its arguments.
func (g *Generator) render() (string, []any) {
	if len(g.args) == 0 {
		return string(g.buf), nil
	}
	number := make([]int, len(g.args)) // by argument, from 1; 0 where it does not stand in the text
	count := 0
	for i := 0; i < len(g.buf); i++ {
		if g.buf[i] == mark {
			i++
			if a := int(g.buf[i]) - 1; number[a] == 0 {
				count++
				number[a] = count
			}
		}
	}
	if g.style == numbered && count > 1 && g.may(pDisorder, 20) {
		order := g.rnd.Perm(count)
		for a, n := range number {
			if n > 0 {
				number[a] = order[n-1] + 1
			}
		}
	}
	var args []any
	used := make([]bool, len(g.args))
	out := make([]byte, 0, len(g.buf)+2*len(g.args))
	for i := 0; i < len(g.buf); i++ {
		if g.buf[i] != mark {
			out = append(out, g.buf[i])
			continue
		}
		i++
		a := int(g.buf[i]) - 1
		name := "p" + strconv.Itoa(number[a])
		switch g.style {
		case positional:
			out = append(out, '?')
			args = append(args, g.args[a].value)
		case numbered:
			out = append(out, map[bool]byte{true: '$', false: '?'}[g.isPG()])
			out = strconv.AppendInt(out, int64(number[a]), 10)
		case colon:
			out = append(append(out, ':'), name...)
		case at:
			out = append(append(out, '@'), name...)
		case dollar:
			out = append(append(out, '$'), name...)
		}
		if g.style >= colon && !used[a] {
			args = append(args, sql.Named(name, g.args[a].value))
		}
		used[a] = true
	}
	if g.style == numbered {
		args = make([]any, count)
		for i, n := range number {
			if n > 0 {
				args[n-1] = g.args[i].value
			}
		}
	}
	return string(out), args
}
