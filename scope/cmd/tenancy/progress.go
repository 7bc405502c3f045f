package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar on the terminal, or nothing.
type progress struct{ bar *progressbar.ProgressBar }

// few statements are done before anybody has read the bar.
const few = 50

func newProgress(s streams, n int, what string) progress {
	if !s.terminal || n < few {
		return progress{}
	}
	return progress{progressbar.NewOptions(n, progressbar.OptionSetWriter(s.err), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())}
}

func (p progress) step() {
	if p.bar != nil {
		_ = p.bar.Add(1) // what a bar can not draw it leaves out
	}
}

func (p progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
