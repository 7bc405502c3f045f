package scopepgx

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// rows give the connection back when they are read or closed, and keep it to
// themselves: nothing is scoped on it.
type rows struct {
	pgx.Rows
	conn *connection
}

// Conn returns nil.
func (*rows) Conn() *pgx.Conn { return nil }

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
	err := r.Rows.Scan(dest...)
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
	pgx.Row
	conn *connection
}

// Scan implements pgx.Row.
func (r *row) Scan(dest ...any) error {
	defer r.conn.done()
	return r.Row.Scan(dest...)
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
