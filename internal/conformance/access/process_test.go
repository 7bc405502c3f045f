package access_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/context/ctxtreesql"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/rbac/rbacsql"
	"github.com/gotenancy/tenancy/tenant"
)

// A second process is this test binary started again, with the place of the
// database in the environment. It is told of no change: it knows what its
// orders' tokens make it look up, and answers each order with a line.
const placeVariable = "TENANCY_ACCESS_PLACE"

type place struct {
	Engine  string
	Driver  string
	DSN     string
	Dialect tenant.Dialect
}

// order asks whether ann, a member of the tenant, may edit the node, as of the
// token; an answer is its number, and what came out.
type order struct {
	Number int
	Tenant tenant.ID
	Node   int64
	Token  string
}

type answer struct {
	Number int
	Can    bool
	Err    string `json:",omitempty"`
}

func TestMain(m *testing.M) {
	text := os.Getenv(placeVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var p place
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = p.serve(os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "process:", err)
		os.Exit(1)
	}
}

// access is what a process has.
type access struct {
	tree    *ctxtreesql.Store
	roles   *rbacsql.Store
	checker *rbac.Checker
}

func newAccess(db *sql.DB, dialect tenant.Dialect) (*access, error) {
	levels, err := ctxtree.NewLevels(ctxtree.LevelRule{Level: "category", Under: []ctxtree.Level{ctxtree.LevelTenant, "category"}})
	if err != nil {
		return nil, err
	}
	a := &access{tree: ctxtreesql.New(db, dialect, levels), roles: rbacsql.New(db, dialect)}
	a.checker, err = rbac.NewChecker(rbac.Config{
		Tree: a.tree, Store: a.roles, Capabilities: []rbac.Capability{{Name: "edit"}},
		TreeOn: func(db tenant.DBTX) ctxtree.Store { return a.tree.With(db) },
	})
	return a, err
}

func ann(ctx context.Context, of tenant.ID) context.Context {
	return tenant.WithActor(tenant.WithID(ctx, of), tenant.Actor{ID: "ann", Tenant: of})
}

// ask answers an order.
func (a *access) ask(ctx context.Context, o order) (bool, error) {
	ctx = ann(ctx, o.Tenant)
	token, err := rbac.ParseToken(o.Token)
	if err == nil {
		err = a.checker.Await(ctx, token)
	}
	if err != nil {
		return false, err
	}
	d, err := a.checker.Explain(ctx, "edit", o.Node)
	if err == nil && d.Allowed != a.checker.Can(ctx, "edit", o.Node) {
		err = fmt.Errorf("Explain says %v, and Can does not", d.Allowed)
	}
	return d.Allowed, err
}

// serve answers orders, each in a goroutine of its own, until there are no more.
func (p place) serve(in io.Reader, out io.Writer) error {
	db, err := sql.Open(p.Driver, p.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(8)
	a, err := newAccess(db, p.Dialect)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	answers := json.NewEncoder(out)
	var wg sync.WaitGroup
	defer wg.Wait()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		wg.Go(func() {
			can, err := a.ask(context.Background(), o)
			reply := answer{Number: o.Number, Can: can}
			if err != nil {
				reply.Err = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			_ = answers.Encode(reply) // the parent misses it if it is lost
		})
	}
	return nil
}

// child is the second process. Many goroutines may ask it at once.
type child struct {
	mu      sync.Mutex
	in      *json.Encoder
	last    int
	waiting map[int]chan answer
}

// start starts it; it ends with the test.
func (p place) start(t *testing.T) *child {
	t.Helper()
	text, err := json.Marshal(p)
	require.NoError(t, err)
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), placeVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := &child{in: json.NewEncoder(in), waiting: map[int]chan answer{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var a answer
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				t.Errorf("the process answers %q", lines.Text())
				return
			}
			c.mu.Lock()
			c.waiting[a.Number] <- a
			delete(c.waiting, a.Number)
			c.mu.Unlock()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, ch := range c.waiting {
			close(ch)
		}
		c.waiting = nil
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the process: %v", err)
		}
		cancel()
	})
	return c
}

// ask has an order answered.
func (c *child) ask(o order) (bool, error) {
	ch := make(chan answer, 1)
	c.mu.Lock()
	if c.waiting == nil {
		c.mu.Unlock()
		return false, io.ErrUnexpectedEOF
	}
	c.last++
	o.Number = c.last
	c.waiting[o.Number] = ch
	err := c.in.Encode(o)
	c.mu.Unlock()
	if err != nil {
		return false, err
	}
	a, ok := <-ch
	if !ok {
		return false, io.ErrUnexpectedEOF
	}
	if a.Err != "" {
		return false, fmt.Errorf("the process: %s", a.Err)
	}
	return a.Can, nil
}

// placeOf makes a database with the tables in it.
func placeOf(t *testing.T, e engines.Engine) (place, *sql.DB) {
	t.Helper()
	dsn, db := e.NewDatabase(t)
	migrateAll(t, db, e.Dialect)
	return place{Engine: e.Name, Driver: e.Driver, DSN: dsn, Dialect: e.Dialect}, db
}
