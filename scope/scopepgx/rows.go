package scopepgx

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// hidden are rows that keep the connection to themselves: nothing is scoped on
// it.
type hidden struct{ pgx.Rows }

// Conn returns nil.
func (hidden) Conn() *pgx.Conn { return nil }

// Scan implements pgx.Rows.
func (h hidden) Scan(dest ...any) error { return h.Rows.Scan(blind(dest)...) }

// blind returns dest for pgx. A pgx.RowScanner, which pgx takes only by itself,
// would get the rows of pgx, and by them the connection.
func blind(dest []any) []any {
	if len(dest) == 1 {
		if s, ok := dest[0].(pgx.RowScanner); ok {
			return []any{rowScanner{s}}
		}
	}
	return dest
}

// rowScanner shows hidden rows to another RowScanner.
type rowScanner struct{ to pgx.RowScanner }

// ScanRow implements pgx.RowScanner.
func (s rowScanner) ScanRow(rows pgx.Rows) error { return s.to.ScanRow(hidden{rows}) }

// hiddenRow is a row that does the same.
type hiddenRow struct{ pgx.Row }

// Scan implements pgx.Row.
func (h hiddenRow) Scan(dest ...any) error { return h.Row.Scan(blind(dest)...) }

// rows give the connection back when they are read or closed.
type rows struct {
	hidden
	conn *connection
}

// Close implements pgx.Rows.
func (r *rows) Close() {
	r.Rows.Close()
	r.conn.done()
}

// Next implements pgx.Rows.
func (r *rows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Scan implements pgx.Rows, which closes itself by an error.
func (r *rows) Scan(dest ...any) error {
	err := r.hidden.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

// Values implements pgx.Rows, which closes itself by an error.
func (r *rows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, err
}

// row gives the connection back when it was read.
type row struct {
	hiddenRow
	conn *connection
}

// Scan implements pgx.Row.
func (r *row) Scan(dest ...any) error {
	defer r.conn.done()
	return r.hiddenRow.Scan(dest...)
}

// noRows is the answer to what was not sent.
type noRows struct{ err error }

func (noRows) Close()                                       {}
func (n noRows) Err() error                                 { return n.err }
func (noRows) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (noRows) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (noRows) Next() bool                                   { return false }
func (n noRows) Scan(...any) error                          { return n.err }
func (n noRows) Values() ([]any, error)                     { return nil, n.err }
func (noRows) RawValues() [][]byte                          { return nil }
func (noRows) Conn() *pgx.Conn                              { return nil }

// noResults is noRows for a batch.
type noResults struct{ err error }

func (n noResults) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, n.err }
func (n noResults) Query() (pgx.Rows, error)         { return noRows(n), n.err } //nolint:sqlclosecheck // there is nothing to close
func (n noResults) QueryRow() pgx.Row                { return noRows(n) }
func (n noResults) Close() error                     { return n.err }
