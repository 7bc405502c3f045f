package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/gotenancy/tenancy/scope"
)

// report is what an audit has found. Its JSON form is for other programs: names
// are added, and do not change.
type report struct {
	Dialect    scope.Dialect `json:"dialect"`
	Lines      int           `json:"lines"`      // of the file that hold a statement
	Statements int           `json:"statements"` // different ones among them
	Acceptance float64       `json:"acceptance"` // share of the different statements, 0 to 1

	Engine  string `json:"engine,omitempty"`  // that the oracle ran on
	Problem string `json:"problem,omitempty"` // why there is no verdict though there is an engine
	Checked int    `json:"checked"`           // statements with a verdict
	Seed    uint64 `json:"seed"`              // of the rows that were made up

	Accepted    []accepted `json:"accepted"`
	Refused     []refused  `json:"refused"`
	Leaks       []finding  `json:"leaks"`
	Differences []finding  `json:"differences"`
	ErrorsTell  []finding  `json:"errors_tell"`
	NotRun      []notRun   `json:"not_run"`
}

// source is a statement of the file.
type source struct {
	Statement string `json:"statement"`
	Line      int    `json:"line"`            // of the file, where it stands first
	Times     int    `json:"times,omitempty"` // how often, if more than once
}

type accepted struct {
	source
	Rewritten string  `json:"rewritten"`
	Tables    []table `json:"tables,omitempty"`
	Verdict   string  `json:"verdict,omitempty"` // "agrees", "leak", ...; "" where there is no engine
}

type table struct {
	Name   string `json:"name"`
	Class  string `json:"class"`
	Filter string `json:"filter,omitempty"` // where its predicate stands
}

type refused struct {
	source
	Reason    string `json:"reason"`
	Construct string `json:"construct"`
	Offset    int    `json:"offset"` // bytes into the statement, -1 for all of it
	Table     string `json:"table,omitempty"`
	Hint      string `json:"hint,omitempty"`
	Excerpt   string `json:"excerpt,omitempty"` // two lines: the place, and a caret
}

// finding is a statement over which the oracles disagree.
type finding struct {
	source
	Rewritten    string   `json:"rewritten"`
	Arguments    []string `json:"arguments,omitempty"` // that were made up
	About        string   `json:"about"`
	Got          string   `json:"got"`
	Want         string   `json:"want"`
	Reproduction string   `json:"reproduction,omitempty"` // schema, rows and a smaller statement
}

type notRun struct {
	source
	Rewritten string `json:"rewritten"`
	Error     string `json:"error"`
}

// newReport has lists that JSON does not write as null.
func newReport(d scope.Dialect) *report {
	return &report{Dialect: d, Accepted: []accepted{}, Refused: []refused{}, Leaks: []finding{}, Differences: []finding{}, ErrorsTell: []finding{}, NotRun: []notRun{}}
}

func sourceOf(s statement) source {
	out := source{Statement: s.text, Line: s.line}
	if s.times > 1 {
		out.Times = s.times
	}
	return out
}

func (r *report) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// writeText writes the report for people: one paragraph a statement, the counts
// at the end, where they are seen.
func (r *report) writeText(w io.Writer) error {
	out := &printer{w: w}
	for _, a := range r.Accepted {
		verdict := ""
		if a.Verdict != "" {
			verdict = ", " + a.Verdict
		}
		out.printf("line %d: accepted%s\n  %s\n  sent: %s\n", a.Line, verdict, a.Statement, a.Rewritten)
	}
	for _, x := range r.Refused {
		out.printf("line %d: REFUSED, %s: %s\n", x.Line, x.Reason, x.Construct)
		if x.Excerpt != "" {
			out.printf("%s\n", indented(x.Excerpt))
		} else {
			out.printf("  %s\n", x.Statement)
		}
		if x.Hint != "" {
			out.printf("  %s\n", x.Hint)
		}
	}
	for _, x := range r.NotRun {
		out.printf("line %d: not run: %s\n  %s\n", x.Line, x.Error, x.Statement)
	}
	for _, kind := range []struct {
		name string
		list []finding
	}{{"AN ERROR TELLS", r.ErrorsTell}, {"DIFFERENCE", r.Differences}, {"LEAK", r.Leaks}} {
		for _, f := range kind.list {
			out.printf("line %d: %s in %s\n  %s\n  sent: %s\n  arguments: %q\n  should be\n%s\n  is\n%s\n", f.Line, kind.name, f.About,
				f.Statement, f.Rewritten, f.Arguments, indented(f.Want), indented(f.Got))
			if f.Reproduction != "" {
				out.printf("  to see it again\n%s\n", indented(f.Reproduction))
			}
		}
	}
	out.printf("\n%d of %d statements accepted, %.1f %%\n", len(r.Accepted), r.Statements, 100*r.Acceptance)
	switch {
	case r.Problem != "":
		out.printf("no verdict on %s: %s\n", r.Engine, r.Problem)
	case r.Engine == "":
		out.printf("no verdict: give an engine with --dsn\n")
	default:
		out.printf("%d checked on %s: %d leaks, %d differences, %d where an error tells; %d not run\n",
			r.Checked, r.Engine, len(r.Leaks), len(r.Differences), len(r.ErrorsTell), len(r.NotRun))
	}
	return out.err
}

// printer remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
