package pools

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope"
)

// places are those that the machine's own servers have.
var places = []struct {
	name string
	open func(t *testing.T) *place
	runs int // operations of a storm
}{
	{"sqlite", func(t *testing.T) *place { return onSQLite(t, engines.Get(t, "sqlite")) }, 1200},
	{"sqlite-cgo", func(t *testing.T) *place { return onSQLite(t, cgo(t)) }, 2000},
	{"postgres", onPostgres, 3000},
	{"pgbouncer", onBouncer, 3000},
	{"mysql", onMySQL, 3000},
}

// cgo is SQLite in C, where there is a C compiler.
func cgo(t *testing.T) engines.Engine {
	t.Helper()
	if !engines.Cgo {
		servers.LeaveOut(t, "SQLite in C", "", errors.New("there is no C compiler"))
	}
	return engines.Get(t, "sqlite-cgo")
}

// TestStorm: all operations of all tenants at once while contexts end and
// connections are killed and cut.
func TestStorm(t *testing.T) {
	for _, tt := range places {
		t.Run(tt.name, func(t *testing.T) { tt.open(t).run(t, tt.runs) })
	}
}

// TestRestarts: the same while the server goes away and comes back.
func TestRestarts(t *testing.T) {
	t.Run("postgres", func(t *testing.T) { onPostgresThatRestarts(t).run(t, 3000) })
	t.Run("mysql", func(t *testing.T) { onMySQLThatRestarts(t).run(t, 3000) })
}

// TestLimited: a tenant's share of the pool is not used up by what fails.
func TestLimited(t *testing.T) {
	e := engines.Get(t, "postgres")
	dsn, _ := e.NewDatabase(t)
	admin := newAdmin(t, e.Driver, dsn)
	limit := scope.LimitTenant(scope.Limit{InFlight: 1, Waiting: 1, MaxWait: 5 * time.Millisecond})
	p := &place{
		dialect: e.Dialect,
		admin:   admin,
		clients: []client{newSQLClient(t, "sqlx with a limit", "pgx", e.Dialect, e.Connector(t, dsn), true, limit)},
		faults:  faults{cancel: true, kill: killPostgres(admin)},
		limited: true,
	}
	p.run(t, 1500) // and heals: each tenant's one place is free again
}

// TestReads: only reads, nothing goes wrong, and no answer may.
func TestReads(t *testing.T) {
	reads := 15_000
	if text := os.Getenv("TENANCY_POOL_READS"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err, "TENANCY_POOL_READS")
		reads = n
	}
	for _, tt := range places {
		t.Run(tt.name, func(t *testing.T) {
			tt.open(t).read(t, reads/len(places))
		})
	}
}

// read makes so many reads of the items of all tenants.
func (p *place) read(t *testing.T, reads int) {
	t.Helper()
	began := time.Now()
	var all sync.WaitGroup
	var next, rows atomic.Int64
	wrong := make(chan error, goroutines)
	for range goroutines {
		all.Go(func() {
			for n := next.Add(1); n <= int64(reads); n = next.Add(1) {
				rng := rand.New(rand.NewPCG(uint64(n), 2))
				k, c := rng.IntN(tenants), p.clients[rng.IntN(len(p.clients))]
				list := c.readers()
				r := list[rng.IntN(len(list))]
				from, to := r.span(rng)
				got, err := r.read(as(k), from, to)
				if err := check(got, k, from, to, err); err != nil {
					wrong <- fmt.Errorf("%s, %s, as %s: %w", c, r.name, name(k), err)
					return
				}
				rows.Add(int64(len(got)))
			}
		})
	}
	all.Wait()
	close(wrong)
	var list []error
	for err := range wrong {
		list = append(list, err)
	}
	require.NoError(t, errors.Join(list...))
	took := time.Since(began).Seconds()
	t.Logf("%d reads of %d rows of %d tenants in %.1fs, %.0f a second", reads, rows.Load(), tenants, took, float64(reads)/took)
	for _, c := range p.clients {
		require.NoError(t, c.idle(), "%s", c)
	}
}
