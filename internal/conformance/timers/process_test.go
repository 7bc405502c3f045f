package timers_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/tenantsql"
	"github.com/gotenancy/tenancy/tenant/timer"
)

// A process of the tests is this binary started again, with its job in the
// environment.
const jobVariable = "TENANCY_TIMERS_JOB"

type job struct {
	Place   place
	Name    string
	Timers  int // how many per-tenant timers there are
	Workers int
	Lease   time.Duration
	At      int64 // when they are due

	// Hang is where the run of number HangAt stops for ever: "before" it
	// completes, "completed", "committed", or "plain" for a run that does not
	// complete itself; empty for nowhere.
	Hang   string
	HangAt int64
}

func TestMain(m *testing.M) {
	text := os.Getenv(jobVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var j job
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		err = j.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "process:", err)
		os.Exit(1)
	}
}

func (j job) run() error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	db, err := j.Place.open()
	if err != nil {
		return err
	}
	defer db.Close()
	var begun atomic.Int64
	var timers []timer.Timer
	for i := range j.Timers {
		timers = append(timers, timer.Timer{
			Name: fmt.Sprintf("timer%02d", i), Schedule: once{time.UnixMilli(j.At)}, Isolation: tenant.PerTenant,
			Run: func(ctx context.Context, run *timer.Run) error { return j.effect(ctx, db, run, &begun) },
		})
	}
	failed := make(chan timer.Result, 1)
	s, err := timer.New(timer.Config{
		DB: db, Dialect: j.Place.Dialect, Registry: tenantsql.NewRegistry(db, j.Place.Dialect), Timers: timers,
		Workers: j.Workers, Owner: j.Name, Lease: j.Lease, Poll: 100 * time.Millisecond,
		OnResult: func(r timer.Result) {
			if r.Outcome != timer.Done {
				select {
				case failed <- r:
				default:
				}
			}
		},
	})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if err := s.Run(ctx); ctx.Err() == nil {
		return err
	}
	select {
	case r := <-failed:
		return fmt.Errorf("%s of %s: %v: %w", r.Timer, r.Tenant, r.Outcome, r.Err)
	default:
		return nil
	}
}

// effect is what a run does. Every other timer completes itself.
func (j job) effect(ctx context.Context, db *sql.DB, run *timer.Run, begun *atomic.Int64) error {
	hang := ""
	if j.Hang != "" && begun.Add(1) == j.HangAt {
		hang = j.Hang
	}
	pause := func(here string) {
		if hang == here {
			fmt.Println("hangs")
			select {}
		}
	}
	insertRun := sqltext.Rebind(j.Place.Dialect, `INSERT INTO runs (timer, due, process) VALUES (?, ?, ?)`)
	insertEffect := sqltext.Rebind(j.Place.Dialect, `INSERT INTO effects (timer, due, attempt, process) VALUES (?, ?, ?, ?)`)
	if run.Timer[len(run.Timer)-1]%2 == 0 && j.Hang != "plain" {
		return sqltext.InTx(ctx, db, func(tx tenant.DBTX) error {
			if _, err := tx.ExecContext(ctx, insertEffect, run.Timer, run.Due.UnixMilli(), run.Attempt, j.Name); err != nil {
				return err
			}
			pause("before")
			if err := run.Complete(ctx, tx); err != nil {
				return err
			}
			pause("completed")
			return nil
		})
	}
	// What commits by itself: the key refuses a second time.
	_, err := db.ExecContext(ctx, insertRun, run.Timer, run.Due.UnixMilli(), j.Name)
	pause("plain")
	return err
}

// process is one that has been started.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Scanner
}

func (j job) start(t *testing.T) *process {
	t.Helper()
	text, err := json.Marshal(j)
	require.NoError(t, err)
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{t, cmd, bufio.NewScanner(pipe)}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // where the test has failed
	return p
}

// says waits for a line.
func (p *process) says(line string) {
	p.t.Helper()
	for p.out.Scan() {
		if p.out.Text() == line {
			return
		}
	}
	p.t.Fatalf("the process ended before it said %q", line)
}

// kill ends the process as a power failure would.
func (p *process) kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Kill())
	require.ErrorContains(p.t, p.cmd.Wait(), "killed")
}

// stop ends it in peace.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.t, p.cmd.Wait())
}

// settle waits until every round is over and no run is claimed.
func (w *world) settle(timers int, within time.Duration) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		return w.count(`SELECT COUNT(*) FROM tenancy_timers WHERE opened_at = 0 AND due_at > ?`, time.Now().AddDate(100, 0, 0).UnixMilli()) == timers &&
			w.count(`SELECT COUNT(*) FROM tenancy_timer_runs WHERE claimed_until > 0`) == 0
	}, within, 200*time.Millisecond)
}
