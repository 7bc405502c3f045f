package faults

// references are faults by which a table in FROM is not seen for what it is.
func references() []Fault {
	const (
		comma     = `pl.tokenKind(ref.Start-1) == sqlscan.Comma`
		plainJoin = `pl.tokenKw(ref.Start-1) == sqlscan.KwJoin && pl.tokenKw(ref.Start-2) == sqlscan.KwNone`
		noOn      = `pl.tokenKw(ref.Start-1) == sqlscan.KwJoin && pl.tokenKw(ref.Start-2) != sqlscan.KwCross && !pl.joinOf(i).Merges && pl.joinOf(i).On.Kw < 0`
	)
	return []Fault{
		lost("the table after a comma", "parsers 4", "sqlite", comma),
		lost("the table after JOIN without a word before", "parsers 5", "sqlite", plainJoin),
		lost("the table after a JOIN without ON", "parsers 51", "sqlite", noOn),
		lost("the table of a join with USING", "parsers 28", "sqlite", `pl.joinOf(i) != nil && pl.joinOf(i).Merges`),
		lost("the third table of a FROM clause", "reliability 6", "sqlite", `pl.place(i) >= 2`),
		together(lost("the third table, where an outer join fills it up", "parsers 24, 26", "sqlite", `pl.place(i) >= 2 && pl.nullable(i)`)),
		together(lost("the mixed table that an outer join fills up", "parsers 24", "sqlite", `pl.owned[i].class == Mixed && pl.nullable(i)`)),
		together(lost("the second table after a comma in a subquery", "parsers 4, 8", "sqlite", comma+` && open >= 0`)),
		lost("the table of a join in parentheses", "parsers 36", "sqlite", `pl.enclosing(ref.Start) != open`),
		lost("a table that is read for the second time", "reliability 6", "sqlite", `pl.readBefore(i)`),
		lost("a table whose name is an alias elsewhere", "parsers 23", "sqlite", `pl.nameIsAlias(ref)`),
		together(lost("a table inside a query whose alias is its name", "parsers 23", "sqlite", `pl.insideItsAlias(ref)`)),
		lost("a table with its schema in front", "parsers 21", "sqlite", `ref.Name.Schema != ""`),
		lost("a table whose name is in quotes", "parsers 38, 53", "sqlite", `pl.Toks[ref.Tok].Kind == sqlscan.QuotedName`),
		lost("the table after STRAIGHT_JOIN", "parsers 51", "mysql", `pl.tokenKw(ref.Start-1) == sqlscan.KwStraightJoin`),
		lost("a table with an index hint", "parsers 51", "mysql", `pl.has(ref.Start, ref.Last, sqlscan.KwIndex)`),
		lost("the table of ONLY", "parsers 35", "postgres", `pl.tokenKw(ref.Start) == sqlscan.KwOnly`),
		lost("a table with TABLESAMPLE", "parsers 35", "postgres", `pl.has(ref.Start, ref.Last, sqlscan.KwTablesample)`),
		lost("the table of TABLE c", "parsers 35", "postgres", `pl.tokenKw(block.All.First) == sqlscan.KwTable`),
		lost("the tables of a query that locks rows", "parsers 51", "postgres", `block.Locks`),
		{
			Name: "a table that the policy does not list", Imitates: "reliability 1", On: "sqlite",
			Edits: []Edit{{"scope/classify.go", "\tcase !declared:\n\t\tu = pl.rules.others\n", "\tcase !declared:\n\t\tu = pl.rules.others\n\t\tif planted {\n\t\t\tu.class = SharedWritable\n\t\t}\n"}},
		},
	}
}
