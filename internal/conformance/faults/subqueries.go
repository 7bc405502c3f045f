package faults

// subqueries are faults by which the tables of a query inside another are lost,
// depending on where that stands.
func subqueries() []Fault {
	const (
		in       = `pl.tokenKw(open-1) == sqlscan.KwIn`
		exists   = `pl.tokenKw(open-1) == sqlscan.KwExists`
		cte      = `pl.opensCTE(open)`
		laterArm = `pl.laterArm(block)`
		not      = `pl.tokenKw(open-2) == sqlscan.KwNot`
	)
	clause := func(kw string) string { return `open >= 0 && pl.clauseKw(open) == sqlscan.` + kw }
	return []Fault{
		lost("a query in a function's argument", "parsers 6", "sqlite", `open >= 0 && pl.opensCall(pl.enclosing(open))`),
		lost("EXISTS in a select list", "parsers 7", "sqlite", exists+` && pl.clauseKw(open) == sqlscan.KwSelect`),
		lost("a query of IN", "parsers 8", "sqlite", in),
		lost("a query of ANY or ALL", "parsers 8", "mysql", `pl.tokenKw(open-1) == sqlscan.KwAny || pl.tokenKw(open-1) == sqlscan.KwAll || pl.tokenKw(open-1) == sqlscan.KwSome`),
		lost("a query in a select list", "parsers 9", "sqlite", clause("KwSelect")+` && !(`+in+`) && !(`+exists+`)`),
		lost("a query in ON", "parsers 10", "sqlite", clause("KwOn")),
		lost("a query in HAVING", "parsers 11", "sqlite", clause("KwHaving")),
		lost("a query in GROUP BY", "parsers 12", "sqlite", clause("KwGroup")),
		lost("a query in ORDER BY", "parsers 12", "sqlite", clause("KwOrder")),
		lost("a query in LIMIT", "parsers 12", "sqlite", clause("KwLimit")),
		lost("a query in PARTITION BY", "parsers 12", "sqlite", clause("KwPartition")),
		lost("a query in FILTER", "parsers 13", "sqlite", clause("KwFilter")),
		lost("a query in CASE", "parsers 6", "sqlite", `pl.tokenKw(open-1) == sqlscan.KwWhen || pl.tokenKw(open-1) == sqlscan.KwThen || pl.tokenKw(open-1) == sqlscan.KwElse`),
		lost("a query in FROM", "parsers 18, 23", "sqlite", `pl.opensDerived(open)`),
		lost("a query of LATERAL", "parsers 33", "postgres", `pl.tokenKw(open-1) == sqlscan.KwLateral`),
		lost("a query of ARRAY", "parsers 35", "postgres", `pl.isWordAt(open-1, "ARRAY")`),
		lost("the later arms of a set operation", "parsers 37", "sqlite", laterArm),
		lost("a WITH query", "parsers 18", "sqlite", cte),
		lost("a query in a query in a query", "parsers 60", "sqlite", `pl.nested(block) >= 2`),
		together(lost("a set operation inside IN", "parsers 8, 37", "sqlite", laterArm+` && `+in)),
		together(lost("the later arms of a WITH query", "parsers 18, 37", "sqlite", laterArm+` && `+cte)),
		together(lost("a WITH query inside a query in FROM", "parsers 18", "sqlite", cte+` && pl.around(open, pl.opensDerived)`)),
		together(lost("an outer join inside a WITH query", "parsers 18, 24", "sqlite", cte+` && pl.nullable(i)`)),
		together(lost("rows compared with a query of IN", "parsers 8", "sqlite", in+` && pl.tokenKind(open-2) == sqlscan.RParen`)),
		together(lost("NOT EXISTS over a join", "parsers 5, 7", "sqlite", exists+` && `+not+` && pl.place(i) > 0`)),
		together(lost("NOT IN over a join", "parsers 5, 8", "sqlite", in+` && `+not+` && pl.place(i) > 0`)),
		together(lost("an outer join in a select list", "parsers 9, 24", "sqlite", clause("KwSelect")+` && pl.nullable(i)`)),
	}
}
