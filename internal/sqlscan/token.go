package sqlscan

// Kind is the sort of a token.
type Kind uint8

// The kinds. Punctuation that the structure needs has kinds of its own; every
// other operator is an Op.
const (
	EOF Kind = iota
	Word
	QuotedName
	String
	Number
	Param
	Op
	Asterisk // a lone *
	Equals
	LParen
	RParen
	LBracket
	RBracket
	Comma
	Dot
	Semicolon
)

// Token is one token of a text, without its white space and comments.
type Token struct {
	Start, End int32 // bytes
	Match      int32 // of a parenthesis or bracket: the index of its partner
	Kind       Kind
	Kw         Kw // of a Word: the keyword, or KwNone
}

// ParamStyle is how a statement writes its placeholders.
type ParamStyle uint8

// The styles. A statement that mixes them is refused by whoever adds one.
const (
	NoParams   ParamStyle = iota
	Ordinal               // ?
	Numbered              // $1 in PostgreSQL, ?1 in SQLite
	NamedParam            // :a, @a, $a in SQLite
	MixedParams
)

// The bounds that keep hostile text from costing more than its length.
const (
	MaxText  = 64 << 20 // bytes
	MaxDepth = 200      // nested parentheses, queries and CASE
	MaxRefs  = 1000     // tables, and WITH queries: each is compared with the others. Servers stop at about 60 in one join
	maxParam = 65535    // the largest number PostgreSQL's protocol can carry
)
