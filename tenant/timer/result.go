package timer

import (
	"errors"
	"fmt"
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// Outcome is how a run ended.
type Outcome uint8

// The outcomes. The zero value is none of them.
const (
	// Done: it returned nil, and that is recorded.
	Done Outcome = iota + 1
	// Failed: it returned an error.
	Failed
	// Panicked: it panicked, or ended its goroutine.
	Panicked
	// TimedOut: it returned an error after Timer.Timeout.
	TimedOut
	// Interrupted: it returned an error after the scheduler was told to stop.
	// The next process makes the run again.
	Interrupted
	// Lost: its claim ended while it ran, and the end was not recorded. Another
	// process makes the run again, or has.
	Lost
	// Abandoned: as many processes as Timer.Attempts says died making it.
	Abandoned
	// Skipped: it was not made, since the tenant's previous run was still going
	// on a whole period after its round began, or because the tenant was
	// suspended, archived or removed before its run could be taken over.
	Skipped
)

var outcomeNames = [...]string{"", "done", "failed", "panicked", "timed-out", "interrupted", "lost", "abandoned", "skipped"}

// String returns the outcome in lower case: "done", "timed-out".
func (o Outcome) String() string {
	if o > 0 && int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

func parseOutcome(text string) Outcome {
	for i, name := range outcomeNames {
		if name == text {
			return Outcome(i)
		}
	}
	return 0
}

// Result is what became of one run.
type Result struct {
	Timer    string
	Tenant   tenant.ID // empty for a shared timer
	Due      time.Time // zero for a run on demand that is no due one
	Attempt  int       // 1, and more where earlier processes died
	OnDemand bool
	Outcome  Outcome
	Took     time.Duration
	Err      error // nil where Outcome is Done
}

// State is what the database knows of the last run of a timer for a tenant.
type State struct {
	Due      time.Time // the last due time whose run was begun; zero if there was none
	Running  bool      // or its process has died, and nobody has taken it over yet
	Attempt  int
	Owner    string    // the process that has it, or had it
	Finished time.Time // of the last run that ended; zero if there was none
	Outcome  Outcome   // of that run

	// ErrorType is the Go type of the error it ended with. The text of the
	// error is not kept: it may quote the tenant's data.
	ErrorType string
	// Code is what the run gave to [WithCode].
	Code string
}

// PanicError is what a run that panicked ended with.
type PanicError struct {
	Value any // what panic was called with; nil where the goroutine was ended
	Stack []byte
}

// Error says that there was a panic, without its value, which may be of the
// tenant's data.
func (e *PanicError) Error() string { return fmt.Sprintf("timer: the run panicked with a %T", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// WithCode returns err with a code that is stored with the outcome of the run,
// for a table of what goes wrong where: 1 to 64 letters, digits, dots, hyphens
// and underscores. Any other code is not stored. A nil err stays nil.
func WithCode(err error, code string) error {
	if err == nil {
		return nil
	}
	return &codedError{err, code}
}

type codedError struct {
	error
	code string
}

func (e *codedError) Unwrap() error { return e.error }

// codeOf returns the code to store, or "".
func codeOf(err error) string {
	var coded *codedError
	if errors.As(err, &coded) && validText(coded.code, 64) {
		return coded.code
	}
	return ""
}

// typeOf returns the type of the innermost error, which tells more than that
// of what wraps it; of several that are wrapped together, of the last.
func typeOf(err error) string {
	if err == nil {
		return ""
	}
	for {
		inner := errors.Unwrap(err)
		if several, ok := err.(interface{ Unwrap() []error }); ok && len(several.Unwrap()) > 0 {
			inner = several.Unwrap()[len(several.Unwrap())-1]
		}
		if inner == nil {
			break
		}
		err = inner
	}
	name := fmt.Sprintf("%T", err)
	return name[:min(len(name), 200)]
}
