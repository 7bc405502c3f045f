package transfer

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// hostile are types with the values that get lost on the way, in the dialect's own
// literals.
var hostile = map[tenant.Dialect][][2]string{
	tenant.Postgres: {
		{"bigint", "9223372036854775807, -9223372036854775808, 9007199254740993, NULL"},
		{"numeric", "123456789012345678901234567890.123456789, 'NaN', 'Infinity', 0.10, NULL"},
		{"numeric(12,4)", "0.1, -99999999.9999"},
		{"double precision", "'NaN', 'Infinity', '-Infinity', '-0', 1e-300, 0.1, 5e-324, 1.7976931348623157e308"},
		{"real", "0.1, 16777217, 'NaN'"},
		{"text", `'', ' ', 'null', '\N', E'tab\tnl\ncr\r\x01', 'quote"''\', '🦊é', E'\u2028</script>', repeat('x', 300000), NULL`},
		{"character(5)", "'a', 'b  ', NULL"},
		{"bytea", `'', '\x00ff0a', decode(repeat('00', 70000), 'hex'), NULL`},
		{"boolean", "true, false, NULL"},
		{"timestamptz", "'2024-03-31 01:30:00.123456+02', 'infinity', '-infinity', '0044-03-15 12:00 BC', '1900-01-01 00:00:00+00'"},
		{"timestamp", "'2024-03-31 02:30:00', '294276-12-31 23:59:59.999999', '0001-01-01 BC'"},
		{"date", "'infinity', '2024-02-29', '4713-01-01 BC'"},
		{"time with time zone", "'23:59:60+14:59:59', '00:00:00.000001-12'"},
		{"interval", "'1 mon -2 days 03:04:05.000006', '-178000000 years'"},
		{"json", `'{"b": 1,  "a":1.0, "a": 1e400}', '"\u0000"', 'null', NULL`},
		{"jsonb", `'{"b": 1, "n": 12345678901234567890.123}', 'null', NULL`},
		{"uuid", "'00000000-0000-0000-0000-000000000001', NULL"},
		{"text[]", `'{}', '{"a,b","c\"d\\",NULL,"NULL",""}', '[2:3]={x,y}', '{{a},{b}}'`},
		{"numeric[]", "'{NaN,1.10,NULL}'"},
		{"mood", "'sad', 'very ''happy''', NULL"},
		{"pair", `ROW(1, 'a,"b")'), ROW(NULL, ''), NULL`},
		{"int4range", "'empty', '[1,5)', '(,)'"},
		{"inet", "'10.0.0.1', '10.0.0.0/8', '::1'"},
		{"bit varying(9)", "B'', B'101010101'"},
		{"xml", "'<a b=\"c\">&amp;</a>'"},
		{"tsvector", "'a:1A b:2,3'"},
		{"money", "1234.5"},
		{"positive", "1, NULL"},
		{`"char"`, "'a', ''"},
		{"point", "'(0.1,-0)'"},
	},
	tenant.MySQL: {
		{"bigint unsigned", "18446744073709551615, 0, 9007199254740993, NULL"},
		{"bigint", "-9223372036854775808, 9223372036854775807"},
		{"tinyint(1)", "1, 0, -128, NULL"},
		{"decimal(65,30)", "12345678901234567890123456789012345.123456789012345678901234567890, -0.1, NULL"},
		{"double", "0.1, 1.7976931348623157e308, 2.2250738585072014e-308, 9007199254740993, 0.30000000000000004, 123456789.12345678"},
		{"float", "0.1, 16777217, 3.4028234e38, 1.17549435e-38"},
		{"varchar(200)", `'', ' ', 'NULL', 'tab\t\n\r\0\Z', 'quote"''\\', '🦊é', 'trail  ', NULL`},
		{"varchar(200) CHARACTER SET latin1", "'é', 'plain'"},
		{"longtext", "REPEAT('x', 300000), ''"},
		{"char(5)", "'a', ''"},
		{"varbinary(10)", "'', x'00ff0a', NULL"},
		{"binary(4)", "x'00', x'ffffffff'"},
		{"longblob", "REPEAT(x'00ff', 70000), ''"},
		{"bit(64)", "b'1', 18446744073709551615, 0, NULL"},
		{"bit(1)", "b'1', b'0'"},
		{"datetime(6)", "'2024-03-31 02:30:00.123456', '1000-01-01', '9999-12-31 23:59:59.999999'"},
		{"timestamp(6) NULL", "'1970-01-01 00:00:01.000001', '2038-01-19 03:14:07', NULL"},
		{"date", "'2024-02-29', '1000-01-01', NULL"},
		{"time(3)", "'-838:59:59', '00:00:00.001', '25:00:00'"},
		{"year", "1901, 2155, 0, NULL"},
		{"enum('sad','very ''happy''')", "'sad', 'very ''happy''', NULL"},
		{"set('a','b c')", "'', 'a,b c', NULL"},
		{"json", `'{"b": 1,  "a": 1.0}', '"\\u0000"', 'null', NULL`},
	},
	tenant.SQLite: {
		{"", "NULL, 1, 1.5, '1', 'text', x'00ff', x'', ''"},
		{"INTEGER", "9223372036854775807, -9223372036854775808, 1.5, 'word', x'31'"},
		{"REAL", "0.1, 9e999, -9e999, 1, 5e-324, 'word', -0.0"},
		{"TEXT", `'', 'null', char(9, 10, 13, 0, 120), CAST(x'ff00fe' AS TEXT), '🦊é', 5, replace(hex(zeroblob(150000)), '0', 'x')`},
		{"BLOB", "x'', x'00ff', zeroblob(70000), 'text', 7"},
		{"NUMERIC", "'1e3', 0.1, 9007199254740993, '007', '12345678901234567890'"},
		{"BOOLEAN", "1, 0, 2, NULL"},
		{"DATETIME", "'2024-03-31 02:30:00', '2024-03-31T02:30:00.123Z', 1711846200, 1711846200.5, 'no date', NULL"},
		{"DATE", "'2024-02-29', ''"},
		{"TIMESTAMP", "'0000-00-00 00:00:00', -1"},
		{"JSON", `'{"a": 1.0}', NULL`},
	},
}

