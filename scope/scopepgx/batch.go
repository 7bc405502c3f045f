package scopepgx

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gotenancy/tenancy/scope"
)

// SendBatch sends the queries of b together, as pgx's SendBatch does, each for
// the tenant of ctx. If one of them is refused none is sent. b is left as it is,
// and its callbacks are called as pgx calls them.
func (s *statements) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	c, err := s.acquire(ctx)
	if err != nil {
		return noResults{err}
	}
	scoped := &pgx.Batch{}
	all := make([]*scope.Statement, 0, b.Len())
	for i, query := range b.QueuedQueries {
		st, args, err := s.scoped(ctx, c, batchOptions, query.SQL, query.Arguments)
		if err != nil {
			c.done()
			return noResults{fmt.Errorf("scopepgx: query %d of the batch: %w", i+1, err)}
		}
		all = append(all, st)
		// A callback may be set until the results are closed.
		scoped.Queue(st.Query, args...).Fn = func(br pgx.BatchResults) error {
			if query.Fn == nil {
				_, err := br.Exec()
				return err
			}
			return query.Fn(results{br})
		}
	}
	return &batch{results{c.to.SendBatch(ctx, scoped)}, c, all}
}

// results hands out rows that keep the connection to themselves.
type results struct{ pgx.BatchResults }

// Query implements pgx.BatchResults.
func (r results) Query() (pgx.Rows, error) {
	inner, err := r.BatchResults.Query()
	return hidden{inner}, err // the connection is left to the rest of the batch
}

// QueryRow implements pgx.BatchResults.
func (r results) QueryRow() pgx.Row { return hiddenRow{r.BatchResults.QueryRow()} }

// batch is the results of the whole batch.
type batch struct {
	results
	conn *connection
	all  []*scope.Statement
}

// Close implements pgx.BatchResults. Only then the server has run everything.
func (b *batch) Close() error {
	err := b.results.Close()
	if !b.conn.given {
		for _, st := range b.all {
			st.Sent()
		}
		b.conn.done()
	}
	return err
}
