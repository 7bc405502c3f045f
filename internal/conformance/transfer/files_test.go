package transfer

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// Files that are cut off, changed, forged, or of another schema: refused, and
// nothing has changed.
func TestFiles(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		from := staffed(t, e)
		file, _ := from.export(t, "acme", transfer.ExportOptions{})
		to := vacant(t, e)
		before := to.dump(t)
		all := lines(file)
		refused := func(name string, text string, is error, o transfer.ImportOptions) {
			t.Helper()
			o.Into = "acme"
			for _, batch := range []int{0, 2} {
				o.Batch = batch
				_, err := transfer.Import(t.Context(), to.db, strings.NewReader(text), o)
				require.Error(t, err, name)
				require.ErrorIs(t, err, is, name)
				_, found, err := transfer.Pending(t.Context(), to.db, "acme")
				require.NoError(t, err)
				require.False(t, found, name)
			}
			require.Equal(t, before, to.dump(t), name)
		}
		plain := transfer.ImportOptions{}
		for n := range all {
			refused(fmt.Sprintf("cut off after line %d", n), strings.Join(all[:n], ""), transfer.ErrFile, plain)
		}
		refused("cut off within the last line", string(file[:len(file)-1]), transfer.ErrFile, plain)
		refused("no file", "hello\n", transfer.ErrFile, plain)
		refused("two files", string(file)+string(file), transfer.ErrFile, plain)
		refused("an empty line at the end", string(file)+"\n", transfer.ErrFile, plain)
		refused("a line twice", strings.Join(append(append([]string{}, all[:3]...), all[2:]...), ""), transfer.ErrFile, plain)
		refused("a line less", strings.Join(append(append([]string{}, all[:3]...), all[4:]...), ""), transfer.ErrFile, plain)
		refused("a value changed", strings.Replace(string(file), `"note"`, `"vote"`, 1), transfer.ErrFile, plain)
		refused("another version", strings.Replace(string(file), `"version":1`, `"version":2`, 1), transfer.ErrFile, plain)
		refused("an unknown field", strings.Replace(string(file), `{"f":0,`, `{"x":1,"f":0,`, 1), transfer.ErrFile, plain)
		refused("a tenant's table less", strings.Replace(string(file), `"name":"heap"`, `"name":"heaps"`, 1), transfer.ErrFile, plain)
		refused("a huge line", string(file), transfer.ErrFile, transfer.ImportOptions{MaxLine: 60})
		refused("not sealed", string(file), transfer.ErrFile, transfer.ImportOptions{Seal: []byte("key")})

		sealed, _ := from.export(t, "acme", transfer.ExportOptions{Seal: []byte("key")})
		refused("sealed", string(sealed), transfer.ErrFile, plain)
		refused("sealed with another key", string(sealed), transfer.ErrFile, transfer.ImportOptions{Seal: []byte("kez")})

		// What a forger can do who knows the form: the digest is right.
		forge := func(replace ...string) string {
			return seal(strings.NewReplacer(replace...).Replace(strings.Join(all[:len(all)-1], "")), all[len(all)-1])
		}
		require.Equal(t, string(file), forge())
		refused("forged: another table", forge(`{"t":0,`, `{"t":99,`), transfer.ErrFile, plain)
		refused("forged: a negative table", forge(`{"t":0,`, `{"t":-1,`), transfer.ErrFile, plain)
		refused("forged: a value too many", forge(`{"t":0,"r":[`, `{"t":0,"r":[null,`), transfer.ErrFile, plain)
		refused("forged: another dialect", forge(`"dialect":"`+e.Dialect.String()+`"`, `"dialect":"`+map[bool]string{true: "mysql", false: "sqlite"}[e.Dialect == tenant.SQLite]+`"`), transfer.ErrSchema, plain)
		refused("forged: another schema", forge(`"schema":"`, `"schema":"0`), transfer.ErrSchema, plain)
		refused("forged: the tenant column", forge(`"name":"word"`, `"name":"tenant_id"`), transfer.ErrFile, plain)
		refused("forged: a table of everybody's", forge(`"name":"heap"`, `"name":"accounts"`), transfer.ErrFile, plain)
		refused("forged: a row without its late columns", forge(`{"l":`, `{"t":`), transfer.ErrFile, plain)
		var early []string
		for _, l := range all[:len(all)-1] {
			if !strings.HasPrefix(l, `{"l":`) {
				early = append(early, l)
			}
		}
		refused("forged: no late columns", seal(strings.Join(early, ""), all[len(all)-1]), transfer.ErrFile, plain)
		refused("forged: a number beyond its bounds", forge(`"min":"10","max":"10"`, `"min":"11","max":"11"`, `"min":"11","max":"11"`, `"min":"12","max":"12"`), transfer.ErrFile, plain)
		refused("forged: fewer rows than it says", seal(strings.Join(all[:len(all)-1], ""), strings.Replace(all[len(all)-1], `"heap":3`, `"heap":4`, 1)), transfer.ErrFile, plain)

		_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(sealed), transfer.ImportOptions{Into: "acme", Seal: []byte("key")})
		require.NoError(t, err)
	})
}

// The same tables with one column more, another type, a foreign key less.
func TestOtherSchema(t *testing.T) {
	e := engines.Get(t, "sqlite")
	from := staffed(t, e)
	file, _ := from.export(t, "acme", transfer.ExportOptions{})
	for change, says := range map[[2]string]string{
		{"word VARCHAR(80)", "word VARCHAR(80), more INTEGER"}:                                          "heap has more columns here",
		{"word VARCHAR(80)", "term VARCHAR(80)"}:                                                        "column heap.word is not here",
		{"word VARCHAR(80)", "word TEXT"}:                                                               "column heap.word is of type TEXT here",
		{"CREATE TABLE heap", "CREATE TABLE pile"}:                                                      "table heap is not here",
		{", FOREIGN KEY (tenant_id, boss_id) REFERENCES members (tenant_id, id)", ""}:                   "foreign keys",
		{"body VARCHAR(200)", "body VARCHAR(200) NOT NULL"}:                                             "foreign keys, or which columns may be NULL",
		{"CREATE TABLE heap", "CREATE TABLE more (tenant_id TEXT NOT NULL, a TEXT); CREATE TABLE heap"}: "table more is here only",
	} {
		s := office(e.Dialect)
		for i, text := range s.texts {
			s.texts[i] = strings.Replace(text, change[0], change[1], 1)
		}
		to := bare(t, e, s)
		_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
		require.ErrorIs(t, err, transfer.ErrSchema)
		require.ErrorContains(t, err, says)
		require.Empty(t, to.dump(t))
	}
}
