package transfer

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/transfer"
)

// order is what a process of its own is told to do.
type order struct {
	Driver, DSN string
	Policy      scope.Policy
	File        string // to import; "" is a purge
	Batch       int
	Resume      bool
	Table       string // where it stops and waits to be killed
	Rows        int64
}

const orderVariable = "TENANCY_TRANSFER_ORDER"

// TestMain is also the main function of the processes that are killed.
func TestMain(m *testing.M) {
	text := os.Getenv(orderVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	if err := obey(text); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("done")
	os.Exit(0)
}

func obey(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	db, err := scope.Open(o.Driver, o.DSN, o.Policy, scope.OnCrossing(func(context.Context, scope.Crossing) {}))
	if err != nil {
		return err
	}
	wait := func(p transfer.Progress) {
		if p.Table == o.Table && p.Rows >= o.Rows {
			fmt.Println("here")
			io.Copy(io.Discard, os.Stdin) //nolint:errcheck // nobody ever writes
		}
	}
	if o.File == "" {
		_, err = transfer.Purge(context.Background(), db, "acme", transfer.PurgeOptions{Batch: o.Batch, Progress: wait})
		return err
	}
	file, err := os.Open(o.File)
	if err != nil {
		return err
	}
	_, err = transfer.Import(context.Background(), db, file, transfer.ImportOptions{Into: "acme", Batch: o.Batch, Resume: o.Resume, Progress: wait})
	return err
}

// run starts a process, and kills it where it waits. It returns what it said.
func run(t *testing.T, o order) string {
	t.Helper()
	text, err := json.Marshal(o)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), orderVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	defer in.Close() //nolint:errcheck // the process is gone
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	if strings.TrimSpace(said) == "here" {
		require.NoError(t, cmd.Process.Kill())
	}
	cmd.Wait() //nolint:errcheck // it was killed
	return strings.TrimSpace(said)
}

// Killed in the midst of an import or a purge: nothing is half visible, nobody
// else's rows are touched, and a second run completes.
func TestKill(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		file, _ := from.export(t, "acme", transfer.ExportOptions{})
		name := filepath.Join(t.TempDir(), "acme.jsonl")
		require.NoError(t, os.WriteFile(name, file, 0o600))
		want := from.dump(t)

		to := vacant(t, e)
		before := to.dump(t)
		do := order{Driver: e.Driver, DSN: to.dsn, Policy: to.policy, File: name}

		// One transaction, killed among the rows and just before the end.
		for _, at := range []order{{Table: "notes"}, {Table: "members"}, {Table: "teams", Rows: 3}} {
			do.Table, do.Rows = at.Table, at.Rows
			require.Equal(t, "here", run(t, do))
			require.Equal(t, before, to.dump(t))
		}
		do.Table = "no table"
		require.Equal(t, "done", run(t, do))
		require.Equal(t, want["acme"], to.dump(t)["acme"])

		// The purge, after some batches.
		purge := order{Driver: e.Driver, DSN: to.dsn, Policy: to.policy, Batch: 1, Table: "members", Rows: 2}
		require.Equal(t, "here", run(t, purge))
		require.Equal(t, before, to.dump(t).without("acme"))
		require.Positive(t, to.dump(t).total("acme"))
		purge.Rows = 99
		require.Equal(t, "done", run(t, purge))
		require.Equal(t, before, to.dump(t))

		// Batches: each run goes on where the last one was killed.
		do.Batch, do.Table, do.Rows = 2, "notes", 0
		require.Equal(t, "here", run(t, do))
		do.Resume = true
		for _, table := range []string{"answers", "teams", "members"} {
			do.Table = table
			require.Equal(t, "here", run(t, do), table)
			require.Equal(t, before, to.dump(t).without("acme"))
			_, found, err := transfer.Pending(t.Context(), to.db, "acme")
			require.NoError(t, err)
			require.True(t, found)
		}
		do.Table = "no table"
		require.Equal(t, "done", run(t, do))
		require.Equal(t, want["acme"], to.dump(t)["acme"])
		require.Equal(t, before, to.dump(t).without("acme"))
	})
}
