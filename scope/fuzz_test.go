package scope_test

import (
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotenancy/tenancy/scope"
)

// FuzzRewrite: no text makes the rewriter panic; every error is a refusal or
// about the number of arguments; and what is let through names no tenant's
// table without naming the tenant column.
func FuzzRewrite(f *testing.F) {
	files, err := filepath.Glob("testdata/rewrite/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if query, ok := strings.CutPrefix(line, "> "); ok {
				for d := range uint8(3) {
					f.Add(d, query)
				}
			}
		}
	}
	var rewriters []*scope.Rewriter
	for _, d := range []scope.Dialect{scope.Postgres, scope.MySQL, scope.SQLite} {
		r, err := scope.NewRewriter(goldenPolicy(d))
		if err != nil {
			f.Fatal(err)
		}
		rewriters = append(rewriters, r)
	}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		r := rewriters[int(which)%len(rewriters)]
		var args []driver.NamedValue
		for range 12 {
			out, bound, err := r.Rewrite(as("acme"), query, args)
			if errors.Is(err, scope.ErrRefused) {
				return
			}
			if err != nil { // not this many arguments
				args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: "x"})
				continue
			}
			if out != query && !strings.Contains(out, "tenant_id") {
				t.Fatalf("changed without the tenant column: %q", out)
			}
			tenants := 0
			for i, a := range bound {
				if a.Ordinal != i+1 {
					t.Fatalf("argument %d has ordinal %d", i, a.Ordinal)
				}
				if a.Value == "acme" {
					tenants++
				}
			}
			if out != query && tenants == 0 {
				// Only a star over shared tables beside a tenant's could do
				// this, and then the tenant is bound.
				t.Fatalf("changed without a tenant bound: %q", out)
			}
			return
		}
	})
}
