package scopetest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// trial is what a statement gave in one database, and the rows that it left.
type trial struct {
	*answer
	own    map[string]string // by table, of the tenant that asks and of everybody; nil if nothing was written
	others map[string]string // by table, all others
}

// turn is how many statements there are for each that another tenant runs first.
const turn = 4

// Check runs a statement as the first tenant and says whether the oracles hold. The
// error is that of an engine which does not do its part, and says nothing about the
// statement.
func (w *World) Check(ctx context.Context, s Statement) (Verdict, error) {
	v := Verdict{Statement: s, Tenant: w.tenants[0]}
	sh := w.shapeOf(s.Text)
	owner := tenant.WithID(ctx, v.Tenant)
	if w.asked++; w.asked%turn == 0 {
		// What the pool keeps of a statement is made for another tenant then.
		if _, err := w.try(ctx, tenant.WithID(ctx, w.tenants[1]), w.shared, s, sh); err != nil {
			return v, err
		}
	}
	got, err := w.try(ctx, owner, w.shared, s, sh)
	if err != nil {
		return v, err
	}
	if errors.As(got.err, &v.Refusal) {
		v.Outcome = Refused
		return v, nil
	}
	if name, after := w.changed(got); name != "" {
		v.Outcome, v.About, v.Got, v.Want = Leak, "rows of other tenants in table "+name, after, w.others[name]
		return v, nil
	}
	want, err := w.try(ctx, ctx, w.alone, s, sh)
	if err != nil {
		return v, err
	}
	if got.err == nil && want.err == nil {
		if v.About, v.Got, v.Want = differ(got, want, s.Ordered); v.About == "" {
			v.Outcome = Agrees
			return v, nil
		}
	}
	return w.judge(ctx, owner, v, sh, got, want)
}

// judge finds out why an answer is not that of the original: whether rows of
// others have a part in it.
func (w *World) judge(ctx, owner context.Context, v Verdict, sh shape, got, want *trial) (Verdict, error) {
	only, err := w.try(ctx, owner, w.only, v.Statement, sh)
	if err != nil {
		return v, err
	}
	if about, a, b := differ(got, only, v.Statement.Ordered); about != "" {
		// A statement that gives something else each time proves nothing.
		again, err := w.try(ctx, owner, w.shared, v.Statement, sh)
		if err != nil {
			return v, err
		}
		if fickle, _, _ := differ(got, again, v.Statement.Ordered); fickle != "" {
			v.Outcome, v.Err = NotRun, errFickle
			v.About, v.Got, v.Want = "", "", ""
			return v, nil
		}
		v.Outcome, v.About, v.Got, v.Want = Leak, about+", on the shared database and on that of the tenant only", a, b
		if got.err != nil || only.err != nil || w.sharesKeys && sh.writes && got.lessThan(only) {
			v.Outcome = ErrorTells
			return v, nil
		}
		v.Remedy, err = w.remedy(ctx, owner, v.Statement, sh)
		return v, err
	}
	switch {
	case want.err != nil && !sh.namesTenant:
		v.Outcome, v.Err = NotRun, want.err
	case got.err != nil && sh.namesTenant:
		v.Outcome, v.Err = NotRun, got.err
	case sh.namesTenant, sh.writesMixed:
		// The original has no such column, or would change everybody's rows.
		v.Outcome = Agrees
	default:
		one, err := w.oneAnswer(ctx, v.Statement, sh, want)
		if err != nil {
			return v, err
		}
		if one {
			v.Outcome = Difference
			v.About, v.Got, v.Want = differ(got, want, v.Statement.Ordered)
			v.Remedy, err = w.remedy(ctx, owner, v.Statement, sh)
			return v, err
		}
		v.Outcome, v.Err = NotRun, errFickle
	}
	v.About, v.Got, v.Want = "", "", ""
	return v, nil
}

var errFickle = errors.New("scopetest: the statement has no one answer")