// What a value is is asked of the server, in words that keep apart what Go's types
// may not.
func exact(d tenant.Dialect) string {
	switch d {
	case tenant.Postgres:
		return "md5(c.v::text)"
	case tenant.MySQL:
		return "CONCAT_WS(':', CHARSET(c.v), HEX(c.v), c.v + 0e0)"
	}
	return "typeof(c.v) || ':' || hex(c.v) || ':' || quote(c.v)"
}

func TestValues(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		s := schema{policy: scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant}}
		if e.Dialect == tenant.Postgres {
			s.texts = append(s.texts, "CREATE TYPE mood AS ENUM ('sad', 'very ''happy''')", "CREATE TYPE pair AS (a integer, b text)", "CREATE DOMAIN positive AS integer CHECK (value > 0)")
		}
		names := []string{}
		for i, h := range hostile[e.Dialect] {
			name := "v" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			names = append(names, name)
			s.texts = append(s.texts, "CREATE TABLE "+name+" (n INTEGER NOT NULL, v "+h[0]+", tenant_id VARCHAR(63) NOT NULL, PRIMARY KEY (tenant_id, n))")
		}
		w, to := bare(t, e, s), bare(t, e, s)
		for i, h := range hostile[e.Dialect] {
			for n, v := range split(h[1]) {
				_, err := w.plain.ExecContext(t.Context(), "INSERT INTO "+names[i]+" (n, v, tenant_id) VALUES ("+strings.Repeat("1", n+1)+", "+v+", 'acme')")
				require.NoError(t, err, "%s %s", h[0], v)
			}
		}
		file, _ := w.export(t, "acme", transfer.ExportOptions{})
		_, err := transfer.Import(t.Context(), to.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
		require.NoError(t, err)
		_, err = transfer.Import(t.Context(), w.db, bytes.NewReader(file), transfer.ImportOptions{Into: "bolt"})
		require.NoError(t, err)
		for i, name := range names {
			query := "SELECT " + exact(e.Dialect) + " FROM " + name + " c WHERE c.tenant_id = 'acme' ORDER BY c.n"
			want := w.answers(t, query)
			require.Equal(t, want, to.answers(t, query), hostile[e.Dialect][i][0])
			require.Equal(t, want, w.answers(t, strings.Replace(query, "acme", "bolt", 1)), hostile[e.Dialect][i][0])
		}
	})
}

