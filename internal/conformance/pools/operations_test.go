package pools

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// operations by how often they are made.
var operations = []operation{
	{45, readItems},
	{8, readAccounts},
	{8, joinOwn},
	{2, crossJoin},
	{8, increment},
	{6, enter},
	{9, transfer},
	{5, rewrite},
	{4, bound},
	{3, sweep},
	{2, replaceNotes},
}

func pick(rng *rand.Rand) operation {
	total := 0
	for _, o := range operations {
		total += o.weight
	}
	n := rng.IntN(total)
	i := slices.IndexFunc(operations, func(o operation) bool { n -= o.weight; return n < 0 })
	return operations[i]
}

// readItems reads in one of the library's ways, also as those who do not write.
func readItems(_ *storm, o *op) (attempt, error) {
	list := o.c.readers()
	r := list[o.rng.IntN(len(list))]
	ctx, k := o.ctx, o.k
	if o.rng.IntN(4) == 0 {
		k = o.rng.IntN(tenants)
		ctx = tenant.WithID(o.bare, name(k))
	}
	from, to := r.span(o.rng)
	got, err := r.read(ctx, from, to)
	return attempt{}, check(got, k, from, to, err)
}

func (r reader) span(rng *rand.Rand) (from, to int) {
	from = rng.IntN(items)
	if r.one {
		return from, from
	}
	return from, from + rng.IntN(items-from)
}

// readAccounts must find the money of the tenant, wherever transfers have
// brought it.
func readAccounts(s *storm, o *op) (attempt, error) {
	rows, err := o.c.query(o.ctx, `SELECT mark, id, balance FROM accounts ORDER BY id`)
	if wrong := checkMarks(rows, o.k); wrong != nil || err != nil {
		return attempt{}, errors.Join(wrong, err)
	}
	return attempt{}, checkAccounts(rows)
}

func checkAccounts(rows [][]string) error {
	sum := 0
	for i, row := range rows {
		balance, err := strconv.Atoi(row[2])
		if err != nil || row[1] != strconv.Itoa(i) {
			return fmt.Errorf("%w: account %v", errWrong, row)
		}
		sum += balance
	}
	if len(rows) != accounts || sum != accounts*opening {
		return fmt.Errorf("%w: %d accounts with %d in all", errWrong, len(rows), sum)
	}
	return nil
}

// checkMarks looks at the first column.
func checkMarks(rows [][]string, k int) error {
	for _, row := range rows {
		if !strings.HasPrefix(row[0], string(name(k))+":") {
			return fmt.Errorf("%w: %s sees %v", errWrong, name(k), row)
		}
	}
	return nil
}

// joinOwn joins by ids that all tenants have.
func joinOwn(_ *storm, o *op) (attempt, error) {
	rows, err := o.c.query(o.ctx, `SELECT i.mark, a.mark FROM items i LEFT JOIN accounts a ON a.id = i.id WHERE i.id < ? ORDER BY i.id`, accounts+2)
	for i, row := range rows {
		other := i < accounts && !strings.HasPrefix(row[1], string(name(o.k))+":") || i >= accounts && strings.Contains(row[1], ":")
		if row[0] != mark(o.k, i) || other {
			return attempt{}, fmt.Errorf("%w: %s sees %v", errWrong, name(o.k), row)
		}
	}
	if err == nil && len(rows) != accounts+2 {
		return attempt{}, fmt.Errorf("%w: %d rows", errWrong, len(rows))
	}
	return attempt{}, err
}

// crossJoin takes a while, so that contexts end in the middle of it.
func crossJoin(_ *storm, o *op) (attempt, error) {
	rows, err := o.c.query(o.ctx, `SELECT COUNT(*) FROM items a CROSS JOIN items b CROSS JOIN items c CROSS JOIN items d WHERE a.mark <> b.mark OR c.mark = d.mark OR a.id >= 0`)
	if err == nil && rows[0][0] != strconv.Itoa(items*items*items*items) {
		return attempt{}, fmt.Errorf("%w: %s of %s", errWrong, rows[0][0], name(o.k))
	}
	return attempt{}, err
}

// alone is the outcome of a write without a transaction.
func (o *op) alone(w what, n int64, err error) (attempt, error) {
	a := attempt{what: w, k: o.k, state: committed}
	switch {
	case errors.Is(err, scope.ErrRefused):
		a.state = absent
	case err != nil:
		a.state = unknown
	case n != 1:
		err = fmt.Errorf("%w: %d rows written", errWrong, n)
	}
	return a, err
}

func increment(_ *storm, o *op) (attempt, error) {
	n, err := o.c.exec(o.ctx, `UPDATE counters SET n = n + 1 WHERE id = ?`, 1)
	return o.alone(anIncrement, n, err)
}

func enter(_ *storm, o *op) (attempt, error) {
	n, err := o.c.exec(o.ctx, `INSERT INTO entries (attempt, mark) VALUES (?, ?)`, o.n, mark(o.k, o.n))
	return o.alone(anEntry, n, err)
}