// try runs a statement in one database and takes back what it did.
func (w *World) try(ctx, as context.Context, db *database, s Statement, sh shape) (t *trial, err error) {
	as, cancel := context.WithTimeout(as, w.config.timeout())
	defer cancel()
	numbered := sh.writes && w.counts
	if !sh.writes {
		return &trial{answer: ask(as, db, s, sh.returns, numbered)}, nil
	}
	tx, err := db.BeginTx(as, nil)
	if err != nil {
		return nil, fmt.Errorf("scopetest: %w", err)
	}
	t = &trial{answer: ask(as, tx, s, sh.returns, numbered)}
	if len(t.rows) == 0 && w.schema.Dialect == tenant.MySQL {
		t.columns = nil // MariaDB's DELETE RETURNING has none where its plan says that no row will be met
	}
	if t.err == nil {
		err = w.look(ctx, db, t)
	}
	if back := tx.Rollback(); back != nil && as.Err() == nil {
		err = errors.Join(err, fmt.Errorf("scopetest: taking back %q: %w", s.Text, back))
	}
	return t, err
}

// remember notes the rows of others, which stay as they are from now on.
func (w *World) remember(ctx context.Context) error {
	var t trial
	if err := w.look(ctx, w.shared, &t); err != nil {
		return err
	}
	w.others = t.others
	return nil
}

// changed returns a table in which rows of others are not what they were.
func (w *World) changed(t *trial) (name, after string) {
	for name, after := range t.others {
		if after != w.others[name] {
			return name, after
		}
	}
	return "", ""
}

// differ returns what two trials disagree about, or "".
func differ(got, want *trial, ordered bool) (about, a, b string) {
	if a, b = masked(got.text(ordered)), masked(want.text(ordered)); a != b {
		return "the answer", a, b
	}
	for name, a := range got.own {
		if b, ok := want.own[name]; ok && a != b {
			return "own rows of table " + name + " afterwards", a, b
		}
	}
	return "", "", ""
}

// lessThan reports whether t lacks rows that u has and has none that u lacks: what
// a row of others does that has a key which all tenants share.
func (t *trial) lessThan(u *trial) bool {
	if t.affected > u.affected || !contained(t.rows, u.rows) {
		return false
	}
	for name, rows := range t.own {
		if !contained(strings.Split(rows, "\n"), strings.Split(u.own[name], "\n")) {
			return false
		}
	}
	return true
}

// contained reports whether each line stands in all as often at least.
func contained(lines, all []string) bool {
	count := map[string]int{}
	for _, line := range all {
		count[line]++
	}
	for _, line := range lines {
		if count[line]--; count[line] < 0 && line != "" {
			return false
		}
	}
	return true
}

// masked leaves out of an error what differs without a reason: the name of the
// database, the number that MariaDB gives a row, which counts all of them, and
// which of several own rows it met first.
func masked(text string) string {
	if !strings.HasPrefix(text, "error: ") {
		return text
	}
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.by)
	}
	return text
}

var masks = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`tenancy_test_[a-z0-9_]+`), "db"},
	{regexp.MustCompile(`at row \d+`), "at row N"},
	{regexp.MustCompile(`Duplicate entry '.*' for key`), "Duplicate entry for key"},
}

// shape is what the oracles have to know of a statement.
type shape struct {
	returns     bool // rows
	writes      bool
	writesMixed bool // to a table that holds everybody's rows too
	namesTenant bool // the original has no such column
}

func (w *World) shapeOf(text string) shape {
	d := w.schema.Dialect
	for _, m := range []sqlscan.Modes{0, sqlscan.Known, sqlscan.Known | sqlscan.Backslashes} {
		st, err := sqlscan.Parse(d, m, text)
		if err != nil {
			continue
		}
		sh := shape{returns: st.Kind == sqlscan.Select, writes: st.Kind != sqlscan.Select}
		for _, tok := range st.Toks {
			word := strings.ToLower(text[tok.Start:tok.End])
			sh.returns = sh.returns || tok.Kind == sqlscan.Word && word == "returning"
			sh.namesTenant = sh.namesTenant || w.tenantColumns[strings.Trim(word, "\"`[]'")]
		}
		for i := range st.Refs {
			// MySQL's UPDATE of a join writes to what SET names.
			if ref := &st.Refs[i]; ref.Target || st.Blocks[ref.Block].Several {
				sh.writes = true
				sh.writesMixed = sh.writesMixed || slices.ContainsFunc(w.tables, func(t *table) bool {
					return t.class == scope.Mixed && strings.EqualFold(t.Name, ref.Name.Table)
				})
			}
		}
		st.Release()
		return sh
	}
	return shape{returns: true, writes: true} // it will be refused
}
