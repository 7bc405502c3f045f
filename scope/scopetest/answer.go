package scopetest

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// answer is what a statement gave.
type answer struct {
	columns  []string
	rows     []string // each as one text
	affected int64    // of a statement that returns no rows; -1 where it is not known
	err      error
}

// text is the answer as a failure shows it, and as it is compared; sorted where
// the order of rows means nothing.
func (a *answer) text(ordered bool) string {
	if a.err != nil {
		return "error: " + a.err.Error()
	}
	rows := a.rows
	if !ordered {
		rows = append([]string(nil), rows...)
		sort.Strings(rows)
	}
	var b strings.Builder
	if len(a.columns) > 0 {
		b.WriteString(strings.Join(a.columns, " | "))
		b.WriteByte('\n')
		for _, r := range rows {
			b.WriteString(r)
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "(%d rows)", len(a.rows))
	if a.affected >= 0 {
		fmt.Fprintf(&b, " (%d affected)", a.affected)
	}
	return b.String()
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// ask runs a statement and reads all that it gives. numbered says that numbers
// which the server has counted up may be among it.
func ask(ctx context.Context, q queryer, s Statement, returns, numbered bool) *answer {
	a := &answer{affected: -1}
	if !returns {
		result, err := q.ExecContext(ctx, s.Text, s.Args...)
		if err != nil {
			a.err = err
			return a
		}
		if a.affected, err = result.RowsAffected(); err != nil {
			a.affected = -1
		}
		return a
	}
	rows, err := q.QueryContext(ctx, s.Text, s.Args...)
	if err != nil {
		a.err = err
		return a
	}
	defer rows.Close()
	if a.columns, a.err = rows.Columns(); a.err != nil {
		return a
	}
	values, places := make([]any, len(a.columns)), make([]any, len(a.columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if a.err = rows.Scan(places...); a.err != nil {
			return a
		}
		var b strings.Builder
		for i, v := range values {
			if i > 0 {
				b.WriteString(" | ")
			}
			writeValue(&b, v, numbered)
		}
		a.rows = append(a.rows, b.String())
		if len(a.rows) > maxRows {
			a.err = errTooMany
			return a
		}
	}
	a.err = rows.Err()
	return a
}

// maxRows bounds what is read of one answer: a join of everything with
// everything proves nothing that a smaller one does not.
const maxRows = 100_000

var errTooMany = fmt.Errorf("scopetest: more than %d rows", maxRows)

// writeValue writes a value so that equal ones are equal texts, whether a driver
// got them as text or in its binary form. A number that the server has counted up
// is another one in each database, if numbered says that it may be one.
func writeValue(b *strings.Builder, v driver.Value, numbered bool) {
	switch x := v.(type) {
	case nil:
		b.WriteString("NULL")
	case string:
		writeText(b, x)
	case []byte:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil && numbered && n > generatedAbove {
			b.WriteByte('#')
			return
		}
		if f, err := strconv.ParseFloat(string(x), 64); err == nil && bytes.IndexByte(x, '.') >= 0 {
			writeFraction(b, f) // MySQL's texts have less digits than its binary form
			return
		}
		writeText(b, string(x))
	case int64:
		if numbered && x > generatedAbove {
			b.WriteByte('#')
			return
		}
		b.WriteString(strconv.FormatInt(x, 10))
	case float64:
		writeFraction(b, x)
	case float32:
		writeFraction(b, float64(x))
	case bool:
		b.WriteString(strconv.FormatBool(x))
	case time.Time:
		writeTime(b, x, x.UTC().Format(time.RFC3339Nano))
	default:
		fmt.Fprint(b, x)
	}
}

func writeFraction(b *strings.Builder, f float64) {
	b.WriteString(strconv.FormatFloat(f, 'g', 7, 64))
}

// writeText writes a text, which in MySQL and SQLite may be a time.
func writeText(b *strings.Builder, text string) {
	if len(text) >= len(time.DateTime) && len(text) <= len(time.RFC3339Nano) && text[4] == '-' {
		for _, layout := range []string{"2006-01-02 15:04:05.999999999", time.RFC3339Nano} {
			if at, err := time.Parse(layout, text); err == nil {
				writeTime(b, at, text)
				return
			}
		}
	}
	b.WriteString(text)
}

// writeTime masks what a clock has given, now or reckoned from now: it is another
// one each time. The times that are made up are long past, and in whole seconds.
func writeTime(b *strings.Builder, at time.Time, text string) {
	if at.Nanosecond() != 0 || time.Since(at).Abs() < 24*time.Hour {
		b.WriteString("#now")
		return
	}
	b.WriteString(text)
}
