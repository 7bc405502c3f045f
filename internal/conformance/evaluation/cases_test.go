package evaluation

import (
	"strings"

	"github.com/gotenancy/tenancy/tenant"
)

// conditions hold on each row of the tenant who asks, and fail on each row of
// the other or tell its values. # stands for the table's alias and its dot.
var conditions = []struct {
	name string
	on   []tenant.Dialect
	text string
}{
	{"cast", []tenant.Dialect{tenant.Postgres, tenant.MySQL}, `CAST(#num AS {int}) = 10`},
	{"comparison with a number", []tenant.Dialect{tenant.MySQL}, `#num = 10`},
	{"10 / x", []tenant.Dialect{tenant.Postgres, tenant.MySQL}, `10 / #zero = 5`},
	{"exp", []tenant.Dialect{tenant.Postgres, tenant.MySQL}, `exp(#big) > 0`},
	{"sqrt", []tenant.Dialect{tenant.Postgres}, `sqrt(#neg) = 2`},
	{"abs", []tenant.Dialect{tenant.MySQL, tenant.SQLite}, `abs(#low) = 1`},
	{"json cast", []tenant.Dialect{tenant.Postgres}, `CAST(#js AS json) ->> 'a' = '1'`},
	{"json_extract", []tenant.Dialect{tenant.MySQL, tenant.SQLite}, `json_extract(#js, '$.a') = 1`},
	{"json path", []tenant.Dialect{tenant.SQLite}, `json_extract('{"a":1}', #path) = 1`},
	{"regular expression", []tenant.Dialect{tenant.Postgres}, `'x' ~ #re`},
	{"regular expression", []tenant.Dialect{tenant.MySQL}, `'x' REGEXP #re`},
	{"pattern", []tenant.Dialect{tenant.Postgres}, `'x' LIKE #pat`},
	{"escape", []tenant.Dialect{tenant.SQLite}, `'q' LIKE 'q' ESCAPE #re`},
	{"function with a notice", []tenant.Dialect{tenant.Postgres}, `leaky(#num)`},
	{"cheap function with a notice", []tenant.Dialect{tenant.Postgres}, `leaky_cheap(#num)`},
}

// shapes are the places of a condition. # as above is the alias of the table
// that the condition is about.
var shapes = []struct {
	name   string
	only   tenant.Dialect // or 0
	text   string
	writes bool
}{
	{"WHERE", 0, `SELECT id FROM items WHERE {}`, false},
	{"WHERE, id > 0 AND", 0, `SELECT id FROM items WHERE id > 0 AND {}`, false},
	{"WHERE, AND id IN", 0, `SELECT id FROM items WHERE {} AND id IN (1, 2, 3)`, false},
	{"WHERE, num = AND", 0, `SELECT id FROM items WHERE num > '0' AND {}`, false},
	{"WHERE, ORDER BY id", 0, `SELECT id FROM items WHERE {} ORDER BY id LIMIT 3`, false},
	{"JOIN ON", 0, `SELECT a.id FROM items a JOIN items b ON b.id = a.id AND {b}`, false},
	{"JOIN ON, condition first", 0, `SELECT a.id FROM items a JOIN items b ON {b} AND b.id = a.id`, false},
	{"JOIN, WHERE", 0, `SELECT a.id FROM items a JOIN items b ON b.id = a.id WHERE {b}`, false},
	{"derived table", 0, `SELECT id FROM (SELECT * FROM items) t WHERE {}`, false},
	{"WITH", 0, `WITH t AS (SELECT * FROM items) SELECT id FROM t WHERE {}`, false},
	{"LEFT JOIN ON", 0, `SELECT a.id FROM items a LEFT JOIN items b ON b.id = a.id AND {b}`, false},
	{"LEFT JOIN, WHERE", 0, `SELECT a.id FROM items a LEFT JOIN items b ON b.id = a.id WHERE {b}`, false},
	{"RIGHT JOIN, WHERE", 0, `SELECT a.id FROM items b RIGHT JOIN items a ON b.id = a.id WHERE {b}`, false},
	{"EXISTS", 0, `SELECT a.id FROM items a WHERE EXISTS (SELECT 1 FROM items b WHERE b.id = a.id AND {b})`, false},
	{"IN", 0, `SELECT a.id FROM items a WHERE a.id IN (SELECT b.id FROM items b WHERE {b})`, false},
	{"select list", 0, `SELECT id, {} FROM items`, false},
	{"GROUP BY", 0, `SELECT id FROM items GROUP BY id HAVING MIN(CASE WHEN {} THEN 1 ELSE 0 END) = 1`, false},
	{"UPDATE", 0, `UPDATE items SET hits = hits + 1 WHERE {}`, true},
	{"UPDATE, id > 0 AND", 0, `UPDATE items SET hits = hits + 1 WHERE id > 0 AND {}`, true},
	{"UPDATE with a join", tenant.Postgres, `UPDATE items a SET hits = a.hits + 1 FROM items b WHERE b.id = a.id AND {b}`, true},
	{"UPDATE with a join", tenant.MySQL, `UPDATE items a JOIN items b ON b.id = a.id AND {b} SET a.hits = a.hits + 1`, true},
	{"UPDATE with a join", tenant.SQLite, `UPDATE items SET hits = items.hits + 1 FROM items b WHERE b.id = items.id AND {b}`, true},
	{"DELETE", 0, `DELETE FROM items WHERE {}`, true},
	{"DELETE, id > 0 AND", 0, `DELETE FROM items WHERE id > 0 AND {}`, true},
	{"JOIN of a derived table, ON", 0, `SELECT a.id FROM items a JOIN (SELECT * FROM items) b ON b.id = a.id AND {b}`, false},
	{"UPDATE with a derived table", tenant.Postgres, `UPDATE items a SET hits = a.hits + 1 FROM (SELECT * FROM items) b WHERE b.id = a.id AND {b}`, true},
	{"UPDATE with a derived table", tenant.MySQL, `UPDATE items a JOIN (SELECT * FROM items) b ON b.id = a.id AND {b} SET a.hits = a.hits + 1`, true},
	{"UPDATE with a derived table", tenant.SQLite, `UPDATE items SET hits = items.hits + 1 FROM (SELECT * FROM items) b WHERE b.id = items.id AND {b}`, true},
	{"INSERT from a derived table", 0, `INSERT INTO copies (id) SELECT id FROM (SELECT * FROM items) t WHERE {}`, true},
	{"INSERT from a query", 0, `INSERT INTO copies (id) SELECT id FROM items WHERE {}`, true},
}

