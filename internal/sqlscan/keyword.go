package sqlscan

import "strings"

// Kw is a keyword that the structure depends on. Words that are keywords only
// to the server stay KwNone: they belong to the run in which they stand.
type Kw uint8

// The keywords.
const (
	KwNone Kw = iota
	KwAll
	KwAnalyze
	KwAnd
	KwAny
	KwAs
	KwBetween
	KwBy
	KwCase
	KwCollate
	KwConflict
	KwCreate
	KwCross
	KwDefault
	KwDelayed
	KwDelete
	KwDistinct
	KwDistinctRow
	KwDo
	KwDuplicate
	KwElse
	KwEnd
	KwEscape
	KwExcept
	KwExists
	KwFetch
	KwFilter
	KwFor
	KwForce
	KwFrom
	KwFull
	KwGroup
	KwHaving
	KwHighPriority
	KwIgnore
	KwIlike
	KwIn
	KwIndex
	KwIndexed
	KwInner
	KwInsert
	KwIntersect
	KwInto
	KwIs
	KwJoin
	KwKey
	KwLateral
	KwLeft
	KwLike
	KwLimit
	KwLock
	KwLowPriority
	KwMatched
	KwMaterialized
	KwMerge
	KwNatural
	KwNot
	KwNothing
	KwNowait
	KwNull
	KwOf
	KwOffset
	KwOn
	KwOnly
	KwOr
	KwOrder
	KwOuter
	KwOver
	KwOverriding
	KwPartition
	KwProcedure
	KwQuick
	KwRecursive
	KwReplace
	KwReturning
	KwRight
	KwRow
	KwRows
	KwSelect
	KwSet
	KwSome
	KwStraightJoin
	KwTable
	KwTablesample
	KwTemp
	KwThen
	KwTime
	KwUnion
	KwUnique
	KwUpdate
	KwUse
	KwUsing
	KwValue
	KwValues
	KwWhen
	KwWhere
	KwWindow
	KwWith
	KwWithin
)

var keywords = map[string]Kw{
	"ALL": KwAll, "ANALYZE": KwAnalyze, "AND": KwAnd, "ANY": KwAny, "AS": KwAs,
	"BETWEEN": KwBetween, "BY": KwBy, "CASE": KwCase, "COLLATE": KwCollate,
	"CONFLICT": KwConflict, "CREATE": KwCreate, "CROSS": KwCross,
	"DEFAULT": KwDefault, "DELAYED": KwDelayed, "DELETE": KwDelete,
	"DISTINCT": KwDistinct, "DISTINCTROW": KwDistinctRow, "DO": KwDo,
	"DUPLICATE": KwDuplicate, "ELSE": KwElse, "END": KwEnd, "ESCAPE": KwEscape,
	"EXCEPT": KwExcept, "EXISTS": KwExists, "FETCH": KwFetch, "FILTER": KwFilter, "FOR": KwFor,
	"FORCE": KwForce, "FROM": KwFrom, "FULL": KwFull, "GROUP": KwGroup,
	"HAVING": KwHaving, "HIGH_PRIORITY": KwHighPriority, "IGNORE": KwIgnore,
	"ILIKE": KwIlike, "IN": KwIn, "INDEX": KwIndex, "INDEXED": KwIndexed,
	"INNER": KwInner, "INSERT": KwInsert, "INTERSECT": KwIntersect,
	"INTO": KwInto, "IS": KwIs, "JOIN": KwJoin, "KEY": KwKey,
	"LATERAL": KwLateral, "LEFT": KwLeft, "LIKE": KwLike, "LIMIT": KwLimit,
	"LOCK": KwLock, "LOW_PRIORITY": KwLowPriority,
	"MATCHED": KwMatched, "MATERIALIZED": KwMaterialized, "MERGE": KwMerge, "NATURAL": KwNatural,
	"NOT": KwNot, "NOTHING": KwNothing, "NOWAIT": KwNowait, "NULL": KwNull,
	"OF": KwOf, "OFFSET": KwOffset, "ON": KwOn, "ONLY": KwOnly, "OR": KwOr,
	"ORDER": KwOrder, "OUTER": KwOuter, "OVER": KwOver, "OVERRIDING": KwOverriding,
	"PARTITION": KwPartition, "PROCEDURE": KwProcedure, "QUICK": KwQuick,
	"RECURSIVE": KwRecursive, "REPLACE": KwReplace, "RETURNING": KwReturning,
	"RIGHT": KwRight, "ROW": KwRow, "ROWS": KwRows, "SELECT": KwSelect,
	"SET": KwSet, "SOME": KwSome, "STRAIGHT_JOIN": KwStraightJoin,
	"TABLE": KwTable, "TABLESAMPLE": KwTablesample, "TEMP": KwTemp,
	"TEMPORARY": KwTemp, "THEN": KwThen, "TIME": KwTime, "UNION": KwUnion,
	"UNIQUE": KwUnique, "UPDATE": KwUpdate, "USE": KwUse, "USING": KwUsing,
	"VALUE": KwValue, "VALUES": KwValues, "WHEN": KwWhen, "WHERE": KwWhere,
	"WINDOW": KwWindow, "WITH": KwWith, "WITHIN": KwWithin,
}

const keywordSlots = 512 // a power of two, and a few times as many as there are keywords

// keywordTable is an open hash table over keywords: the look-up is made for
// every word, and neither a map nor a change of case is needed for it.
var keywordTable = func() (t [keywordSlots]struct {
	word string
	kw   Kw
}) {
	for word, kw := range keywords {
		h := keywordHash(word)
		for t[h].kw != KwNone {
			h = (h + 1) % keywordSlots
		}
		t[h].word, t[h].kw = strings.ToLower(word), kw
	}
	return t
}()

