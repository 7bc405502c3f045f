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
	path.Dir(reflect.TypeFor[pool]().PkgPath()) + "/",
}

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
	if strings.HasSuffix(f.File, "_test.go") {
		return false // our tests are applications
	}
	for _, prefix := range plumbing {
		if strings.HasPrefix(f.Function, prefix) {
			return true
		}
	}
	return false
}
