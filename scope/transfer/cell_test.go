package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

func TestCell(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]cell{
		`null`:                      {},
		`""`:                        {text, ""},
		`"a<b>&é🦊"`:                 {text, "a<b>&é🦊"},
		`"\"\\\n\u0000"`:            {text, "\"\\\n\x00"},
		`{"t":"/wD+"}`:              {text, "\xff\x00\xfe"},
		`{"b":""}`:                  {blob, ""},
		`{"b":"AP8="}`:              {blob, "\x00\xff"},
		`18446744073709551615`:      {integer, "18446744073709551615"},
		`-9223372036854775808`:      {integer, "-9223372036854775808"},
		`{"r":"0.1"}`:               {real, "0.1"},
		`{"r":"+Inf"}`:              {real, "+Inf"},
		`{"r":"5e-324"}`:            {real, strconv.FormatFloat(math.SmallestNonzeroFloat64, 'g', -1, 64)},
		`"9223372036854775807.1e1"`: {text, "9223372036854775807.1e1"},
	} {
		require.Equal(t, want, string(c.appendJSON(nil)))
		var back cell
		require.NoError(t, json.Unmarshal([]byte(want), &back), want)
		require.Equal(t, c, back)
	}
	for _, bad := range []string{`1.5`, `1e3`, `18446744073709551616`, `true`, `[]`, `{}`, `{"x":""}`, `{"b":"?"}`, `{"b":1}`, `{"b":"","t":""}`, `{"r":"x"}`} {
		require.Error(t, json.Unmarshal([]byte(bad), new(cell)), bad)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	of := func(rows ...[]cell) (d digest) {
		for _, r := range rows {
			d.add(r)
		}
		return d
	}
	a, b := []cell{{text, "a"}, {text, "b"}}, []cell{{text, "ab"}, {}}
	require.Equal(t, of(a, b), of(b, a))
	require.NotEqual(t, of(a), of(b))
	require.NotEqual(t, of(a), of(a, a))
	require.NotEqual(t, of([]cell{{text, "1"}}), of([]cell{{integer, "1"}}))
	require.NotEqual(t, of([]cell{{}}), of([]cell{{text, ""}}))
}

// A value of a kind that its column can not have comes from a forged file.
func TestBind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d    tenant.Dialect
		typ  string
		in   cell
		want any
	}{
		{scope.Postgres, "bigint", cell{text, "9007199254740993"}, "9007199254740993"},
		{scope.Postgres, "bytea", cell{blob, "\x00\xff"}, `\x00ff`},
		{scope.MySQL, "bigint(20) unsigned", cell{text, "18446744073709551615"}, uint64(math.MaxUint64)},
		{scope.MySQL, "bigint(20)", cell{text, "-1"}, int64(-1)},
		{scope.MySQL, "bit(8)", cell{integer, "255"}, uint64(255)},
		{scope.MySQL, "varbinary(3)", cell{blob, ""}, []byte{}},
		{scope.MySQL, "double", cell{text, "0.1"}, 0.1},
		{scope.SQLite, "INTEGER", cell{text, "word"}, "word"},
		{scope.SQLite, "TEXT", cell{real, "-Inf"}, math.Inf(-1)},
		{scope.SQLite, "", cell{}, nil},
	} {
		got, err := codecOf(c.d, c.typ).bind(c.in)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for typ, c := range map[string]cell{"bytea": {text, "x"}, "text": {blob, "x"}, "integer": {integer, "1"}} {
		_, err := codecOf(scope.Postgres, typ).bind(c)
		require.ErrorIs(t, err, ErrFile, typ)
	}
	_, err := codecOf(scope.MySQL, "int(11)").bind(cell{text, "1; DROP"})
	require.Error(t, err)
	require.Empty(t, codecOf(scope.MySQL, "geometry").expr)
}

// Whatever is read, the answer is a line or ErrFile, and the memory is bounded.
func FuzzReader(f *testing.F) {
	var whole bytes.Buffer
	w, seal := newWriter(&whole, nil)
	require.NoError(f, w.header(header{Format: magic, Version: version, Seal: seal, Dialect: scope.SQLite, Tables: []shape{{Name: "t"}}}))
	require.NoError(f, w.entry("t", 0, nil, []cell{{text, "x"}, {}, {blob, "y"}}))
	_, err := w.end(map[string]int64{"t": 1})
	require.NoError(f, err)
	f.Add(whole.String())
	f.Add(strings.Replace(whole.String(), `"x"`, `{"b":"!"}`, 1))
	f.Add("{}\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		digest, err := verify(strings.NewReader(text), nil, 1<<16)
		if err == nil {
			require.NotEmpty(t, digest)
			return
		}
		if !errors.Is(err, ErrFile) {
			t.Fatalf("%v is not ErrFile", err)
		}
	})
}

