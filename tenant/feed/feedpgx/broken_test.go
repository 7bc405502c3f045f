package feedpgx

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gotenancy/tenancy/tenant"
)

// broken is a database that fails, and counts.
type broken struct {
	tenant.DBTX
	looks *int
}

func (b broken) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	*b.looks++
	return nil, errors.New("down")
}
