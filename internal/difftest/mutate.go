package difftest

import (
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Pieces splits a text into words, numbers, quoted texts, comments, white space
// and single characters. It is no lexer: it only has to cut at places where a
// change is interesting. It does not use that of sqlscan, whose mistakes would
// then keep mutants from being made.
func Pieces(text string) (pieces []string) {
	for i := 0; i < len(text); {
		n := piece(text[i:])
		pieces = append(pieces, text[i:i+n])
		i += n
	}
	return pieces
}

// piece returns the length of the first piece.
func piece(text string) int {
	c := text[0]
	switch {
	case strings.HasPrefix(text, "--"):
		return ahead(text, strings.IndexByte(text, '\n'), 0)
	case strings.HasPrefix(text, "/*"):
		return ahead(text, strings.Index(text[2:], "*/"), 4)
	case c == '\'' || c == '"' || c == '`':
		return ahead(text, strings.IndexByte(text[1:], c), 2)
	case wordByte(c):
		return run(text, wordByte)
	case spaceByte(c):
		return run(text, spaceByte)
	}
	return 1
}

// ahead is where something ends that was found at i, or else the text.
func ahead(text string, i, more int) int {
	if i < 0 {
		return len(text)
	}
	return i + more
}

func run(text string, of func(byte) bool) int {
	for i := range len(text) {
		if !of(text[i]) {
			return i
		}
	}
	return len(text)
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}

func spaceByte(c byte) bool { return strings.IndexByte(" \t\r\n\f\v", c) >= 0 }

// isBlank reports whether a piece is white space or a comment.
func isBlank(p string) bool {
	return spaceByte(p[0]) || strings.HasPrefix(p, "--") || strings.HasPrefix(p, "/*")
}

// MutantCount is how many mutants a test makes: TENANCY_DIFF_MUTANTS, or else
// the given number.
func MutantCount(otherwise int) int { return count("TENANCY_DIFF_MUTANTS", otherwise) }

func count(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

// seed is TENANCY_DIFF_SEED, or 1: a run finds what the last one found.
func seed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("TENANCY_DIFF_SEED"), 10, 64); err == nil {
		return n
	}
	return 1
}

// maxMutated is the length in bytes of the longest text that is mutated. Long
// ones cost time and show no more than short ones.
const maxMutated = 2000

// Mutants returns n texts that differ from one of texts in up to three pieces.
func Mutants(texts []string, n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		texts := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return len(text) > maxMutated })
		if len(texts) == 0 {
			return
		}
		r := rand.New(rand.NewPCG(seed(), uint64(len(texts))))
		for range n {
			text := texts[r.IntN(len(texts))]
			donor := Pieces(texts[r.IntN(len(texts))])
			if !yield(mutant(r, Pieces(text), donor)) {
				return
			}
		}
	}
}

// mutant changes pieces: it deletes, doubles, replaces, inserts or swaps, by
// words of the same text, of another, or keywords.
func mutant(r *rand.Rand, pieces, donor []string) string {
	for range 1 + r.IntN(3) {
		if len(pieces) == 0 {
			break
		}
		i, j := r.IntN(len(pieces)), r.IntN(len(pieces))
		other := words[r.IntN(len(words))]
		if len(donor) > 0 && r.IntN(2) == 0 {
			other = donor[r.IntN(len(donor))]
		}
		switch r.IntN(5) {
		case 0:
			pieces = slices.Delete(pieces, i, i+1)
		case 1:
			pieces = slices.Insert(pieces, i, pieces[i], " ")
		case 2:
			pieces[i] = other
		case 3:
			pieces = slices.Insert(pieces, i, " ", other, " ")
		case 4:
			pieces[i], pieces[j] = pieces[j], pieces[i]
		}
	}
	return strings.Join(pieces, "")
}

// words are the ones on which the structure of a statement depends, or that are
// names in one place and keywords in another.
var words = strings.Fields(`
	SELECT FROM WHERE JOIN LEFT RIGHT FULL INNER OUTER CROSS NATURAL ON USING AS IN EXISTS NOT AND OR
	UNION ALL INTERSECT EXCEPT WITH RECURSIVE VALUES VALUE ROW ROWS TABLE ONLY LATERAL ORDER GROUP BY HAVING
	LIMIT OFFSET FETCH FOR UPDATE SHARE OF INSERT INTO DELETE SET REPLACE DEFAULT CONFLICT DO NOTHING RETURNING
	WINDOW OVER PARTITION FILTER WITHIN CASE WHEN THEN ELSE END CAST COLLATE BETWEEN IS DISTINCT NULL LIKE ESCAPE
	ANY SOME ARRAY INTERVAL EXTRACT TRIM SUBSTRING IGNORE FORCE USE INDEX KEY MERGE MATCHED DUAL STRAIGHT_JOIN
	IF LOCK PROCEDURE OVERLAPS MATERIALIZED DUPLICATE INDEXED TABLESAMPLE ORDINALITY
	( ) , . ; * = + - / < > [ ] : :: || | @ ? $1 ' " -- /* */ 1 a t (SELECT )`)
