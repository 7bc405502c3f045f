package tenant

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
)

// EachError is what went wrong in a run of [Each]. errors.Is and errors.As
// reach the kept failures and the cause of an incomplete run.
type EachError struct {
	// Failed are the first failures in the order in which they happened, at
	// most [EachOptions.MaxErrors].
	Failed []TenantError

	// Failures is how many tenants failed, and Finished how many were visited,
	// whether they failed or not.
	Failures, Finished int

	// Incomplete is why not all tenants were visited: the cause of the
	// context's end, or the registry's error. It is nil where all were.
	Incomplete error
}

// shownErrors is how many failures a text names: a log line has its limits.
const shownErrors = 5

// Error names the first failing tenants with their errors, and counts the rest.
func (e *EachError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tenant: %d of %d tenants failed", e.Failures, e.Finished)
	if e.Incomplete != nil {
		fmt.Fprintf(&b, ", and not all were visited: %v", e.Incomplete)
	}
	for _, f := range e.Failed[:min(len(e.Failed), shownErrors)] {
		b.WriteString("; " + f.Error())
	}
	if more := e.Failures - min(len(e.Failed), shownErrors); more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	return b.String()
}

// Unwrap returns the kept failures, and the cause of an incomplete run.
func (e *EachError) Unwrap() []error {
	all := make([]error, 0, len(e.Failed)+1)
	for i := range e.Failed {
		all = append(all, &e.Failed[i])
	}
	if e.Incomplete != nil {
		all = append(all, e.Incomplete)
	}
	return all
}

// TenantError is what went wrong for one tenant. Its text names the tenant, so
// it is for the operator, not for another tenant's users.
type TenantError struct {
	ID  ID
	Err error
}

// Error returns the tenant's id and the cause's text.
func (e *TenantError) Error() string { return "tenant " + string(e.ID) + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *TenantError) Unwrap() error { return e.Err }

// PanicError is a panic in the function that [Each] called.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // of the goroutine that panicked, as debug.Stack returns it
}

func newPanicError(value any) *PanicError { return &PanicError{Value: value, Stack: debug.Stack()} }

// Error returns the value as text, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// errGoexit is the fault of a function that called runtime.Goexit, as the
// FailNow of a test does.
var errGoexit = errors.New("the function ended its goroutine")
