package scope

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// planBytes is how much memory the plans of one pool may take.
const planBytes = 16 << 20

// Rewriter puts the tenant's predicates into statements. It is the pure part
// of this package: text and arguments in, text and arguments out. Pools that
// [Connect] and [OpenDB] make have one inside; use it by itself where
// statements reach the database by another way than database/sql. It knows no
// connection: statements have to be sent as UTF-8, and those whose quotes depend
// on a mode of the session are refused.
//
// A Rewriter is safe for concurrent use.
type Rewriter struct {
	rules *rules
	state atomic.Pointer[rewriterState]
}

// rewriterState is what belongs together: a catalogue, and the plans made
// with it.
type rewriterState struct {
	cat    *Catalogue
	schema *schema    // of cat
	plans  *planCache // nil in one that serves a single transaction
}

// NewRewriter returns a Rewriter for the policy, or an error that says what is
// wrong with it.
func NewRewriter(p Policy) (*Rewriter, error) {
	r, err := p.check()
	if err != nil {
		return nil, err
	}
	w := &Rewriter{rules: r}
	w.setCatalogue(p.Catalogue)
	return w, nil
}

func (w *Rewriter) setCatalogue(cat *Catalogue) {
	w.state.Store(&rewriterState{cat: cat, schema: newSchema(w.rules.Dialect, cat), plans: newPlanCache(planBytes)})
}

// Rewrite returns the statement as it has to be sent for the tenant of ctx, and
// its arguments. The error is a [*RefusedError] if the statement must not be
// sent; query and args are then of no use.
//
// The arguments must be values that a driver takes, in the order of the
// placeholders; args is not changed, and where nothing has to be added it is
// returned as it is.
func (w *Rewriter) Rewrite(ctx context.Context, query string, args []driver.NamedValue) (string, []driver.NamedValue, error) {
	v := carry.From(ctx)
	p, err := w.plan(v, 0, query)
	if err != nil {
		return "", nil, err
	}
	out, err := p.bind(v, args)
	if err != nil {
		return "", nil, err
	}
	return p.text, out, nil
}

// plan is planWith the catalogue that there is.
func (w *Rewriter) plan(v *carry.Value, modes sqlscan.Modes, text string) (*plan, error) {
	return w.planWith(w.state.Load(), v, modes, text)
}

