package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
)

//go:embed report.gohtml
var pageText string

// mostShown is how many statements of a kind the page shows: a browser has to
// bear it. The JSON form has all of them.
const mostShown = 2000

// writeHTML writes the report as one page that needs nothing else.
func (r *report) writeHTML(w io.Writer) error {
	t, err := template.New("report").Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, page{
		report:   r,
		Rates:    []rate{r.acceptance(), r.verdicts()},
		Reasons:  r.reasons(),
		Findings: r.findings(),
		Rest:     max(0, len(r.Accepted)-mostShown),
		First:    r.Accepted[:min(len(r.Accepted), mostShown)],
		MoreNo:   max(0, len(r.Refused)-mostShown),
	})
}

// page is what the template shows.
type page struct {
	*report
	Rates    []rate
	Reasons  []reason
	Findings []group
	First    []accepted // of all
	Rest     int
	MoreNo   int
}

// rate is a bar in parts.
type rate struct {
	Title string
	Text  string // what a reader of the screen hears
	Parts []part
}

type part struct {
	Name, Class string
	Count       int
	At, Width   float64 // percent
}

// reason is why statements are refused.
type reason struct {
	Name  string
	Count int
	Width float64 // percent of the most frequent one
	List  []refused
}

// group are findings of one kind.
type group struct {
	Title, Class, About string
	List                []finding
}

func newRate(title string, parts ...part) rate {
	all := 0
	for _, p := range parts {
		all += p.Count
	}
	out := rate{Title: title}
	at := 0.0
	for _, p := range parts {
		if p.Count == 0 {
			continue
		}
		p.At, p.Width = at, 100*float64(p.Count)/float64(all)
		at += p.Width
		out.Text += fmt.Sprintf("%s %d, ", p.Name, p.Count)
		out.Parts = append(out.Parts, p)
	}
	out.Text += fmt.Sprintf("of %d", all)
	return out
}

func (r *report) acceptance() rate {
	return newRate("Statements", part{Name: "accepted", Class: "good", Count: len(r.Accepted)}, part{Name: "refused", Class: "off", Count: len(r.Refused)})
}

func (r *report) verdicts() rate {
	if r.Engine == "" || r.Problem != "" {
		return rate{}
	}
	bad := len(r.Leaks) + len(r.Differences) + len(r.ErrorsTell)
	return newRate("The oracle on the accepted ones",
		part{Name: "agree", Class: "good", Count: len(r.Accepted) - bad - len(r.NotRun)},
		part{Name: "leak", Class: "bad", Count: len(r.Leaks)},
		part{Name: "differ", Class: "warn", Count: len(r.Differences)},
		part{Name: "error tells", Class: "hint", Count: len(r.ErrorsTell)},
		part{Name: "not run", Class: "off", Count: len(r.NotRun)})
}

func (r *report) reasons() []reason {
	by := map[string]*reason{}
	for i, x := range r.Refused {
		if i == mostShown {
			break
		}
		if by[x.Reason] == nil {
			by[x.Reason] = &reason{Name: x.Reason}
		}
		by[x.Reason].Count++
		by[x.Reason].List = append(by[x.Reason].List, x)
	}
	most := 0
	for _, x := range by {
		most = max(most, x.Count)
	}
	out := make([]reason, 0, len(by))
	for _, x := range slices.SortedFunc(maps.Values(by), func(a, b *reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	}) {
		x.Width = 100 * float64(x.Count) / float64(most)
		out = append(out, *x)
	}
	return out
}

func (r *report) findings() []group {
	all := []group{
		{"Leaks", "bad", "The answer depends on rows of other tenants, or the statement changed one.", r.Leaks},
		{"Differences", "warn", "Nothing of other tenants shows, but the answer is not that of the original statement.", r.Differences},
		{"An error tells", "hint", "Whether it fails, or finds a key taken, depends on rows of other tenants: a limit of every scoper where tenants share a key, and where a condition can fail on a value, since the server chooses the order of evaluation.", r.ErrorsTell},
	}
	return slices.DeleteFunc(all, func(g group) bool { return len(g.List) == 0 })
}

// Percent is the acceptance for people.
func (r *report) Percent() string { return fmt.Sprintf("%.1f %%", 100*r.Acceptance) }
