package sqlgen

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// Mutator makes statements out of others: with tables swapped, conditions turned
// round, wrapped in queries, joined to more tables, and with words deleted,
// doubled and taken from elsewhere. Most of the results of the last kind are no
// SQL; what runs nevertheless is what nobody would have written. There is no
// promise that an answer is one and the same. It is not safe for concurrent use.
type Mutator struct {
	rnd     *rand.Rand
	dialect tenant.Dialect
	texts   [][]string
	words   []string // of all texts, each once
	tables  []string // names that stand behind FROM, JOIN, INTO and UPDATE
}

// NewMutator returns a mutator of the statements. Texts that can not be split
// into tokens are left out. Placeholders stay where they are, so give texts
// without, or the values with the result.
func NewMutator(d tenant.Dialect, texts []string, seed uint64) *Mutator {
	m := &Mutator{rnd: rand.New(rand.NewPCG(seed, 0x3a7a7e)), dialect: d}
	words, tables := map[string]bool{}, map[string]bool{}
	for _, text := range texts {
		list := m.split(text)
		if len(list) == 0 {
			continue
		}
		m.texts = append(m.texts, list)
		for i, w := range list {
			if !words[w] {
				words[w] = true
				m.words = append(m.words, w)
			}
			if i == 0 || !isTableWord(w) {
				continue
			}
			if before := strings.ToUpper(list[i-1]); (before == "FROM" || before == "JOIN" || before == "INTO" || before == "UPDATE") && !tables[w] {
				tables[w] = true
				m.tables = append(m.tables, w)
			}
		}
	}
	m.words = append(m.words, "FULL", "NATURAL", "USING", "LEFT", "JOIN", "UNION", "ALL", "EXISTS", "WITH", "(", ")", ",", "*", "OR", "NOT", "AS", "'bolt'", "1")
	return m
}

func isTableWord(w string) bool {
	c := w[0]
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '"' || c == '`'
}

// split returns the tokens of a text as they are written.
func (m *Mutator) split(text string) []string {
	modes := sqlscan.Known
	if m.dialect == tenant.MySQL {
		modes |= sqlscan.Backslashes
	}
	toks, err := sqlscan.Tokens(m.dialect, modes, text)
	if err != nil {
		return nil
	}
	var out []string
	for _, t := range toks {
		if t.Kind != sqlscan.EOF && t.Kind != sqlscan.Semicolon {
			out = append(out, text[t.Start:t.End])
		}
	}
	return out
}

// Statement returns the next statement, with one to three changes. It is "" if
// there was no text to begin with.
func (m *Mutator) Statement() string {
	if len(m.texts) == 0 {
		return ""
	}
	words := slices.Clone(m.any())
	for range 1 + m.rnd.IntN(3) {
		if len(words) < 2 {
			break
		}
		if m.rnd.IntN(2) == 0 {
			words = m.meaning(words)
		} else {
			words = m.noise(words)
		}
	}
	return m.join(words)
}

func (m *Mutator) any() []string { return m.texts[m.rnd.IntN(len(m.texts))] }

// join writes the words with spaces between them, but for those that belong to
// what stands before: MySQL wants no space between a function and its parenthesis.
func (m *Mutator) join(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && !(w == "." || words[i-1] == ".") && !(w == "(" && m.dialect == tenant.MySQL && isTableWord(words[i-1])) {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String()
}

// noise changes words without regard to what they mean.
func (m *Mutator) noise(words []string) []string {
	i := m.rnd.IntN(len(words))
	switch m.rnd.IntN(6) {
	case 0:
		return slices.Delete(words, i, i+1)
	case 1:
		return slices.Insert(words, i, words[i])
	case 2:
		j := m.rnd.IntN(len(words))
		words[i], words[j] = words[j], words[i]
	case 3: // a stretch of another statement
		other := m.any()
		from := m.rnd.IntN(len(other))
		to := from + m.rnd.IntN(len(other)-from+1)
		return slices.Insert(words, i, other[from:to]...)
	case 4:
		words[i] = m.words[m.rnd.IntN(len(m.words))]
	default:
		return slices.Insert(words, i, m.words[m.rnd.IntN(len(m.words))])
	}
	return words
}

// meaning changes a statement in a way that may well leave it a statement.
func (m *Mutator) meaning(words []string) []string {
	query := strings.EqualFold(words[0], "SELECT")
	switch m.rnd.IntN(8) {
	case 0: // another table
		if i := m.find(words, m.tables); i >= 0 {
			words[i] = m.tables[m.rnd.IntN(len(m.tables))]
		}
	case 1: // one more table
		if i := m.find(words, []string{"WHERE"}); i >= 0 && len(m.tables) > 0 {
			t := m.tables[m.rnd.IntN(len(m.tables))]
			kind := []string{"JOIN", "LEFT JOIN", "CROSS JOIN", ",", "NATURAL JOIN"}[m.rnd.IntN(5)]
			more := []string{kind, t, "AS", "mx"}
			if strings.HasSuffix(kind, "T JOIN") || kind == "JOIN" {
				more = append(more, "ON", "1", "=", "1")
			}
			return slices.Insert(words, i, more...)
		}
	case 2: // the opposite
		if i := m.find(words, []string{"WHERE", "ON", "HAVING", "AND", "OR"}); i >= 0 {
			return slices.Insert(words, i+1, "NOT")
		}
	case 3: // always true
		if i := m.find(words, []string{"WHERE", "ON", "HAVING"}); i >= 0 {
			return slices.Insert(words, i+1, "1", "=", "1", []string{"OR", "AND"}[m.rnd.IntN(2)])
		}
	case 4: // inside another query
		if query {
			return slices.Concat([]string{"SELECT", "*", "FROM", "("}, words, []string{")", "AS", "mq"})
		}
	case 5: // named by WITH
		if query {
			return slices.Concat([]string{"WITH", "mc", "AS", "("}, words, []string{")", "SELECT", "*", "FROM", "mc"})
		}
	case 6: // with the rows of another
		if other := m.any(); query && strings.EqualFold(other[0], "SELECT") {
			op := []string{"UNION", "UNION ALL", "EXCEPT", "INTERSECT"}[m.rnd.IntN(4)]
			return slices.Concat(words, []string{op}, other)
		}
	default: // asked of another
		if other := m.any(); query {
			if i := m.find(other, []string{"WHERE"}); i >= 0 {
				return slices.Concat(other[:i+1:i+1], []string{"EXISTS", "("}, words, []string{")", "OR"}, other[i+1:])
			}
		}
	}
	return words
}

// find returns the place of a random one of these words in the text, or -1.
func (m *Mutator) find(text, of []string) int {
	at, n := -1, 0
	for i, w := range text {
		if slices.ContainsFunc(of, func(o string) bool { return strings.EqualFold(o, w) }) {
			if n++; m.rnd.IntN(n) == 0 {
				at = i
			}
		}
	}
	return at
}