// planWith returns the plan of a statement for a context, from the cache if it
// has been seen before. modes are those of the session that it is for, or 0.
func (w *Rewriter) planWith(st *rewriterState, v *carry.Value, modes sqlscan.Modes, text string) (*plan, error) {
	p, err := w.anyPlan(st, v, modes, text)
	if err == nil && v.ReadOnly {
		err = p.reads()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// reads returns a refusal if the statement does more than read.
func (p *plan) reads() error {
	if p.selects || p.savepoint {
		return nil
	}
	return &RefusedError{Reason: ReasonReadOnlyContext, Construct: "the statement writes, or is not known to read only", Offset: -1,
		Hint: "this is the default tenant, in which visitors only read", cause: tenant.ErrReadOnly}
}

// anyPlan is planWith for a context that may write.
func (w *Rewriter) anyPlan(st *rewriterState, v *carry.Value, modes sqlscan.Modes, text string) (*plan, error) {
	if v.Library {
		if p, ok := w.libraryPlan(st, text); ok {
			return p, nil
		}
	}
	switch v.Mode {
	case carry.None:
		if isHandshake(text) {
			return &plan{text: text, selects: true}, nil
		}
		return nil, &RefusedError{Reason: ReasonNoTenant, Construct: "the statement's context names no tenant", Offset: -1,
			Hint: "pass the request's context: QueryContext instead of Query, GetContext instead of Get", cause: ErrNoTenant}
	case carry.Refused:
		return nil, refusedContext(v.Err())
	}
	key := planKey{text: text, mode: v.Mode, modes: modes, n: len(v.IDs())}
	if p := st.plans.get(key); p != nil {
		return p, nil
	}
	// The text may be a piece of a larger one, all of which would stay in memory
	// with the plan.
	key.text = strings.Clone(text)
	// What is understood without modes is the same in all of them.
	key.modes = 0
	p, err := w.newPlan(st, key)
	if modes != 0 && dependsOnSession(p, err) && err != nil {
		key.modes = modes
		p, err = w.newPlan(st, key)
	}
	if err != nil {
		return nil, w.located(err, st, key)
	}
	st.plans.put(key, p)
	return p, nil
}

// located adds to a refusal the excerpt of the text.
func (w *Rewriter) located(err error, st *rewriterState, k planKey) error {
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Offset >= 0 {
		refused.excerpt = sqlscan.Excerpt(w.rules.Dialect, k.modes, k.text, refused.Offset, st.schema.names)
	}
	return err
}

// handshake is what libraries ask while they open, with a context that nobody
// can give them a tenant for: GORM and bun choose by the answer what to send.
var handshake = regexp.MustCompile(`(?i)^\s*select\s+(sqlite_)?version\(\)\s*;?\s*$`)

// atlasHandshake is what the library asks with which ent migrates.
var atlasHandshake = map[string]bool{
	"SELECT current_setting('server_version_num'), current_setting('default_table_access_method', true), current_setting('crdb_version', true)": true,
	"SELECT @@version, @@collation_server, @@character_set_server, @@lower_case_table_names":                                                    true,
}

func isHandshake(text string) bool {
	return len(text) < 40 && handshake.MatchString(text) || atlasHandshake[text]
}

func (w *Rewriter) newPlan(st *rewriterState, k planKey) (p *plan, err error) {
	if k.mode == carry.AcrossAll {
		p, err = acrossAllPlan(w.rules.Dialect, k.modes, k.text)
	} else {
		p, err = planOf(w.rules, st.schema, k.mode, k.n, k.modes, k.text)
	}
	if err == nil {
		p.wide = w.rules.Dialect != SQLite && !sqlscan.IsASCII(k.text)
	}
	return p, err
}

func refusedContext(cause error) error {
	why := ReasonNoTenant
	if errors.Is(cause, tenant.ErrTenantConflict) {
		why = ReasonConflict
	}
	return &RefusedError{Reason: why, Construct: "the statement's context: " + cause.Error(), Offset: -1, cause: cause}
}

// libraryPlan lets a statement of one of our own stores pass as it is. The mark
// in its context counts only if every table of the statement is one of ours.
func (w *Rewriter) libraryPlan(st *rewriterState, text string) (*plan, bool) {
	key := planKey{text: text, mode: libraryMode}
	if p := st.plans.get(key); p != nil {
		return p, true
	}
	stmt, err := sqlscan.Parse(w.rules.Dialect, 0, text)
	if err != nil {
		return nil, false
	}
	defer stmt.Release()
	if len(stmt.Refs) == 0 {
		return nil, false
	}
	for i := range stmt.Refs {
		ref := &stmt.Refs[i]
		switch {
		case ref.Kind == sqlscan.TableRef && ref.Name.Schema == "" && isLibrary(ref.Name.Table):
		case ref.Kind == sqlscan.CTERef, ref.Kind == sqlscan.DerivedRef:
		default:
			return nil, false
		}
	}
	p := &plan{text: text, args: -1, library: true, selects: stmt.Kind == sqlscan.Select}
	for i := range stmt.Refs {
		if stmt.Refs[i].Target { // a WITH clause may write
			p.selects = false
		}
	}
	st.plans.put(key, p)
	return p, true
}

// libraryMode keeps the plans of our own stores apart in the cache.
const libraryMode = carry.Mode(255)

// bind returns the arguments of the finished statement.
func (p *plan) bind(v *carry.Value, args []driver.NamedValue) ([]driver.NamedValue, error) {
	for i := range args {
		if p.named && strings.HasPrefix(args[i].Name, ownName) {
			return nil, &RefusedError{Reason: ReasonPlaceholder, Construct: "an argument whose name begins with " + ownName, Offset: -1, Hint: "choose another name"}
		}
		if p.named && args[i].Name == "" {
			return nil, &RefusedError{Reason: ReasonPlaceholder, Construct: "an argument without a name for placeholders with names", Offset: -1, Hint: "use sql.Named"}
		}
		if args[i].Name != "" && p.args >= 0 {
			return nil, &RefusedError{Reason: ReasonPlaceholder, Construct: "a named argument for placeholders without names", Offset: -1, Hint: "some drivers would send NULL in its place"}
		}
		if rewrites(args[i].Value, p.opaque) {
			return nil, &RefusedError{Reason: ReasonPlaceholder, Construct: "an argument that rewrites the statement", Offset: -1, Hint: "write the placeholders as the database has them"}
		}
	}
	if p.args >= 0 && len(args) != p.args {
		return nil, fmt.Errorf("scope: the statement has %d placeholders, %d arguments were given", p.args, len(args))
	}
	if p.given != nil {
		// What was compared is not what may be sent: the driver converts values
		// in its own way. So the tenant is sent, as in any other place.
		args = slices.Clone(args)
		for _, g := range p.given {
			if !p.sameTenant(v, args[g.arg].Value) {
				return nil, &RefusedError{Reason: ReasonTenantColumn, Construct: "a value for the tenant column that is not the context's tenant", Offset: g.offset, Table: g.table, Hint: "leave the column out: it is supplied"}
			}
			val, err := p.tenantValue(v, 0)
			if err != nil {
				return nil, err
			}
			args[g.arg].Value = val
		}
	}
	if p.binds == nil && p.extra == 0 {
		return args, nil
	}
	n := max(len(p.binds), len(args)+p.extra)
	out := make([]driver.NamedValue, 0, n)
	add := func(k int) error {
		val, err := p.tenantValue(v, k)
		name := ""
		if p.named {
			name = ownName + strconv.Itoa(k+1)
		}
		out = append(out, driver.NamedValue{Name: name, Ordinal: len(out) + 1, Value: val})
		return err
	}
	if p.binds == nil {
		out = append(out, args...)
		for k := range p.extra {
			if err := add(k); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	for i, from := range p.binds {
		if from >= 0 {
			out = append(out, args[from])
			out[i].Ordinal = i + 1
		} else if err := add(int(-1 - from)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rewrites reports whether an argument is no value but has a say in how the
// statement is sent, as those of pgx do: they change the text, number the
// placeholders anew, or choose a protocol in which pgx fills in the values.
func rewrites(v any, opaque bool) bool {
	switch v.(type) {
	case nil, string, int64, float64, bool, []byte, time.Time, int, tenant.ID:
		return false
	}
	t := reflect.TypeOf(v)
	if _, has := t.MethodByName("RewriteQuery"); has {
		return true
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return !opaque && pgxOption.MatchString(t.PkgPath())
}

// pgxOption is the package of pgx that has options; its values are in others.
var pgxOption = regexp.MustCompile(`(^|/)github\.com/jackc/pgx(/v[0-9]+)?$`)

// tenantValue returns the k-th tenant of the context as its column stores it.
// An id whose canonical form in the column's type is another text is refused,
// because two ids would then be one.
func (p *plan) tenantValue(v *carry.Value, k int) (driver.Value, error) {
	id := v.ID
	if v.Mode == carry.Across {
		id = v.IDs()[k]
	}
	if v.Mode == carry.Tenant || v.Mode == carry.Across {
		switch p.kind {
		case textValue:
			if p.length > 0 && len(id) > p.length {
				break // some servers would cut it short, to another tenant's
			}
			if v.Mode == carry.Tenant {
				if arg := v.Bind(); arg != nil {
					return arg, nil
				}
			}
			return id, nil
		case intValue:
			if n, err := strconv.ParseInt(id, 10, p.length); err == nil && strconv.FormatInt(n, 10) == id {
				return n, nil
			}
		case uuidValue:
			if isUUID(id) {
				return id, nil
			}
		}
	}
	return nil, &RefusedError{Reason: ReasonTenantColumn, Construct: "a tenant id that the type of the tenant column does not hold", Offset: -1}
}

// isUUID accepts the one form in which databases write a UUID.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return true
}

// sameTenant compares a value that the application bound to the tenant column.
func (p *plan) sameTenant(v *carry.Value, given any) bool {
	val, err := driver.DefaultParameterConverter.ConvertValue(given)
	if err != nil || v.Mode != carry.Tenant {
		return false
	}
	switch x := val.(type) {
	case string:
		return x == v.ID
	case []byte:
		return string(x) == v.ID
	case int64:
		return p.kind == intValue && strconv.FormatInt(x, 10) == v.ID
	}
	return false
}
