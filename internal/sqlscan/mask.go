package sqlscan

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// Mask returns a text without its values, for logs: literals become ?, and
// comments and runs of white space become one space. What the lexer can not
// split is left out from there on.
//
// SQLite takes "x" for a string where nothing has that name. So there one is
// masked too, unless known says that it is a name; a nil known knows all of them.
func Mask(d tenant.Dialect, m Modes, text string, known func(name string) bool) string {
	masked, _ := mask(d, m, text, len(text), known)
	return masked
}

// excerptWidth is how many bytes an excerpt shows on each side of its place.
const excerptWidth = 60

// Excerpt returns two lines: the masked text around byte offset of text, and a
// caret under that place. known is that of Mask.
func Excerpt(d tenant.Dialect, m Modes, text string, offset int, known func(name string) bool) string {
	masked, at := mask(d, m, text, offset, known)
	from, to := max(at-excerptWidth, 0), min(at+excerptWidth, len(masked))
	head, tail := strings.ToValidUTF8(masked[from:at], ""), strings.ToValidUTF8(masked[at:to], "")
	if from > 0 {
		head = "..." + head
	}
	if to < len(masked) {
		tail += "..."
	}
	return head + tail + "\n" + strings.Repeat(" ", len([]rune(head))) + "^"
}

// mask also returns where the byte offset of text has come to stand.
func mask(d tenant.Dialect, m Modes, text string, offset int, known func(name string) bool) (masked string, at int) {
	mem := memories.Get().(*memory)
	defer mem.put()
	lx, _ := mem.lex(d, m, text) // the tokens before an error are enough
	var b strings.Builder
	at = -1
	end := int32(0)
	for _, t := range lx.toks {
		if t.Kind == EOF {
			break
		}
		if t.Start > end && b.Len() > 0 {
			b.WriteByte(' ')
		}
		end = t.End
		if at < 0 && int(t.Start) >= offset {
			at = b.Len()
		}
		quoted := d == tenant.SQLite && known != nil && t.Kind == QuotedName && text[t.Start] == '"'
		if t.Kind == String || t.Kind == Number || quoted && !known(strings.ReplaceAll(text[t.Start+1:t.End-1], `""`, `"`)) {
			b.WriteByte('?')
		} else {
			b.WriteString(text[t.Start:t.End])
		}
	}
	if at < 0 {
		at = b.Len()
	}
	return b.String(), at
}
