package scoping

import (
	"context"
	"database/sql/driver"
)

// raw is a statement on a driver's own connection.
type raw struct{ driver.Stmt }

func prepareRaw(conn any, query string) (raw, error) {
	st, err := conn.(driver.ConnPrepareContext).PrepareContext(context.Background(), query)
	return raw{st}, err
}

func (r raw) run() error {
	_, err := r.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), nil)
	if err != nil {
		return err
	}
	return r.Stmt.Close()
}
