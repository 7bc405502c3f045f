package sqlscan

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/tenant"
)

const ansi, escaping = Known | AnsiQuotes | Backslashes, Known | Backslashes

// allModes are those that a session can have, and that of one nobody asked.
var allModes = []Modes{0, Known, escaping, Known | AnsiQuotes, ansi}

// split returns the tokens of a text with their kinds, or the reason why it is
// refused.
func split(d tenant.Dialect, m Modes, text string) string {
	mem := new(memory)
	lx, err := mem.lex(d, m, text)
	var refused *Error
	if errors.As(err, &refused) {
		return string(refused.Reason)
	}
	kinds := map[Kind]string{Word: "", QuotedName: "name ", String: "string ", Number: "number ", Param: "param "}
	var parts []string
	for _, t := range lx.toks[:len(lx.toks)-1] {
		parts = append(parts, kinds[t.Kind]+text[t.Start:t.End])
	}
	return strings.Join(parts, " | ")
}

// TestTokens: what the modes of a session make of a text. A result that stands
// for several modes has them in one line.
func TestTokens(t *testing.T) {
	const ambiguous, unbalanced = string(Ambiguous), string(Unbalanced)
	my, pg, lite := tenant.MySQL, tenant.Postgres, tenant.SQLite
	for _, c := range []struct {
		d     tenant.Dialect
		modes []Modes
		text  string
		want  string
	}{
		// 50: a double quote, and a backslash before a quote.
		{my, []Modes{0}, `a = "b"`, ambiguous},
		{my, []Modes{Known, escaping}, `a = "b"`, `a | = | string "b"`},
		{my, []Modes{Known | AnsiQuotes, ansi}, `a = "b"`, `a | = | name "b"`},
		{my, []Modes{escaping}, `"it\"s" x`, `string "it\"s" | x`},
		{my, []Modes{Known}, `"it\" s" x`, unbalanced},
		{my, []Modes{ansi}, `"a\" x`, `name "a\" | x`},
		{my, []Modes{Known, escaping}, `"a""b'c" x`, `string "a""b'c" | x`},
		{my, []Modes{0}, `'it\'s' x`, ambiguous},
		{my, []Modes{escaping, ansi}, `'it\'s' x`, `string 'it\'s' | x`},
		{my, []Modes{Known}, `'it\' s`, `string 'it\' | s`},
		{my, []Modes{Known}, `'it\'s'`, unbalanced},
		{my, []Modes{escaping}, `'a\\' b`, `string 'a\\' | b`},
		{my, allModes, `'a\\' b`, `string 'a\\' | b`},
		{my, allModes, `'a\nb' c`, `string 'a\nb' | c`},
		{my, allModes, `'a' 'b'`, `string 'a' | string 'b'`},
		{my, []Modes{escaping}, `_utf8mb4'a\'b' n'c\'d' _latin1 "e"`, `_utf8mb4 | string 'a\'b' | string n'c\'d' | _latin1 | string "e"`},
		{my, []Modes{Known}, `n"a" x"b"`, `n | string "a" | x | string "b"`},
		{my, allModes, "`a``b\\` c", "name `a``b\\` | c"},
		{my, allModes, `x'4a' B'01' 0x4a 0b01`, `string x'4a' | string B'01' | number 0x4a | number 0b01`},
		// 48, 49: comments.
		{my, allModes, "5--1", "number 5 | - | - | number 1"},
		{my, allModes, "5 -- 1\n6", "number 5 | number 6"},
		{my, allModes, "5 --\t1\n6", "number 5 | number 6"},
		{my, allModes, "a # b\nc", "a | c"},
		{my, allModes, "a /* ' # -- */ b", "a | b"},
		{my, allModes, "a /*/ b */ c", "a | c"},
		{my, allModes, "a /* b /* c */ d", "a | d"},
		{my, allModes, "a /*+ MAX_EXECUTION_TIME(1) */ b", "a | b"},
		{my, allModes, "a /*! b */", string(Unsupported)},
		{my, allModes, "a /*!50000 b */", string(Unsupported)},
		{my, allModes, "a /*M! b */", string(Unsupported)},
		{my, allModes, "a /*M!100000 b */", string(Unsupported)},
		{my, allModes, "a /*+ set_var(sql_mode='') */", string(Unsupported)},
		{my, allModes, "[a]", string(NotSQL)},
		{pg, allModes, "a # b --c\nd", "a | # | b | d"},
		{pg, allModes, "5--1\n6", "number 5 | number 6"},
		{lite, allModes, "5--1\n6", "number 5 | number 6"},
		// 56: PostgreSQL's strings.
		{pg, []Modes{0}, `'it\'s' x`, ambiguous},
		{pg, []Modes{escaping}, `'it\'s' x`, `string 'it\'s' | x`},
		{pg, []Modes{Known}, `'it\' s`, `string 'it\' | s`},
		{pg, []Modes{Known, Known | AnsiQuotes}, `a LIKE 'x' ESCAPE '\' OR b = 'c'`, `a | LIKE | string 'x' | ESCAPE | string '\' | OR | b | = | string 'c'`},
		{pg, []Modes{escaping}, `a LIKE 'x' ESCAPE '\' OR b = 'c'`, unbalanced},
		{pg, allModes, `E'it\'s' x`, `string E'it\'s' | x`},
		{pg, []Modes{Known}, `N'a\' x`, `string N'a\' | x`},
		{pg, []Modes{escaping}, `N'a\'' x`, `string N'a\'' | x`},
		{pg, allModes, "E'a'\n'b\\\\' x", `string E'a' | string 'b\\' | x`},
		{pg, []Modes{0, Known}, "E'a' -- b\n'c'\n'd\\'e' x", ambiguous},
		{pg, []Modes{escaping}, "E'a' -- b\n'c'\n'd\\'e' x", `string E'a' | string 'c' | string 'd\'e' | x`},
		{pg, []Modes{0, Known}, `date'a\' x`, ambiguous},
		{pg, []Modes{Known}, `date 'a\' x`, `date | string 'a\' | x`},
		{pg, []Modes{Known}, `bpchar'a\' x`, `bpchar | string 'a\' | x`},
		{pg, []Modes{Known}, "'a'\n'b\\' x", `string 'a' | string 'b\' | x`},
		{pg, allModes, `"it\" x`, `name "it\" | x`},
		{pg, allModes, `U&"c" x`, string(Unsupported)},
		{pg, allModes, `U&'c' x`, string(Unsupported)},
		{pg, allModes, `u & 'c'`, `u | & | string 'c'`},
		{pg, allModes, `$tag$ ' \' $$ $tag$ x`, `string $tag$ ' \' $$ $tag$ | x`},
		{pg, allModes, `$$ $tag$ $$ x`, `string $$ $tag$ $$ | x`},
		{pg, allModes, `a /* b /* c */ ' */ d`, `a | d`},
		{pg, allModes, `a ? 'b' AND c ?| $1 AND d ?& $2`, `a | ? | string 'b' | AND | c | ?| | param $1 | AND | d | ?& | param $2`},
		{pg, allModes, `a<-1 @>'x'`, `a | < | - | number 1 | @> | string 'x'`},
		{pg, allModes, `a @-1`, `a | @- | number 1`},
		{pg, allModes, `X'1f' B'01'`, `string X'1f' | string B'01'`},
		{pg, allModes, `B'0''\' x`, string(NotSQL)},
		{my, allModes, `x'0''1'`, string(NotSQL)},
		// 53: four ways to quote.
		{lite, allModes, `'a\' "b\" [c\] ` + "`d\\`", `string 'a\' | name "b\" | name [c\] | name ` + "`d\\`"},
		{lite, allModes, `x'4a' b'01'`, `string x'4a' | b | string '01'`},
	} {
		for _, m := range c.modes {
			require.Equal(t, c.want, split(c.d, m, c.text), "%v, modes %b: %s", c.d, m, c.text)
		}
	}
}