// keywordHash wants a word of two bytes or more. It ignores ASCII case.
func keywordHash(word string) uint {
	a, b, z := uint(word[0]|0x20), uint(word[1]|0x20), uint(word[len(word)-1]|0x20)
	return (a + b*47 + z*27 + uint(len(word))*31) % keywordSlots
}

// keyword returns the keyword that word is, ignoring ASCII case, and how it is
// spelled in lower case.
func keyword(word string) (kw Kw, lower string) {
	if len(word) < 2 {
		return KwNone, ""
	}
	h := keywordHash(word)
	for keywordTable[h].kw != KwNone && !sameWord(word, keywordTable[h].word) {
		h = (h + 1) % keywordSlots
	}
	return keywordTable[h].kw, keywordTable[h].word
}

// sameWord compares a word of letters, digits and underscores with one in lower
// case. For those bytes 0x20 turns upper case into lower case and mixes up
// nothing: an underscore becomes 0x7f, which is in no word.
func sameWord(word, lower string) bool {
	if len(word) != len(lower) {
		return false
	}
	for i := range len(word) {
		if word[i]|0x20 != lower[i]|0x20 {
			return false
		}
	}
	return true
}

// kwSet is a set of keywords.
type kwSet [4]uint64

func setOf(kws ...Kw) (s kwSet) {
	for _, k := range kws {
		s[k>>6] |= 1 << (k & 63)
	}
	return s
}

func (s *kwSet) has(k Kw) bool { return s[k>>6]&(1<<(k&63)) != 0 }

var (
	// stops are the keywords that end a run which stands outside parentheses:
	// whatever begins the next clause or the next join. The list is the same
	// for every clause; whoever reads the clause knows which one may follow.
	stops = setOf(KwFrom, KwWhere, KwGroup, KwHaving, KwWindow, KwOrder, KwLimit,
		KwOffset, KwFetch, KwFor, KwUnion, KwIntersect, KwExcept,
		KwReturning, KwOn, KwUsing, KwSet, KwValues, KwJoin, KwInner, KwLeft,
		KwRight, KwFull, KwCross, KwNatural, KwStraightJoin, KwInto, KwLock,
		KwProcedure, KwOuter)

	// continues are the keywords that may follow a query in parentheses which is
	// part of a longer query.
	continues = setOf(KwUnion, KwIntersect, KwExcept, KwOrder, KwLimit, KwOffset,
		KwFetch, KwFor, KwLock, KwInto, KwProcedure)

	// dangling are the words no operand ends with. A run that ends on one of
	// them has been cut in the wrong place: the word after it was an
	// identifier to the server and a keyword to us.
	dangling = setOf(KwAnd, KwOr, KwNot, KwIn, KwLike, KwIlike, KwBetween, KwIs,
		KwAs, KwCase, KwWhen, KwThen, KwElse, KwEscape, KwCollate, KwDistinct,
		KwBy, KwExists, KwAny, KwSome)

	// notCalls are the keywords that a parenthesis may follow without making
	// them a function call.
	notCalls = setOf(KwAnd, KwOr, KwNot, KwIn, KwLike, KwIlike, KwBetween, KwIs,
		KwAs, KwCase, KwWhen, KwThen, KwElse, KwEscape, KwDistinct, KwBy,
		KwExists, KwAny, KwAll, KwSome, KwRow, KwOn, KwUsing, KwWhere, KwHaving,
		KwSelect, KwValues, KwLimit, KwOffset, KwFrom, KwUnion, KwExcept,
		KwIntersect, KwSet, KwReturning, KwOver, KwFilter, KwGroup, KwWith)

	// reserved are the words that are never an alias.
	reserved = setOf(KwAll, KwAnd, KwAny, KwAs, KwBetween, KwCase, KwCollate,
		KwCreate, KwCross, KwDefault, KwDelete, KwDistinct, KwElse, KwExcept,
		KwExists, KwFetch, KwFor, KwForce, KwFrom, KwFull, KwGroup, KwHaving,
		KwIgnore, KwIlike, KwIn, KwIndexed, KwInner, KwInsert, KwIntersect,
		KwInto, KwIs, KwJoin, KwLateral, KwLeft, KwLike, KwLimit, KwLock,
		KwNatural, KwNot, KwNull, KwOffset, KwOn, KwOnly, KwOr,
		KwOrder, KwOuter, KwOverriding, KwPartition, KwProcedure, KwReturning, KwRight,
		KwSelect, KwSet, KwSome, KwStraightJoin, KwTable, KwTablesample,
		KwThen, KwUnion, KwUpdate, KwUse, KwUsing, KwValues, KwWhen, KwWhere,
		KwWindow, KwWith)

	// neverNames are the words that PostgreSQL reserves (appendix C of its
	// manual: "reserved", without those that may be a function or a type).
	neverNames = setOf(KwAll, KwAnalyze, KwAnd, KwAny, KwAs, KwCase, KwCollate,
		KwCreate, KwDefault, KwDistinct, KwDo, KwElse, KwEnd, KwExcept, KwFetch,
		KwFor, KwFrom, KwGroup, KwHaving, KwIn, KwIntersect, KwInto, KwLateral,
		KwLimit, KwNot, KwNull, KwOffset, KwOn, KwOnly, KwOr, KwOrder,
		KwReturning, KwSelect, KwSome, KwTable, KwThen, KwUnion, KwUnique,
		KwUsing, KwWhen, KwWhere, KwWindow, KwWith)
)

// NeverName reports whether PostgreSQL takes the word, without quotes, for no
// name of a column or a table wherever it stands.
func (k Kw) NeverName() bool { return neverNames.has(k) }
