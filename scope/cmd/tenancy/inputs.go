package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
)

// What an input may have at most, so that no file takes all of the memory.
const (
	maxFile       = 64 << 20  // bytes of a schema or policy
	maxLine       = 1 << 20   // bytes of a line of the statements
	maxStatements = 512 << 20 // bytes of different statements
)

// statement is one text of the application, with how often it stands in the file.
type statement struct {
	text        string
	line, times int // line is the first
}

// readFile returns the text of a file, which has to be UTF-8 and not empty.
func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(string(b), "\ufeff")
	switch {
	case len(b) > maxFile:
		return "", fmt.Errorf("%s: it is larger than %d MB", path, maxFile>>20)
	case strings.TrimSpace(text) == "":
		return "", fmt.Errorf("%s: it is empty", path)
	case !utf8.ValidString(text):
		at := 0
		for i, r := range text {
			if r == utf8.RuneError {
				if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
					at = i
					break
				}
			}
		}
		return "", fmt.Errorf("%s:%d: it is not UTF-8", path, lineOf(text, at))
	}
	return text, nil
}

func lineOf(text string, at int) int { return 1 + strings.Count(text[:at], "\n") }

// readPolicy reads a policy, of that dialect if one is given.
func readPolicy(path, dialect string) (scope.Policy, error) {
	text, err := readFile(path)
	if err != nil {
		return scope.Policy{}, err
	}
	p, err := scope.ParsePolicy([]byte(text))
	if err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	if dialect == "" {
		return p, nil
	}
	var d scope.Dialect
	if err := d.UnmarshalText([]byte(dialect)); err != nil {
		return p, fmt.Errorf("--dialect %s: use postgres, mysql or sqlite", dialect)
	}
	if d != p.Dialect {
		return p, fmt.Errorf("%s: the policy is for %v, and --dialect says %v", path, p.Dialect, d)
	}
	return p, nil
}

// readSchema reads the schema of the shared database.
func readSchema(path string, p scope.Policy) (*ddl.Schema, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	text = withoutMeta(text)
	texts, err := ddl.Split(p.Dialect, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var kept []string
	at := 0
	for _, t := range texts {
		if i := strings.Index(text[at:], t); i >= 0 {
			at += i
		}
		if ofTheSession(t) {
			continue
		}
		if _, err := ddl.Read(p.Dialect, []string{t}); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, lineOf(text, at), err)
		}
		kept = append(kept, t)
	}
	schema, err := ddl.Read(p.Dialect, kept)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(schema.Tables) == 0 {
		return nil, fmt.Errorf("%s: it has no CREATE TABLE", path)
	}
	return schema, nil
}

// withoutMeta blanks the lines that are for psql or the mysql client.
func withoutMeta(text string) string {
	if !strings.Contains(text, "\n\\") && !strings.HasPrefix(text, "\\") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "\\") {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// ofTheSession reports whether a statement of a dump sets something for the
// session that loads it, or names roles of the server that it came from.
func ofTheSession(text string) bool {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return true
	}
	switch words[0] {
	case "set", "select", "use", "grant", "revoke", "lock", "unlock", "begin", "commit", "start", "pragma":
		return true
	case "alter":
		return strings.Contains(strings.Join(words, " "), " owner to ")
	}
	return false
}

// readStatements reads a log with one statement a line. Empty lines and comments
// are left out, equal lines are one statement.
func readStatements(path string, d scope.Dialect) (list []statement, lines int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	in := bufio.NewReaderSize(f, 64<<10)
	seen := map[string]int{}
	size := 0
	for n := 1; ; n++ {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "--") {
			continue
		}
		lines++
		if i, ok := seen[line]; ok {
			list[i].times++
			continue
		}
		if !utf8.ValidString(line) {
			return nil, 0, fmt.Errorf("%s:%d: it is not UTF-8", path, n)
		}
		if err := whole(d, line); err != nil {
			return nil, 0, fmt.Errorf("%s:%d: %w; a statement has one line for itself", path, n, err)
		}
		if size += len(line); size > maxStatements {
			return nil, 0, fmt.Errorf("%s:%d: more than %d MB of different statements", path, n, maxStatements>>20)
		}
		seen[line] = len(list)
		list = append(list, statement{text: line, line: n, times: 1})
	}
	if len(list) == 0 {
		return nil, 0, fmt.Errorf("%s: it has no statement", path)
	}
	return list, lines, nil
}

// readLine returns the next line, or an error before it takes more memory than a
// line may.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return "", fmt.Errorf("the line is longer than %d bytes", maxLine)
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0, err == nil:
			return string(line), nil
		default:
			return "", err
		}
	}
}

// whole returns an error if a quote or comment of the statement does not end on
// its line. What else is wrong with it the scoper says.
func whole(d scope.Dialect, text string) error {
	modes := sqlscan.Known
	if d == scope.MySQL {
		modes |= sqlscan.Backslashes
	}
	_, err := sqlscan.Tokens(d, modes, text)
	var e *sqlscan.Error
	if errors.As(err, &e) && e.Reason == sqlscan.Unbalanced && !strings.Contains(e.Construct, "parenthes") {
		return e
	}
	return nil
}