// TestModesDecide: one text, and another table in it for each mode.
func TestModesDecide(t *testing.T) {
	for _, c := range []struct {
		d     tenant.Dialect
		m     Modes
		query string
		want  string
	}{
		{tenant.MySQL, escaping, `SELECT a FROM t WHERE b = 'x\' OR c IN (SELECT d FROM u) -- '`, "t@0; where@0:b = 'x\\' OR c IN (SELECT d FROM u) -- '"},
		{tenant.MySQL, Known, `SELECT a FROM t WHERE b = 'x\' OR c IN (SELECT d FROM u) -- '`, "t@0; u@1; where@0:b = 'x\\' OR c IN (SELECT d FROM u)"},
		{tenant.MySQL, ansi, "SELECT \"a\" FROM \"T\" AS \"X\" WHERE \"X\".b = `Y`", "T as X@0; where@0:\"X\".b = `Y`"},
		{tenant.MySQL, escaping, `SELECT "a FROM u " FROM t`, "t@0"},
		{tenant.Postgres, escaping, `SELECT a FROM t WHERE b = 'x\' OR c IN (SELECT d FROM u) -- '`, "t@0; where@0:b = 'x\\' OR c IN (SELECT d FROM u) -- '"},
		{tenant.Postgres, Known, `SELECT a FROM t WHERE b = 'x\' OR c IN (SELECT d FROM u) -- '`, "t@0; u@1; where@0:b = 'x\\' OR c IN (SELECT d FROM u)"},
	} {
		s, err := Parse(c.d, c.m, c.query)
		require.NoError(t, err, c.query)
		require.Equal(t, c.want, describe(s), c.query)
		_, err = Parse(c.d, 0, c.query)
		var e *Error
		require.ErrorAs(t, err, &e, c.query)
		require.Equal(t, Ambiguous, e.Reason, c.query)
	}
}

