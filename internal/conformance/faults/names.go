package faults

// names are faults in what a name means: a WITH query or a table.
func names() []Fault {
	// What is taken for a WITH query has columns that no query of it names, over
	// which the scoper stumbles most of the time.
	fieldsOfWith := Edit{"scope/fields.go", "\t\treturn pl.written()[x] ||", "\t\tif planted && ref.Kind == sqlscan.CTERef {\n\t\t\treturn true\n\t\t}\n\t\treturn pl.written()[x] ||"}
	const table, with, query = "internal/sqlscan/table.go", "internal/sqlscan/with.go", "internal/sqlscan/query.go"
	return []Fault{
		together(Fault{
			Name: "a WITH query named as a table is taken for the table", Imitates: "parsers 17", On: "sqlite", Unverified: true,
			Edits: []Edit{{table, "\t\t\tref.Kind = CTERef\n\t\t\treturn nil\n", "\t\t\tif planted {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tref.Kind = CTERef\n\t\t\treturn nil\n"}},
		}),
		together(Fault{
			Name: "a table inside the WITH query of its name is taken for that", Imitates: "parsers 19", On: "postgres",
			Edits: []Edit{{with, "\town, later := cteHidden, cteHidden\n", "\town, later := cteHidden, cteHidden\n\tif planted && p.Dialect == tenant.Postgres {\n\t\town = cteVisible\n\t}\n"}, fieldsOfWith},
		}),
		together(Fault{
			Name: "a table before the WITH query of its name is taken for that", Imitates: "parsers 20", On: "postgres",
			Edits: []Edit{{with, "\town, later := cteHidden, cteHidden\n", "\town, later := cteHidden, cteHidden\n\tif planted && p.Dialect == tenant.Postgres {\n\t\tlater = cteVisible\n\t}\n"}, fieldsOfWith},
		}),
		together(Fault{
			Name: "a table with its schema is taken for the WITH query of its name", Imitates: "parsers 21", On: "postgres",
			Edits: []Edit{{table, "\t\tref.Name.Schema = p.Fold(ref.First)\n\t\treturn ref, nil\n", "\t\tref.Name.Schema = p.Fold(ref.First)\n\t\tif planted {\n\t\t\treturn ref, p.resolve(&ref)\n\t\t}\n\t\treturn ref, nil\n"}},
		}),
		together(Fault{
			Name: "the names of WITH are known outside its query", Imitates: "parsers 22", On: "postgres",
			Edits: []Edit{{query, "\tdefer func() { p.ctes = p.ctes[:scope] }()\n", "\tdefer func() {\n\t\tif !planted {\n\t\t\tp.ctes = p.ctes[:scope]\n\t\t}\n\t}()\n"}},
		}),
		{
			Name: "a string in the place of a table is none", Imitates: "parsers 53", On: "sqlite",
			Edits: []Edit{{"internal/sqlscan/from.go", "\tcase !p.isName():\n\t\treturn -1, p.unexpected(\"a table\")\n\t}\n\tif len(p.Refs) >= MaxRefs {\n",
				"\tcase planted && p.tok().Kind == String:\n\t\tref := Ref{Kind: FuncRef, Start: p.i, First: p.i, Tok: p.i, Alias: -1, Block: block}\n\t\tp.i++\n\t\tif err := p.alias(&ref); err != nil {\n\t\t\treturn -1, err\n\t\t}\n\t\treturn p.leaf(ref), nil\n\tcase !p.isName():\n\t\treturn -1, p.unexpected(\"a table\")\n\t}\n\tif len(p.Refs) >= MaxRefs {\n"}},
		},
		{
			Name: "FROM behind a label is taken for a name", Imitates: "parsers 34", On: "sqlite",
			Edits: []Edit{{"internal/sqlscan/expr.go", "\t\treturn p.stops() && !p.isLabel(p.i, first) && !p.innocent(first)\n",
				"\t\tif planted && p.kw() == KwFrom && p.was(2, KwAs, first) {\n\t\t\treturn false\n\t\t}\n\t\treturn p.stops() && !p.isLabel(p.i, first) && !p.innocent(first)\n"}},
		},
		{
			Name: "x IN t reads no table", Imitates: "parsers 53", On: "sqlite",
			Edits: []Edit{
				{"internal/sqlscan/expr.go", "\t\tif p.Dialect == tenant.SQLite && p.peek(1).Kind != LParen {\n", "\t\tif p.Dialect == tenant.SQLite && p.peek(1).Kind != LParen && !planted {\n"},
				{"scope/names.go", "\treturn pl.refuse(ReasonNotUnderstood, \"the name of a table inside an expression\"", "\tif planted {\n\t\treturn nil\n\t}\n\treturn pl.refuse(ReasonNotUnderstood, \"the name of a table inside an expression\""},
			},
		},
	}
}
