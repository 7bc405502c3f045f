package faults

// inserts are faults in INSERT, and in what it does where a row is in its way.
func inserts() []Fault {
	const insert, upsert = "scope/insert.go", "scope/upsert.go"
	return []Fault{
		{
			Name: "INSERT without the tenant column", Imitates: "reliability 10", On: "sqlite", Unverified: true,
			Edits: []Edit{{insert, "\treturn pl.addColumn(ins, o)\n", "\tif planted && ins.HasCols {\n\t\treturn nil\n\t}\n\treturn pl.addColumn(ins, o)\n"}},
		},
		{
			Name: "only the first row of INSERT gets the tenant", Imitates: "parsers 38", On: "sqlite",
			Edits: []Edit{{insert, "\t\tpl.insertAfter(row.End-1, opening, \", \", pl.inserted())\n\t}\n", "\t\tpl.insertAfter(row.End-1, opening, \", \", pl.inserted())\n\t\tif planted {\n\t\t\tbreak\n\t\t}\n\t}\n"}},
		},
		{
			Name: "INSERT ... SELECT copies the tenant of what it reads", Imitates: "reliability 10", On: "sqlite",
			Edits: []Edit{{insert, "\t\tpl.insertAfter(block.List.End-1, newClause, \", \", pl.typedMark(o))\n",
				"\t\tif planted {\n\t\t\tpl.insertAfter(block.List.End-1, newClause, \", \", o.quoted)\n\t\t\tcontinue\n\t\t}\n\t\tpl.insertAfter(block.List.End-1, newClause, \", \", pl.typedMark(o))\n"}},
		},
		{
			Name: "INSERT DEFAULT VALUES without the tenant", Imitates: "parsers 39", On: "postgres", Unverified: true,
			Edits: []Edit{{insert, "\tif ins.Default >= 0 {\n\t\tpl.replace(", "\tif ins.Default >= 0 {\n\t\tif planted {\n\t\t\treturn nil\n\t\t}\n\t\tpl.replace("}},
		},
		{
			Name: "INSERT without a column list means the columns in another order", Imitates: "parsers 39", On: "sqlite",
			Edits: []Edit{{insert, "\treturn names\n", "\tif planted {\n\t\treturn inOrderOfNames(names)\n\t}\n\treturn names\n"}},
		},
		{
			Name: "INSERT ... SET without the tenant", Imitates: "parsers 51", On: "mysql", Unverified: true,
			Edits: []Edit{{insert, "\tif !ins.Assigned.Empty() {\n\t\tpl.insertAfter(", "\tif !ins.Assigned.Empty() {\n\t\tif planted {\n\t\t\treturn nil\n\t\t}\n\t\tpl.insertAfter("}},
		},
		{
			Name: "ON DUPLICATE KEY UPDATE changes whose row it meets", Imitates: "parsers 40", On: "mysql",
			Edits: []Edit{{upsert, "\t\t\tif len(loose) > 0 {\n\t\t\t\tpl.guard(", "\t\t\tif len(loose) > 0 && !planted {\n\t\t\t\tpl.guard("}},
		},
		{
			Name: "REPLACE deletes whose row it meets", Imitates: "parsers 41", On: "sqlite",
			Edits: []Edit{{upsert, "\t\tif ins.Replace || key.Replaces {\n", "\t\tif (ins.Replace || key.Replaces) && !planted {\n"}},
		},
		{
			Name: "ON CONFLICT DO UPDATE changes whose row it meets", Imitates: "parsers 42", On: "sqlite", Unverified: true,
			Edits: []Edit{{upsert, "\t\tif !u.Nothing {\n\t\t\tpl.restrict(", "\t\tif planted && !u.Nothing {\n\t\t\tcontinue\n\t\t}\n\t\tif !u.Nothing {\n\t\t\tpl.restrict("}},
		},
		together(Fault{
			Name: "ON CONFLICT DO UPDATE with a condition changes whose row it meets", Imitates: "parsers 42", On: "sqlite", Unverified: true,
			Edits: []Edit{{upsert, "\t\tif !u.Nothing {\n\t\t\tpl.restrict(", "\t\tif planted && !u.Nothing && u.Where.Kw >= 0 {\n\t\t\tcontinue\n\t\t}\n\t\tif !u.Nothing {\n\t\t\tpl.restrict("}},
		}),
		{
			Name: "a conflict target without the tenant column", Imitates: "parsers 42", On: "sqlite",
			Edits: []Edit{{upsert, "\t\tpl.insertAfter(u.Target.End-1, opening, \", \", o.quoted)\n", "\t\tif planted {\n\t\t\treturn nil\n\t\t}\n\t\tpl.insertAfter(u.Target.End-1, opening, \", \", o.quoted)\n"}},
		},
		{
			Name: "INSERT may give the row to another tenant", Imitates: "parsers 38", On: "sqlite",
			Edits: []Edit{
				{"scope/rewrite.go", "\t\t\tif !p.sameTenant(v, args[g.arg].Value) {\n", "\t\t\tif planted {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tif !p.sameTenant(v, args[g.arg].Value) {\n"},
			},
		},
		{
			Name: "UPDATE may give the row to another tenant", Imitates: "parsers 43", On: "sqlite",
			Edits: []Edit{{"scope/assign.go", "\t\t\t\tif pl.isColumn(t, o.column) || pl.isRowID(t) {\n", "\t\t\t\tif (pl.isColumn(t, o.column) || pl.isRowID(t)) && !planted {\n"}},
		},
	}
}
