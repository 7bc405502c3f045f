package scope

import (
	"path"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// plumbing is what stands between an application's call and this package, as
// the beginnings of functions' names.
var plumbing = []string{
	"runtime.",
	"database/sql.",
	"github.com/jmoiron/sqlx.",
	module,
}

// module is where this module's packages are. examples are applications: the
// modules there import it as any other does.
var (
	module   = path.Dir(reflect.TypeFor[pool]().PkgPath()) + "/"
	examples = module + "examples/"
)

// caller returns file:line of the call that led here: the first frame that is
// not plumbing. It takes a few microseconds, which is why only what is rare
// asks for it.
func caller() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.File != "" && !isPlumbing(f) {
			return f.File + ":" + strconv.Itoa(f.Line)
		}
		if !more {
			return ""
		}
	}
}

func isPlumbing(f runtime.Frame) bool {
	if strings.HasSuffix(f.File, "_test.go") || strings.HasPrefix(f.Function, examples) {
		return false // our tests are applications, too
	}
	for _, prefix := range plumbing {
		if strings.HasPrefix(f.Function, prefix) {
			return true
		}
	}
	return false
}