// TestKeywords: every keyword is found in either case, and words like one are
// not.
func TestKeywords(t *testing.T) {
	is := func(want Kw, word string) {
		kw, lower := keyword(word)
		require.Equal(t, want, kw, word)
		if want != KwNone {
			require.Equal(t, strings.ToLower(word), lower)
		}
	}
	for word, kw := range keywords {
		is(kw, word)
		is(kw, strings.ToLower(word))
		is(kw, word[:1]+strings.ToLower(word[1:]))
		for _, other := range []string{word + "S", word[1:], "X" + word[1:], word[:len(word)-1] + "_"} {
			is(keywords[other], other)
		}
	}
	is(KwNone, "sélect")
}

// TestRelease: a statement that was given back is empty, and the next one has
// nothing of it.
func TestRelease(t *testing.T) {
	first, err := Parse(tenant.Postgres, 0, "SELECT a, f(*) FROM t x, u WHERE b = $1")
	require.NoError(t, err)
	first.Release()
	require.Panics(t, func() { first.Word(0) })
	require.NotPanics(t, first.Release, "a second time does nothing")
	for range 3 {
		a, err := Parse(tenant.Postgres, 0, "SELECT 1 FROM v")
		require.NoError(t, err)
		b, err := Parse(tenant.Postgres, 0, "SELECT c FROM w WHERE d")
		require.NoError(t, err)
		require.Equal(t, "v@0", describe(a))
		require.Equal(t, "w@0; where@0:d", describe(b))
		require.Empty(t, a.Calls)
		require.Equal(t, -1, int(a.Refs[0].Alias))
		a.Release()
		b.Release()
	}
}

// FuzzLex: the tokens cover the text but for white space and comments, do not
// overlap, are the same when they stand alone, and parentheses know their
// partners. And what is split without knowing the modes is split alike in all
// of them, which the plan cache of package scope relies on.
func FuzzLex(f *testing.F) {
	for _, q := range []string{
		`SELECT "a", 'it\'s', "b\"c" FROM t -- d`, "SELECT E'a\\''\n'b\\'' , N'c' x'0f' $x$ ' $x$ [a] # b\n", "a--1 /* /* */ b */ 1.5e3 .5 0x1F ?1 :a @b $1 \\' `c``d`",
		"((a)[1](b)) {} <=> ->> @-@ *-/* c */ \\\\' _utf8'x' é'ü'",
	} {
		for d := range dialects {
			for m := range allModes {
				f.Add(uint8(d), uint8(m), q)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which, modes uint8, text string) {
		d, m := dialects[int(which)%len(dialects)], allModes[int(modes)%len(allModes)]
		lx, err := new(memory).lex(d, m, text)
		if err != nil {
			return
		}
		end, open := 0, []int(nil)
		for i, tok := range lx.toks {
			if int(tok.Start) < end || tok.End < tok.Start || tok.Start == tok.End && tok.Kind != EOF {
				t.Fatalf("token %d overlaps or is empty", i)
			}
			if gap, err := new(memory).lex(d, m, text[end:tok.Start]); err != nil || len(gap.toks) != 1 {
				t.Fatalf("%q was skipped: %v", text[end:tok.Start], err)
			}
			end = int(tok.End)
			switch tok.Kind {
			case LParen, LBracket:
				open = append(open, i)
				continue
			case RParen, RBracket:
				n := len(open) - 1
				if n < 0 || int(tok.Match) != open[n] || int(lx.toks[open[n]].Match) != i || lx.toks[open[n]].Kind != tok.Kind-1 {
					t.Fatalf("token %d has the wrong partner", i)
				}
				open = open[:n]
				continue
			}
			alone, err := new(memory).lex(d, m, text[tok.Start:tok.End])
			if err != nil {
				t.Fatalf("%q alone: %v", text[tok.Start:tok.End], err)
			}
			if a := alone.toks[0]; tok.Kind != EOF && (len(alone.toks) != 2 || a.Kind != tok.Kind || a.Kw != tok.Kw || a.End != tok.End-tok.Start) {
				t.Fatalf("%q is another token alone", text[tok.Start:tok.End])
			}
		}
		if last := lx.toks[len(lx.toks)-1]; len(open) > 0 || last.Kind != EOF || int(last.Start) != len(text) {
			t.Fatal("unbalanced, or no EOF at the end")
		}
		if m != 0 {
			return
		}
		for _, m := range allModes[1:] {
			if was, is := split(d, 0, text), split(d, m, text); was != is {
				t.Fatalf("modes %b: %s\nunknown: %s", m, is, was)
			}
		}
	})
}
