package scope

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"
)

// view is what a connection with an open transaction knows of the schema. Such a
// transaction may see changes of its own that nobody else will ever see, or an
// old state that is gone for all others. So what is read in it serves it alone:
// neither the catalogue nor the plans made with it go to other connections.
type view struct {
	began int64          // how many changes there had been when the transaction began
	mine  int64          // how many it has made itself
	state *rewriterState // what was read in it, or nil
	at    int64          // after how many changes that was read
	until time.Time      // when it is read again
	parts bool           // parts of it may be rolled back without our knowing
}

// apart reports whether what the connection sees may be its own alone.
func (c *conn) apart() bool { return c.tx != nil || c.spoilt }

// changed notes that the schema may have changed through this connection.
func (c *conn) changed() {
	if c.tx != nil {
		c.view.mine++
	}
	c.pool.stale.Store(true)
	c.pool.changes.Add(1)
}

// pin keeps the catalogue for a transaction of SQLite that just began. The names
// in it mean what they meant at its first reading, until it ends; so it must not
// take over what others read later.
func (c *conn) pin() {
	if st := c.pool.state.Load(); c.pool.rules.Dialect == SQLite && !c.spoilt && st.cat != nil && !c.pool.stale.Load() {
		c.view.state, c.view.at = st, c.view.began
	}
}

// current returns the catalogue that is good for the next statement of a
// connection. It is read if there is none, or if it may have changed.
func (p *pool) current(ctx context.Context, c *conn) (*rewriterState, error) {
	st := p.state.Load()
	if c.apart() {
		return p.inside(ctx, c, st)
	}
	if st.cat != nil && !p.stale.Load() {
		return st, nil
	}
	err := p.refresh(ctx, c.inner, st.cat)
	return p.state.Load(), err
}

// inside is current in a transaction. In PostgreSQL and MySQL names mean what
// was committed last, whatever snapshot the rows are read from, so what others
// read outside of transactions is right unless this one has changes of its own.
func (p *pool) inside(ctx context.Context, c *conn, shared *rewriterState) (*rewriterState, error) {
	w, changes := &c.view, p.changes.Load()
	lite := p.rules.Dialect == SQLite
	if !lite && !c.ddl && !c.spoilt && shared.cat != nil && !p.stale.Load() {
		return shared, nil
	}
	undone := c.ddl && w.parts
	if w.state != nil && w.at == changes && !undone && (lite || time.Now().Before(w.until)) {
		return w.state, nil
	}
	return p.readInside(ctx, c)
}

// again reads the catalogue once more for a connection, which was served by old.
// The result is old where nothing has changed.
func (p *pool) again(ctx context.Context, c *conn, old *rewriterState) (*rewriterState, error) {
	if c.apart() {
		return p.readInside(ctx, c)
	}
	err := p.refresh(ctx, c.inner, old.cat)
	return p.state.Load(), err
}

// readInside reads the catalogue in a transaction, for that alone.
func (p *pool) readInside(ctx context.Context, c *conn) (*rewriterState, error) {
	w, changes := &c.view, p.changes.Load()
	if changes-w.began-w.mine > 0 { // others have changed something since
		now, err := p.readsLatest(ctx, c)
		if err == nil && !now {
			err = &RefusedError{Reason: ReasonNeedsCatalogue, Construct: "a statement in a transaction that can not see how the schema has changed since", Offset: -1,
				Hint: "begin the transaction again"}
		}
		if err != nil {
			return nil, err
		}
	}
	cat, err := readCatalogue(ctx, c.inner, p.rules.Dialect)
	if err != nil {
		return nil, err
	}
	same := func(st *rewriterState) bool { return st != nil && reflect.DeepEqual(st.cat, cat) }
	switch shared := p.state.Load(); {
	case same(w.state):
	case same(shared):
		w.state = shared // whose plans are good here too
	default:
		w.state = &rewriterState{cat: cat, schema: newSchema(p.rules.Dialect, cat)}
	}
	w.at, w.until = changes, time.Now().Add(catalogueAge)
	return w.state, nil
}

// readsLatest reports whether a transaction reads the catalogue by which its
// statements are run. PostgreSQL and MySQL read it from the transaction's
// snapshot, like any other table, and run statements by the latest. In SQLite
// the snapshot holds for both, and MariaDB reads the latest.
func (p *pool) readsLatest(ctx context.Context, c *conn) (bool, error) {
	query := map[Dialect]string{Postgres: `SELECT pg_catalog.current_setting('transaction_isolation')`, MySQL: `SELECT VERSION()`}[p.rules.Dialect]
	if query == "" {
		return true, nil
	}
	rows, err := queryText(ctx, c.inner, query)
	if err != nil || len(rows) != 1 || len(rows[0]) != 1 {
		return false, err
	}
	if p.rules.Dialect == MySQL {
		return strings.Contains(rows[0][0], "MariaDB"), nil
	}
	return slices.Contains([]string{"read committed", "read uncommitted"}, rows[0][0]), nil
}
