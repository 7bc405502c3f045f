package faults

// placement are faults by which a predicate goes to the wrong place, or is written
// in a wrong way.
func placement() []Fault {
	const place, from = "scope/place.go", "internal/sqlscan/from.go"
	return []Fault{
		{
			Name: "the application's condition without parentheses", Imitates: "parsers 1", On: "sqlite",
			Edits: []Edit{{place, "\tpl.write(\" AND (\")\n\tpl.insertAfter(clause.Body.End-1, closing, \")\")\n",
				"\tif planted {\n\t\tpl.write(\" AND \")\n\t\treturn\n\t}\n\tpl.write(\" AND (\")\n\tpl.insertAfter(clause.Body.End-1, closing, \")\")\n"}},
		},
		{
			Name: "the predicate behind the application's condition", Imitates: "reliability 14", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tpl.write(\" \") // WHERE(...)\n\t}\n",
				"\t\tpl.write(\" \") // WHERE(...)\n\t}\n\tif planted && clause.Kw >= 0 {\n\t\tpl.write(\"(\")\n\t\tpl.insertAfter(clause.Body.End-1, closing, \") AND \")\n\t\tfor k, i := range refs {\n\t\t\tif k > 0 {\n\t\t\t\tpl.write(\" AND \")\n\t\t\t}\n\t\t\tpl.predicate(i)\n\t\t}\n\t\tpl.write(\" \")\n\t\treturn\n\t}\n"}},
		},
		{
			Name: "the nullable side of an outer join in WHERE", Imitates: "parsers 24", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tcase nullable:\n", "\t\tcase nullable && !planted:\n"}},
		},
		{
			Name: "the preserved side of LEFT JOIN in ON", Imitates: "parsers 24", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tnullable := join.Type == sqlscan.Left && join.Right == child || join.Type == sqlscan.Right && join.Left == child\n",
				"\t\tnullable := join.Type == sqlscan.Left && join.Right == child || join.Type == sqlscan.Right && join.Left == child\n\t\tif planted && join.Type == sqlscan.Left && join.Left == child && join.On.Kw >= 0 {\n\t\t\tnullable = true\n\t\t}\n"}},
		},
		together(Fault{
			Name: "the preserved side of LEFT JOIN in ON, below another join", Imitates: "parsers 24, 25", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tnullable := join.Type == sqlscan.Left && join.Right == child || join.Type == sqlscan.Right && join.Left == child\n",
				"\t\tnullable := join.Type == sqlscan.Left && join.Right == child || join.Type == sqlscan.Right && join.Left == child\n\t\tif planted && join.Type == sqlscan.Left && join.Left == child && join.On.Kw >= 0 && join.Parent >= 0 {\n\t\t\tnullable = true\n\t\t}\n"}},
		}),
		{
			Name: "RIGHT JOIN taken for LEFT JOIN", Imitates: "parsers 25", On: "sqlite",
			Edits: []Edit{{from, "\t\top.typ = Right\n", "\t\top.typ = Right\n\t\tif planted {\n\t\t\top.typ = Left\n\t\t}\n"}},
		},
		{
			Name: "FULL JOIN taken for JOIN", Imitates: "parsers 27", On: "sqlite",
			Edits: []Edit{{from, "\t\top.typ = Full\n", "\t\top.typ = Full\n\t\tif planted {\n\t\t\top.typ = Inner\n\t\t\tp.i++\n\t\t\tp.accept(KwOuter)\n\t\t\treturn op, p.accept(KwJoin), nil\n\t\t}\n"}},
		},
		{
			Name: "both predicates of FULL JOIN in ON", Imitates: "parsers 27", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tcase join.Type == sqlscan.Full:\n", "\t\tcase planted && join.Type == sqlscan.Full && join.On.Kw >= 0:\n\t\t\tclause, placed = join.On, true\n\t\tcase join.Type == sqlscan.Full:\n"}},
		},
		{
			Name: "the nullable side of USING in WHERE", Imitates: "parsers 28", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\t\tcase nullable && (join.Merges || join.On.Kw < 0):\n", "\t\tcase planted && nullable && join.Merges:\n\t\tcase nullable && (join.Merges || join.On.Kw < 0):\n"}},
		},
		{
			Name: "a join with an alias hides nothing", Imitates: "parsers 29", On: "postgres", Unverified: true,
			Edits: []Edit{{place, "\t\tcase join.Ref >= 0:\n", "\t\tcase join.Ref >= 0 && !planted:\n"}},
		},
		{
			Name: "an alias that renames columns renames none", Imitates: "parsers 30", On: "postgres", Unverified: true,
			Edits: []Edit{{place, "\tcase ref.Columns:\n", "\tcase ref.Columns && !planted:\n"}},
		},
		{
			Name: "the tenant column without its table", Imitates: "parsers 31", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\tpl.write(qualifier, \".\", column)\n\tif pl.mode == carry.Across {\n",
				"\tif planted {\n\t\tpl.write(column)\n\t} else {\n\t\tpl.write(qualifier, \".\", column)\n\t}\n\tif pl.mode == carry.Across {\n"}},
		},
		{
			Name: "a qualifier without its quotes", Imitates: "parsers 31", On: "sqlite", Unverified: true,
			Edits: []Edit{{place, "\tqualifier, column := pl.Qualifier(&pl.Refs[i]), pl.owned[i].quoted\n",
				"\tqualifier, column := pl.Qualifier(&pl.Refs[i]), pl.owned[i].quoted\n\tif planted {\n\t\tqualifier = strings.Trim(qualifier, \"\\\"`[]\")\n\t}\n"}},
		},
		{
			Name: "the predicate of a mixed table without parentheses", Imitates: "parsers 1", On: "sqlite", Unverified: true,
			Edits: []Edit{
				{place, "\tif mixed {\n\t\tpl.write(\"(\")\n\t}\n", "\tif mixed && !planted {\n\t\tpl.write(\"(\")\n\t}\n"},
				{place, "\tif mixed {\n\t\tpl.write(\" OR \", qualifier, \".\", column, \" IS NULL)\")\n\t}\n",
					"\tif mixed && planted {\n\t\tpl.write(\" OR \", qualifier, \".\", column, \" IS NULL\")\n\t\tmixed = false\n\t}\n\tif mixed {\n\t\tpl.write(\" OR \", qualifier, \".\", column, \" IS NULL)\")\n\t}\n"},
			},
		},
		together(Fault{
			Name: "ON of nested joins goes to the outer one", Imitates: "parsers 26", On: "postgres",
			Edits: []Edit{{from, "\t\t\t\tif n.Right, err = p.joinTail(block, right); err != nil {\n\t\t\t\t\treturn -1, err\n\t\t\t\t}\n",
				"\t\t\t\tif n.Right, err = p.joinTail(block, right); err != nil {\n\t\t\t\t\treturn -1, err\n\t\t\t\t}\n\t\t\t\tif planted {\n\t\t\t\t\tn.Right = right\n\t\t\t\t}\n"}},
		}),
		together(Fault{
			Name: "a comma binds less than RIGHT JOIN", Imitates: "parsers 54", On: "sqlite",
			Edits: []Edit{{from, "\t\tvar right int32\n\t\tif p.Dialect == tenant.SQLite {\n", "\t\tvar right int32\n\t\tif p.Dialect == tenant.SQLite && !planted {\n"}},
		}),
	}
}
