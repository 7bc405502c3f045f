package settings_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// A second process is this test binary started again, with the place of the
// database in the environment. It does what it is told on its standard input, a
// line at a time, and answers each with a line.
const placeVariable = "TENANCY_SETTINGS_PLACE"

// order is such a line. With Set the value is written first. Then it is waited
// for, so that what the process has in memory is outdated by the next one.
type order struct {
	Set    bool
	Tenant tenant.ID
	Value  string
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

// serve carries out orders until there are no more.
func (p place) serve(in io.Reader, out io.Writer) error {
	pr, err := p.start(config.Config{})
	if err != nil {
		return err
	}
	defer pr.db.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- pr.poller.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		if o.Set {
			err = pr.settings.Set(pr.context(o.Tenant), "title", o.Value, "test")
		}
		if err == nil {
			err = pr.await(o.Tenant, "title", o.Value)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "done")
	}
	return nil
}

// child is a second process.
type child struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func (p place) child(t *testing.T) *child {
	t.Helper()
	text, err := json.Marshal(p)
	require.NoError(t, err)
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	t.Cleanup(cancel) // where the test has failed, it is killed
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), placeVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &child{t, cmd, in, bufio.NewScanner(out)}
}

// do has an order carried out.
func (c *child) do(o order) {
	c.t.Helper()
	line, err := json.Marshal(o)
	require.NoError(c.t, err)
	_, err = c.in.Write(append(line, '\n'))
	require.NoError(c.t, err)
	require.True(c.t, c.out.Scan(), "the process has ended")
	require.Equal(c.t, "done", c.out.Text())
}

// end lets it end in peace.
func (c *child) end() {
	c.t.Helper()
	require.NoError(c.t, c.in.Close())
	require.NoError(c.t, c.cmd.Wait())
}

// What one process of the operating system writes the other one reads, in both
// directions.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		p, _ := newPlace(t, e)
		here, there := p.process(t, config.Config{}), p.child(t)
		background(t, here.poller.Run)
		for _, id := range []tenant.ID{"acme", "bolt", ""} {
			there.do(order{Tenant: id}) // nothing is there
			require.NoError(t, here.await(id, "title", ""))
		}
		var delays []time.Duration
		for round := range 2 {
			for _, id := range []tenant.ID{"acme", ""} {
				value := fmt.Sprintf("%q here %d", id, round)
				began := time.Now()
				require.NoError(t, here.settings.Set(here.context(id), "title", value, "test"))
				require.NoError(t, here.await(id, "title", value))
				there.do(order{Tenant: id, Value: value})
				delays = append(delays, time.Since(began))

				value = fmt.Sprintf("%q there %d", id, round)
				began = time.Now()
				there.do(order{Set: true, Tenant: id, Value: value})
				require.NoError(t, here.await(id, "title", value))
				delays = append(delays, time.Since(began))
			}
			there.do(order{Tenant: "bolt", Value: fmt.Sprintf(`"" there %d`, round)}) // what is global
		}
		there.end()
		report(t, delays)
	})
}
