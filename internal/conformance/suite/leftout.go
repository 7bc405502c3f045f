package suite

import (
	"fmt"
	"os"
	"strings"
)

// leftOut collects what the run goes without.
type leftOut struct {
	names   []string
	mustNot bool
}

func (l *leftOut) add(what string, why error) {
	l.names = append(l.names, what)
	// One line, whatever the reason is made of.
	fmt.Printf("LEFT OUT: %s: %s\n", what, strings.ReplaceAll(why.Error(), "\n", "; "))
	l.mustNot = l.mustNot || os.Getenv("CI") == "true"
}

func (l *leftOut) fatal() error {
	if l.mustNot {
		return fmt.Errorf("%s must not be left out", strings.Join(l.names, ", "))
	}
	return nil
}

func (l leftOut) String() string {
	if len(l.names) == 0 {
		return ", nothing left out"
	}
	return "; LEFT OUT: " + strings.Join(l.names, ", ")
}