func TestOrder(t *testing.T) {
	t.Parallel()
	col := func(name string, nullable bool) column {
		return column{DescribedColumn: scope.DescribedColumn{CatalogueColumn: scope.CatalogueColumn{Name: name, Nullable: nullable}}}
	}
	make3 := func() (*layout, map[string]*table) {
		l, by := &layout{dialect: scope.Postgres}, map[string]*table{}
		for _, name := range []string{"a", "b", "c"} {
			by[name] = &table{DescribedTable: scope.DescribedTable{Name: name}, columns: []column{col("id", false), col("ref", true), col("must", false)}, key: []int{0}}
			l.tables = append(l.tables, by[name])
		}
		return l, by
	}
	names := func(l *layout) (out string) {
		for _, t := range l.tables {
			out += t.Name
		}
		return out
	}
	refer := func(from, to *table, at int) { from.links = append(from.links, link{parent: to, columns: []int{at}}) }

	l, by := make3()
	refer(by["a"], by["b"], 2)
	refer(by["b"], by["c"], 1)
	require.NoError(t, l.arrange())
	require.NoError(t, l.sort((*link).waits))
	require.Equal(t, "cba", names(l))
	require.Empty(t, by["b"].late, "no circle, nothing is put off")

	l, by = make3()
	refer(by["a"], by["a"], 1)
	refer(by["b"], by["c"], 2)
	refer(by["c"], by["b"], 1)
	require.NoError(t, l.arrange())
	require.NoError(t, l.sort((*link).waits))
	require.Equal(t, "acb", names(l))
	require.Equal(t, []int{1}, by["a"].late)
	require.Equal(t, []int{1}, by["c"].late)
	require.Empty(t, by["b"].late)

	l, by = make3()
	refer(by["b"], by["c"], 2)
	refer(by["c"], by["b"], 2)
	require.NoError(t, l.arrange())
	var cycle *CycleError
	require.ErrorAs(t, l.sort((*link).waits), &cycle)
	require.Equal(t, []string{"b", "c"}, cycle.Tables)
}

// Values are counted before there is room for them; what is in a text does not count.
func TestCellsAreCounted(t *testing.T) {
	t.Parallel()
	of := func(value string, n int) string { return "[" + strings.Repeat(value+",", n-1) + value + "]" }
	for _, value := range []string{"0", `","`, `"\","`, `"\\"`, `{"b":""}`} {
		var c cells
		require.NoError(t, json.Unmarshal([]byte(of(value, mostCells)), &c), value)
		require.Len(t, c, mostCells)
		require.Error(t, json.Unmarshal([]byte(of(value, mostCells+1)), new(cells)), value)
	}
	require.Error(t, json.Unmarshal([]byte(`{"b":"","b":""}`), new(cell)), "a value twice")
}

// A line that is forged takes room in proportion to its length, not to ten times that.
func TestForgedLines(t *testing.T) {
	const long = 8 << 20
	for name, line := range map[string]string{
		"a row":   `{"t":0,"r":[` + strings.Repeat("0,", long/2) + "0]}\n",
		"a key":   `{"f":0,"k":[` + strings.Repeat("0,", long/2) + "0]}\n",
		"a value": `{"t":0,"r":[{"b":""` + strings.Repeat(`,"":""`, long/6) + "}]}\n",
		"an end":  `{"end":{"rows":{"":0` + strings.Repeat(`,"":0`, maxHead/5) + "}}}\n",
	} {
		in := newReader(strings.NewReader(line), nil, 0)
		before := allocated()
		_, err := in.next()
		require.ErrorIs(t, err, ErrFile, name)
		require.Less(t, allocated()-before, uint64(14*len(line)), name)
	}
	in := newReader(strings.NewReader(`{"tables":[`+strings.Repeat("{},", maxHead)), nil, 0)
	before := allocated()
	_, err := in.header()
	require.ErrorIs(t, err, ErrFile)
	require.Less(t, allocated()-before, uint64(8*maxHead), "a first line")
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