// answers of one column, by the plain pool.
func (w *world) answers(t *testing.T, query string) (out []string) {
	t.Helper()
	r, err := w.plain.QueryContext(t.Context(), query)
	require.NoError(t, err, query)
	defer r.Close() //nolint:errcheck // its error is that of Err
	for r.Next() {
		var v any
		require.NoError(t, r.Scan(&v))
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		if v == nil {
			v = "NULL"
		}
		out = append(out, v.(string))
	}
	require.NoError(t, r.Err())
	return out
}

// split cuts a list of literals at its commas, outside of quotes and parentheses.
func split(list string) (out []string) {
	depth, quoted, last := 0, false, 0
	for i, c := range list {
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			out, last = append(out, strings.TrimSpace(list[last:i])), i+1
		}
	}
	return append(out, strings.TrimSpace(list[last:]))
}

// Types that no text form brings back, and sessions that write in another way.
func TestRefusedValues(t *testing.T) {
	t.Run("mysql", func(t *testing.T) {
		e := engines.Get(t, "mysql")
		w := bare(t, e, schema{[]string{"CREATE TABLE places (tenant_id VARCHAR(63) NOT NULL, at POINT)"}, scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant}})
		_, err := transfer.Export(t.Context(), w.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{})
		var tables *transfer.TablesError
		require.ErrorAs(t, err, &tables)
		require.Equal(t, []string{"places.at (point)"}, tables.Tables)
		_, err = transfer.Export(t.Context(), w.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{Skip: []string{"places"}})
		require.NoError(t, err)

		s := schema{[]string{"CREATE TABLE moments (tenant_id VARCHAR(63) NOT NULL, at TIMESTAMP NULL)"}, w.policy}
		w = bare(t, e, s)
		file, _ := w.export(t, "acme", transfer.ExportOptions{})
		zone := open(t, e, w.dsn+"&time_zone=%27%2B05%3A00%27", w.policy, nil)
		_, err = transfer.Import(t.Context(), zone.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
		require.ErrorIs(t, err, transfer.ErrSession)
	})
	t.Run("postgres", func(t *testing.T) {
		e := engines.Get(t, "postgres")
		w := bare(t, e, schema{[]string{"CREATE TABLE moments (tenant_id text NOT NULL, at timestamptz)"}, scope.Policy{Dialect: e.Dialect, Column: "tenant_id", Default: scope.PerTenant}})
		file, _ := w.export(t, "acme", transfer.ExportOptions{})
		sep := " " // of key=value pairs
		if strings.Contains(w.dsn, "://") {
			sep = map[bool]string{true: "&", false: "?"}[strings.Contains(w.dsn, "?")]
		}
		for _, setting := range []string{"DateStyle=German", "extra_float_digits=0", "bytea_output=escape"} {
			odd := open(t, e, w.dsn+sep+setting, w.policy, nil)
			_, err := transfer.Export(t.Context(), odd.db, "acme", &bytes.Buffer{}, transfer.ExportOptions{})
			require.ErrorIs(t, err, transfer.ErrSession, setting)
		}
		zone := open(t, e, w.dsn+sep+"timezone=Asia/Tokyo", w.policy, nil)
		_, err := transfer.Import(t.Context(), zone.db, bytes.NewReader(file), transfer.ImportOptions{Into: "acme"})
		require.ErrorIs(t, err, transfer.ErrSession)
	})
}