// inTx runs fn in a transaction of the tenant. Now and then it is rolled back
// though all went well.
func (o *op) inTx(w what, fn func(tx transaction) error) (attempt, error) {
	a := attempt{what: w, k: o.k}
	tx, err := o.c.begin(o.ctx)
	if err != nil {
		return a, err
	}
	back := o.rng.IntN(8) == 0
	if err := fn(tx); err != nil || back {
		_ = tx.rollback() // it may have ended with its connection
		return a, err
	}
	if err := tx.commit(o.ctx); err != nil {
		a.state = unknown
		_ = tx.rollback() // of pgx: Commit may not have been sent
		return a, err
	}
	a.state = committed
	return a, nil
}

// exactly is for writes that have to reach so many rows.
func exactly(want int, n int64, err error) error {
	if err == nil && n != int64(want) {
		return fmt.Errorf("%w: %d rows written, want %d", errWrong, n, want)
	}
	return err
}

func transfer(_ *storm, o *op) (attempt, error) {
	// In the order of the ids, so that two of them do not wait for each other.
	low := o.rng.IntN(accounts - 1)
	high := low + 1 + o.rng.IntN(accounts-1-low)
	amount := 1 + o.rng.IntN(100) // MySQL does not count a row that stays as it is
	return o.inTx(anEntry, func(tx transaction) error {
		n, err := tx.exec(o.ctx, `UPDATE accounts SET balance = balance - ? WHERE id = ?`, amount, low)
		if err := exactly(1, n, err); err != nil {
			return err
		}
		n, err = tx.exec(o.ctx, `INSERT INTO entries (attempt, mark) VALUES (?, ?)`, o.n, mark(o.k, o.n))
		if err := exactly(1, n, err); err != nil {
			return err
		}
		n, err = tx.exec(o.ctx, `UPDATE accounts SET balance = balance + ? WHERE id = ?`, amount, high)
		return exactly(1, n, err)
	})
}

// rewrite reads a number and writes it plus one, holding the row.
func rewrite(s *storm, o *op) (attempt, error) {
	return o.inTx(aRewrite, func(tx transaction) error {
		read := `SELECT n FROM counters WHERE id = ? FOR UPDATE`
		if s.p.dialect == tenant.SQLite {
			if n, err := tx.exec(o.ctx, `UPDATE counters SET n = n WHERE id = ?`, 2); err != nil {
				return exactly(1, n, err)
			}
			read = `SELECT n FROM counters WHERE id = ?`
		}
		rows, err := tx.query(o.ctx, read, 2)
		if err != nil {
			return err
		}
		if len(rows) != 1 {
			return fmt.Errorf("%w: %d rows, want 1", errWrong, len(rows))
		}
		was, err := strconv.Atoi(rows[0][0])
		if err != nil {
			return err
		}
		n, err := tx.exec(o.ctx, `UPDATE counters SET n = ? WHERE id = ?`, was+1, 2)
		return exactly(1, n, err)
	})
}

// bound: what names no tenant in a transaction is its tenant's, and another
// tenant has no part in it.
func bound(s *storm, o *op) (attempt, error) {
	other := (o.k + 1 + o.rng.IntN(tenants-1)) % tenants
	return o.inTx(anEntry, func(tx transaction) error {
		rows, err := tx.query(as(other), someItems, 0, items)
		if err == nil {
			return fmt.Errorf("%w: %s reads %v in a transaction of %s", errWrong, name(other), rows, name(o.k))
		}
		n, err := tx.exec(as(other), `UPDATE accounts SET mark = ?`, "stolen:")
		if err == nil {
			return fmt.Errorf("%w: %s writes %d rows in a transaction of %s", errWrong, name(other), n, name(o.k))
		}
		n, err = tx.exec(context.Background(), `INSERT INTO entries (attempt, mark) VALUES (?, ?)`, o.n, mark(o.k, o.n))
		if err := exactly(1, n, err); err != nil {
			return err
		}
		rows, err = tx.query(context.Background(), someItems, 0, items-1)
		return check(itemsOf(rows), o.k, 0, items-1, err)
	})
}

// sweep writes to all rows of a table, as the application sees it.
func sweep(s *storm, o *op) (attempt, error) {
	n, err := o.c.exec(o.ctx, `UPDATE accounts SET mark = ?`, mark(o.k, o.n))
	return attempt{}, exactly(accounts, n, err)
}

// replaceNotes deletes all rows of a table, as the application sees it, and
// writes them anew. A counter is the lock.
func replaceNotes(_ *storm, o *op) (attempt, error) {
	return o.inTx(nothing, func(tx transaction) error {
		n, err := tx.exec(o.ctx, `UPDATE counters SET n = n + 1 WHERE id = ?`, 0)
		if err := exactly(1, n, err); err != nil {
			return err
		}
		n, err = tx.exec(o.ctx, `DELETE FROM notes`)
		if err := exactly(notes, n, err); err != nil {
			return err
		}
		for i := range notes {
			n, err := tx.exec(o.ctx, `INSERT INTO notes (id, mark) VALUES (?, ?)`, i, mark(o.k, o.n))
			if err := exactly(1, n, err); err != nil {
				return err
			}
		}
		return nil
	})
}