// layouts are how the table is indexed, how many rows of the other tenant are
// in it, and whether the server has looked at them beforehand.
var layouts = []layout{
	{"tenant first", "tenant_id, id", "", 60, true},
	{"tenant first, not analysed", "tenant_id, id", "", 60, false},
	{"tenant first, many rows", "tenant_id, id", "", 5000, true},
	{"id first", "id, tenant_id", "", 60, true},
	{"id first, not analysed", "id, tenant_id", "", 60, false},
	{"tenant first, and an index without it", "tenant_id, id", "id, num, zero, big, neg, low, js, path, re, pat", 60, true},
	{"id first, and an index without it", "id, tenant_id", "num, id, zero, big, neg, low, js, path, re, pat", 60, true},
	{"id first, many rows", "id, tenant_id", "id, num, zero, big, neg, low, js, path, re, pat", 5000, true},
}

type layout struct {
	name, primary, index string
	others               int
	analysed             bool
}

// statement puts a condition into a shape.
func statement(d tenant.Dialect, shape, condition string) string {
	number := "integer"
	if d == tenant.MySQL {
		number = "SIGNED"
	}
	condition = strings.ReplaceAll(condition, "{int}", number)
	shape = strings.ReplaceAll(shape, "{b}", strings.ReplaceAll(condition, "#", "b."))
	return strings.ReplaceAll(shape, "{}", strings.ReplaceAll(condition, "#", ""))
}

// columns of the table: one for each way to fail, with the value of a row of
// the tenant who asks and of the other.
var columns = []struct{ name, kind, good, bad string }{
	{"num", "VARCHAR(20)", `'10'`, `'SECRET'`},
	{"zero", "INTEGER", `2`, `0`},
	{"big", "INTEGER", `1`, `100000`},
	{"neg", "INTEGER", `4`, `-4`},
	{"low", "BIGINT", `1`, `-9223372036854775808`},
	{"js", "VARCHAR(20)", `'{"a":1}'`, `'{SECRET'`},
	{"path", "VARCHAR(20)", `'$.a'`, `'SECRET'`},
	{"re", "VARCHAR(20)", `'x'`, `'(SECRET'`},
	{"pat", "VARCHAR(20)", `'x'`, `'{backslash}'`},
}
