package scopepgx

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/scope"
)

// CopyFrom loads rows by PostgreSQL's COPY, as pgx's CopyFrom does, into the
// tenant of ctx, by the rules of INSERT. The tenant column may be among columns
// if each row holds the tenant of ctx in it; a row that does not ends the COPY
// with a [scope.RefusedError], and as with any error of src the server keeps
// none of the rows.
func (s *statements) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	c, err := s.acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer c.done()
	scoped, err := c.session.Copy(ctx, table, columns)
	if err != nil {
		return 0, err
	}
	from := &copySource{CopyFromSource: src, copy: scoped}
	n, err := c.to.CopyFrom(ctx, table, scoped.Columns, from)
	if from.err != nil {
		return n, from.err // the server's error only quotes it
	}
	return n, err
}

// copySource puts the tenant into the rows of another source.
type copySource struct {
	pgx.CopyFromSource
	copy *scope.Copy
	err  error
}

// Values implements pgx.CopyFromSource.
func (s *copySource) Values() ([]any, error) {
	values, err := s.CopyFromSource.Values()
	if err != nil {
		return nil, err
	}
	row, err := s.copy.Row(values)
	s.err = err
	return row, err
}
