package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// launcher is how a private server of one kind is started in one folder.
type launcher struct {
	accounts   []string // whom to run as where we are root: the first that exists
	initialise []string // a program and its arguments, which fills the folder
	serve      []string
	dsn        string
}

// ErrNotInstalled is the error where a program is missing, as against one that
// fails.
var ErrNotInstalled = errors.New("is not installed")

// startLimit is how long a private server may take to answer.
const startLimit = time.Minute

// Start starts a private server from installed programs.
func (k Kind) Start(ctx context.Context) (*Server, error) {
	dir, err := os.MkdirTemp("", "tenancy-"+k.Name+"-")
	if err != nil {
		return nil, err
	}
	s, err := k.startIn(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (k Kind) startIn(ctx context.Context, dir string) (*Server, error) {
	l, err := k.launch(ctx, dir)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the programs keep their own
	command := func(ctx context.Context, args []string) (*exec.Cmd, error) {
		c := exec.CommandContext(ctx, args[0], args[1:]...)
		c.Dir, c.Stdout, c.Stderr = dir, log, log
		c.Env = append(os.Environ(), "TMPDIR="+dir) // ours may be closed to its account
		return c, runAs(c, l.accounts)
	}

	initialise, err := command(ctx, l.initialise)
	if err != nil {
		return nil, err
	}
	if err := initialise.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w%s", filepath.Base(initialise.Path), err, tail(log.Name()))
	}
	// The server outlives ctx: the tests are told to end first.
	serve, err := command(context.WithoutCancel(ctx), l.serve)
	if err != nil {
		return nil, err
	}
	if err := serve.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: serve, ended: make(chan struct{})}
	go p.wait()
	if err := k.await(ctx, l.dsn, p.ended); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w%s", filepath.Base(serve.Path), err, tail(log.Name())), p.stop())
	}
	stop := func() error { return errors.Join(p.stop(), os.RemoveAll(dir)) }
	return &Server{Kind: k, DSN: l.dsn, Source: "private, from " + serve.Path, stop: stop}, nil
}

// await asks the server until it serves, or has ended. ended is nil where it is
// no process of ours.
func (k Kind) await(ctx context.Context, dsn string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := k.probe(ctx, dsn)
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ended:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		}
	}
}

// process is a running program. ended is closed when it has ended.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func (p *process) wait() {
	_ = p.cmd.Wait() // how it ended is nobody's business once it has
	close(p.ended)
}

func (p *process) stop() error {
	if err := p.cmd.Process.Signal(stopSignal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(20 * time.Second):
		return p.cmd.Process.Kill()
	}
}

// lookPath returns the first of the programs that is installed.
func lookPath(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		// Servers often live where only root's path leads.
		if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s %w", names[0], ErrNotInstalled)
}

// tail returns the end of a log, for an error.
func tail(name string) string {
	text, err := os.ReadFile(name)
	if err != nil || len(text) == 0 {
		return ""
	}
	return "\n" + string(bytes.TrimSpace(text[max(0, len(text)-2000):]))
}
